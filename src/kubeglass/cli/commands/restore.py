"""``kubeglass restore``: a backup's samples in the place of the local Prometheus's."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Annotated

import typer

File = Annotated[Path, typer.Argument(metavar="FILE", help="The archive that kubeglass backup made.")]
Replace = Annotated[bool, typer.Option("--replace", help="Remove the samples that are here now.")]


def restore(file: File, *, replace: Replace = False) -> None:
    """Bring back the samples of a backup, verified first. Nothing may run here."""
    from rich.filesize import decimal

    from kubeglass.cli.context import state_root
    from kubeglass.cli.output import Output
    from kubeglass.supervise.backup.restore import restore as restore_samples

    # Ends like Ctrl-C: nothing half-unpacked stays.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    output = Output()
    manifest = restore_samples(state_root(), file, output.note, replace=replace)
    output.say(
        f"restored {decimal(manifest.size)} of samples, backed up {manifest.created} "
        f"by kubeglass {manifest.kubeglass} with Prometheus {manifest.prometheus}"
    )
    output.note("next: kubeglass up")
