"""Which folder the workers of a server share values in: one for all that is the process's, one for each registry.

prometheus_client writes every metric to one folder, whatever registry it is in. Of this library's own metrics each
registry has some of the same names, so only those of the default registry can be there.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path

import prometheus_client.values
from prometheus_client import REGISTRY, CollectorRegistry

from kubeglass.errors import InstrumentationError
from kubeglass.instrument.storage.cells import MemoryStore
from kubeglass.instrument.storage.file_store import FileStore

logger = logging.getLogger("kubeglass.instrument")

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
UNSAFE = re.compile(r"[^\w.-]")

_names: weakref.WeakKeyDictionary[CollectorRegistry, str] = weakref.WeakKeyDictionary()


def multiprocess_folder() -> Path | None:
    """Return the folder in which workers share their values, or None when this process is alone."""
    folder = os.environ.get(FOLDER_VARIABLE)
    return Path(folder) if folder else None


def name_folder(registry: CollectorRegistry, application: str) -> str:
    """Choose the name of a registry's own folder inside the shared one, empty for the default registry.

    Every worker must choose the same, so it is made of the application's name, and a number where several have one.

    Args:
        registry: the registry.
        application: name of the application that is the first to use it.
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
    """Return the name of a registry's own folder inside the shared one, empty if it has none."""
    return _names.get(registry, "")


def make_memory_store() -> MemoryStore:
    """Return a store in memory; warn if other workers of the server have their own."""
    _warn_if_not_alone()
    return MemoryStore()


def make_store(folder: Path) -> FileStore:
    """Return a store in a folder, made if it is missing.

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
    """Say that prometheus_client, which looks for the folder when it is imported, did not find it."""
    if not getattr(prometheus_client.values.ValueClass, "_multiprocess", False):
        logger.warning(
            "%s was set after prometheus_client was imported: metrics that the application makes with it are not shared"
            " and not shown; set it before Python starts",
            FOLDER_VARIABLE,
        )


def _warn_if_not_alone() -> None:
    """Say once that workers which share nothing each tell a part of the truth.

    gunicorn names itself in the environment before it loads an application; how many workers it will have only its
    command line and configuration know, of which the first and WEB_CONCURRENCY can be seen from here.
    """
    if "gunicorn" in os.environ.get("SERVER_SOFTWARE", "") and count_workers(sys.argv, os.environ) > 1:
        logger.warning(
            "gunicorn runs several workers, and each will show its own metrics only; set %s to an empty folder that"
            " they share, or start with: kubeglass run gunicorn …",
            FOLDER_VARIABLE,
        )


def count_workers(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Return how many workers gunicorn's command line or WEB_CONCURRENCY asks for, 1 if neither says."""
    found = re.search(r"(?:^| )(?:--workers[= ]|-w ?)(\d+)", " ".join(arguments))
    number = found[1] if found else environment.get("WEB_CONCURRENCY", "1")
    return int(number) if number.isdecimal() else 1


def _unwritable(folder: Path, error: OSError) -> InstrumentationError:
    return InstrumentationError(
        f"{FOLDER_VARIABLE}={folder}",
        "workers cannot write their values there",
        found=error.strerror or str(error),
        hint="give a folder that the application's user may write, empty for each deployment",
    )
