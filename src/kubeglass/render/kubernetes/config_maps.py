"""Puts what other renderers made into ConfigMaps, and into pods as files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from kubeglass.errors import ConfigError
from kubeglass.model.sections.secret import SecretKey
from kubeglass.render.files import RenderedFile
from kubeglass.render.kubernetes.names import describe, metadata

#: Where the pages find the dashboards, and Grafana its provisioning files.
DASHBOARDS_FOLDER = "/var/lib/kubeglass/dashboards"
PROVISIONING_FOLDER = "/etc/grafana/provisioning"


@dataclass(frozen=True, slots=True)
class CollectorSetup:
    """The collector's configuration on a cluster, and what its pod must mount.

    Args:
        config: the configuration file, at a path relative to its folder.
        queue_directory: mount point of the node's queue folder.
        host_folders: mount point to folder of the node, for host metrics.
        secrets: path of a file, all in one folder, to the key of the Secret that holds it.
    """

    config: RenderedFile
    queue_directory: str
    host_folders: Mapping[str, str]
    secrets: Mapping[PurePosixPath, SecretKey]


@dataclass(frozen=True, slots=True)
class Contents:
    """What other renderers made, for the ConfigMaps.

    Args:
        collector: the collector's configuration.
        prometheus: ``prometheus.yml`` and the rules, at paths relative to Prometheus's configuration folder.
        grafana: provisioning files, at paths relative to Grafana's provisioning folder.
        grafana_environment: Grafana's settings as environment variables, none of them secret.
        dashboards: ``<uid>.json`` of each dashboard, for Grafana and the viewer.
    """

    collector: CollectorSetup
    prometheus: tuple[RenderedFile, ...]
    grafana: tuple[RenderedFile, ...]
    grafana_environment: Mapping[str, str]
    dashboards: tuple[RenderedFile, ...]


#: ``kubectl apply`` stores the whole object as JSON in an annotation, and annotations are limited to 262144 bytes
#: (grafana/tanka#50). ConfigMaps are kept well below; a file of more than the second number cannot be applied so.
MOST_BYTES = 200_000
MOST_BYTES_KUBECTL = 260_000
#: A ConfigMap holds 1 MiB, with everything around the text; server-side apply, as ``kubeglass deploy`` does, allows it.
MOST_BYTES_SERVER = 1_040_000

#: An annotation of pod templates: a change of the configuration starts new pods. Helm charts call theirs so.
HASH_ANNOTATION = "checksum/config"


def config_maps(name: str, component: str, namespace: str, files: Sequence[RenderedFile]) -> list[dict[str, Any]]:
    """Pack ``files`` into as few ConfigMaps as stay small: ``name``, ``name-2`` and so on."""
    return [
        describe(
            "ConfigMap",
            metadata(_numbered(name, index), component, namespace),
            # Without the final newline, YAML can show the text as a block.
            data={_key(file): _text_of(file).rstrip("\n") for file in group},
        )
        for index, group in enumerate(_pack(files))
    ]


def check_sizes(objects: Iterable[Mapping[str, Any]], *, for_kubectl: bool) -> None:
    """Check that each file fits into a ConfigMap: what is left to pack together fits always.

    Raises:
        ConfigError: one does not.
    """
    for item in objects:
        files = (item.get("data") or {}) if item["kind"] == "ConfigMap" else {}
        for key, text in files.items():
            size, stored = _json_bytes(text), len(text.encode())
            if stored > MOST_BYTES_SERVER:
                limit, hint = f"{MOST_BYTES_SERVER // 1000} kB", "split it"
            elif for_kubectl and size > MOST_BYTES_KUBECTL:
                limit = f"{MOST_BYTES_KUBECTL // 1000} kB as kubectl apply counts, which stores a copy"
                hint = "split it, or use kubeglass deploy, which stores no copy and takes up to 1 MB"
            else:
                continue
            where = f"configmap/{item['metadata']['name']}"
            found = f"{key.replace('..', '/')}: {size / 1000:.0f} kB, at most {limit}"
            raise ConfigError(where, "has a file that is too large for it", found=found, hint=hint)


def config_volume(volume: str, name: str, files: Sequence[RenderedFile]) -> dict[str, Any]:
    """Return one volume with everything that :func:`config_maps` packed, each file at its own path."""
    sources = []
    for index, group in enumerate(_pack(files)):
        items = [{"key": _key(file), "path": str(file.path)} for file in group]
        sources.append({"configMap": {"name": _numbered(name, index), "items": items}})
    return {"name": volume, "projected": {"sources": sources}}


def config_hash(*files: RenderedFile) -> dict[str, str]:
    """Return the annotation with the files' hash."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.path}\0{file.content}\0".encode())
    return {HASH_ANNOTATION: digest.hexdigest()[:16]}


def _pack(files: Sequence[RenderedFile]) -> list[list[RenderedFile]]:
    groups: list[list[RenderedFile]] = [[]]
    room = MOST_BYTES
    for file in files:
        size = _json_bytes(_text_of(file)) + len(_key(file))
        if groups[-1] and size > room:
            groups.append([])
            room = MOST_BYTES
        groups[-1].append(file)
        room -= size
    return groups


def _text_of(file: RenderedFile) -> str:
    """Return the file's text; a large dashboard without its indentation, which is a third of it."""
    if file.path.suffix == ".json" and _json_bytes(file.content) > MOST_BYTES:
        return json.dumps(json.loads(file.content), ensure_ascii=False, separators=(",", ":")) + "\n"
    return file.content


def _json_bytes(text: str) -> int:
    """Return the size of ``text`` in JSON as Go writes it, which escapes ``<``, ``>`` and ``&`` too."""
    return len(json.dumps(text, ensure_ascii=False).encode()) + 5 * sum(map(text.count, "<>&"))


def _numbered(name: str, index: int) -> str:
    return name if index == 0 else f"{name}-{index + 1}"


def _key(file: RenderedFile) -> str:
    return str(file.path).replace("/", "..")
