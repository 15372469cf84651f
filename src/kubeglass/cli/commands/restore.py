"""``kubeglass restore``: replace the local Prometheus's samples with a backup's."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Annotated

import typer

File = Annotated[Path, typer.Argument(metavar="FILE", help="The archive that kubeglass backup created.")]
Replace = Annotated[bool, typer.Option("--replace", help="Replace existing samples.")]


def restore(file: File, *, replace: Replace = False) -> None:
    """Verify a backup and restore its samples. Nothing may be running in this folder."""
    from rich.filesize import decimal

    from kubeglass.cli.context import state_root
    from kubeglass.cli.output import Output
    from kubeglass.errors import UsageError
    from kubeglass.supervise.backup.restore import restore as restore_samples

    if not file.exists():
        raise UsageError(str(file), "there is no such file")
    # Like Ctrl-C, so that no partial folder is left.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    output = Output()
    manifest = restore_samples(state_root(), file, output.note, replace=replace)
    output.say(
        f"restored {decimal(manifest.size)} of samples, backed up {manifest.created} "
        f"by kubeglass {manifest.kubeglass} with Prometheus {manifest.prometheus}"
    )
    output.note("next: kubeglass up")
