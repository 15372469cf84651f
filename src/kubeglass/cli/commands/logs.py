"""``kubeglass logs``: what the processes wrote."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from kubeglass.cli.output import Output
    from kubeglass.supervise.state.log_reading import LogLine

Name = Annotated[str | None, typer.Argument(metavar="[NAME]", help="Whose log, such as prometheus; all if none.")]
Follow = Annotated[bool, typer.Option("--follow", "-f", help="Go on with what is written from now on, until Ctrl-C.")]
Lines = Annotated[int, typer.Option("--lines", "-n", min=0, help="How many of the last lines.")]
Timestamps = Annotated[bool, typer.Option("--timestamps", "-t", help="Show when each line was written, in UTC.")]

#: Seconds between two looks while following.
LOOK_SECONDS = 0.2


def logs(*, name: Name = None, follow: Follow = False, lines: Lines = 50, timestamps: Timestamps = False) -> None:
    """Show the last lines that the processes wrote, merged by time. Works after the run has ended, too."""
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
