"""Whether a dashboard's panels have data: each panel's own queries, asked of Prometheus as the page would ask them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kubeglass.catalog import HTTP_METRICS, HTTP_SIZE_METRICS
from kubeglass.dashboards.queries import PanelQuery
from kubeglass.model.app import App
from kubeglass.observe.errors import RefusedError
from kubeglass.observe.prometheus import Prometheus


@dataclass(frozen=True, slots=True)
class EmptyPanel:
    """A query that brought nothing.

    Args:
        query: the panel's query.
        refusal: Prometheus's words if it did not accept the query; empty if there was no series.
    """

    query: PanelQuery
    refusal: str = ""

    def __str__(self) -> str:
        """Write it for a person, with the query to try by hand."""
        return f"{self.query.panel_title}: {self.refusal or 'no data'} for {self.query.expr}"


def find_empty_panels(prometheus: Prometheus, queries: Sequence[PanelQuery]) -> list[EmptyPanel]:
    """Ask every query and return those without a single series.

    Raises:
        UnreachableError: Prometheus does not answer.
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
