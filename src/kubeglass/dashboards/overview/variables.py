"""What the overview can be narrowed to: job, instance, endpoint."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import QueryVariable

from kubeglass.dashboards.choices import label_values
from kubeglass.dashboards.promql import COLLECTOR_JOB, TARGETS
from kubeglass.model.metric_names import MetricNames


def job() -> QueryVariable:
    """Choose applications; the collector is no application."""
    return label_values("job", "Job", f'label_values(up{{job!="{COLLECTOR_JOB}"}}, job)')


def instance() -> QueryVariable:
    """Choose instances of the chosen applications."""
    return label_values("instance", "Instance", f'label_values(up{{job!="{COLLECTOR_JOB}", job=~"$job"}}, instance)')


def endpoint(names: MetricNames) -> QueryVariable:
    """Choose routes of the chosen instances."""
    selector = names.selector("http_requests_total", TARGETS, label="status")
    return label_values("endpoint", "Endpoint", f"label_values({selector}, endpoint)")
