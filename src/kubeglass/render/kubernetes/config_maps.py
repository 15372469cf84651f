"""Configurations that other renderers made: into ConfigMaps, and into pods as files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kubeglass.render.files import RenderedFile
from kubeglass.render.kubernetes.names import metadata

#: Where the pages find the dashboards, and Grafana its provisioning files.
DASHBOARDS_FOLDER = "/var/lib/kubeglass/dashboards"
PROVISIONING_FOLDER = "/etc/grafana/provisioning"


@dataclass(frozen=True, slots=True)
class CollectorSetup:
    """The collector's configuration for a cluster, and what it needs from its pod.

    Args:
        config: the configuration file's text.
        queue_directory: mount point of the node's queue folder.
        host_folders: mount point to folder of the node, for host metrics.
    """

    config: str
    queue_directory: str
    host_folders: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Contents:
    """Configurations that other renderers made, for the ConfigMaps.

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


#: ``kubectl apply`` stores the whole object, as JSON, in an annotation, and annotations may hold 262144 bytes
#: (grafana/tanka#50). A file that is larger alone goes to the cluster by server-side apply, which stores no such copy.
MOST_BYTES = 200_000

#: In a pod template's annotations, so that a change of configuration starts new pods.
HASH_ANNOTATION = "kubeglass.dev/config-hash"


def config_maps(name: str, component: str, namespace: str, files: Sequence[RenderedFile]) -> list[dict[str, Any]]:
    """Pack ``files`` into as few ConfigMaps as stay small: ``name``, ``name-2`` and so on."""
    return [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": metadata(_numbered(name, index), component, namespace),
            # Without the final newline, YAML can show the text as a block.
            "data": {_key(file): file.content.rstrip("\n") for file in group},
        }
        for index, group in enumerate(_pack(files))
    ]


def config_volume(volume: str, name: str, files: Sequence[RenderedFile]) -> dict[str, Any]:
    """Put what :func:`config_maps` packed into one volume, every file at its own path."""
    sources = [
        {
            "configMap": {
                "name": _numbered(name, index),
                "items": [{"key": _key(file), "path": str(file.path)} for file in group],
            }
        }
        for index, group in enumerate(_pack(files))
    ]
    return {"name": volume, "projected": {"sources": sources}}


def config_hash(*files: RenderedFile) -> dict[str, str]:
    """Return an annotation that changes with the configuration, so that a change rolls the pods."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.path}\0{file.content}\0".encode())
    return {HASH_ANNOTATION: digest.hexdigest()[:16]}


def _pack(files: Sequence[RenderedFile]) -> list[list[RenderedFile]]:
    groups: list[list[RenderedFile]] = [[]]
    room = MOST_BYTES
    for file in files:
        size = len(json.dumps(file.content)) + len(_key(file))
        if groups[-1] and size > room:
            groups.append([])
            room = MOST_BYTES
        groups[-1].append(file)
        room -= size
    return groups


def _numbered(name: str, index: int) -> str:
    return name if index == 0 else f"{name}-{index + 1}"


def _key(file: RenderedFile) -> str:
    return str(file.path).replace("/", "..")
