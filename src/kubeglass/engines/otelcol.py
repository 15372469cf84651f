"""The OpenTelemetry Collector: scrapes the apps and pushes what it read to Prometheus."""

from __future__ import annotations

from kubeglass.engines.distribution import load_distribution
from kubeglass.engines.engine import Engine
from kubeglass.model.local import LocalSettings

#: What rendered configurations can use. A PATH candidate without one of these would refuse some of them.
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
