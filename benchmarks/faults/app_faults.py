"""The app's processes end."""

from __future__ import annotations

import os
import signal

import psutil

from faults.fault import Fault
from faults.stand import JOB, Stand
from faults.waiting import wait_until


def kill_worker(stand: Stand) -> None:
    """Kill one worker of the app, whatever it is doing."""
    workers = _workers(stand)
    os.kill(workers[0], signal.SIGKILL)
    wait_until(lambda: len(set(_workers(stand)) - {workers[0]}) == len(workers), "another worker")


def restart_app(stand: Stand) -> None:
    """End the app as an operator would; it finishes what it is doing, and starts again."""
    stand.send(JOB, signal.SIGTERM)
    stand.wait_for(JOB, "running", restarts=1)


def _workers(stand: Stand) -> list[int]:
    master = psutil.Process(stand.find(JOB)["identity"]["pid"])
    return [child.pid for child in master.children()]


APP_FAULTS = (
    Fault(
        "worker-killed",
        "a worker of the app is killed",
        "gunicorn starts another; what the dead one counted stays in its file",
        "nothing that was answered; a request in the worker's hands fails, and may or may not have been counted",
        kill_worker,
    ),
    Fault(
        "app-restarted",
        "the app is restarted",
        "it finishes its requests and starts again; its counts go on from its files",
        "no count; requests and scrapes while it starts are refused, the latter recorded as `up` 0",
        restart_app,
    ),
)
