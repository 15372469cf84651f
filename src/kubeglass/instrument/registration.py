"""Which metrics belong to which registry: applications that share a registry share its metrics."""

from __future__ import annotations

import logging
import os
import re
import sys
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path

import prometheus_client.values
from prometheus_client import REGISTRY, CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector

from kubeglass.errors import InstrumentationError
from kubeglass.instrument.cells import MemoryStore
from kubeglass.instrument.collect_http import HttpCollector
from kubeglass.instrument.exposition.registry import collectors_of
from kubeglass.instrument.file_store import FileStore
from kubeglass.instrument.folders import FOLDER_VARIABLE, multiprocess_folder, name_folder
from kubeglass.instrument.garbage import count_collections
from kubeglass.instrument.http_metrics import HttpMetrics
from kubeglass.instrument.options import WHERE, Options

logger = logging.getLogger("kubeglass.instrument")

#: The metrics of each registry, and the options of the application that came first.
_registered: weakref.WeakKeyDictionary[CollectorRegistry, tuple[HttpMetrics, Options]] = weakref.WeakKeyDictionary()


def metrics_of(registry: CollectorRegistry, options: Options, application: str = "") -> HttpMetrics:
    """Return the registry's HTTP metrics; make and register them at the first call.

    Args:
        registry: the registry.
        options: what was chosen for the application.
        application: its name.

    Raises:
        InstrumentationError: a metric of one of the names is registered already, the registry's metrics have other
            buckets, labels or limits, or the multiprocess folder cannot be written.
    """
    found = _registered.get(registry)
    if found is not None:
        metrics, first = found
        _check_same(first, options)
        return metrics
    folder = multiprocess_folder()
    store = _make_store(folder / name_folder(registry, application)) if folder is not None else _make_memory()
    metrics = HttpMetrics(store, options)
    try:
        registry.register(HttpCollector(metrics))
    except ValueError as error:
        raise InstrumentationError(
            WHERE,
            "a metric of the same name is registered already",
            found=str(error),
            hint="rename that metric, or pass a registry of its own as registry=",
        ) from error
    _registered[registry] = metrics, options
    _add_runtime(registry)
    if folder is not None and isinstance(store, FileStore):
        count_collections(folder, store)
    return metrics


def registries() -> list[CollectorRegistry]:
    """Return the registries whose metrics are told apart: those of instrumented applications, and the default one."""
    return list({REGISTRY, *_registered})


def _add_runtime(registry: CollectorRegistry) -> None:
    """Let an application's own registry tell of Python and the process too, as the default one does."""
    if registry is REGISTRY:
        return
    present = {type(collector) for collector in collectors_of(registry)}
    for make in (ProcessCollector, PlatformCollector, GCCollector):
        if make not in present:
            make(registry=registry)


def _make_memory() -> MemoryStore:
    _warn_if_not_alone()
    return MemoryStore()


def _make_store(folder: Path) -> FileStore:
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


def _check_same(first: Options, second: Options) -> None:
    for name in ("buckets", "max_series", "sizes"):
        if getattr(first, name) != getattr(second, name):
            raise _different(name, getattr(first, name), getattr(second, name))
    if tuple(first.extra_labels) != tuple(second.extra_labels):
        raise _different("extra_labels", tuple(first.extra_labels), tuple(second.extra_labels))


def _different(name: str, first: object, second: object) -> InstrumentationError:
    return InstrumentationError(
        WHERE,
        f"another application with the same registry has a different {name}",
        found=f"{first} there, {second} here",
        hint="give both the same, or pass a registry of its own as registry=",
    )
