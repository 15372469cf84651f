"""``kubeglass down``: stop this folder's run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

Purge = Annotated[bool, typer.Option("--purge", help="Also remove .kubeglass: samples, queue, logs, configuration.")]


def down(*, purge: Purge = False) -> None:
    """Stop this folder's run, whether in another terminal or in the background."""
    from kubeglass.cli.context import state_root
    from kubeglass.cli.output import Output
    from kubeglass.supervise.control import clean_up, stop_run
    from kubeglass.supervise.state.folder import find_run, require_run

    root = state_root()
    output = Output()
    record = find_run(root)
    left = [] if record else clean_up(root)
    for note in left:
        output.say(note)
    if record:
        stop_run(root, record)
        output.say(
            f"stopped: {', '.join(process.name for process in record.processes) or 'a run that was being prepared'}"
        )
    elif not (left or purge):
        require_run(root)
    if purge:
        output.say(_purge(root, output.note))


def _purge(root: Path, note: Callable[[str], None]) -> str:
    from rich.filesize import decimal

    from kubeglass.supervise.state.purge import purge

    freed = purge(root, note)
    return f"nothing to remove: there is no {root}" if freed is None else f"removed {root}: {decimal(freed)} freed"
