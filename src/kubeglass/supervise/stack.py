"""The processes of a local run: which ones there are, and the run that keeps them alive."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from typing import Self

from kubeglass.engines.engine import Engine
from kubeglass.engines.registry import OTELCOL, PROMETHEUS
from kubeglass.model.duration import format_duration
from kubeglass.model.local import LocalSettings
from kubeglass.model.parts import LOOPBACK, METRICS_FOLDER_VARIABLE, instrumented
from kubeglass.model.sections.app import App
from kubeglass.observe.probes import HttpProbe, TcpProbe
from kubeglass.observe.processes import ProcessId, measure_age
from kubeglass.signals import StopSignals
from kubeglass.supervise.app.environment import app_environment, collector_environment, inherit_environment
from kubeglass.supervise.options import RunOptions
from kubeglass.supervise.ports import PortClaims
from kubeglass.supervise.process.child import Spawner
from kubeglass.supervise.process.context import SupervisorContext
from kubeglass.supervise.process.guard import Guard
from kubeglass.supervise.process.manager import Manager, ProcessStatus
from kubeglass.supervise.process.spec import READY_SECONDS, ProcessSpec
from kubeglass.supervise.state.hold import is_held
from kubeglass.supervise.state.queue_repair import QueueRepair
from kubeglass.supervise.state.run_file import Phase, RunJournal, RunRecord

VIEWER = "viewer"
TRAFFIC = "traffic"
APP_SERVER = "kubeglass.supervise.app.server_process"

#: Where the demo's simulated customers keep their totals, below the state folder.
TOTALS_FILE = Path("data") / "traffic.json"


@dataclass(frozen=True, slots=True)
class Stack:
    """What determines the processes of a run.

    Args:
        options: the run's options.
        settings: its folder and ports.
        binaries: the engines' programs, by name.
    """

    options: RunOptions
    settings: LocalSettings
    binaries: Mapping[str, Path]


def plan_processes(stack: Stack) -> list[ProcessSpec]:
    """List the processes in start order; they are stopped in reverse order.

    The collector stops before the apps, after a last scrape. The viewer stops last, so that an open page shows the end.

    Raises:
        ConfigError: a secret that an app or the collector needs is not in the environment.
    """
    apps = [_plan_app(app, stack) for app in stack.options.own_apps]
    names = tuple(spec.name for spec in apps)
    specs = [
        _plan_viewer(stack),
        _plan_engine(PROMETHEUS, stack),
        *apps,
        # After the apps: it would record them as down before they respond.
        _plan_collector(stack, after=(PROMETHEUS.name, *names)),
    ]
    return [*specs, _plan_traffic(stack)] if stack.options.demo else specs


def _plan_engine(engine: Engine, stack: Stack, after: tuple[str, ...] = ()) -> ProcessSpec:
    settings = stack.settings
    return ProcessSpec(
        name=engine.name,
        argv=tuple(engine.argv(stack.binaries[engine.name], settings)),
        cwd=settings.root,
        env=inherit_environment(),
        readiness=HttpProbe(engine.readiness_url(settings)),
        liveness=HttpProbe(engine.liveness_url(settings)),
        after=after,
        # After a long run, Prometheus replays its log and the collector reads its queue for a while.
        ready_seconds=120.0,
        grace_seconds=15.0,
        address=settings.url(engine.port(settings.ports)),
        # Its renderer writes to a folder of this name.
        config=PurePosixPath(engine.name),
    )


def _plan_collector(stack: Stack, after: tuple[str, ...]) -> ProcessSpec:
    return replace(
        _plan_engine(OTELCOL, stack, after),
        env=collector_environment(stack.options.pipeline),
        repair=QueueRepair(stack.settings.queue),
    )


def _plan_viewer(stack: Stack) -> ProcessSpec:
    settings = stack.settings
    port = settings.ports.viewer
    arguments = (
        *("--port", str(port)),
        *("--prometheus", settings.url(settings.ports.prometheus)),
        *("--dashboards", str(settings.root / "dashboards")),
        *("--time-interval", format_duration(stack.options.pipeline.scrape.interval)),
    )
    return ProcessSpec(
        name=VIEWER,
        argv=(sys.executable, "-P", "-m", "kubeglass.viewer", *arguments),
        cwd=settings.root,
        env=inherit_environment(),
        readiness=HttpProbe(settings.url(port, "/healthz")),
        liveness=HttpProbe(settings.url(port, "/healthz")),
        # It does not need the collector, but its start-up would slow down everything that the first data waits for.
        after=(OTELCOL.name,),
        address=settings.url(port),
    )


def _plan_app(app: App, stack: Stack) -> ProcessSpec:
    settings = stack.settings
    port = settings.ports.apps[app.name]
    arguments = (
        *("--bind", f"{LOOPBACK}:{port}"),
        *("--workers", str(app.workers)),
        *("--threads", str(app.threads)),
        *("--graceful-timeout", "5"),
        # Newer versions of gunicorn open one socket in the user's home for all apps; older ones lack the option.
        *(("--no-control-socket",) if find_spec("gunicorn.ctl") else ()),
    )
    base = app_environment(app)
    if stack.options.demo:
        base["SHOP_DATABASE"] = str(settings.data / "shop.sqlite")
    if stack.options.watch:
        base["KUBEGLASS_WATCH"] = "1"
    return ProcessSpec(
        name=app.name,
        argv=(sys.executable, "-m", APP_SERVER, *arguments, app.module or ""),
        cwd=stack.options.folder,
        env=instrumented(base) | {METRICS_FOLDER_VARIABLE: str(settings.metrics_dir(app.name))},
        # Any status: whether the page is a metrics page is checked end to end.
        readiness=HttpProbe(settings.url(port, app.metrics_path), any_status=True),
        # gunicorn itself restarts workers that hang.
        liveness=TcpProbe(LOOPBACK, port),
        ready_seconds=max(READY_SECONDS, stack.options.timeout_seconds),
        grace_seconds=8.0,
        address=settings.url(port),
    )


def _plan_traffic(stack: Stack) -> ProcessSpec:
    app = stack.options.own_apps[0]
    settings = stack.settings
    url = settings.url(settings.ports.apps[app.name])
    totals = settings.root / TOTALS_FILE
    return ProcessSpec(
        name=TRAFFIC,
        argv=(sys.executable, str(stack.options.folder / "traffic.py"), "--url", url, "--totals", str(totals)),
        cwd=settings.root,
        env=inherit_environment({"PYTHONUNBUFFERED": "1"}),
        after=(app.name,),
        grace_seconds=20.0,
    )


class Running:
    """A stack that runs as long as the ``with`` block; leaving it stops everything.

    Args:
        stack: determines the processes.
        journal: records their state in the run file.
        signals: a second Ctrl-C hurries the stopping.
        claims: holds the ports of the run.
    """

    def __init__(self, stack: Stack, journal: RunJournal, signals: StopSignals, claims: PortClaims) -> None:
        self.stack = stack
        self.journal = journal
        self.claims = claims
        self._guard = Guard()
        self._signals = signals
        self._spawner = Spawner(stack.settings.logs, self._guard)
        self.specs = tuple(plan_processes(stack))
        context = SupervisorContext(self._spawner, partial(is_held, stack.settings.root))
        self.manager = Manager(self.specs, context, self._note_statuses)

    def __enter__(self) -> Self:
        self.journal.change(phase=Phase.STARTING)
        self._note_addresses()
        self.manager.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._signals.begin_stopping(self.manager.hurry)
        self.journal.change(phase=Phase.STOPPING)
        self.manager.stop()
        self._guard.close()

    def take_over(self, stack: Stack, specs: Sequence[ProcessSpec]) -> None:
        """Run these processes from now on; unchanged ones keep running."""
        self.stack, self.specs = stack, tuple(specs)
        self.manager.do(lambda group: group.change(self.specs))
        self._note_addresses()

    def _note_statuses(self, statuses: list[ProcessStatus]) -> None:
        self.journal.change(processes=tuple(statuses))

    def _note_addresses(self) -> None:
        settings = self.stack.settings
        prometheus = settings.url(settings.ports.prometheus)
        self.journal.change(
            addresses={
                "page": settings.url(settings.ports.viewer),
                **{name: settings.url(port) for name, port in settings.ports.apps.items()},
                "prometheus": prometheus,
            },
            prometheus=prometheus,
            scrape_interval=self.stack.options.pipeline.scrape.interval,
        )

    def tail(self, name: str, count: int) -> tuple[str, ...]:
        """Return the last ``count`` log lines of the process ``name``."""
        return self._spawner.buffer(name).tail(count)


def describe_run(options: RunOptions, supervisor: ProcessId) -> RunRecord:
    """Return the record of a run that begins."""
    return RunRecord(
        supervisor=supervisor,
        command=options.command,
        phase=Phase.PREPARING,
        detached=options.detached,
        started_at=time.time() - measure_age(supervisor),
    )
