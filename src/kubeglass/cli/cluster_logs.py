"""``kubeglass logs --cluster``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kubeglass.cli.cluster_options import choose_pipeline, name_pipeline, require_installed
from kubeglass.cli.log_lines import show_lines
from kubeglass.cli.output import Output
from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.api.errors import UnreachableClusterError
from kubeglass.deploy.api.objects import ObjectKey
from kubeglass.deploy.inspection.container_log import WorkloadLogs
from kubeglass.deploy.inspection.existing_parts import list_existing_workloads
from kubeglass.deploy.inspection.live import read_pipeline
from kubeglass.deploy.release.installed import Installed
from kubeglass.deploy.rollout.status import WORKLOADS
from kubeglass.deploy.rollout.wait import Clock
from kubeglass.errors import UsageError
from kubeglass.render.kubernetes.names import COMPONENT

#: Seconds between two reads of ``--follow``.
LOOK_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class LogOptions:
    """What to show of a deployed pipeline's logs; ``kubeglass logs --help`` explains the options."""

    names: Sequence[str]
    lines: int
    since_seconds: float | None
    previous: bool
    follow: bool
    timestamps: bool


def show_cluster_logs(file: Path | None, context: str | None, namespace: str | None, options: LogOptions) -> None:
    """Show the last lines of the parts' containers, then follow them if asked to.

    Raises:
        StateError: nothing is deployed there.
        UsageError: there is no such part.
    """
    named = name_pipeline(file, namespace)
    output, clock = Output(), Clock()
    with Cluster.connect(context) as cluster:
        installed = require_installed(cluster, choose_pipeline(cluster, named), [*sorted(WORKLOADS), "ConfigMap"])
        logs = WorkloadLogs(cluster, choose_parts(_name_parts(cluster, installed), options.names), clock, output.note)
        lines = logs.read_last(options.lines, since_seconds=options.since_seconds, previous=options.previous)
        show_lines(output, lines, logs.names, timestamps=options.timestamps)
        while options.follow:
            clock.sleep(LOOK_SECONDS)
            try:
                lines = logs.read_new()
            except UnreachableClusterError:
                # An API server that is being replaced is away for some seconds.
                continue
            show_lines(output, lines, logs.names, timestamps=options.timestamps)


def _name_parts(cluster: Cluster, installed: Installed) -> dict[ObjectKey, set[str]]:
    """Return every workload with the names that mean it, besides its own."""
    named = {
        key: {str(item["metadata"]["labels"].get(COMPONENT))}
        for key, item in installed.objects.items()
        if key.kind in WORKLOADS
    }
    pipeline = read_pipeline(installed.namespace, installed.objects.values())
    existing = list_existing_workloads(cluster, pipeline)
    return named | {key: {name, "app"} for key, name in existing.items()}


def choose_parts(parts: Mapping[ObjectKey, set[str]], names: Sequence[str]) -> list[ObjectKey]:
    """Return the workloads that ``names`` mean, or all if it is empty.

    A name is a workload's, with or without its kind, its app's, or one of its component, such as ``collector``.

    Raises:
        UsageError: one means no workload.
    """
    words = {key: {key.name, str(key), *others} for key, others in parts.items()}
    for name in names:
        if not any(name in known for known in words.values()):
            shown = ", ".join(sorted(key.name for key in words))
            raise UsageError(name, "is not part of this pipeline", found=f"its parts: {shown}")
    return sorted(key for key, known in words.items() if not names or known.intersection(names))
