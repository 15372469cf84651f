"""What happens before the first process starts; bad input is found here."""

from __future__ import annotations

import contextlib
import json
import resource
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath

from kubeglass.dashboards.queries import PanelQuery, panel_queries
from kubeglass.files import explain_disk_errors
from kubeglass.model.local import LocalSettings
from kubeglass.model.sections.app import App
from kubeglass.render.files import write_files
from kubeglass.render.plan import LOCAL_FOLDERS, render_local
from kubeglass.supervise.app.check import checking_apps
from kubeglass.supervise.options import RunOptions
from kubeglass.supervise.ports import PortClaims, plan_ports
from kubeglass.supervise.stack import TOTALS_FILE, Stack

#: The dashboard whose panels must have data before a run counts as up.
OVERVIEW = PurePosixPath("dashboards/application-overview.json")

#: With fewer, Prometheus and the collector fail under an ordinary load. Go raises its soft limit to the hard limit.
ENOUGH_OPEN_FILES = 1024

#: Gets the engines' programs, by name. It calls its argument before it downloads or builds, which takes minutes, to
#: report bad input first.
GetBinaries = Callable[[Callable[[], None]], Mapping[str, Path]]

Note = Callable[[str], None]


def prepare(options: RunOptions, get_binaries: GetBinaries, claims: PortClaims, note: Note) -> Stack:
    """Check the apps, get the engines, choose ports and write the configuration.

    Args:
        options: the options of the run.
        get_binaries: gets the engines.
        claims: keeps the run's ports from other runs.
        note: called with what users should know, such as ports that moved, a line each.

    Raises:
        AppError: an app will not run.
        ConfigError: a secret that an app needs is not in the environment.
        EngineError: an engine cannot be installed.
        PortError: a chosen port is in use, or a range of ports is.
        StateError: the state folder cannot be written.
    """
    if options.left_out:
        note(f"left out, because they are on a cluster: {', '.join(options.left_out)}")
    ports = plan_ports(options.own_apps, claims, note, options.pipeline.local.ports)
    with checking_apps(options.own_apps, options.folder, options.timeout_seconds) as checks:
        binaries = get_binaries(checks.require_fit)
        checks.require_fit()
    options = replace(options, pipeline=checks.follow_prefixes(options.pipeline, note))
    stack = Stack(options, LocalSettings(options.root, ports), binaries)
    make_folders(stack.settings, options.own_apps)
    # An earlier run's customers do not count; a disk error is reported by the next write.
    with contextlib.suppress(OSError):
        (options.root / TOTALS_FILE).unlink(missing_ok=True)
    files = render_local(options.pipeline, stack.settings)
    write_files(files, options.root, owned=LOCAL_FOLDERS)
    warn_about_open_files(note)
    return stack


def read_queries(stack: Stack) -> list[PanelQuery]:
    """Return the queries of the overview's panels, if it is rendered."""
    path = stack.settings.root / OVERVIEW
    document = json.loads(path.read_text()) if path.exists() else {}
    return list(panel_queries(document, scrape_interval=stack.options.pipeline.scrape.interval))


def make_folders(settings: LocalSettings, apps: Iterable[App]) -> None:
    """Create the folders of the engines, and an empty metrics folder for each app that is about to start.

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


def warn_about_open_files(note: Note) -> None:
    """Say so if this machine limits open files too much."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if limit < ENOUGH_OPEN_FILES and limit != resource.RLIM_INFINITY:
        note(
            f"open files: the limit is {limit}, at least {ENOUGH_OPEN_FILES} are advised; "
            "ask the administrator of this machine to raise it"
        )
