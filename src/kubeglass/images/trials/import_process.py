"""Imports an app in its image as gunicorn does, and reports how that ended.

Run as ``python3 -P import_process.py package.module:app ROOT SITE REPORT`` by the image's own interpreter. Nothing but
the standard library is imported before gunicorn and the app.
"""

from __future__ import annotations

import importlib
import json
import os
import site
import sys
import traceback
from pathlib import Path
from typing import NoReturn

#: Last lines of a traceback that are reported.
TRACEBACK_LINES = 8


def describe(error: BaseException) -> dict[str, object]:
    """Return what is needed to say what is missing; the cause counts where the app raised ``from`` it."""
    said = error
    while isinstance(error.__cause__, ImportError | OSError):
        error = error.__cause__
    frames = [frame for frame in traceback.extract_tb(said.__traceback__) if not _is_ours(frame.filename)]
    lines = "".join([*traceback.format_list(frames[-3:]), *traceback.format_exception_only(said)])
    return {
        "kinds": [kind.__name__ for kind in type(error).__mro__],
        "text": " ".join(str(error).split())[:300],
        "module": getattr(error, "name", None) if isinstance(error, ImportError) else None,
        "path": os.fsdecode(error.filename) if isinstance(error, OSError) and error.filename else None,
        "lines": lines.rstrip().splitlines()[-TRACEBACK_LINES:],
    }


def _is_ours(filename: str) -> bool:
    """Whether a frame leads to the app's own code without being part of it."""
    return filename == __file__ or "importlib" in filename or filename.endswith("/gunicorn/util.py")


def list_libraries() -> list[str]:
    """Return the libraries that this process has loaded."""
    paths = {line.split(maxsplit=5)[5] for line in Path("/proc/self/maps").read_text().splitlines() if ".so" in line}
    return sorted(path.strip() for path in paths)


def main(spec: str, root: str, packages: str, report: str) -> NoReturn:
    """Import the app that ``spec`` names in the image at ``root``; write the report as JSON and exit."""
    if packages not in sys.path:
        site.addsitedir(packages)
    os.chdir(f"{root}/app")
    sys.path.insert(0, f"{root}/app")
    found: dict[str, object] = {}
    try:
        importlib.import_module("gunicorn.util").import_app(spec)
    except BaseException as error:  # noqa: BLE001  # an app may raise anything, SystemExit included
        found = describe(error)
    Path(report).write_text(json.dumps({**found, "libraries": list_libraries()}))
    # Python would wait for threads that the app started.
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
