"""Every program that kubeglass pins: the collector, Prometheus, promtool, and Grafana."""

from __future__ import annotations

from kubeglass.engines.engine import Engine, Tool, load_distribution
from kubeglass.errors import UsageError
from kubeglass.model.local import LocalSettings
from kubeglass.model.parts import LOOPBACK

#: Components that rendered collector configurations use; a program on PATH must have all of them.
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


def _otelcol_arguments(settings: LocalSettings) -> tuple[str, ...]:
    return ("--config", str(settings.root / "otelcol" / "config.yaml"))


#: The OpenTelemetry Collector: scrapes the apps and pushes their metrics to Prometheus.
OTELCOL = Engine(
    name="otelcol",
    distribution=load_distribution("otelcol"),
    commands=("otelcol", "otelcol-k8s", "otelcol-contrib"),
    probe=("components",),
    parts=COMPONENTS,
    arguments=_otelcol_arguments,
    port=lambda ports: ports.otelcol_health,
)


def _prometheus_arguments(settings: LocalSettings) -> tuple[str, ...]:
    # Retention is in the configuration file, which takes precedence over arguments.
    return (
        f"--config.file={settings.root / 'prometheus' / 'prometheus.yml'}",
        f"--storage.tsdb.path={settings.data / 'prometheus'}",
        f"--web.listen-address={LOOPBACK}:{settings.ports.prometheus}",
        "--web.enable-otlp-receiver",
        # By default, the first scrape of the collector comes 5 s after startup.
        "--scrape.discovery-reload-interval=1s",
    )


PROMETHEUS = Engine(
    name="prometheus",
    distribution=load_distribution("prometheus"),
    commands=("prometheus",),
    arguments=_prometheus_arguments,
    port=lambda ports: ports.prometheus,
    readiness_path="/-/ready",
    liveness_path="/-/healthy",
)

#: Checks Prometheus's rules.
PROMTOOL = Tool(name="promtool", distribution=load_distribution("prometheus"), commands=("promtool",))

#: Pinned for clusters, where it runs from its image.
GRAFANA = load_distribution("grafana")

TOOLS: tuple[Tool, ...] = (OTELCOL, PROMETHEUS, PROMTOOL)


def find_tool(name: str) -> Tool:
    """Return the program with this name.

    Raises:
        UsageError: no engine has that name.
    """
    for tool in TOOLS:
        if tool.name == name:
            return tool
    known = ", ".join(tool.name for tool in TOOLS)
    raise UsageError(name, "is not a known engine", hint=f"choose from: {known}")
