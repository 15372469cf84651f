"""Several workers and no folder that they share: real servers, each of which says so in one line, or has one worker."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.library.conftest import StartGunicorn
from tests.library.server import BIN, CUT_OFF, HERE, Gunicorn, Server, Uwsgi, all_at_once, free_port, wait_until

WARNING = "set PROMETHEUS_MULTIPROC_DIR to an empty folder that they share"
CONFIGURED = "--config={folder}/gunicorn.conf.py"
MODULE = "--config=python:three_workers"
WERKZEUG = "from application import app; app.run(port={port}, threaded={threaded}, processes={processes})"


class Running(Server):
    """A server that is run by a command of its own: Werkzeug's, or uvicorn."""

    listening = r"unning on http://([\d.:]+)"

    def __init__(self, folder: Path, *command: str, environment: Mapping[str, str] | None = None) -> None:
        super().__init__(folder, command, {"PYTHONPATH": str(HERE), **(environment or {})})

    def wait(self) -> None:
        """Wait until it answers: uvicorn names its address before a worker listens."""
        super().wait()
        wait_until(self._is_reached, "a worker answers")

    def _is_reached(self) -> bool:
        with suppress(*CUT_OFF):
            return bool(self.get("/nowhere"))
        return False


def werkzeug(*, threaded: bool, processes: int) -> tuple[str, ...]:
    code = WERKZEUG.format(port=free_port(), threaded=threaded, processes=processes)
    return (sys.executable, "-c", code)


def uvicorn(*options: str) -> tuple[str, ...]:
    return (str(BIN / "uvicorn"), "--interface=wsgi", f"--port={free_port()}", *options, "application:app")


@dataclass(frozen=True)
class Case:
    """One way to start a server.

    Args:
        options: its options, or the whole command.
        warnings: how many lines are expected at least, and at most.
        server: which.
        environment: beyond the test's own.
    """

    options: tuple[str, ...]
    warnings: tuple[int, int]
    server: type[Server] = Gunicorn
    environment: Mapping[str, str] = field(default_factory=dict)


#: A worker that loads the application itself does not know whether another has warned.
EACH, ONCE, NEVER = (1, 3), (1, 1), (0, 0)
CASES = {
    "gunicorn-command": Case(("--workers=3",), EACH),
    "gunicorn-file": Case((CONFIGURED,), EACH),
    "gunicorn-file-preload": Case((CONFIGURED, "--preload"), ONCE),
    "gunicorn-module": Case((MODULE,), EACH, environment={"PYTHONPATH": "{folder}"}),
    "gunicorn-variable": Case((), EACH, environment={"GUNICORN_CMD_ARGS": "--workers 3"}),
    "gunicorn-concurrency": Case((), EACH, environment={"WEB_CONCURRENCY": "3"}),
    "gunicorn-one": Case((), NEVER),
    "gunicorn-file-overruled": Case((CONFIGURED, "--workers=1", "--threads=4"), NEVER),
    "gunicorn-folder": Case((CONFIGURED,), NEVER, environment={"PROMETHEUS_MULTIPROC_DIR": "{folder}"}),
    "uwsgi": Case(("--processes=3",), ONCE, Uwsgi),
    "uwsgi-lazy": Case(("--processes=3", "--lazy-apps"), EACH, Uwsgi),
    "uwsgi-one": Case(("--threads=2",), NEVER, Uwsgi),
    "werkzeug": Case(werkzeug(threaded=False, processes=4), ONCE, Running),
    "werkzeug-threads": Case(werkzeug(threaded=True, processes=1), NEVER, Running),
    "uvicorn": Case(uvicorn("--workers=3"), EACH, Running),
    "uvicorn-one": Case(uvicorn(), NEVER, Running),
}


@pytest.fixture(scope="module")
def logs(start_shared: StartGunicorn, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What each server has logged after some requests and scrapes."""

    def run(name: str) -> str:
        case, folder = CASES[name], tmp_path_factory.mktemp(name)
        for file in ("gunicorn.conf.py", "three_workers.py"):
            (folder / file).write_text("workers = 3\n")
        options = [option.replace("{folder}", str(folder)) for option in case.options]
        environment = {key: text.replace("{folder}", str(folder)) for key, text in case.environment.items()}
        environment = {"PROMETHEUS_MULTIPROC_DIR": "", **environment}
        server = start_shared(name, *options, server=case.server, environment=environment)
        server.wait()
        all_at_once(lambda _: (server.send(2), server.scrape()), range(4))
        server.stop()
        return str(server.log.read_text())

    return all_at_once(run, CASES, 2)


@pytest.mark.parametrize("name", CASES)
def test_workers_that_share_nothing_are_warned_of(logs: dict[str, str], name: str) -> None:
    least, most = CASES[name].warnings

    assert least <= logs[name].count(WARNING) <= most, logs[name]


def test_werkzeugs_processes_add_up_in_a_folder(start: StartGunicorn) -> None:
    server = start("werkzeug", *werkzeug(threaded=False, processes=4), server=Running)
    server.wait()

    all_at_once(lambda _: server.send(5), range(4))

    assert server.answered() == 20
    assert server.scrape().total("sold_things_total") == 20
    assert server.scrape().total("http_requests_in_progress") == 0
