"""Everything that happens before the first process starts; bad input is found here."""

from __future__ import annotations

import contextlib
import json
import resource
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from kubeglass.dashboards.queries import PanelQuery, panel_queries
from kubeglass.files import explain_disk_errors
from kubeglass.model.local import LocalSettings
from kubeglass.model.sections.app import App
from kubeglass.render.files import RenderedFile, write_files
from kubeglass.render.plan import LOCAL_FOLDERS, render_local
from kubeglass.supervise.app.check import checking_apps
from kubeglass.supervise.options import RunOptions
from kubeglass.supervise.ports import PortClaims, plan_ports
from kubeglass.supervise.stack import TOTALS_FILE, Stack

#: The dashboard whose panels must have data before a run counts as up.
OVERVIEW = PurePosixPath("dashboards/application-overview.json")

#: Brings the engines, name to program. What it is given must be called before anything is fetched or built, which takes
#: minutes: a fault of the input is told first.
GetBinaries = Callable[[Callable[[], None]], Mapping[str, Path]]


@dataclass(frozen=True, slots=True)
class Preparation:
    """What a run starts with.

    Args:
        stack: decides which processes run.
        queries: what the overview's panels ask.
        notes: what users should know: ports that moved, limits that are low.
    """

    stack: Stack
    queries: tuple[PanelQuery, ...]
    notes: tuple[str, ...]


def prepare(options: RunOptions, get_binaries: GetBinaries, claims: PortClaims) -> Preparation:
    """Check the apps, get the engines, choose ports and write the configuration.

    Args:
        options: the options of the run.
        get_binaries: brings the engines.
        claims: keeps the run's ports from other runs.

    Raises:
        AppError: an app will not run.
        ConfigError: a secret that an app needs is not in the environment.
        EngineError: an engine cannot be obtained.
        PortError: a chosen port is in use, or a range of ports is.
        StateError: the state folder cannot be written.
    """
    plan = plan_ports(options.own_apps, claims, options.pipeline.local.ports)
    with checking_apps(options.own_apps, options.folder, options.timeout_seconds) as checks:
        binaries = get_binaries(checks.require_fit)
        checks.require_fit()
    pipeline, prefix_notes = checks.follow_prefixes(options.pipeline)
    options = replace(options, pipeline=pipeline)
    stack = Stack(options, LocalSettings(options.root, plan.ports), binaries)
    files = render_local(options.pipeline, stack.settings)
    make_folders(stack.settings, stack.own_apps)
    _forget_customers(stack)
    write_files(files, options.root, owned=LOCAL_FOLDERS)
    warning = warn_about_open_files(raise_open_files_limit())
    notes = (*plan.notes, *prefix_notes, *([warning] if warning else ()))
    return Preparation(stack, _read_queries(files, options.pipeline.scrape.interval), notes)


def _forget_customers(stack: Stack) -> None:
    # A full or unwritable disk is told of by whoever needs to write.
    with contextlib.suppress(OSError):
        (stack.settings.root / TOTALS_FILE).unlink(missing_ok=True)


def _read_queries(files: list[RenderedFile], scrape_interval: float) -> tuple[PanelQuery, ...]:
    for file in files:
        if file.path == OVERVIEW:
            return tuple(panel_queries(json.loads(file.content), scrape_interval=scrape_interval))
    return ()


def make_folders(settings: LocalSettings, apps: Iterable[App]) -> None:
    """Make the folders of the engines, and an empty one for the metrics of each app that is about to start.

    Raises:
        StateError: the state folder cannot be written.
    """
    metrics = [settings.metrics_dir(app.name) for app in apps]
    with explain_disk_errors(settings.root):
        for folder in metrics:
            # Values of an earlier run would count its requests again.
            shutil.rmtree(folder, ignore_errors=True)
        for folder in (settings.logs, settings.data / "prometheus", settings.data / "otelcol", *metrics):
            folder.mkdir(parents=True, exist_ok=True)


#: Enough for a Prometheus with a few weeks of data and a busy app.
WANTED_OPEN_FILES = 65536
#: With fewer, Prometheus and the collector run into "too many open files" under an ordinary load.
ENOUGH_OPEN_FILES = 1024


def raise_open_files_limit(wanted: int = WANTED_OPEN_FILES) -> int:
    """Raise the soft limit of open files of this process, and of those it starts, towards ``wanted``.

    Returns:
        The limit that holds now.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    infinite = resource.RLIM_INFINITY
    target = wanted if hard == infinite else min(wanted, hard)
    if soft != infinite and soft < target:
        # macOS names a hard limit that it then does not grant.
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (target, hard))
    now = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return wanted if now == infinite else now


def warn_about_open_files(limit: int) -> str:
    """Return a warning that ``limit`` is too low and how to raise it; empty if it is enough."""
    if limit >= ENOUGH_OPEN_FILES:
        return ""
    return (
        f"open files: the limit is {limit}, at least {ENOUGH_OPEN_FILES} are advised; "
        f"run: ulimit -n {ENOUGH_OPEN_FILES}, or ask who looks after this machine"
    )
