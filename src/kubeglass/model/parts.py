"""What is the same locally and on a cluster: parts, their usual ports, and how an app is instrumented."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path, PurePath

import kubeglass

#: Where everything of a local run listens.
LOOPBACK = "127.0.0.1"

#: The collector's ``job`` label, and the name of its DaemonSet.
COLLECTOR = "otel-collector"
#: The collector scrapes itself as this job. A target without samples has ended if this job of its collector has some:
#: the collector works and does not have the target any more. If this job lacks them too, the state is unknown.
HEARTBEAT = "otel-collector-heartbeat"
#: Seconds a collector on a cluster has to end, and to release its queue.
COLLECTOR_GRACE = 30
PROMETHEUS = "prometheus"
GRAFANA = "grafana"
VIEWER = "viewer"

#: Labels of pods: the pipeline that they belong to, by its namespace, and who made them.
PIPELINE = "app.kubernetes.io/instance"
MANAGED_BY = "app.kubernetes.io/managed-by"

#: Where the collector receives OTLP over gRPC and over HTTP, answers health checks and exposes its own metrics.
OTLP_GRPC_PORT = 4317
OTLP_PORT = 4318
HEALTH_PORT = 13133
TELEMETRY_PORT = 8888
#: Where it tells, within its pod on a cluster, how the last scrape of each target ended.
TARGETS_PORT = 8889
#: Name of the collector's container port for its own metrics.
TELEMETRY_PORT_NAME = "telemetry"
#: Names of its ports for OTLP, as the operator of OpenTelemetry calls them.
OTLP_GRPC_PORT_NAME = "otlp-grpc"
OTLP_PORT_NAME = "otlp-http"
PROMETHEUS_PORT = 9090
GRAFANA_PORT = 3000
VIEWER_PORT = 3000

#: The data source of every panel, in Grafana and in the viewer.
DATASOURCE_UID = "prometheus"
DATASOURCE_NAME = "Prometheus"
DATASOURCE_TYPE = "prometheus"

#: Switches the instrumentation on.
INSTRUMENT_VARIABLE = "KUBEGLASS_INSTRUMENT"
#: Folder in which the workers share their metrics; prometheus_client reads it too.
METRICS_FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
#: Prefix of the library's HTTP metrics.
METRICS_PREFIX_VARIABLE = "KUBEGLASS_METRICS_PREFIX"


def instrumented(environment: Mapping[str, str], package: PurePath = Path(kubeglass.__file__).parent) -> dict[str, str]:
    """Add to a process's ``environment`` what instruments a Flask application without a change to its code.

    Args:
        environment: the process's environment.
        package: the folder of the kubeglass package that the process will import.
    """
    # Holds a sitecustomize, which Python runs before the application: https://docs.python.org/3/library/site.html
    paths = [str(package / "instrument" / "auto"), environment.get("PYTHONPATH", "")]
    return {**environment, "PYTHONPATH": os.pathsep.join(filter(None, paths)), INSTRUMENT_VARIABLE: "1"}
