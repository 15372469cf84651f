"""The application's own files: everything in its folder but what tools leave there."""

from __future__ import annotations

from pathlib import Path

from kubeglass.deploy.images.tree import Entry, read_folder

APP_FOLDER = "app"

_LEFT_BY_TOOLS = frozenset({"__pycache__", "node_modules"})


def list_sources(folder: Path) -> list[Entry]:
    """Return the files of ``folder``, to lie in ``/app``.

    Hidden files and folders are left out, among them ``.git``, ``.env`` with its secrets and ``.venv``; so are virtual
    environments of any name and compiled files.
    """
    return read_folder(folder, APP_FOLDER, leave_out=_is_unwanted)


def _is_unwanted(path: Path) -> bool:
    return (
        path.name.startswith(".")
        or path.name in _LEFT_BY_TOOLS
        or path.suffix == ".pyc"
        or (path / "pyvenv.cfg").is_file()
    )
