"""One run of the demo on which faults are struck: started as a user starts it, in a folder of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ruamel.yaml import YAML

from faults.disk import MountedDisk, SmallDisk
from faults.waiting import NeverCameError, wait_until
from kubeglass.observe.errors import ObserveError
from kubeglass.observe.prometheus import Prometheus

COMMAND = (sys.executable, "-m", "kubeglass", "up", "--demo", "--timeout", "2m")
JOB = "shop"

#: Starting is the only thing that needs much of the processor; with more at once each takes longer.
_starting = threading.Semaphore(2)


class Stand:
    """A run, with what is needed to disturb it and to look at it.

    Args:
        folder: where it runs.
        disk: what stands for one of its folders.
    """

    def __init__(self, folder: Path, disk: SmallDisk | None = None) -> None:
        self.root = folder / ".kubeglass"
        self._folder = folder
        self._disk = disk
        self._output = folder / "up.log"

    def __enter__(self) -> Self:
        command = self._disk.enclose(self.root, COMMAND) if self._disk else list(COMMAND)
        with _starting, self._output.open("w") as output:
            self._process = subprocess.Popen(command, cwd=self._folder, stdout=output, stderr=output)
            try:
                self._wait_until_up()
            except BaseException:
                _end(self._process)
                raise
        self.prometheus = Prometheus(self.record()["prometheus"])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.prometheus.close()
        _end(self._process)

    @property
    def disk(self) -> MountedDisk:
        """The small disk, as it is now."""
        assert self._disk is not None
        return MountedDisk(self.root / self._disk.place, self._process.pid)

    def record(self) -> dict[str, Any]:
        """Read the run file; empty while it does not exist."""
        try:
            return dict(json.loads((self.root / "run.json").read_text()))
        except (OSError, ValueError):
            return {}

    def find(self, name: str) -> dict[str, Any]:
        """Return what the run file says about one process."""
        return next(dict(process) for process in self.record()["processes"] if process["name"] == name)

    def send(self, name: str, number: signal.Signals) -> None:
        """Send a signal to the process alone."""
        os.kill(self.find(name)["identity"]["pid"], number)

    def take_down(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        """End the process and keep it down."""
        (self.root / "hold").mkdir(exist_ok=True)
        (self.root / "hold" / name).touch()
        self.send(name, number)
        self.wait_for(name, "held")

    def release(self, name: str) -> None:
        """Let a process that was taken down start again."""
        (self.root / "hold" / name).unlink()

    def wait_for(self, name: str, state: str, *, restarts: int = 0) -> None:
        """Wait until the process is in this state, having been started again at least ``restarts`` times."""

        def look() -> bool:
            process = self.find(name) if self.record() else {}
            return bool(process) and process["state"] == state and process["restarts"] >= restarts

        wait_until(look, f"{name} to be {state}")

    def _wait_until_up(self) -> None:
        def look() -> bool:
            if self._process.poll() is not None:
                raise NeverCameError(f"kubeglass up ended: {self._output.read_text()}")
            return self.record().get("phase") == "up"

        wait_until(look, "the run to be up")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(60)
    except subprocess.TimeoutExpired:
        process.kill()
        raise


def read_log(stand: Stand, name: str) -> str:
    """Return what a process of the run has written."""
    return (stand.root / "logs" / f"{name}.log").read_text(errors="replace")


def find_telemetry(stand: Stand) -> str:
    """Return the address of the collector's own metrics, which its configuration alone names."""
    document = YAML(typ="safe").load(stand.root / "otelcol" / "config.yaml")
    exporter = document["service"]["telemetry"]["metrics"]["readers"][0]["pull"]["exporter"]["prometheus"]
    return f"http://{exporter['host']}:{exporter['port']}"


def ask(stand: Stand, query: str) -> float | None:
    """Ask the run's Prometheus; None when it does not answer or has nothing."""
    try:
        return stand.prometheus.value(query)
    except ObserveError:
        return None
