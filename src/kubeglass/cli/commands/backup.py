"""``kubeglass backup`` and ``kubeglass restore``: the local Prometheus's samples as one file."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Annotated

import typer

NewArchive = Annotated[Path, typer.Argument(metavar="FILE", help="The archive to create, such as monday.tar.gz.")]
Archive = Annotated[Path, typer.Argument(metavar="FILE", help="The archive that kubeglass backup created.")]
Replace = Annotated[bool, typer.Option("--replace", help="Replace existing samples.")]


def backup(file: NewArchive) -> None:
    """Back up the local Prometheus's samples to one file, without stopping the run or losing a scrape."""
    from rich.filesize import decimal

    from kubeglass.cli.context import state_root
    from kubeglass.cli.output import Output
    from kubeglass.supervise.backup.samples import back_up

    _clean_up_when_terminated()
    output = Output()
    manifest = back_up(state_root(), file, output.note)
    output.say(f"wrote {file}: {decimal(file.stat().st_size)}, {decimal(manifest.size)} of samples; verified")


def restore(file: Archive, *, replace: Replace = False) -> None:
    """Verify a backup and restore its samples. Nothing may be running in this folder."""
    from rich.filesize import decimal

    from kubeglass.cli.context import state_root
    from kubeglass.cli.output import Output
    from kubeglass.supervise.backup.samples import restore as restore_samples

    _clean_up_when_terminated()
    output = Output()
    manifest = restore_samples(state_root(), file, output.note, replace=replace)
    output.say(
        f"restored {decimal(manifest.size)} of samples, backed up {manifest.created} "
        f"by kubeglass {manifest.kubeglass} with Prometheus {manifest.prometheus}"
    )
    output.note("next: kubeglass up")


def _clean_up_when_terminated() -> None:
    """Make SIGTERM interrupt like Ctrl-C, so that no partial file or folder is left."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
