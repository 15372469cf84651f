"""What goes into ConfigMaps: configurations that other renderers made, handed over by the plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kubeglass.render.file import RenderedFile

#: Where the pages find the dashboards, and Grafana its provisioning files.
DASHBOARDS_FOLDER = "/var/lib/kubeglass/dashboards"
PROVISIONING_FOLDER = "/etc/grafana/provisioning"


@dataclass(frozen=True, slots=True)
class CollectorSetup:
    """The collector's configuration for a cluster, and what it expects of its pod.

    Args:
        config: the configuration file's text.
        queue_directory: where the configuration looks for its node's folder.
        health_port: where it answers probes.
        telemetry_port: where it exposes its own metrics.
        host_folders: folders of its node it reads, by where it looks for them; none unless it measures the node.
    """

    config: str
    queue_directory: str
    health_port: int
    telemetry_port: int
    host_folders: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Contents:
    """Everything that runs on the cluster with somebody else's configuration.

    Args:
        collector: the collector's.
        prometheus: ``prometheus.yml`` and the rules, at paths relative to Prometheus's configuration folder.
        grafana: provisioning files, at paths relative to Grafana's provisioning folder.
        grafana_environment: Grafana's settings as environment variables, none of them secret.
        dashboards: one ``<uid>.json`` a dashboard, for Grafana and the viewer alike.
    """

    collector: CollectorSetup
    prometheus: tuple[RenderedFile, ...] = ()
    grafana: tuple[RenderedFile, ...] = ()
    grafana_environment: Mapping[str, str] = field(default_factory=dict)
    dashboards: tuple[RenderedFile, ...] = ()
