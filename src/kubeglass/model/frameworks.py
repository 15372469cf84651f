"""What other libraries for web frameworks call the metrics that kubeglass's dashboards and rules read.

An app that kubeglass only scrapes is charted by these. Where a library's metrics have the names of kubeglass's, labels
are added as they are scraped (:data:`ROUTES`, :data:`STATUSES`); others are recorded under kubeglass's names. Their own
names and labels stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from kubeglass.model.sections.app import App

#: Labels of metrics named like kubeglass's that mean its ``endpoint`` and its ``status``: those of
#: prometheus-fastapi-instrumentator, and of many libraries for Go and Node.
ROUTES = ("handler", "route", "path")
STATUSES = ("status_code", "code")


@dataclass(frozen=True, slots=True)
class Framework:
    """The metrics of one library.

    Args:
        library: its name.
        requests: the counter of requests, with the status; it may be the count of a histogram.
        duration: the histogram of their durations in seconds.
        routes: labels with the route; the last that a series has counts.
        status: label with the status code.
        scrapes: the route of the scrapes themselves, if the library counts them.
        in_progress: the gauge of requests in progress, or empty.
        exceptions: the counter of unhandled exceptions, or empty.
        exception: its label with the exception's class.
    """

    library: str
    requests: str
    duration: str
    routes: tuple[str, ...]
    status: str = "status"
    scrapes: str = ""
    in_progress: str = ""
    exceptions: str = ""
    exception: str = ""


#: As these versions expose them: django-prometheus 2.5, starlette_exporter 0.24, prometheus_flask_exporter 0.23,
#: OpenTelemetry's HTTP conventions 1.21 (in Python with OTEL_SEMCONV_STABILITY_OPT_IN=http).
FRAMEWORKS = (
    Framework(
        "django-prometheus",
        "django_http_responses_total_by_status_view_method_total",
        "django_http_requests_latency_seconds_by_view_method",
        ("view",),
        scrapes="prometheus-django-metrics",
        exceptions="django_http_exceptions_total_by_type_total",
        exception="type",
    ),
    Framework(
        "starlette_exporter",
        "starlette_requests_total",
        "starlette_request_duration_seconds",
        ("path",),
        "status_code",
        scrapes="/metrics",
        in_progress="starlette_requests_in_progress",
    ),
    Framework(
        "prometheus_flask_exporter",
        # Its own counter knows no route.
        "flask_http_request_duration_seconds_count",
        "flask_http_request_duration_seconds",
        ("path", "url_rule"),
    ),
    Framework(
        "OpenTelemetry",
        "http_server_request_duration_seconds_count",
        "http_server_request_duration_seconds",
        ("http_route",),
        "http_response_status_code",
        in_progress="http_server_active_requests",
    ),
)


#: Metrics named like kubeglass's: what is counted, and by which labels.
_SAME_NAMES = "http_requests_total|http_request_duration_seconds_(?:bucket|sum|count)"


def add_labels(group: str) -> list[dict[str, Any]]:
    """Return the relabelling rules of a scrape that add ``endpoint`` and ``status`` where a metric lacks them.

    Args:
        group: the first group of a match, as the reader of the rules writes it.
    """
    names = {"endpoint": ROUTES, "status": STATUSES}
    return [
        {
            "source_labels": ["__name__", ours, label],
            "regex": f"(?:{_SAME_NAMES});;(.+)",
            "target_label": ours,
            "replacement": group,
        }
        for ours, labels in names.items()
        for label in labels
    ]


def scraped_only(apps: Iterable[App]) -> tuple[str, ...]:
    """Return the names of the apps that may expose metrics of these libraries."""
    return tuple(app.name for app in apps if app.is_only_scraped)
