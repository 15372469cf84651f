"""The OpenTelemetry Collector: scrapes the apps and pushes their metrics to Prometheus."""

from __future__ import annotations

from kubeglass.engines.distribution import load_distribution
from kubeglass.engines.engine import Engine
from kubeglass.model.local import LocalSettings

#: Components that rendered configurations use; a program on PATH must have all of them.
COMPONENTS = (
    "otlp",
    "prometheus",
    "host_metrics",
    "kubelet_stats",
    "memory_limiter",
    "k8s_attributes",
    "resource",
    "otlp_http",
    "health_check",
    "file_storage",
    "basicauth",
    "bearertokenauth",
)


def _arguments(settings: LocalSettings) -> tuple[str, ...]:
    return ("--config", str(settings.root / "otelcol" / "config.yaml"))


OTELCOL = Engine(
    name="otelcol",
    distribution=load_distribution("otelcol"),
    commands=("otelcol", "otelcol-k8s", "otelcol-contrib"),
    probe=("components",),
    parts=COMPONENTS,
    arguments=_arguments,
    port=lambda ports: ports.otelcol_health,
)
