"""What the real collector makes of a damaged queue, and that kubeglass reads it from the collector's last lines."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from kubeglass.model.local import LocalPorts, LocalSettings
from kubeglass.model.pipeline import Pipeline, Scrape
from kubeglass.model.sections.app import App
from kubeglass.observe.probes import HttpProbe
from kubeglass.render.files import write_files
from kubeglass.render.otelcol import config
from kubeglass.supervise.state.queue_repair import QueueRepair
from tests.cli.runs import GOOD_APP, assert_nothing_left, foreground, wait_until, wait_until_up

pytestmark = pytest.mark.engines

PAGE = 4096
NONSENSE = bytes(range(256))


class Collector:
    """The real collector, which scrapes itself and has nobody to send to."""

    def __init__(self, binary: Path, root: Path, ports: list[int]) -> None:
        prometheus, otlp, health, telemetry = ports
        settings = LocalSettings(root, LocalPorts(0, prometheus, otlp, health, telemetry))
        app = App(name="itself", target=f"127.0.0.1:{telemetry}")
        write_files(config.render(Pipeline(apps=(app,), scrape=Scrape(interval=1.0)), settings), root)
        self.queues = root / "data" / "otelcol" / "queue"
        self._argv = [str(binary), "--config", str(root / "otelcol" / "config.yaml")]
        self._health = HttpProbe(settings.url(health))
        self._log = root / "otelcol.log"

    @property
    def queue(self) -> Path:
        """The file of its only queue."""
        return self.queues / "exporter_otlp_http_prometheus_metrics"

    @property
    def lines(self) -> list[str]:
        """What it wrote since it was started last."""
        return self._log.read_text().splitlines()

    def start(self) -> subprocess.Popen[bytes]:
        """Start it and wait until it is healthy or has ended."""
        with self._log.open("w") as log:
            process = subprocess.Popen(self._argv, stdout=log, stderr=log)
        wait_until(lambda: self._health.check().ok or process.poll() is not None, "the collector to start or to end")
        return process

    def starts(self) -> bool:
        """Whether it becomes healthy."""
        process = self.start()
        started = process.poll() is None
        process.kill()
        process.wait()
        return started


@pytest.fixture
def collector(otelcol_binary: Path, tmp_path: Path, free_ports: Callable[[int], list[int]]) -> Collector:
    return Collector(otelcol_binary, tmp_path, free_ports(4))


@pytest.fixture
def content(collector: Collector) -> bytes:
    """What a killed collector leaves: a tree of pages with several requests."""
    process = collector.start()
    wait_until(lambda: collector.queue.stat().st_size > 20 * PAGE, "requests to wait in the queue")
    process.kill()
    process.wait()
    return collector.queue.read_bytes()


def both_headers(content: bytes) -> bytes:
    return NONSENSE * (2 * PAGE // len(NONSENSE)) + content[2 * PAGE :]


def the_middle(content: bytes) -> bytes:
    third = len(content) // 3
    return content[:third] + (NONSENSE * len(content))[:third] + content[2 * third :]


def the_end(content: bytes) -> bytes:
    return content[: 6 * PAGE]


def everything(content: bytes) -> bytes:
    return bytes(len(content))


def test_a_queue_that_a_killed_collector_left_is_whole(collector: Collector, content: bytes) -> None:
    assert content
    assert collector.starts()
    assert QueueRepair(collector.queues)(collector.lines) == ()


def test_the_collector_dies_of_a_damaged_queue_at_every_start_until_it_is_put_aside(
    collector: Collector, content: bytes
) -> None:
    for damage in (both_headers, the_middle, the_end, everything):
        collector.queue.write_bytes(damage(content))
        # As long as these hold, kubeglass has to do it; the option 'recreate' of file_storage does not help.
        assert not collector.starts(), damage.__name__
        assert not collector.starts(), damage.__name__

        (note,) = QueueRepair(collector.queues)(collector.lines)

        assert "was damaged" in note
        assert collector.starts(), damage.__name__
    assert len(list(collector.queues.iterdir())) == 2, "the queue, and one that was put aside"


def test_a_run_comes_up_on_a_damaged_queue_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "good.py").write_text(GOOD_APP)
    (tmp_path / "kubeglass.yaml").write_text("apps: [{module: 'good:app', workers: 1}]\nscrape: {interval: 1s}\n")
    queue = tmp_path / ".kubeglass" / "data" / "otelcol" / "queue" / "exporter_otlp_http_prometheus_metrics"
    queue.parent.mkdir(parents=True)
    queue.write_bytes(NONSENSE)

    with foreground(tmp_path):
        wait_until_up(tmp_path)

    assert f"queue: {queue} was damaged" in (tmp_path / "up.log").read_text()
    assert queue.with_name(f"{queue.name}.damaged").read_bytes() == NONSENSE
    assert_nothing_left(tmp_path)
