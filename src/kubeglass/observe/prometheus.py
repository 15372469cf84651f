"""Asks Prometheus, through its HTTP API: https://prometheus.io/docs/prometheus/latest/querying/api/."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from kubeglass.http import DEFAULT_TIMEOUT_SECONDS, make_client
from kubeglass.observe.errors import RefusedError, translate_http_errors


@dataclass(frozen=True, slots=True)
class Sample:
    """One series' value at one moment.

    Args:
        labels: every label of the series, ``__name__`` included where there is one.
        value: its value; may be NaN.
    """

    labels: Mapping[str, str]
    value: float


class Prometheus:
    """A Prometheus that answers queries; use it in a ``with``, or close it. Not for several threads at once.

    Args:
        url: its base address.
        timeout_seconds: how long one answer may take.
    """

    def __init__(self, url: str, *, timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS) -> None:
        self.url = url
        self._client = make_client(timeout_seconds=timeout_seconds, base_url=url)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    def query(self, expr: str) -> list[Sample]:
        """Evaluate an instant query now; a scalar comes back as one sample without labels.

        Raises:
            UnreachableError: Prometheus does not answer.
            RefusedError: it does, and does not accept the query.
        """
        data = self._get("/api/v1/query", {"query": expr})
        if data["resultType"] == "scalar":
            return [Sample({}, float(data["result"][1]))]
        return [Sample(series["metric"], float(series["value"][1])) for series in data["result"] if "value" in series]

    def value(self, expr: str) -> float | None:
        """Evaluate a query that has one result or none.

        Raises:
            UnreachableError: Prometheus does not answer.
            RefusedError: it does, and does not accept the query.
        """
        samples = self.query(expr)
        return samples[0].value if samples else None

    def _get(self, path: str, parameters: Mapping[str, str]) -> Any:
        with translate_http_errors(self.url):
            answer = self._client.get(path, params=dict(parameters))
        try:
            document = answer.json()
        except ValueError as error:
            raise RefusedError(f"{self.url}{path} answered {answer.status_code} and no JSON") from error
        if document.get("status") != "success":
            raise RefusedError(f"{self.url}{path}: {document.get('error', answer.status_code)}")
        return document["data"]
