"""The processes of a local run, in the order they depend on each other."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

from kubeglass.engines.engine import Engine
from kubeglass.engines.otelcol import OTELCOL
from kubeglass.engines.prometheus import PROMETHEUS
from kubeglass.model.duration import format_duration
from kubeglass.model.local import LocalSettings
from kubeglass.model.parts import LOOPBACK
from kubeglass.model.sections.app import App
from kubeglass.observe.probes import HttpProbe, TcpProbe
from kubeglass.supervise.app.environment import (
    app_environment,
    collector_environment,
    inherit_environment,
    instrumented_environment,
)
from kubeglass.supervise.options import RunOptions
from kubeglass.supervise.process.spec import READY_SECONDS, ProcessSpec
from kubeglass.supervise.state.queue_repair import QueueRepair

VIEWER = "viewer"
TRAFFIC = "traffic"
APP_SERVER = "kubeglass.supervise.app.server_process"

#: Where the demo's customers keep their account, below the state folder.
TOTALS_FILE = Path("data") / "traffic.json"


@dataclass(frozen=True, slots=True)
class Stack:
    """Everything that decides which processes run.

    Args:
        options: what the run was asked for.
        settings: its folder and ports.
        binaries: engine name to program.
    """

    options: RunOptions
    settings: LocalSettings
    binaries: Mapping[str, Path]

    @property
    def own_apps(self) -> list[App]:
        """The apps that are run here, not only scraped."""
        return self.options.own_apps


def plan_processes(stack: Stack) -> list[ProcessSpec]:
    """List the processes; each comes after those it needs, and they are stopped in reverse order.

    The collector stops before the apps: its last scrape sees every request. The viewer stops last, so that an open page
    shows the end.

    Raises:
        ConfigError: a secret that an app or the collector needs is not in the environment.
    """
    apps = [_plan_app(app, stack) for app in stack.own_apps]
    names = tuple(spec.name for spec in apps)
    specs = [
        _plan_viewer(stack),
        _plan_engine(PROMETHEUS, stack),
        *apps,
        # Once the apps answer: an engine that starts earlier would record them as down.
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
        # Prometheus replays its log and the collector drains its queue: both take a while after a long run.
        ready_seconds=120.0,
        grace_seconds=15.0,
        address=settings.url(engine.port(settings.ports)),
        # The folder that its renderer writes bears its name.
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
    arguments = {
        "--port": str(port),
        "--prometheus": settings.url(settings.ports.prometheus),
        "--dashboards": str(settings.root / "dashboards"),
        "--time-interval": format_duration(stack.options.pipeline.scrape.interval),
    }
    return ProcessSpec(
        name=VIEWER,
        argv=(sys.executable, "-P", "-m", "kubeglass.viewer", *_flatten(arguments)),
        cwd=settings.root,
        env=inherit_environment(),
        readiness=HttpProbe(settings.url(port, "/healthz")),
        liveness=HttpProbe(settings.url(port, "/healthz")),
        # Not because it needs it: starting a Python server takes the processor away from what brings the first data.
        after=(OTELCOL.name,),
        address=settings.url(port),
    )


def _plan_app(app: App, stack: Stack) -> ProcessSpec:
    settings = stack.settings
    port = settings.ports.apps[app.name]
    arguments = {
        "--bind": f"{LOOPBACK}:{port}",
        "--workers": str(app.workers),
        "--threads": str(app.threads),
        "--graceful-timeout": "5",
    }
    flags = ("--no-control-socket",) if _has_control_socket() else ()
    base = app_environment(app)
    if stack.options.demo:
        base["SHOP_DATABASE"] = str(settings.data / "shop.sqlite")
    if stack.options.watch:
        base["KUBEGLASS_WATCH"] = "1"
    return ProcessSpec(
        name=app.name,
        argv=(sys.executable, "-m", APP_SERVER, *_flatten(arguments), *flags, app.module or ""),
        cwd=stack.options.folder,
        env=instrumented_environment(app, settings, base),
        # Any answer will do: whether /metrics is what it should be is told apart once everything runs.
        readiness=HttpProbe(settings.url(port, app.metrics_path), any_status=True),
        # gunicorn replaces workers that hang by itself.
        liveness=TcpProbe(LOOPBACK, port),
        ready_seconds=max(READY_SECONDS, stack.options.timeout_seconds),
        grace_seconds=8.0,
        address=settings.url(port),
    )


def _plan_traffic(stack: Stack) -> ProcessSpec:
    app = stack.own_apps[0]
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


def _flatten(arguments: Mapping[str, str]) -> list[str]:
    return [word for pair in arguments.items() for word in pair]


def _has_control_socket() -> bool:
    # Newer gunicorns open a socket in the user's home, the same one for every app; older ones know no such option.
    return find_spec("gunicorn.ctl") is not None
