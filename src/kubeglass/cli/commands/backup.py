"""``kubeglass backup``: the local Prometheus's samples in one file."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Annotated

import typer

File = Annotated[Path, typer.Argument(metavar="FILE", help="The archive to make, such as monday.tar.gz.")]


def backup(file: File) -> None:
    """Write the local Prometheus's samples into one file; what runs goes on and no scrape is lost."""
    from rich.filesize import decimal

    from kubeglass.cli.context import state_root
    from kubeglass.cli.output import Output
    from kubeglass.supervise.backup.create import back_up

    # Ends like Ctrl-C: nothing half-written stays.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    output = Output()
    made = back_up(state_root(), file, output.note)
    output.say(
        f"wrote {made.path}: {decimal(made.size)}, holds {decimal(made.manifest.size)} of samples; read back whole"
    )
