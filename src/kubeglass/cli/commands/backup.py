"""``kubeglass backup``: write the local Prometheus's samples to one file."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Annotated

import typer

File = Annotated[Path, typer.Argument(metavar="FILE", help="The archive to create, such as monday.tar.gz.")]


def backup(file: File) -> None:
    """Back up the local Prometheus's samples to one file, without stopping the run or losing a scrape."""
    from rich.filesize import decimal

    from kubeglass.cli.context import state_root
    from kubeglass.cli.output import Output
    from kubeglass.supervise.backup.create import back_up

    # Like Ctrl-C, so that no partial file is left.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    output = Output()
    made = back_up(state_root(), file, output.note)
    output.say(
        f"wrote {made.path}: {decimal(made.size)}, holds {decimal(made.manifest.size)} of samples; read back whole"
    )
