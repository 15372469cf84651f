"""Real servers with several workers, asked and hurt by tests."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from tests.library.samples import Samples

HERE = Path(__file__).parent
BIN = Path(sys.executable).parent
DEADLINE = 60.0
ROUTE = "/things/<int:number>"

#: What a client meets whose worker is killed.
CUT_OFF = (OSError, http.client.HTTPException)

MODELS = {
    "sync": ("--worker-class=sync",),
    "gthread": ("--worker-class=gthread", "--threads=4"),
    "gevent": ("--worker-class=gevent",),
}
KINDS = {f"{model}{'-preload' if preload else ''}": (*options, *(["--preload"] if preload else []))
         for model, options in MODELS.items() for preload in (False, True)}  # fmt: skip

Key = TypeVar("Key")
Result = TypeVar("Result")


def wait_until(condition: Callable[[], object], what: str) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + DEADLINE
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {DEADLINE:.0f} s: {what}")
        time.sleep(0.02)


def all_at_once(do: Callable[[Key], Result], keys: Iterable[Key], most: int = 0) -> dict[Key, Result]:
    """Do the same for each, at the same time: most of it is waiting. Where it is not, say how many at most."""
    listed = list(keys)
    with ThreadPoolExecutor(most or len(listed)) as pool:
        return dict(zip(listed, pool.map(do, listed), strict=True))


def free_port() -> int:
    """Find a port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """A running server with the test's application.

    Args:
        folder: where it logs and where its workers share values.
        command: what to run.
        environment: beyond the test's own; an empty text unsets.
    """

    #: What it logs: its address, and the pid of each worker that begins.
    listening: str
    worker: str

    def __init__(self, folder: Path, command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        self.values = folder / "values"
        self.values.mkdir(parents=True, exist_ok=True)
        self.log = folder / "server.log"
        # Imports, the server's own among them, must not depend on how pytest was started.
        inherited = {name: text for name, text in os.environ.items() if not name.startswith("KUBEGLASS")}
        chosen = {**inherited, "PROMETHEUS_MULTIPROC_DIR": str(self.values), **(environment or {})}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                env={name: text for name, text in chosen.items() if text},
                start_new_session=True,
            )
        self.address = ""

    def wait(self) -> None:
        """Wait until it listens."""
        wait_until(self._find_address, "the server listens")

    def _find_address(self) -> bool:
        if self.process.poll() is not None:
            raise AssertionError(self.log.read_text())
        found = re.search(self.listening, self.log.read_text())
        self.address = f"http://{found[1]}" if found else ""
        return bool(found)

    def get(self, path: str, *, headers: dict[str, str] | None = None, address: str = "") -> str:
        """Answer of one request, error statuses too."""
        request = urllib.request.Request((address or self.address) + path, headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=DEADLINE) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError as error:
            return str(error.read().decode())

    def send(self, count: int) -> None:
        """Have requests answered."""
        for number in range(count):
            assert self.get(f"/things/{number}").isdecimal()

    def scrape(self) -> Samples:
        """What /metrics says."""
        return Samples(self.get("/metrics"))

    def answered(self) -> float:
        """How many requests to the common route the metrics tell of."""
        return self.scrape().total("http_requests_total", endpoint=ROUTE, status="200")

    def workers(self) -> set[int]:
        """Pids of the workers."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return {int(pid) for pid in children.split()}

    def wait_for_workers(self, count: int) -> set[int]:
        """Wait until so many workers have begun to work; return their pids."""
        wait_until(lambda: len(self.workers()) == count, f"{count} workers")
        wait_until(self._have_begun, "every worker has begun")
        return self.workers()

    def _have_begun(self) -> bool:
        return self.workers() <= self.begun()

    def begun(self) -> set[int]:
        """Pids of all workers that ever began to work."""
        return {int(pid) for pid in re.findall(self.worker, self.log.read_text())}

    def kill_workers(self) -> None:
        """Kill every worker that there is now, without a chance to say goodbye; wait until others work."""
        old = self.workers()
        for pid in old:
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not self.workers() & old, "the old workers are gone")
        self.wait_for_workers(len(old))

    def reload(self) -> None:
        """Have it load the application again; wait until all workers are new ones."""
        old = self.workers()
        self.process.send_signal(signal.SIGHUP)
        wait_until(lambda: not self.workers() & old, "the old workers are gone")
        self.wait_for_workers(len(old))

    def files(self) -> list[str]:
        """Names of the value files."""
        return sorted(path.name for path in self.values.glob("*.db"))

    def stop(self) -> None:
        """End the server and everything it started; a polite end takes long while workers are still starting."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Gunicorn(Server):
    """A gunicorn.

    Args:
        folder: where it logs and where its workers share values.
        options: gunicorn's.
        command: what to run, gunicorn by default.
        environment: beyond the test's own; an empty text unsets.
        application: what gunicorn loads.
    """

    listening = r"Listening at: http://([\d.:]+)"
    worker = r"Booting worker with pid: (\d+)"

    def __init__(
        self,
        folder: Path,
        *options: str,
        command: tuple[str, ...] = (str(BIN / "gunicorn"),),
        environment: Mapping[str, str] | None = None,
        application: str = "application:app",
    ) -> None:
        self.options = options
        super().__init__(
            folder, [*command, "--bind", "127.0.0.1:0", "--chdir", str(HERE), *options, application], environment
        )


class Uwsgi(Server):
    """A uWSGI.

    Args:
        folder: where it logs and where its workers share values.
        options: uWSGI's.
        command: what to run, uWSGI by default.
        environment: beyond the test's own; an empty text unsets.
        master: whether it has a master process.
    """

    listening = r"bound to TCP address ([\d.:]+)"
    spawned = r"pawned uWSGI worker \d+ \((?:new )?pid: (\d+)"
    #: Where each worker loads the application, it cannot be told to reload before it has.
    loaded = r"ready in \d+ seconds on interpreter \w+ pid: (\d+)"

    def __init__(
        self,
        folder: Path,
        *options: str,
        command: tuple[str, ...] = (str(BIN / "uwsgi"),),
        environment: Mapping[str, str] | None = None,
        master: bool = True,
    ) -> None:
        own = [
            f"--http-socket=127.0.0.1:{free_port()}",
            *(["--master"] if master else []),
            "--need-app",
            "--disable-logging",
            f"--chdir={HERE}",
        ]
        own += [f"--virtualenv={sys.prefix}", "--module=application:app"]
        self.options = options
        self.worker = self.loaded if "--lazy-apps" in options else self.spawned
        super().__init__(folder, [*command, *own, *options], environment)
