"""The real collector waits for a queue that another one has not released yet, and says so if that never happens."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer

import pytest

from kubeglass.deploy.rollout.queue_lock import is_queue_locked
from tests.cli.runs import wait_until
from tests.engines.test_queue_damage import Collector

pytestmark = pytest.mark.engines

#: Seconds; without a setting the collector waits for one.
HELD = 3.0


@pytest.fixture
def collector(otelcol_binary: Path, tmp_path: Path, free_ports: Callable[[int], list[int]]) -> Collector:
    return Collector(otelcol_binary, tmp_path, free_ports(4))


@contextmanager
def locked(collector: Collector, seconds: float) -> Iterator[None]:
    """Lock the queue as a running collector does, and release it after a time."""
    collector.queues.mkdir(parents=True)
    with collector.queue.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        timer = Timer(seconds, lambda: fcntl.flock(file, fcntl.LOCK_UN))
        timer.start()
        yield
        timer.cancel()
        timer.join()


def test_a_new_collector_waits_for_the_one_that_is_ending(collector: Collector) -> None:
    with locked(collector, HELD):
        process = collector.start()

    assert process.poll() is None
    process.terminate()
    process.wait()


def test_a_queue_that_is_never_released_is_told_from_other_failures(collector: Collector, tmp_path: Path) -> None:
    definition = tmp_path / "otelcol" / "config.yaml"
    text = definition.read_text()
    assert "timeout: 45s" in text
    definition.write_text(text.replace("timeout: 45s", "timeout: 1s"))

    with locked(collector, 60):
        process = collector.start()
        wait_until(lambda: process.poll() is not None, "the end of the collector")

    assert is_queue_locked(collector.lines)
    assert not is_queue_locked(['error: failed to start "otlp_http/prometheus" exporter: no space left on device'])
