"""``kubeglass reload`` and ``kubeglass down``: change or stop this folder's run, in whichever terminal it is."""

from __future__ import annotations

from typing import Annotated

import typer

Timeout = Annotated[str, typer.Option(metavar="DURATION", help="Timeout until data is seen again.")]
Purge = Annotated[bool, typer.Option("--purge", help="Also remove .kubeglass: samples, queue, logs, configuration.")]


def reload(timeout: Timeout = "90s") -> None:
    """Apply changes of kubeglass.yaml to this folder's run. Restarts or reloads only what changed.

    An invalid file changes nothing. Sending SIGHUP to the run has the same effect.
    """
    from kubeglass.cli.context import parse_timeout, state_root
    from kubeglass.cli.output import Output
    from kubeglass.supervise.control import request_reload
    from kubeglass.supervise.state.folder import require_run

    root = state_root()
    seconds = parse_timeout(timeout)
    Output().say(request_reload(root, require_run(root), timeout_seconds=seconds))


def down(*, purge: Purge = False) -> None:
    """Stop this folder's run, whether in another terminal or in the background."""
    from rich.filesize import decimal

    from kubeglass.cli.context import state_root
    from kubeglass.cli.output import Output
    from kubeglass.supervise.control import clean_up, stop_run
    from kubeglass.supervise.state.folder import find_run, require_run
    from kubeglass.supervise.state.folder import purge as remove_folder

    root = state_root()
    output = Output()
    record = find_run(root)
    left = [] if record else clean_up(root)
    for note in left:
        output.say(note)
    if record:
        stop_run(root, record)
        output.say(f"stopped: {', '.join(process.name for process in record.processes) or 'a run in preparation'}")
    elif not (left or purge):
        require_run(root)
    if purge:
        freed = remove_folder(root, output.note)
        output.say(
            f"nothing to remove: {root} does not exist" if freed is None else f"removed {root}: {decimal(freed)} freed"
        )
