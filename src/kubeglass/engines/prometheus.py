"""Prometheus, and promtool, which checks its rules."""

from __future__ import annotations

from kubeglass.engines.distribution import load_distribution
from kubeglass.engines.engine import Engine, Tool
from kubeglass.model.local import LocalSettings
from kubeglass.model.parts import LOOPBACK


def _arguments(settings: LocalSettings) -> tuple[str, ...]:
    # Retention is in the configuration file, which takes precedence over arguments.
    return (
        f"--config.file={settings.root / 'prometheus' / 'prometheus.yml'}",
        f"--storage.tsdb.path={settings.data / 'prometheus'}",
        f"--web.listen-address={LOOPBACK}:{settings.ports.prometheus}",
        "--web.enable-otlp-receiver",
        # Otherwise the first scrape of the collector comes 5 s after startup.
        "--scrape.discovery-reload-interval=1s",
    )


PROMETHEUS = Engine(
    name="prometheus",
    distribution=load_distribution("prometheus"),
    commands=("prometheus",),
    arguments=_arguments,
    port=lambda ports: ports.prometheus,
    readiness_path="/-/ready",
    liveness_path="/-/healthy",
)

PROMTOOL = Tool(name="promtool", distribution=load_distribution("prometheus"), commands=("promtool",))
