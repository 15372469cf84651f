"""Images of the engines: one static program each, and the system's few files."""

from __future__ import annotations

from pathlib import Path

from kubeglass.deploy.images.image import Image
from kubeglass.deploy.images.libraries import find_libraries
from kubeglass.deploy.images.system import list_system_files
from kubeglass.deploy.images.tree import PROGRAM_MODE, File
from kubeglass.engines.distribution import Distribution
from kubeglass.engines.otelcol import OTELCOL
from kubeglass.engines.prometheus import PROMETHEUS
from kubeglass.render.kubernetes.images import own_image

COLLECTOR_PORTS = (4318, 8888, 13133)
PROMETHEUS_PORTS = (9090,)


def build_collector_image(program: Path) -> Image:
    """Describe the collector's image; a pod gives its configuration as arguments, as with the official image."""
    return _build("collector", program, OTELCOL.distribution, COLLECTOR_PORTS, ("--config=/etc/otelcol/config.yaml",))


def build_prometheus_image(program: Path) -> Image:
    """Describe Prometheus's image; it holds no configuration, no data folder and none of the console files."""
    arguments = (
        "--config.file=/etc/prometheus/prometheus.yml",
        "--storage.tsdb.path=/prometheus",
        "--web.enable-otlp-receiver",
    )
    return _build("prometheus", program, PROMETHEUS.distribution, PROMETHEUS_PORTS, arguments)


def _build(
    part: str, program: Path, distribution: Distribution, ports: tuple[int, ...], arguments: tuple[str, ...]
) -> Image:
    inside = f"bin/{distribution.name}"
    return Image(
        reference=own_image(part, distribution),
        # The program changes with its version, the authorities with the machine: apart, each is stored once.
        layers=(
            tuple(list_system_files()),
            # Ours and the official programs are static; a distribution's own may load the C library.
            (File(inside, program, PROGRAM_MODE), *find_libraries([program])),
        ),
        entrypoint=(f"/{inside}",),
        command=arguments,
        ports=ports,
        labels={
            "org.opencontainers.image.title": distribution.title,
            "org.opencontainers.image.version": distribution.version,
        },
    )
