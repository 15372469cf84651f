"""Reloads a run: applies what its definition says now, touching only what differs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from kubeglass.model.local import LocalSettings
from kubeglass.render.files import RenderedFile, compare, write_files
from kubeglass.render.plan import LOCAL_FOLDERS, render_local
from kubeglass.supervise.app.check import check_apps
from kubeglass.supervise.end_to_end_check import Goal
from kubeglass.supervise.listener import RunListener
from kubeglass.supervise.options import RunOptions
from kubeglass.supervise.ports import extend_ports
from kubeglass.supervise.preparation import make_folders
from kubeglass.supervise.process.spec import ProcessSpec
from kubeglass.supervise.running import Running
from kubeglass.supervise.stack import Stack, plan_processes
from kubeglass.supervise.startup_wait import StartupWait


@dataclass(frozen=True, slots=True)
class Changes:
    """What a reload does; processes that are not named keep running undisturbed.

    Args:
        started: processes that are new.
        stopped: processes that are no longer wanted.
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
        """Whether any process notices."""
        return bool(self.started or self.stopped or self.restarted or self.reread)

    def __str__(self) -> str:
        kinds = {
            "started": self.started,
            "stopped": self.stopped,
            "restarted": self.restarted,
            "reloaded": self.reread,
            # Dashboards: the page reads them whenever it is opened.
            "written": () if self.touches_processes else self.files,
        }
        return "; ".join(f"{kind}: {', '.join(names)}" for kind, names in kinds.items() if names) or "nothing changed"


def compare_processes(
    before: Sequence[ProcessSpec], after: Sequence[ProcessSpec], files: Iterable[PurePosixPath]
) -> Changes:
    """Find out what to do.

    Args:
        before: the processes that run.
        after: those that are wanted.
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


@dataclass(frozen=True, slots=True)
class ReloadPlan:
    """What a run becomes.

    Args:
        stack: decides which processes run.
        specs: those processes.
        files: every rendered file.
        changes: what is done to get there.
        notes: what people should know, such as ports that moved.
    """

    stack: Stack
    specs: tuple[ProcessSpec, ...]
    files: tuple[RenderedFile, ...]
    changes: Changes
    notes: tuple[str, ...]


def plan_reload(running: Running, options: RunOptions) -> ReloadPlan:
    """Plan the reload; nothing is touched.

    Raises:
        AppError: an app that is new or differs will not run.
        ConfigError: the definition is wrong.
        PortError: there is no free port for a new app.
    """
    old = running.stack
    options = replace(
        options, detached=old.options.detached, watch=old.options.watch, timeout_seconds=old.options.timeout_seconds
    )
    changed_apps = [app for app in options.own_apps if app not in old.own_apps]
    checks = check_apps(changed_apps, options.folder, options.timeout_seconds)
    pipeline, prefix_notes = checks.follow_prefixes(options.pipeline)
    options = replace(options, pipeline=pipeline)
    ports = extend_ports(old.settings.ports, running.claims, old.options.pipeline, options.pipeline)
    stack = Stack(options, LocalSettings(old.settings.root, ports.ports), old.binaries)
    specs = tuple(plan_processes(stack))
    files = tuple(render_local(options.pipeline, stack.settings))
    changed = [change.path for change in compare(files, stack.settings.root, owned=LOCAL_FOLDERS)]
    return ReloadPlan(
        stack, specs, files, compare_processes(running.specs, specs, changed), (*ports.notes, *prefix_notes)
    )


def carry_out(plan: ReloadPlan, running: Running, listener: RunListener) -> None:
    """Write the files, change the processes, and wait until data of every app is seen again.

    Raises:
        AppError: an app died or did not respond.
        EngineError: an engine did.
        NoDataError: data did not arrive before the run's deadline.
        StateError: a file cannot be written.
    """
    settings = plan.stack.settings
    make_folders(settings, [app for app in plan.stack.own_apps if app.name in plan.changes.started])
    write_files(plan.files, settings.root, owned=LOCAL_FOLDERS)
    running.take_over(plan.stack, plan.specs)
    deadline = time.monotonic() + plan.stack.options.timeout_seconds
    startup = StartupWait(plan.stack, running.manager, listener, running.tail, deadline)
    startup.wait_for_processes()
    began = time.time()
    running.manager.do(lambda group: group.reread(plan.changes.reread))
    if plan.changes.touches_processes:
        jobs = tuple(app.name for app in plan.stack.own_apps)
        startup.wait_for_data(Goal(jobs, since=began))


def reload_run(running: Running, read_options: ReadOptions, listener: RunListener) -> Changes:
    """Read the definition again and apply it to the run.

    Raises:
        KubeglassError: see :func:`plan_reload`, after which nothing has changed, and :func:`carry_out`.
    """
    plan = plan_reload(running, read_options())
    for note in plan.notes:
        listener.note(note)
    carry_out(plan, running, listener)
    return plan.changes


def reload_apps(running: Running) -> None:
    """Replace the workers of every app by new ones, which import its code again; counters are kept.

    Raises:
        AppError: an app does not import as its sources are now; the old workers go on.
    """
    options = running.stack.options
    # gunicorn ends itself when a new worker cannot import the app.
    check_apps(options.own_apps, options.folder, options.timeout_seconds)
    names = [app.name for app in options.own_apps]
    running.manager.do(lambda group: group.reread(names))
