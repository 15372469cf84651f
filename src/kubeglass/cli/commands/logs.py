"""``kubeglass logs``: show the logs of processes, or of a deployed pipeline's containers."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from kubeglass.cli.cluster_options import Context, refuse_cluster_options

Names = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[NAMES]...", help="Processes, such as prometheus, or parts of a deployed pipeline; all by default."
    ),
]
Follow = Annotated[bool, typer.Option("--follow", "-f", help="Follow the log until Ctrl-C.")]
Lines = Annotated[
    int, typer.Option("--lines", "-n", min=0, help="Number of last lines to show; with --cluster, of each container.")
]
Timestamps = Annotated[bool, typer.Option("--timestamps", "-t", help="Show timestamps, in UTC.")]
OnCluster = Annotated[bool, typer.Option("--cluster", help="Show logs of a deployed pipeline.")]
# Their short forms are those of other options here.
File = Annotated[Path | None, typer.Option("--file", help="The definition.", show_default="kubeglass.yaml")]
Namespace = Annotated[
    str | None, typer.Option("--namespace", help="The pipeline's namespace.", show_default="cluster.namespace")
]
Previous = Annotated[bool, typer.Option("--previous", "-p", help="With --cluster: of each container's run before.")]
Since = Annotated[str | None, typer.Option(help="With --cluster: only lines that are newer, such as 5m.")]

#: Polling interval of --follow, in seconds.
LOOK_SECONDS = 0.2


def logs(
    names: Names = None,
    file: File = None,
    context: Context = None,
    namespace: Namespace = None,
    since: Since = None,
    *,
    follow: Follow = False,
    lines: Lines = 50,
    timestamps: Timestamps = False,
    cluster: OnCluster = False,
    previous: Previous = False,
) -> None:
    """Show the last log lines of all processes, merged by time. Also works after the run has ended.

    With --cluster, of the containers of a deployed pipeline. A name is a part, such as python-app, or a component: app,
    collector, storage or pages. Of a container that logged nothing since its restart, the run before is shown.
    """
    if not cluster:
        refuse_cluster_options(file, context, namespace, since=since, previous=previous)
        _show_local(names or [], lines, follow=follow, timestamps=timestamps)
        return
    from kubeglass.cli.cluster_logs import LogOptions, show_cluster_logs
    from kubeglass.cli.context import parse_seconds
    from kubeglass.errors import UsageError

    if previous and follow:
        raise UsageError("--previous", "cannot be combined with --follow", hint="choose one")
    recent = None if since is None else parse_seconds("--since", since)
    show_cluster_logs(file, context, namespace, LogOptions(names or [], lines, recent, previous, follow, timestamps))


def _show_local(names: list[str], lines: int, *, follow: bool, timestamps: bool) -> None:
    from kubeglass.cli.context import state_root
    from kubeglass.cli.log_lines import show_lines
    from kubeglass.cli.output import Output
    from kubeglass.supervise.state.log_reading import LogFollower, choose_logs, read_last_lines

    folder = state_root() / "logs"
    chosen = choose_logs(folder, names)
    output = Output()
    follower = LogFollower(folder, names) if follow else None
    show_lines(output, read_last_lines(folder, chosen, lines), chosen, timestamps=timestamps)
    while follower:
        show_lines(output, follower.read_new(), follower.names, timestamps=timestamps)
        time.sleep(LOOK_SECONDS)
