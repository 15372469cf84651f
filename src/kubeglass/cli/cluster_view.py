"""``kubeglass status --cluster``: once, as JSON, or until Ctrl-C."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from kubeglass.cli.cluster_options import choose_pipeline, name_pipeline, require_installed, search_pipelines
from kubeglass.cli.output import Output
from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.causes.cause import Cause
from kubeglass.deploy.inspection.part import Part
from kubeglass.deploy.inspection.pipeline_status import PipelineStatus, read_status
from kubeglass.deploy.release.installed import read_installed
from kubeglass.deploy.rollout.wait import Clock
from kubeglass.errors import ClusterError

#: Seconds between two looks of ``--watch``.
LOOK_SECONDS = 2.0
COLUMNS = ["PART", "NAMESPACE", "STATE", "READY", "RESTARTS", "DETAIL"]


def show_cluster_status(file: Path | None, context: str | None, namespace: str | None, *, as_json: bool) -> None:
    """Show every part of a pipeline and whether data flows; without a definition or namespace, of the only one.

    If there are several, each is shown in one line.

    Raises:
        StateError: nothing is deployed there.
        ClusterError: a pipeline is not healthy, or the cluster does not respond.
    """
    named = name_pipeline(file, namespace)
    output = Output()
    with Cluster.connect(context) as cluster:
        found = [named] if named is not None else search_pipelines(cluster)
        if len(found) > 1:
            shown = [read_status(cluster, read_installed(cluster, home), Clock(), data=False) for home in found]
        else:
            home = choose_pipeline(cluster, named)
            shown = [read_status(cluster, require_installed(cluster, home), Clock())]
    if as_json:
        output.json({"pipelines": [status.to_json() for status in shown]})
    elif len(shown) > 1:
        _list(output, shown)
    else:
        show_status(output, shown[0])
    _refuse_unhealthy(shown)


def watch_cluster_status(file: Path | None, context: str | None, namespace: str | None) -> None:
    """Show a pipeline until Ctrl-C: again and again on a terminal, elsewhere each change as one line.

    Raises:
        StateError: nothing is deployed there.
    """
    named = name_pipeline(file, namespace)
    output, clock = Output(), Clock()
    said: dict[str, str] = {}
    with Cluster.connect(context) as cluster:
        home = choose_pipeline(cluster, named)
        require_installed(cluster, home)
        while True:
            where = f"cluster {cluster.address}"
            try:
                status = read_status(cluster, read_installed(cluster, home), clock)
                now = {where: f"{where} responds", **describe_lines(status)}
            except ClusterError as error:
                status, now = None, said | {where: error.message}
            if not output.stdout.is_terminal:
                say_changes(output, said, now)
            elif now != said:
                _redraw(output, status, now[where])
            said = now
            clock.sleep(LOOK_SECONDS)


def _redraw(output: Output, status: PipelineStatus | None, otherwise: str) -> None:
    output.stdout.clear()
    if status is None:
        output.say(otherwise)
    else:
        show_status(output, status)


def show_status(output: Output, status: PipelineStatus) -> None:
    """Print every part, then causes, whether data flows, and what could not be seen."""
    rows = []
    for part in status.parts:
        counts = part.replicas
        ready = f"{counts.ready}/{counts.wanted}" if counts else "-"
        restarts = "-" if counts is None or counts.restarts is None else str(counts.restarts)
        rows.append([str(part.key), part.key.namespace or "-", part.state.value, ready, restarts, part.detail])
    output.table(COLUMNS, rows)
    for part in status.parts:
        if part.cause:
            _say_cause(output, str(part.key), part.cause)
    for link in status.links or ():
        output.say(f"{link.subject}: {link.detail}")
        if link.cause:
            _say_cause(output, link.subject, link.cause)
    if status.unseen:
        output.say(f"not seen, because these credentials may not list them: {', '.join(status.unseen)}")
    if status.is_healthy:
        output.say("healthy")


def _list(output: Output, shown: list[PipelineStatus]) -> None:
    rows = []
    for status in shown:
        ready = sum(part.is_ready for part in status.parts)
        state = "ready" if status.is_healthy else "not ready"
        rows.append([status.namespace, state, f"{ready}/{len(status.parts)}", status.wrong or "-"])
    output.table(["PIPELINE", "STATE", "READY", "DETAIL"], rows)
    output.note("choose one with --namespace to see its parts, and whether data flows")


def _say_cause(output: Output, where: str, cause: Cause) -> None:
    if text := "; ".join(filter(None, (cause.message, cause.hint))):
        output.say(f"{where}: {text}")
    for line in cause.evidence:
        output.say(f"  {line}")


def describe_lines(status: PipelineStatus) -> dict[str, str]:
    """Describe each part and link in one line, by its name."""
    parts = {f"{part.key} {part.key.namespace}": _describe_part(part) for part in status.parts}
    return parts | {link.subject: f"{link.subject}: {link.detail}" for link in status.links or ()}


def _describe_part(part: Part) -> str:
    restarts = part.replicas.restarts if part.replicas else 0
    more = f", {restarts} restarts" if restarts else ""
    cause = f" ({part.cause.message})" if part.cause and part.cause.message != part.detail else ""
    return f"{part.key} {part.state.value}: {part.detail}{more}{cause}"


def say_changes(output: Output, before: dict[str, str], now: dict[str, str]) -> None:
    """Print each line that is new or differs from before, with the time."""
    stamp = datetime.now().astimezone().strftime("%H:%M:%S")
    for name, line in now.items():
        if before.get(name) != line:
            output.say(f"{stamp} {line}")
    for name in sorted(before.keys() - now.keys()):
        output.say(f"{stamp} {name} is gone")


def _refuse_unhealthy(shown: list[PipelineStatus]) -> None:
    """Exit with the code of an error.

    Raises:
        ClusterError: a pipeline is not healthy.
    """
    ill = [status for status in shown if not status.is_healthy]
    if ill:
        where = f"namespace {', '.join(status.namespace for status in ill)}"
        raise ClusterError(where, "the pipeline is not healthy", found=ill[0].wrong)
