"""The collector's internal telemetry: https://opentelemetry.io/docs/collector/internal-telemetry/."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from kubeglass.http import make_client
from kubeglass.observe.errors import RefusedError, translate_http_errors


@dataclass(frozen=True, slots=True)
class CollectorTelemetry:
    """Metric points that receivers accepted and exporters sent since the collector started."""

    accepted: float
    sent: float


def read_collector(url: str) -> CollectorTelemetry:
    """Read the collector's own metrics page.

    Raises:
        UnreachableError: it does not respond.
        RefusedError: it responds with something other than metrics.
    """
    with translate_http_errors(url), make_client() as client:
        response = client.get(url)
    if not response.is_success:
        raise RefusedError(f"{url} responded with {response.status_code}")
    try:
        totals = _sum_by_name(response.text)
    except ValueError as error:
        raise RefusedError(f"{url} did not return metrics") from error
    return CollectorTelemetry(
        accepted=totals["otelcol_receiver_accepted_metric_points"],
        sent=totals["otelcol_exporter_sent_metric_points"],
    )


def _sum_by_name(page: str) -> defaultdict[str, float]:
    from prometheus_client.parser import text_string_to_metric_families

    totals: defaultdict[str, float] = defaultdict(float)
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            # Depending on its configuration, the collector's counters have the suffix or not.
            totals[sample.name.removesuffix("_total")] += sample.value
    return totals
