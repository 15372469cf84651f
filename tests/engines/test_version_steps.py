"""Samples and queue survive a step of Prometheus and the collector to another version, and the step back."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from kubeglass.engines.engine import Engine
from kubeglass.engines.install.resolve import resolve
from kubeglass.engines.install.source import Source
from kubeglass.engines.registry import OTELCOL, PROMETHEUS
from kubeglass.errors import KubeglassError
from kubeglass.model.local import LocalPorts, LocalSettings
from kubeglass.model.parts import HEARTBEAT
from kubeglass.model.pipeline import Pipeline, Scrape
from kubeglass.model.sections.app import App
from kubeglass.observe.probes import HttpProbe
from kubeglass.observe.prometheus import Prometheus
from kubeglass.render.files import write_files
from kubeglass.render.plan import render_local
from tests.cli.runs import wait_until

#: Without a build cache, each of the two builds takes about two minutes on two cores.
pytestmark = [pytest.mark.engines, pytest.mark.timeout(1200)]

SOURCES = Path(__file__).parent / "other_versions"
#: Seconds that each pair of versions runs, and how many scrapes of these the restarts may cost.
SECONDS, MISSED = 6, 2


def build_other(engine: Engine, version: str, folder: str, package: str) -> Path:
    """Build another version of an engine, which stays in the cache beside ours."""
    build = engine.distribution.build
    assert build is not None
    flags = build.ldflags.replace(engine.version, version)
    build = replace(build, sources=SOURCES / folder, packages=(package,), ldflags=flags)
    other = replace(engine.distribution, version=version, binaries=(engine.name,), releases={}, build=build)
    return resolve(replace(engine, distribution=other, probe=(), parts=()), source=Source.BUILD).path


@pytest.fixture(scope="module")
def older_prometheus() -> Path:
    return build_other(PROMETHEUS, "3.12.0", "prometheus", "github.com/prometheus/prometheus/cmd/prometheus")


@pytest.fixture(scope="module")
def newer_collector() -> Path:
    return build_other(OTELCOL, "0.165.0", "collector", ".")


@dataclass(frozen=True)
class Run:
    """A local run's files: a collector, which always scrapes itself too, and its Prometheus."""

    settings: LocalSettings

    @contextmanager
    def running(self, engine: Engine, binary: Path, *, kill: bool = False) -> Iterator[None]:
        """Run an engine until the end of the block, and end it cleanly or at once."""
        log = self.settings.root / f"{engine.name}.log"
        with log.open("a") as stream:
            process = subprocess.Popen(engine.argv(binary, self.settings), stdout=stream, stderr=stream)
        try:
            probe = HttpProbe(engine.readiness_url(self.settings))
            wait_until(lambda: probe.check().ok or process.poll() is not None, f"{engine.name} to start or to end")
            assert process.poll() is None, log.read_text()[-4000:]
            yield
        finally:
            process.kill() if kill else process.terminate()
            process.wait(timeout=60)

    def count(self, start: float, end: float) -> float:
        """How many scrapes from ``start`` to ``end`` are stored; 0 if Prometheus does not answer yet."""
        expr = f'count_over_time(up{{job="{HEARTBEAT}"}}[{end - start:.0f}s] @ {end:.3f})'
        with Prometheus(self.settings.url(self.settings.ports.prometheus)) as prometheus, suppress(KubeglassError):
            return prometheus.value(expr) or 0.0
        return 0.0

    def has_block(self) -> bool:
        with Prometheus(self.settings.url(self.settings.ports.prometheus)) as prometheus:
            return prometheus.value(f"old_total @ {self.hour_ago}") == 7.0

    @property
    def hour_ago(self) -> int:
        """A time that the block holds, whose samples the head never had."""
        return int((self.settings.root / "hour-ago").read_text())


@pytest.fixture
def run(tmp_path: Path, promtool_binary: Path, free_ports: Callable[[int], list[int]]) -> Run:
    """The files of a run whose Prometheus has a block from an hour ago."""
    viewer, http, otlp, health, telemetry = free_ports(5)
    settings = LocalSettings(tmp_path, LocalPorts(viewer, http, otlp, health, telemetry))
    nobody = App(name="nobody", target="127.0.0.1:1")
    write_files(render_local(Pipeline(apps=(nobody,), scrape=Scrape(interval=1.0)), settings), tmp_path)
    hour_ago = int(time.time()) - 3600
    (tmp_path / "hour-ago").write_text(str(hour_ago))
    (tmp_path / "old.txt").write_text(f"# TYPE old counter\nold_total 7 {hour_ago}\n# EOF\n")
    words = ["tsdb", "create-blocks-from", "openmetrics", str(tmp_path / "old.txt"), str(settings.data / "prometheus")]
    subprocess.run([promtool_binary, *words], check=True, capture_output=True)
    return Run(settings)


def test_samples_and_queue_survive_each_step_and_the_step_back(
    run: Run, otelcol_binary: Path, prometheus_binary: Path, newer_collector: Path, older_prometheus: Path
) -> None:
    phases: list[tuple[float, float]] = []

    def work() -> None:
        start = time.time()
        wait_until(lambda: time.time() >= start + SECONDS, "the scrapes of this phase")
        phases.append((start, time.time()))

    with run.running(PROMETHEUS, older_prometheus, kill=True), run.running(OTELCOL, otelcol_binary, kill=True):
        assert run.has_block()
        work()
    # Nobody takes the samples: each collector adds to the queue that the one before left behind.
    with run.running(OTELCOL, newer_collector, kill=True):
        work()
    with run.running(OTELCOL, otelcol_binary, kill=True):
        work()
    with ExitStack() as stack:
        stack.enter_context(run.running(OTELCOL, newer_collector))
        with run.running(PROMETHEUS, prometheus_binary):
            assert run.has_block()
            work()
        stack.enter_context(run.running(PROMETHEUS, older_prometheus))
        work()
        wait_until(lambda: run.count(*phases[-1]) >= SECONDS - MISSED, "the last scrapes")

        assert run.has_block()
        assert [run.count(*phase) >= SECONDS - MISSED for phase in phases] == [True] * 5
