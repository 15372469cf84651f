"""The parts every pipeline has, locally and on a cluster: their names and usual ports."""

from __future__ import annotations

#: The collector's ``job`` label, and the name of its DaemonSet.
COLLECTOR = "otel-collector"
PROMETHEUS = "prometheus"
GRAFANA = "grafana"
VIEWER = "viewer"

#: Where the collector receives OTLP over HTTP, answers health checks and exposes its own metrics.
OTLP_PORT = 4318
HEALTH_PORT = 13133
TELEMETRY_PORT = 8888
PROMETHEUS_PORT = 9090
GRAFANA_PORT = 3000
VIEWER_PORT = 3000
