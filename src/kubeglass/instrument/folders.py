"""Which folder the workers of a server share values in: one for all that is the process's, one for each registry.

prometheus_client writes every metric to one folder, whatever registry it is in. Of this library's own metrics each
registry has some of the same names, so only those of the default registry can be there.
"""

from __future__ import annotations

import os
import re
import weakref
from pathlib import Path

from prometheus_client import REGISTRY, CollectorRegistry

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
    if registry is REGISTRY:
        return ""
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
