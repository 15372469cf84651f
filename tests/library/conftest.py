"""Real gunicorn servers for the library's tests."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

HERE = Path(__file__).parent
SOURCE = HERE.parents[1] / "src"
BIN = Path(sys.executable).parent
DEADLINE = 30.0


def wait_until(condition: Callable[[], object], what: str) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + DEADLINE
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {DEADLINE:.0f} s: {what}")
        time.sleep(0.02)


class Samples:
    """What one scrape said, as prometheus_client's own parser reads it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]

    def total(self, name: str, **labels: str) -> float:
        """Add up the samples of a name that have these labels."""
        return sum(
            sample.value
            for sample in self.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )  # fmt: skip

    def labels(self, name: str, label: str) -> set[str]:
        """Return the values of one label."""
        return {sample.labels[label] for sample in self.samples if sample.name == name}


class Gunicorn:
    """A gunicorn with the test's application.

    Args:
        folder: where it logs and where its workers share values.
        options: gunicorn's.
        command: what to run, gunicorn by default.
        environment: beyond the test's own.
    """

    def __init__(
        self,
        folder: Path,
        *options: str,
        command: tuple[str, ...] = (str(BIN / "gunicorn"),),
        environment: dict[str, str] | None = None,
        application: str = "application:app",
    ) -> None:
        self.values = folder / "values"
        self.values.mkdir(exist_ok=True)
        self.log = folder / "gunicorn.log"
        # Imports, gunicorn's own among them, must not depend on how pytest was started.
        inherited = {name: text for name, text in os.environ.items() if not name.startswith("KUBEGLASS")}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--bind", "127.0.0.1:0", "--chdir", str(HERE), *options, application],
                stdout=log,
                stderr=log,
                env={**inherited, "PROMETHEUS_MULTIPROC_DIR": str(self.values), **(environment or {})},
                start_new_session=True,
            )
        wait_until(self._find_address, "gunicorn listens")

    def _find_address(self) -> bool:
        if self.process.poll() is not None:
            raise AssertionError(self.log.read_text())
        found = re.search(r"Listening at: (http://[\d.:]+)", self.log.read_text())
        self.address = found[1] if found else ""
        return bool(found)

    def get(self, path: str, timeout: float = DEADLINE) -> str:
        """Answer of one request, error statuses too."""
        try:
            with urllib.request.urlopen(self.address + path, timeout=timeout) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError as error:
            return str(error.read().decode())

    def scrape(self) -> Samples:
        """What /metrics says."""
        return Samples(self.get("/metrics"))

    def scrape_is_missing(self) -> bool:
        """Say whether the application itself shows no metrics."""
        return "Not Found" in self.get("/metrics")

    def workers(self) -> set[int]:
        """Pids of the workers."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return {int(pid) for pid in children.split()}

    def kill_workers(self) -> None:
        """Kill every worker that there is now, without a chance to say goodbye; wait until others work."""
        old = self.workers()
        for pid in old:
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: len(self.workers() - old) >= len(old) and not self.workers() & old, "new workers")

    def files(self) -> list[str]:
        """Names of the value files."""
        return sorted(path.name for path in self.values.glob("*.db"))

    def stop(self) -> None:
        """End the server and everything it started."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


StartGunicorn = Callable[..., Gunicorn]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[StartGunicorn]:
    """Start gunicorns that end with the test."""
    started: list[Gunicorn] = []

    def start_one(*options: str, **more: object) -> Gunicorn:
        started.append(Gunicorn(tmp_path, *options, **more))  # type: ignore[arg-type]
        return started[-1]

    yield start_one
    for server in started:
        server.stop()
