"""``kubeglass logs``: show the processes' logs."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from kubeglass.cli.output import Output
    from kubeglass.supervise.state.log_reading import LogLine

Name = Annotated[str | None, typer.Argument(metavar="[NAME]", help="The process, such as prometheus; all by default.")]
Follow = Annotated[bool, typer.Option("--follow", "-f", help="Follow the log until Ctrl-C.")]
Lines = Annotated[int, typer.Option("--lines", "-n", min=0, help="Number of last lines to show.")]
Timestamps = Annotated[bool, typer.Option("--timestamps", "-t", help="Show timestamps, in UTC.")]

#: Polling interval of --follow, in seconds.
LOOK_SECONDS = 0.2


def logs(*, name: Name = None, follow: Follow = False, lines: Lines = 50, timestamps: Timestamps = False) -> None:
    """Show the last log lines of all processes, merged by time. Also works after the run has ended."""
    from kubeglass.cli.context import state_root
    from kubeglass.cli.output import Output
    from kubeglass.supervise.state.log_reading import LogFollower, choose_logs, read_last_lines

    folder = state_root() / "logs"
    names = choose_logs(folder, name)
    output = Output()
    follower = LogFollower(folder, name) if follow else None
    _show(read_last_lines(folder, names, lines), output, names, timestamps=timestamps)
    while follower:
        new = follower.read_new()
        _show(new, output, follower.names, timestamps=timestamps)
        time.sleep(LOOK_SECONDS)


def _show(lines: Iterable[LogLine], output: Output, names: Sequence[str], *, timestamps: bool) -> None:
    width = max(map(len, names)) if len(names) > 1 else 0
    for line in lines:
        prefix = f"{line.name:<{width}} | " if width else ""
        output.say(f"{prefix}{line.stamp} {line.text}" if timestamps else f"{prefix}{line.text}")
