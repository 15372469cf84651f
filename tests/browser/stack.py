"""The real things behind a page under test: an app, Prometheus that scrapes it, and the page's server."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import httpx2

HERE = Path(__file__).parent
DASHBOARDS = HERE / "dashboards"
DEADLINE_SECONDS = 30.0


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Ask until it is so.

    Raises:
        AssertionError: it is not so within the deadline.
    """
    end = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < end, f"not within {DEADLINE_SECONDS:g} s: {what}"
        time.sleep(0.05)


def find_free_ports(count: int) -> list[int]:
    """Find that many different TCP ports of 127.0.0.1 that nobody listens on."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


class Stack:
    """Processes on ports of their own; Prometheus can be taken away and brought back."""

    def __init__(self, folder: Path, prometheus: Path, ports: list[int]) -> None:
        self._folder = folder
        self._prometheus = prometheus
        self._app_port, self._prometheus_port, self._page_port = ports
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://127.0.0.1:{self._page_port}"

    def start(self) -> None:
        """Start all of it and wait until Prometheus has rates to show."""
        self._run("app", sys.executable, str(HERE / "app.py"), str(self._app_port))
        self.start_prometheus()
        self.start_page_server()
        self.wait_for_rates()

    def wait_for_rates(self) -> None:
        """Wait until every panel would find data."""
        wait_until(self._has_rates, "Prometheus has rates of the app")

    def start_prometheus(self) -> None:
        """Start Prometheus on the data it had before, if any."""
        config = self._folder / "prometheus.yml"
        config.write_text(_config(self._app_port), encoding="utf-8")
        self._run(
            "prometheus",
            str(self._prometheus),
            f"--config.file={config}",
            f"--storage.tsdb.path={self._folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{self._prometheus_port}",
        )
        ready = f"http://127.0.0.1:{self._prometheus_port}/-/ready"
        wait_until(lambda: _answers(ready), "Prometheus is ready")

    def start_page_server(self) -> None:
        """Start the page's server as the product does."""
        prometheus = f"http://127.0.0.1:{self._prometheus_port}"
        options = ["--port", str(self._page_port), "--prometheus", prometheus, "--time-interval", "1s"]
        self._run("page", sys.executable, "-m", "kubeglass.viewer", *options, "--dashboards", str(DASHBOARDS))
        wait_until(lambda: _answers(f"{self.url}/healthz"), "the page's server answers")

    def stop(self, name: str) -> None:
        """Stop one process and wait until it is gone."""
        process = self._processes.pop(name)
        process.terminate()
        process.wait(timeout=DEADLINE_SECONDS)

    def stop_all(self) -> None:
        """Stop what runs."""
        for name in list(self._processes):
            self.stop(name)

    def _run(self, name: str, *command: str) -> None:
        with (self._folder / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)

    def _has_rates(self) -> bool:
        query = "count(rate(http_requests_total[5s])) and count(up offset 5s)"
        url = f"{self.url}/api/prometheus/api/v1/query"
        return bool(httpx2.post(url, data={"query": query}).json().get("data", {}).get("result"))


def _config(app_port: int) -> str:
    return f"""\
global:
  scrape_interval: 1s
scrape_configs:
  - job_name: app
    static_configs:
      - targets: ["127.0.0.1:{app_port}", "127.0.0.1:1"]
"""


def _answers(url: str) -> bool:
    try:
        return httpx2.get(url).is_success
    except httpx2.TransportError:
        return False
