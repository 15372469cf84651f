"""``kubeglass run``: run a Flask application's server with instrumentation added."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from kubeglass.errors import StateError, UsageError
from kubeglass.model.parts import METRICS_FOLDER_VARIABLE, instrumented

app = typer.Typer(add_completion=False)


# Options behind the server's name are the server's own.
@app.command(context_settings={"allow_interspersed_args": False, "ignore_unknown_options": True})
def run(
    command: Annotated[
        list[str] | None, typer.Argument(help="The server command, such as: gunicorn -w 4 shop:app")
    ] = None,
) -> None:
    """Run a server with its Flask application instrumented, without changing the application."""
    if not command:
        raise UsageError("kubeglass run", "needs a command", hint="give one, such as: kubeglass run gunicorn shop:app")
    # Next to this Python first: its environment has kubeglass, whether activated or not.
    program = shutil.which(command[0], path=Path(sys.executable).parent) or shutil.which(command[0])
    if program is None:
        wrong, hint = f"cannot run {command[0]!r}", "install it, or give its path"
        raise UsageError("kubeglass run", wrong, found="not found on PATH", hint=hint)
    environment = instrumented(os.environ)
    if METRICS_FOLDER_VARIABLE not in environment:
        environment[METRICS_FOLDER_VARIABLE] = str(make_folder(Path(tempfile.gettempdir())))
    os.execve(program, command, environment)  # noqa: S606  # running the user's command is what this is for


def make_folder(temporary: Path) -> Path:
    """Create an empty folder for the workers' values, and remove those of servers that have ended.

    Its name is the pid of this process, which the server keeps, because it replaces this process.
    """
    import psutil

    base = temporary / f"kubeglass-{os.getuid()}"
    try:
        base.mkdir(mode=0o700, exist_ok=True)
        status = base.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
            raise StateError(
                str(base), "belongs to another user", hint=f"set {METRICS_FOLDER_VARIABLE} to a folder of your own"
            )
        for old in base.iterdir():
            if old.name.isdecimal() and not psutil.pid_exists(int(old.name)):
                shutil.rmtree(old, ignore_errors=True)
        folder = base / str(os.getpid())
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
    except OSError as error:
        raise StateError(
            str(base),
            "cannot be created",
            found=error.strerror or str(error),
            hint=f"set {METRICS_FOLDER_VARIABLE} to a writable folder",
        ) from error
    return folder
