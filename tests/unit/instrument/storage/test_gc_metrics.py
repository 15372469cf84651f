"""Collections are counted as they happen, and whoever collects waits for nobody."""

from __future__ import annotations

import gc
import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from prometheus_client import CollectorRegistry

from kubeglass.flask import instrument
from kubeglass.instrument.options import Options
from kubeglass.instrument.registration import metrics_of
from kubeglass.instrument.storage.cells import MemoryStore
from kubeglass.instrument.storage.gc_metrics import GcMetrics
from kubeglass.instrument.storage.multiprocess_folder import FOLDER_VARIABLE
from tests.unit.instrument.counting import in_fork, shown

INFO = {"generation": 1, "collected": 5, "uncollectable": 2}


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


def make_app(name: str = "shop") -> Flask:
    app = Flask(name)
    app.add_url_rule("/", "index", lambda: "index")
    instrument(app, registry=CollectorRegistry())
    return app


def counts(collections: GcMetrics) -> list[float]:
    return [cell.view[cell.index] for cell in collections._cells[1]]


def test_a_collection_is_counted_with_what_it_found() -> None:
    collections = GcMetrics(MemoryStore())

    for phase in ("start", "stop"):
        collections.note(phase, INFO)

    assert counts(collections) == [1.0, 5.0, 2.0]


def test_one_that_comes_while_the_lock_is_held_is_counted_with_the_next() -> None:
    store = MemoryStore()
    collections = GcMetrics(store)
    with store.lock:
        other = threading.Thread(target=collections.note, args=("stop", INFO), daemon=True)
        other.start()
        other.join(5)
        assert not other.is_alive()
        assert counts(collections) == [0.0, 0.0, 0.0]

    collections.note("stop", INFO)

    assert counts(collections) == [2.0, 10.0, 4.0]


def test_each_workers_collections_are_on_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    app = make_app()
    before = shown(app, "python_gc_collections_total", generation="2")

    def work() -> None:
        app.test_client().get("/")
        for _ in range(3):
            gc.collect()

    for _ in range(2):
        in_fork(work)
    gc.collect()

    assert shown(app, "python_gc_collections_total", generation="2") == before + 7


def test_a_process_counts_once_however_many_registries_it_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    apps = [make_app("first"), make_app("second")]

    gc.collect()

    assert [shown(app, "python_gc_collections_total", generation="2") for app in apps] == [1.0, 1.0]


def test_a_log_handler_that_waits_for_a_thread_that_wants_the_lock_gets_it() -> None:
    metrics = metrics_of(CollectorRegistry(), Options(max_series=1))
    metrics.series("GET", "/", "200", ())
    was_free: list[bool] = []

    def take() -> None:
        was_free.append(metrics.store.lock.acquire(timeout=1))
        if was_free[-1]:
            metrics.store.lock.release()

    class Waiting(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            other = threading.Thread(target=take)
            other.start()
            other.join()

    logger, handler = logging.getLogger("kubeglass.instrument"), Waiting()
    logger.addHandler(handler)
    try:
        metrics.series("GET", "/more", "200", ())
    finally:
        logger.removeHandler(handler)

    assert was_free == [True, True]
