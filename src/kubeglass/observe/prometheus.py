"""Prometheus through its HTTP API: queries, the health of targets, and which panels have no data.

https://prometheus.io/docs/prometheus/latest/querying/api/
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from kubeglass.catalog import HTTP_METRICS, HTTP_SIZE_METRICS
from kubeglass.dashboards.queries import PanelQuery
from kubeglass.http import DEFAULT_TIMEOUT_SECONDS, make_client
from kubeglass.model.sections.app import App
from kubeglass.observe.errors import RefusedError, translate_http_errors


@dataclass(frozen=True, slots=True)
class Sample:
    """The value of one series at one time, which may be NaN, and its labels, including ``__name__`` if present."""

    labels: Mapping[str, str]
    value: float


@dataclass(frozen=True, slots=True)
class Target:
    """A target: its labels, the URL that is scraped, and why the last scrape failed, empty if it did not."""

    labels: Mapping[str, str]
    url: str
    error: str


class Prometheus:
    """A client of the Prometheus at ``url``. Close it, or use it in a ``with`` block. Not thread-safe."""

    def __init__(self, url: str, *, timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS) -> None:
        self.url = url
        self._client = make_client(timeout_seconds=timeout_seconds, base_url=url)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def query(self, expr: str) -> list[Sample]:
        """Evaluate an instant query now; a scalar comes back as one sample without labels.

        Raises:
            UnreachableError: Prometheus does not respond.
            RefusedError: Prometheus rejects the query.
        """
        data = self._get("/api/v1/query", {"query": expr})
        if data["resultType"] == "scalar":
            return [Sample({}, float(data["result"][1]))]
        return [Sample(series["metric"], float(series["value"][1])) for series in data["result"] if "value" in series]

    def value(self, expr: str) -> float | None:
        """Evaluate a query that has at most one result.

        Raises:
            UnreachableError: Prometheus does not respond.
            RefusedError: Prometheus rejects the query.
        """
        samples = self.query(expr)
        return samples[0].value if samples else None

    def targets(self) -> list[Target]:
        """Read all targets, with how the last scrape of each ended.

        Raises:
            UnreachableError: nobody responds.
            RefusedError: it cannot tell.
        """
        return [
            Target(item["labels"], item["scrapeUrl"], item["lastError"] if item["health"] == "down" else "")
            for item in self._get("/api/v1/targets", {"state": "active"})["activeTargets"]
        ]

    def _get(self, path: str, parameters: Mapping[str, str]) -> Any:
        with translate_http_errors(self.url):
            response = self._client.get(path, params=dict(parameters))
        try:
            document = response.json()
        except ValueError as error:
            raise RefusedError(f"{self.url}{path} responded with {response.status_code}, without JSON") from error
        if document.get("status") != "success":
            raise RefusedError(f"{self.url}{path}: {document.get('error', response.status_code)}")
        return document["data"]


@dataclass(frozen=True, slots=True)
class TargetHealth:
    """Scraped jobs: all targets up, a target down, or without enough recent samples."""

    up: frozenset[str]
    down: frozenset[str]
    unknown: frozenset[str]


def read_targets(
    prometheus: Prometheus, jobs: Collection[str], *, window_seconds: float, scrapes: int = 1
) -> TargetHealth:
    """Read the health of ``jobs`` from the ``up`` series.

    Args:
        prometheus: where to query.
        jobs: the jobs to read.
        window_seconds: maximum age of a sample; Prometheus's own default is five minutes.
        scrapes: how many samples in the window a target needs to be known.

    Raises:
        ObserveError: Prometheus does not respond with data.
    """
    series = f"up[{max(round(window_seconds * 1000), 1)}ms]"
    query = f"last_over_time({series}) and count_over_time({series}) >= {scrapes}"
    samples = [sample for sample in prometheus.query(query) if sample.labels.get("job") in jobs]
    down = frozenset(sample.labels["job"] for sample in samples if sample.value != 1)
    up = frozenset(sample.labels["job"] for sample in samples) - down
    return TargetHealth(up, down, frozenset(jobs) - up - down)


@dataclass(frozen=True, slots=True)
class EmptyPanel:
    """A query without data; ``refusal`` is Prometheus's error, or empty if there was no series."""

    query: PanelQuery
    refusal: str = ""

    def __str__(self) -> str:
        """Format it with the query, so that it can be tried by hand."""
        return f"{self.query.panel_title}: {self.refusal or 'no data'} for {self.query.expr}"


def find_empty_panels(prometheus: Prometheus, queries: Sequence[PanelQuery]) -> list[EmptyPanel]:
    """Run every query and return those without a series.

    Raises:
        UnreachableError: Prometheus does not respond.
    """
    return [empty for query in queries if (empty := _ask(prometheus, query))]


def needs_traffic(query: PanelQuery, apps: Iterable[App]) -> bool:
    """Return whether the query reads metrics without series before the first request, such as an app's own."""
    own = [metric.name for app in apps for metric in app.metrics]
    # Recorded series carry a counter's name without its suffix.
    of_requests = [metric.name.removesuffix("_total") for metric in (*HTTP_METRICS, *HTTP_SIZE_METRICS)]
    return any(name in query.expr for name in (*own, *of_requests))


def _ask(prometheus: Prometheus, query: PanelQuery) -> EmptyPanel | None:
    try:
        return None if prometheus.query(query.expr) else EmptyPanel(query)
    except RefusedError as error:
        return EmptyPanel(query, refusal=str(error))
