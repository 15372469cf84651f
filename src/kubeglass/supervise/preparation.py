"""Everything that is done before the first process starts; whatever is wrong with the input is found here."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from kubeglass.dashboards.queries import PanelQuery, panel_queries
from kubeglass.model.local import LocalSettings
from kubeglass.render.files import RenderedFile, remove_stale, write_files
from kubeglass.render.plan import LOCAL_FOLDERS, render_local
from kubeglass.supervise.app_check import checking_apps
from kubeglass.supervise.limits import raise_open_files_limit, warn_about_open_files
from kubeglass.supervise.options import RunOptions
from kubeglass.supervise.port_claims import PortClaims
from kubeglass.supervise.port_plan import plan_ports
from kubeglass.supervise.queue_repair import QueueRepair
from kubeglass.supervise.run_folders import make_folders
from kubeglass.supervise.stack import TOTALS_FILE, Stack

#: The dashboard whose panels must have data before a run counts as up.
OVERVIEW = PurePosixPath("dashboards/application-overview.json")

#: Brings the engines, name to program. What it is given must be called before anything is fetched or built, which takes
#: minutes: a fault of the input is told first.
GetBinaries = Callable[[Callable[[], None]], Mapping[str, Path]]


@dataclass(frozen=True, slots=True)
class Preparation:
    """What a run starts from.

    Args:
        stack: what decides which processes run.
        queries: what the overview's panels ask.
        notes: what people should know: ports that moved, limits that are low, a queue that was damaged.
    """

    stack: Stack
    queries: tuple[PanelQuery, ...]
    notes: tuple[str, ...]


def prepare(options: RunOptions, get_binaries: GetBinaries, claims: PortClaims) -> Preparation:
    """Try the apps, get the engines, choose ports and write the configuration.

    Args:
        options: what the run is asked to do.
        get_binaries: brings the engines.
        claims: keeps the run's ports from other runs.

    Raises:
        AppError: an app will not run.
        ConfigError: a secret that an app needs is not in the environment.
        EngineError: an engine is not to be had.
        PortError: a range of ports is in use.
        StateError: the state folder cannot be written.
    """
    with checking_apps(options.own_apps, options) as require_fit:
        binaries = get_binaries(require_fit)
        require_fit()
    plan = plan_ports(options.own_apps, claims)
    stack = Stack(options, LocalSettings(options.root, plan.ports), binaries)
    files = render_local(options.pipeline, stack.settings)
    make_folders(stack.settings, stack.own_apps)
    _forget_customers(stack)
    write_files(files, options.root)
    remove_stale(files, options.root, owned=LOCAL_FOLDERS)
    warning = warn_about_open_files(raise_open_files_limit())
    # Before the collector's first start too, so that what was found is said where somebody looks.
    notes = (*plan.notes, *QueueRepair(stack.settings.queue)(), *([warning] if warning else ()))
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
