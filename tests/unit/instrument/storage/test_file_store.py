"""Cells in files: a folder that is lost, full or out of reach costs values, never an answer or a worker."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from prometheus_client import CollectorRegistry
from prometheus_client.mmap_dict import mmap_key

from kubeglass.flask import instrument
from kubeglass.instrument.multiprocess.value_reader import dead_owners, parse_name
from kubeglass.instrument.storage import value_file
from kubeglass.instrument.storage.file_store import FileStore
from kubeglass.instrument.storage.multiprocess_folder import FOLDER_VARIABLE
from tests.unit.instrument.counting import in_fork, shown, value


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "values"))
    return tmp_path / "values"


def make_app(**options: object) -> Flask:
    app = Flask("shop")
    app.add_url_rule("/", "index", lambda: "index")
    app.add_url_rule("/other", "other", lambda: "other")
    instrument(app, registry=CollectorRegistry(), **options)  # type: ignore[arg-type]
    return app


def key(number: int) -> str:
    return mmap_key("a", "a_total", ["x"], [str(number)], "Help.")


class TestALostFolder:
    def test_a_worker_that_finds_none_still_answers(self, folder: Path, caplog: pytest.LogCaptureFixture) -> None:
        app = make_app()
        app.test_client().get("/")
        shutil.rmtree(folder)

        def serve() -> None:
            caplog.clear()
            for path in ("/", "/other", "/nowhere", "/"):
                assert app.test_client().get(path).status_code == (404 if path == "/nowhere" else 200)
            lines = [record.getMessage() for record in caplog.records]
            assert len(lines) == 1, lines
            assert "values cannot be written there: No such file or directory" in lines[0]

        in_fork(serve)

    def test_a_worker_that_runs_out_of_files_still_answers(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        app = make_app()

        def refuse(*_: object) -> int:
            raise OSError(errno.EMFILE, "Too many open files")

        def serve() -> None:
            monkeypatch.setattr(os, "open", refuse)
            assert [app.test_client().get(path).status_code for path in ("/", "/other")] == [200, 200]

        in_fork(serve)

    def test_a_file_system_without_room_costs_new_values_only(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        store = FileStore(tmp_path)
        cells = [store.allocate("counter", key(0))]

        def refuse(*_: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(value_file, "reserve", refuse)
        cells += [store.allocate("counter", key(number)) for number in range(1, 3000)]
        cells.append(store.allocate("histogram", key(0)))
        for cell in cells:
            cell.view[cell.index] += 1.0
        for _ in range(2):
            store.complain()

        assert [cell.view[cell.index] for cell in cells] == [1.0] * 3001
        assert [record.getMessage().split(": ")[2] for record in caplog.records] == [
            "No space left on device; new series of this process will not be exposed"
        ]
        assert [path.name for path in tmp_path.iterdir()] == [store._files["counter"].path.name]

    def test_a_fork_tries_again(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        store = FileStore(tmp_path / "later")
        cell = store.allocate("counter", key(0))
        (tmp_path / "later").mkdir()

        def count() -> None:
            store.renew()
            cell.view[cell.index] += 1.0

        in_fork(count)

        assert len(list((tmp_path / "later").glob("counter_*.db"))) == 1


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="there is nothing to ask the system for")
def test_a_files_pages_exist_before_they_are_written(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    for number in range(3000):
        store.allocate("counter", key(number))
    [path] = tmp_path.iterdir()

    assert path.stat().st_blocks * 512 >= path.stat().st_size > value_file.FIRST_SIZE


def test_without_such_a_call_they_are_written_with_zeros(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "posix_fallocate", raising=False)
    store = FileStore(tmp_path)
    cells = [store.allocate("counter", key(number)) for number in range(3000)]
    cells[-1].view[cells[-1].index] += 1.0
    [path] = tmp_path.iterdir()

    assert path.stat().st_blocks * 512 >= path.stat().st_size
    assert cells[0].view[cells[0].index] == 0.0


def test_a_workers_files_are_the_deads_though_a_process_it_forked_lives(tmp_path: Path) -> None:
    code = (
        "import os, pathlib, sys, time; from kubeglass.instrument.storage.file_store import FileStore\n"
        "store = FileStore(pathlib.Path(sys.argv[1])); store.allocate('counter', sys.argv[2])\n"
        "child = os.fork()\n"
        "if child: print(child, flush=True)\n"
        "time.sleep(60)"
    )
    worker = subprocess.Popen([sys.executable, "-c", code, str(tmp_path), key(0)], stdout=subprocess.PIPE)
    assert worker.stdout
    helper = int(worker.stdout.readline())
    try:
        [name] = [found for path in tmp_path.iterdir() if (found := parse_name(path.name))]
        assert dead_owners(tmp_path, [name]) == set()

        worker.kill()
        worker.wait()

        wait_until(lambda: dead_owners(tmp_path, [name]) == {name.owner})
        os.kill(helper, 0)
    finally:
        os.kill(helper, signal.SIGKILL)
        worker.stdout.close()


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


#: Forks as uWSGI's master does: in C, which runs no hook of Python's, and before any request. Only a process without
#: other threads can do so, as the child's interpreter would wait for those it does not have.
FORK_IN_C = """
import ctypes, os
from flask import Flask
from kubeglass.flask import instrument
app = Flask("shop")
app.add_url_rule("/", "index", lambda: "index")
instrument(app)
pid = ctypes.PyDLL(None).fork()
client = app.test_client()
for _ in range(2):
    client.get("/")
if not pid:
    os._exit(0)
assert os.waitpid(pid, 0)[1] == 0
print(client.get("/metrics").text)
"""


def test_a_fork_that_python_is_not_told_of_makes_values_of_its_own(folder: Path) -> None:
    folder.mkdir()

    page = subprocess.run(
        [sys.executable, "-c", FORK_IN_C], env=os.environ, capture_output=True, text=True, check=True, timeout=60
    ).stdout

    assert 'http_requests_total{endpoint="/",method="GET",status="200"} 4.0' in page
    assert len(list(folder.rglob("counter_*.db"))) == 2


def test_a_forks_first_request_makes_values_of_its_own(folder: Path) -> None:
    app = make_app()
    registry = app.extensions["kubeglass"].registry
    app.test_client().get("/")

    in_fork(lambda: [app.test_client().get("/") for _ in range(2)])
    app.test_client().get("/")
    for name in ("http_requests_total", "http_request_duration_seconds_count"):
        assert value(registry, name) == 2  # this process's own

    assert shown(app, "http_requests_total", endpoint="/") == 4
    assert shown(app, "http_request_duration_seconds_count", endpoint="/") == 4
    assert shown(app, "http_requests_in_progress") == 0


def test_a_fork_that_begins_a_request_counts_it_in_its_own_file(folder: Path) -> None:
    app = make_app()

    def index() -> str:
        return str(shown(app, "http_requests_in_progress"))

    app.view_functions["index"] = index
    assert index() == "0.0"

    def serve() -> None:
        assert app.test_client().get("/").text == "1.0"
        assert len(list(folder.rglob("gauge_livesum_*.db"))) == 2

    in_fork(serve)
