"""Every metric kubeglass emits: its name, type, help, unit, labels and buckets, in one place.

The library registers these, dashboards and rules use them, the reference in docs is generated from them, and a
house test rejects any other metric name.
Names follow https://prometheus.io/docs/practices/naming/ and, where they exist, the OpenTelemetry HTTP conventions.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class MetricType(StrEnum):
    """Type of a metric, as Prometheus names it."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric family.

    Args:
        name: the family's name as PromQL sees it, for counters with ``_total``; a histogram's without ``_bucket``.
        type: counter, gauge or histogram.
        help: what is counted and in which unit, as one sentence.
        unit: base unit of the value (``seconds``, ``bytes``), or empty for counts and ratios.
        labels: label names, in the order of a child's values.
        buckets: upper bounds of a histogram in ``unit``, ascending, without +Inf.
        source: what emits it: ``kubeglass.flask``, ``prometheus_client``, ``otelcol``, ``prometheus`` …
    """

    name: str
    type: MetricType
    help: str
    unit: str = ""
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()
    source: str = "kubeglass.flask"


#: Upper bounds in seconds: prometheus_client's defaults, whose range suits web requests (5 ms to 10 s).
DURATION_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

#: Value of the ``endpoint`` label for every path that no route matches.
UNMATCHED_ENDPOINT = "<unmatched>"

#: Value of the ``method`` label for every method outside the standard set.
OTHER_METHOD = "<other>"

#: Prefix of the HTTP metrics where the application has its own of the same names, and no prefix was chosen.
FALLBACK_PREFIX = "kubeglass_"

#: Path at which every instrumented application answers a proof's requests itself, without calling a view.
PROBE_PATH = "/-/kubeglass/probe"

#: Value of every label of the one series that counts what exceeds a metric's ``max_series``.
OVERFLOW = "<overflow>"

#: Upper bounds in bytes: powers of ten from a hundred bytes to a hundred megabytes.
SIZE_BUCKETS = (100.0, 1_000.0, 10_000.0, 100_000.0, 1_000_000.0, 10_000_000.0, 100_000_000.0)

HTTP_REQUESTS = Metric(
    "http_requests_total",
    MetricType.COUNTER,
    "HTTP requests answered, by method, route template and status code.",
    labels=("method", "endpoint", "status"),
)
HTTP_REQUEST_DURATION = Metric(
    "http_request_duration_seconds",
    MetricType.HISTOGRAM,
    "Time from receiving a request to the last byte of its response, in seconds.",
    unit="seconds",
    labels=("method", "endpoint"),
    buckets=DURATION_BUCKETS,
)
HTTP_REQUESTS_IN_PROGRESS = Metric(
    "http_requests_in_progress",
    MetricType.GAUGE,
    "HTTP requests being answered at this moment.",
)
HTTP_REQUEST_EXCEPTIONS = Metric(
    "http_request_exceptions_total",
    MetricType.COUNTER,
    "Exceptions that left a view function unhandled, by method, route template and exception class.",
    labels=("method", "endpoint", "exception"),
)

HTTP_REQUEST_SIZE = Metric(
    "http_request_size_bytes",
    MetricType.HISTOGRAM,
    "Size of request bodies as announced by Content-Length, in bytes; chunked uploads announce none.",
    unit="bytes",
    labels=("method", "endpoint"),
    buckets=SIZE_BUCKETS,
)
HTTP_RESPONSE_SIZE = Metric(
    "http_response_size_bytes",
    MetricType.HISTOGRAM,
    "Size of response bodies as sent, in bytes.",
    unit="bytes",
    labels=("method", "endpoint"),
    buckets=SIZE_BUCKETS,
)
BUILD_INFO = Metric(
    "kubeglass_build_info",
    MetricType.GAUGE,
    "1, with the version of the kubeglass library that instruments this application.",
    labels=("version",),
)

PROBE_REQUESTS = Metric(
    "kubeglass_probe_requests_total",
    MetricType.COUNTER,
    f"Requests to {PROBE_PATH}, which kubeglass sends to prove that metrics arrive; no other metric counts them.",
)

HTTP_METRICS = (HTTP_REQUESTS, HTTP_REQUEST_DURATION, HTTP_REQUESTS_IN_PROGRESS, HTTP_REQUEST_EXCEPTIONS)


def _gc_metric(name: str, help_: str) -> Metric:
    return Metric(name, MetricType.COUNTER, help_, labels=("generation",), source="prometheus_client")


#: prometheus_client's own, exposed for every worker, with its names, types and help texts.
GC_COLLECTED = _gc_metric("python_gc_objects_collected_total", "Objects collected during gc")
GC_UNCOLLECTABLE = _gc_metric("python_gc_objects_uncollectable_total", "Uncollectable objects found during GC")
GC_COLLECTIONS = _gc_metric("python_gc_collections_total", "Number of times this generation was collected")
GC_METRICS = (GC_COLLECTED, GC_UNCOLLECTABLE, GC_COLLECTIONS)
PYTHON_INFO = Metric(
    "python_info",
    MetricType.GAUGE,
    "Python platform information",
    labels=("implementation", "major", "minor", "patchlevel", "version"),
    source="prometheus_client",
)

PROCESS_METRICS = tuple(
    Metric(f"process_{name}", type_, help_, unit=unit, source="prometheus_client")
    for name, type_, unit, help_ in (
        ("cpu_seconds_total", MetricType.COUNTER, "seconds", "Total user and system CPU time spent in seconds."),
        ("resident_memory_bytes", MetricType.GAUGE, "bytes", "Resident memory size in bytes."),
        ("virtual_memory_bytes", MetricType.GAUGE, "bytes", "Virtual memory size in bytes."),
        ("start_time_seconds", MetricType.GAUGE, "seconds", "Start time of the process since unix epoch in seconds."),
        ("open_fds", MetricType.GAUGE, "", "Number of open file descriptors."),
        ("max_fds", MetricType.GAUGE, "", "Maximum number of open file descriptors."),
    )
)

#: Only with ``instrument(app, sizes=True)``.
HTTP_SIZE_METRICS = (HTTP_REQUEST_SIZE, HTTP_RESPONSE_SIZE)

#: Added by the collector's prometheus receiver for each target it scrapes, and by Prometheus for its own targets.
UP = Metric(
    "up",
    MetricType.GAUGE,
    "1 when the last scrape of the target succeeded, 0 when it failed.",
    labels=("job", "instance"),
    source="otelcol",
)

_NODE = ("k8s_node_name",)
_POD = (*_NODE, "k8s_namespace_name", "k8s_pod_name")
_CONTAINER = (*_POD, "k8s_container_name")
_TRAFFIC = ("interface", "direction")

#: The part of the collector's kubeletstats metrics that dashboards show.
KUBELET_METRICS = tuple(
    Metric(
        name,
        MetricType.COUNTER if name.endswith("_total") else MetricType.GAUGE,
        help_,
        unit="seconds" if "_seconds" in name else "bytes",
        labels=("job", "instance", *labels),
        source="kubeletstats",
    )
    for name, labels, help_ in (
        ("k8s_node_cpu_time_seconds_total", _NODE, "CPU time used on the node, in seconds."),
        ("k8s_node_memory_working_set_bytes", _NODE, "Working set memory of the node, in bytes."),
        ("k8s_node_memory_available_bytes", _NODE, "Memory of the node available to pods, in bytes."),
        ("k8s_node_filesystem_usage_bytes", _NODE, "Bytes used of the node's file system that holds pods and logs."),
        ("k8s_node_filesystem_capacity_bytes", _NODE, "Bytes of the node's file system that holds pods and logs."),
        ("k8s_node_network_io_bytes_total", (*_NODE, *_TRAFFIC), "Bytes the node received and transmitted."),
        ("k8s_pod_cpu_time_seconds_total", _POD, "CPU time used by the pod's containers, in seconds."),
        ("k8s_pod_memory_working_set_bytes", _POD, "Memory of the pod that counts against its limits, in bytes."),
        ("k8s_pod_network_io_bytes_total", (*_POD, *_TRAFFIC), "Bytes the pod received and transmitted."),
        ("container_cpu_time_seconds_total", _CONTAINER, "CPU time used by the container, in seconds."),
        ("container_memory_working_set_bytes", _CONTAINER, "Memory counted against the container's limit, in bytes."),
        (
            "container_uptime_seconds_total",
            _CONTAINER,
            "Seconds since the container started; a restart resets it.",
        ),
    )
)

METRICS = (
    *HTTP_METRICS,
    *HTTP_SIZE_METRICS,
    BUILD_INFO,
    PROBE_REQUESTS,
    *PROCESS_METRICS,
    *GC_METRICS,
    PYTHON_INFO,
    UP,
    *KUBELET_METRICS,
)
