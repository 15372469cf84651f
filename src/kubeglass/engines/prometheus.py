"""Prometheus, which stores and answers, and promtool, which checks rules."""

from __future__ import annotations

from kubeglass.engines.distribution import load_distribution
from kubeglass.engines.engine import Engine, Tool
from kubeglass.model.local import LOOPBACK, LocalSettings

#: How long a local run keeps its samples: long enough to compare with last week, small enough for a laptop.
RETENTION_TIME = "15d"
RETENTION_SIZE = "2GB"


def _arguments(settings: LocalSettings) -> tuple[str, ...]:
    return (
        f"--config.file={settings.root / 'prometheus' / 'prometheus.yml'}",
        f"--storage.tsdb.path={settings.data / 'prometheus'}",
        f"--storage.tsdb.retention.time={RETENTION_TIME}",
        f"--storage.tsdb.retention.size={RETENTION_SIZE}",
        f"--web.listen-address={LOOPBACK}:{settings.ports.prometheus}",
        "--web.enable-otlp-receiver",
        # Otherwise the first scrape of the collector, which App status shows, comes 5 s after the start.
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
