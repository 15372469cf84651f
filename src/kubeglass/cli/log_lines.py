"""How lines of logs are shown, of processes and of containers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kubeglass.cli.output import Output
from kubeglass.observe.log_line import LogLine


def show_lines(output: Output, lines: Iterable[LogLine], names: Sequence[str], *, timestamps: bool) -> None:
    """Print lines, each behind the name of who wrote it if there are several ``names``."""
    width = max(map(len, names)) if len(names) > 1 else 0
    for line in lines:
        prefix = f"{line.name:<{width}} | " if width else ""
        output.say(f"{prefix}{line.stamp} {line.text}" if timestamps else f"{prefix}{line.text}")
