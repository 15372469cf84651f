"""Reloads a run: applies its changed definition, touching only what differs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from kubeglass.model.local import LocalSettings
from kubeglass.render.files import compare, write_files
from kubeglass.render.plan import LOCAL_FOLDERS, render_local
from kubeglass.supervise.app.check import check_apps
from kubeglass.supervise.end_to_end import Goal
from kubeglass.supervise.listener import RunListener
from kubeglass.supervise.options import RunOptions
from kubeglass.supervise.ports import extend_ports
from kubeglass.supervise.preparation import make_folders
from kubeglass.supervise.process.spec import ProcessSpec
from kubeglass.supervise.stack import Running, Stack, plan_processes
from kubeglass.supervise.startup_wait import StartupWait


@dataclass(frozen=True, slots=True)
class Changes:
    """What a reload does; other processes keep running.

    Args:
        started: new processes.
        stopped: processes that are no longer part of the run.
        restarted: processes whose command line or environment changed.
        reread: processes that reload changed files.
        files: the rendered files that changed.
    """

    started: tuple[str, ...] = ()
    stopped: tuple[str, ...] = ()
    restarted: tuple[str, ...] = ()
    reread: tuple[str, ...] = ()
    files: tuple[str, ...] = ()

    @property
    def touches_processes(self) -> bool:
        """Whether any process is affected."""
        return bool(self.started or self.stopped or self.restarted or self.reread)

    def __str__(self) -> str:
        kinds = {
            "started": self.started,
            "stopped": self.stopped,
            "restarted": self.restarted,
            "reloaded": self.reread,
            # Only dashboards: the page reads them when it is opened.
            "written": () if self.touches_processes else self.files,
        }
        return "; ".join(f"{kind}: {', '.join(names)}" for kind, names in kinds.items() if names) or "nothing changed"


def compare_processes(
    before: Sequence[ProcessSpec], after: Sequence[ProcessSpec], files: Iterable[PurePosixPath]
) -> Changes:
    """Compare the processes that run with those that should.

    Args:
        before: the processes that run.
        after: the processes that should run.
        files: rendered files that differ from those on disk, relative to the state folder.
    """
    files = tuple(files)
    old = {spec.name: spec for spec in before}
    new = {spec.name: spec for spec in after}
    kept = [spec for spec in after if spec.name in old and spec.runs_like(old[spec.name])]
    return Changes(
        started=tuple(name for name in new if name not in old),
        stopped=tuple(name for name in old if name not in new),
        restarted=tuple(name for name, spec in new.items() if name in old and not spec.runs_like(old[name])),
        reread=tuple(spec.name for spec in kept if spec.config and any(spec.config in file.parents for file in files)),
        files=tuple(str(file) for file in files),
    )


#: Reads the definition again and returns the options of the run.
ReadOptions = Callable[[], RunOptions]


def reload_run(running: Running, read_options: ReadOptions, listener: RunListener) -> Changes:
    """Read the definition again, apply it to the run, and wait until data of every app is seen again.

    Raises:
        ConfigError: the definition is wrong. Like all that follows up to PortError, this changes nothing.
        AppError: an app that is new or differs will not run, or died.
        PortError: there is no free port for a new app.
        EngineError: an engine died or did not respond.
        NoDataError: data did not arrive in time.
        StateError: a file cannot be written.
    """
    options = read_options()
    old = running.stack
    options = replace(
        options, detached=old.options.detached, watch=old.options.watch, timeout_seconds=old.options.timeout_seconds
    )
    changed_apps = [app for app in options.own_apps if app not in old.options.own_apps]
    checks = check_apps(changed_apps, options.folder, options.timeout_seconds)
    options = replace(options, pipeline=checks.follow_prefixes(options.pipeline, listener.note))
    ports = extend_ports(old.settings.ports, running.claims, listener.note, old.options.pipeline, options.pipeline)
    return _apply(running, Stack(options, LocalSettings(old.settings.root, ports), old.binaries), listener)


def _apply(running: Running, stack: Stack, listener: RunListener) -> Changes:
    root = stack.settings.root
    specs = plan_processes(stack)
    files = render_local(stack.options.pipeline, stack.settings)
    changed = [change.path for change in compare(files, root, owned=LOCAL_FOLDERS)]
    changes = compare_processes(running.specs, specs, changed)
    make_folders(stack.settings, [app for app in stack.options.own_apps if app.name in changes.started])
    write_files(files, root, owned=LOCAL_FOLDERS)
    running.take_over(stack, specs)
    startup = StartupWait(running, listener)
    startup.wait_for_processes()
    began = time.time()
    running.manager.do(lambda group: group.reread(changes.reread))
    if changes.touches_processes:
        startup.wait_for_data(Goal(tuple(app.name for app in stack.options.own_apps), since=began))
    return changes


def reload_apps(running: Running) -> None:
    """Restart the workers of every app, which import its code again; counters are kept.

    Raises:
        AppError: an app's changed code does not import; the old workers keep running.
    """
    options = running.stack.options
    # gunicorn exits when a new worker cannot import the app.
    check_apps(options.own_apps, options.folder, options.timeout_seconds)
    names = [app.name for app in options.own_apps]
    running.manager.do(lambda group: group.reread(names))
