"""The folder in which a server's workers share values, with a subfolder for each registry but the default.

prometheus_client writes all metrics to one folder, whatever their registry. This library's metrics have the same names
in every registry, so only those of the default registry can be written there.
"""

from __future__ import annotations

import fcntl
import logging
import mmap
import os
import re
import sys
import weakref
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import prometheus_client.values
from prometheus_client import REGISTRY, CollectorRegistry

from kubeglass.errors import InstrumentationError
from kubeglass.instrument.storage.file_store import FileStore

logger = logging.getLogger("kubeglass.instrument")

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
UNSAFE = re.compile(r"[^\w.-]")

#: Servers whose ``wsgi.multiprocess`` is correct, recognized by SERVER_SOFTWARE or by a key that they add.
WSGI_SERVERS = ("gunicorn", "Werkzeug")
WSGI_SERVER_KEYS = frozenset({"uwsgi.version", "mod_wsgi.version"})

#: Servers that call a WSGI application through an adapter, which does not know their workers.
ASGI_SERVERS = frozenset({"uvicorn", "hypercorn", "granian", "gunicorn"})

#: Whether the warning was logged; shared with forks, because some servers fork for each request.
_has_warned = mmap.mmap(-1, 1)

_names: weakref.WeakKeyDictionary[CollectorRegistry, str] = weakref.WeakKeyDictionary()


def multiprocess_folder() -> Path | None:
    """Return the folder in which workers share their values, None if it is not set."""
    folder = os.environ.get(FOLDER_VARIABLE)
    return Path(folder) if folder else None


def name_folder(registry: CollectorRegistry, application: str) -> str:
    """Choose a registry's subfolder of the shared folder, empty for the default registry.

    Every worker must choose the same name, so it is derived from the application's, with a number if it is taken.

    Args:
        registry: the registry.
        application: the name of the first application that uses it.
    """
    if registry is REGISTRY or registry in _names:
        return folder_name(registry)
    base = f"registry-{UNSAFE.sub('_', application)}"
    taken, number, name = set(_names.values()), 1, base
    while name in taken:
        number += 1
        name = f"{base}-{number}"
    _names[registry] = name
    return name


def folder_name(registry: CollectorRegistry) -> str:
    """Return a registry's subfolder of the shared folder, empty if it has none."""
    return _names.get(registry, "")


def make_store(folder: Path) -> FileStore:
    """Return a store in a folder, creating the folder if needed.

    Raises:
        InstrumentationError: the folder cannot be written.
    """
    _warn_if_too_late()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(folder, error) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise _unwritable(folder, PermissionError("permission denied"))
    return FileStore(folder)


def _warn_if_too_late() -> None:
    """Warn if the folder was set after prometheus_client was imported, which reads the variable only then."""
    if not getattr(prometheus_client.values.ValueClass, "_multiprocess", False):
        logger.warning(
            "%s was set after prometheus_client was imported: metrics that the application makes with it are not shared"
            " and not shown; set it before Python starts",
            FOLDER_VARIABLE,
        )


def warn_of_unshared_workers(environ: Mapping[str, Any]) -> None:
    """Warn once if several workers serve the application and share no folder.

    Only the server knows how many there are, and tells with each request.

    Args:
        environ: the WSGI environment of any request.
    """
    if _has_warned[0] or multiprocess_folder() is not None or not has_several_workers(environ, sys.argv):
        return
    if not _is_first_to_warn():
        return
    logger.warning(
        "several workers serve the application, and each shows its own metrics only; set %s to an empty folder that"
        " they share, or start the server with: kubeglass run",
        FOLDER_VARIABLE,
    )


def _is_first_to_warn() -> bool:
    """Set the flag, and report whether no other worker or thread had set it."""
    with ExitStack() as stack:
        # Without the lock, workers that answer their first requests at the same moment would all find the flag unset.
        # Any file that all of them can read will do. A module in an archive cannot be opened: nothing is locked.
        with suppress(OSError):
            module = stack.enter_context(Path(__file__).open("rb"))
            fcntl.flock(module, fcntl.LOCK_EX)
            stack.callback(fcntl.flock, module, fcntl.LOCK_UN)  # a process forked meanwhile would keep it
        is_first = not _has_warned[0]
        _has_warned[0] = 1
    return is_first


def has_several_workers(environ: Mapping[str, Any], arguments: Sequence[str]) -> bool:
    """Report whether the server runs several workers.

    Args:
        environ: the WSGI environment of any request. Adapters to ASGI set ``wsgi.multiprocess`` whatever the server
            does.
        arguments: the command line, which counts behind an adapter; uvicorn also reads WEB_CONCURRENCY.
    """
    if str(environ.get("SERVER_SOFTWARE")).startswith(WSGI_SERVERS) or not WSGI_SERVER_KEYS.isdisjoint(environ):
        return bool(environ["wsgi.multiprocess"])
    program = ASGI_SERVERS.intersection(Path(part).stem for part in Path(*arguments[:1]).parts[-2:])
    found = re.search(r" (?:--workers[= ]|-w ?)(\d+)", " ".join(arguments))
    number = found[1] if found else os.environ.get("WEB_CONCURRENCY", "") if "uvicorn" in program else ""
    return bool(program) and number.isdecimal() and int(number) > 1


def _unwritable(folder: Path, error: OSError) -> InstrumentationError:
    return InstrumentationError(
        f"{FOLDER_VARIABLE}={folder}",
        "workers cannot write their values there",
        found=error.strerror or str(error),
        hint="use a folder that the application's user can write to, and empty it before each deployment",
    )
