"""Which ports of an app's pods are scraped: what the collector's relabelling does, said of one pod."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kubeglass.deploy.api.objects import KubernetesObject
from kubeglass.model.sections.app import App
from kubeglass.render.otelcol.targets import METRICS_PORTS, OTHER_NUMBERS

_ANNOTATION = "prometheus.io/"


def find_ports(app: App, template: KubernetesObject) -> list[int]:
    """Return the ports that are scraped of a pod, or of one made from a workload's template."""
    wanted = str(app.metrics_port) if "metrics_port" in app.model_fields_set else _note(template, "port")
    if wanted.isdecimal():
        return [int(wanted)]
    declared = list(list_ports(template))
    if wanted:
        return [number for number, name in declared if name == wanted]
    return [number for number, name in declared if _speaks_metrics(number, name)]


def find_path(app: App, template: KubernetesObject) -> str:
    """Return the path that is scraped."""
    own = "" if "metrics_path" in app.model_fields_set else _note(template, "path")
    return own or app.metrics_path


def list_ports(template: KubernetesObject) -> Iterator[tuple[int, str]]:
    """Return the TCP ports that the containers declare, with their names, which may be empty."""
    for container in template["spec"]["containers"]:
        for port in container.get("ports") or []:
            if port.get("protocol", "TCP") == "TCP":
                yield int(port["containerPort"]), str(port.get("name", ""))


def _speaks_metrics(number: int, name: str) -> bool:
    if name:
        return re.fullmatch(METRICS_PORTS, name) is not None
    return re.fullmatch(OTHER_NUMBERS, str(number)) is None


def _note(template: KubernetesObject, name: str) -> str:
    return str((template.get("metadata", {}).get("annotations") or {}).get(_ANNOTATION + name, ""))
