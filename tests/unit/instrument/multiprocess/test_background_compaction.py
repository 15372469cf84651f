"""A dead worker's files are compacted soon after its death, by a process that lives, without anybody scraping."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from flask import Flask
from prometheus_client import CollectorRegistry
from prometheus_client.mmap_dict import MmapedDict, mmap_key

from kubeglass.flask import instrument
from kubeglass.instrument.multiprocess import background_compaction
from kubeglass.instrument.multiprocess.background_compaction import THREAD_NAME, Compactor
from kubeglass.instrument.multiprocess.compaction import LEADER_LOCK_NAME
from kubeglass.instrument.multiprocess.shared_registry import Scrape, SharedValues
from kubeglass.instrument.storage.multiprocess_folder import FOLDER_VARIABLE
from kubeglass.instrument.text.format import TEXT_0_0_4
from tests.unit.instrument.counting import in_fork

#: Above the greatest pid that Linux gives.
DEAD_PID = 1 << 22
DEADLINE = 30.0


def wait_until(condition: Callable[[], object], what: str) -> None:
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, f"not in time: {what}"
        time.sleep(0.01)


def write_dead(folder: Path, count: int = 1, first: int = DEAD_PID) -> None:
    """Files as a dead process leaves them: whole at once, since a compactor that runs takes what it finds."""
    for pid in range(first, first + count):
        begun = folder / f"counter_{pid}.begun"
        file = MmapedDict(str(begun))  # type: ignore[no-untyped-call]
        file.write_value(mmap_key("a", "a_total", [], [], "Help."), 1.0, 0.0)  # type: ignore[no-untyped-call]
        file.close()  # type: ignore[no-untyped-call]
        begun.rename(folder / f"counter_{pid}.db")


def total(folder: Path) -> float:
    text = "".join(SharedValues(folder).write(Scrape(TEXT_0_0_4, {})))
    return sum(float(line.split()[1]) for line in text.splitlines() if line.startswith("a_total"))


def dead_files(folder: Path) -> list[str]:
    return [path.name for path in folder.glob(f"counter_{DEAD_PID // 10}*.db")]


def compacting() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith(THREAD_NAME)]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A multiprocess folder whose threads end with the test."""
    folder = tmp_path / "values"
    folder.mkdir()
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
    monkeypatch.setattr(background_compaction, "INTERVAL", 0.02)
    before = compacting()
    yield folder
    folder.rename(tmp_path / "gone")
    wait_until(lambda: set(compacting()) <= set(before), "the threads end")


def make_app(registry: CollectorRegistry | None = None) -> Flask:
    app = Flask("shop")
    app.add_url_rule("/", "index", lambda: "index")
    instrument(app, registry=registry or CollectorRegistry())
    return app


class Worker:
    """A fork that answers one request and then only lives."""

    def __init__(self, app: Flask, *, child: bool = False) -> None:
        reading, writing = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            os.setsid()
            app.test_client().get("/")
            if child and not os.fork():
                signal.pause()
            os.write(writing, b"x")
            signal.pause()
        os.close(writing)
        os.read(reading, 1)
        os.close(reading)

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


@pytest.fixture
def start_worker() -> Iterator[Callable[..., Worker]]:
    workers: list[Worker] = []

    def start(app: Flask, **more: bool) -> Worker:
        workers.append(Worker(app, **more))
        return workers[-1]

    yield start
    for worker in workers:
        with suppress(ProcessLookupError):
            os.killpg(worker.pid, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(worker.pid, 0)


def test_the_first_request_of_a_process_sees_to_the_dead(folder: Path) -> None:
    write_dead(folder, 20)
    app = make_app()

    app.test_client().get("/")

    wait_until(lambda: not dead_files(folder), "the dead's files are compacted")
    assert total(folder) == 20


def test_a_worker_that_dies_later_is_seen_to_without_a_request_or_a_scrape(
    folder: Path, start_worker: Callable[..., Worker]
) -> None:
    app = make_app()
    start_worker(app)

    for number in range(3):
        write_dead(folder, 1, DEAD_PID + number)
        wait_until(lambda: not dead_files(folder), "the dead's files are compacted")

    assert total(folder) == 3


def test_a_process_that_answers_nothing_starts_no_thread(folder: Path) -> None:
    before = compacting()

    make_app()

    assert compacting() == before


@pytest.mark.parametrize("child", [False, True], ids=["alone", "with a child that outlives it"])
def test_another_takes_over_from_a_killed_one(
    folder: Path, start_worker: Callable[..., Worker], *, child: bool
) -> None:
    app = make_app()
    first = start_worker(app, child=child)
    second = start_worker(app)
    wait_until((folder / LEADER_LOCK_NAME).exists, "one of them has begun")

    for number, worker in enumerate((first, second)):
        other = start_worker(app)
        worker.kill()
        write_dead(folder, 1, DEAD_PID + number)
        wait_until(lambda: not dead_files(folder), "the dead's files are compacted")
        assert other.pid

    assert total(folder) == 2


def test_a_scrape_leaves_the_dead_to_the_process_that_sees_to_them(
    folder: Path, start_worker: Callable[..., Worker]
) -> None:
    worker = start_worker(make_app())
    write_dead(folder)
    wait_until(lambda: not dead_files(folder), "the worker sees to them")
    os.kill(worker.pid, signal.SIGSTOP)
    write_dead(folder)

    assert total(folder) == 2
    assert dead_files(folder)

    worker.kill()
    assert total(folder) == 2
    assert not dead_files(folder)


def test_a_registrys_own_folder_and_the_shared_one_are_both_seen_to(folder: Path) -> None:
    app = make_app()
    [own] = [path for path in folder.iterdir() if path.is_dir()]
    write_dead(folder)
    write_dead(own)

    app.test_client().get("/")

    wait_until(lambda: not dead_files(folder) and not dead_files(own), "both are compacted")


def test_totals_stay_within_max_series(folder: Path) -> None:
    app = Flask("shop")
    app.add_url_rule("/<name>", "index", lambda name: name)
    instrument(
        app,
        registry=CollectorRegistry(),
        max_series=3,
        extra_labels={"name": lambda request: request.view_args["name"]},
    )
    pid = os.fork()
    if not pid:
        for number in range(10):
            app.test_client().get(f"/{number}")
        os._exit(0)
    os.waitpid(pid, 0)

    app.test_client().get("/0")

    wait_until(lambda: len(list(folder.rglob(f"counter_{pid}-*.db"))) == 0, "the fork's files are compacted")
    text = app.test_client().get("/metrics").text
    assert text.count("\nhttp_requests_total{") <= 4


def test_a_fork_inherits_no_lock_that_the_thread_holds(folder: Path) -> None:
    registry_lock, is_held = threading.Lock(), threading.Event()

    def limits() -> dict[str, int]:
        with registry_lock:
            is_held.set()
            time.sleep(0.2)
        return {}

    write_dead(folder)
    Compactor(folder, limits).start()
    assert is_held.wait(DEADLINE)

    def lock() -> None:
        assert registry_lock.acquire(timeout=5)

    in_fork(lock)
