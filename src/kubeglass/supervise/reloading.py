"""Brings a run to what its definition says now, touching only what differs.

Everything that can be wrong with the definition is found before anything is touched, so a wrong one changes nothing.
Nothing already counted is lost either: an app that is restarted keeps its counters in its folder, the collector reads
every app once more before it goes on with new settings, and what Prometheus misses while it restarts waits in the
queue.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from kubeglass.model.local import LocalSettings
from kubeglass.render.files import RenderedFile, compare, remove_stale, write_files
from kubeglass.render.plan import LOCAL_FOLDERS, render_local
from kubeglass.supervise.app_check import check_apps
from kubeglass.supervise.awaiting import Awaiting
from kubeglass.supervise.changes import Changes, compare_processes
from kubeglass.supervise.listener import RunListener
from kubeglass.supervise.options import RunOptions
from kubeglass.supervise.port_plan import extend_ports
from kubeglass.supervise.process import ProcessSpec
from kubeglass.supervise.run_folders import make_folders
from kubeglass.supervise.running import Running
from kubeglass.supervise.sight import Goal
from kubeglass.supervise.stack import Stack, plan_processes

#: Reads the definition anew and says what the run is asked to do now.
ReadOptions = Callable[[], RunOptions]


@dataclass(frozen=True, slots=True)
class ReloadPlan:
    """What a run becomes.

    Args:
        stack: what decides which processes run.
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
    """Find out what is to be done; nothing is touched.

    Raises:
        AppError: an app that is new or differs will not run.
        ConfigError: the definition is wrong.
        PortError: there is no free port for a new app.
    """
    old = running.stack
    options = replace(options, detached=old.options.detached, timeout_seconds=old.options.timeout_seconds)
    check_apps([app for app in options.own_apps if app not in old.own_apps], options)
    ports = extend_ports(old.settings.ports, running.claims, old.own_apps, options.own_apps)
    stack = Stack(options, LocalSettings(old.settings.root, ports.ports), old.binaries)
    specs = tuple(plan_processes(stack))
    files = tuple(render_local(options.pipeline, stack.settings))
    changed = [change.path for change in compare(files, stack.settings.root, owned=LOCAL_FOLDERS)]
    return ReloadPlan(stack, specs, files, compare_processes(running.specs, specs, changed), ports.notes)


def carry_out(plan: ReloadPlan, running: Running, listener: RunListener) -> None:
    """Write the files, change the processes, and wait until data of every app is seen again.

    Raises:
        AppError: an app died or never answered.
        EngineError: an engine did.
        NoDataError: data did not arrive before the run's deadline.
        StateError: a file cannot be written.
    """
    settings = plan.stack.settings
    make_folders(settings, [app for app in plan.stack.own_apps if app.name in plan.changes.started])
    write_files(plan.files, settings.root)
    remove_stale(plan.files, settings.root, owned=LOCAL_FOLDERS)
    running.take_over(plan.stack, plan.specs)
    deadline = time.monotonic() + plan.stack.options.timeout_seconds
    awaiting = Awaiting(plan.stack, running.manager, listener, running.tail, deadline)
    awaiting.wait_for_processes()
    began = time.time()
    running.manager.do(lambda roster: roster.reread(plan.changes.reread))
    if plan.changes.touches_processes:
        jobs = tuple(app.name for app in plan.stack.own_apps)
        awaiting.wait_for_data(Goal(jobs, since=began, queries=(), panels_required=False))


def reload_run(running: Running, read_options: ReadOptions, listener: RunListener) -> Changes:
    """Read the definition anew and bring the run to it.

    Raises:
        KubeglassError: see :func:`plan_reload`, after which nothing has changed, and :func:`carry_out`.
    """
    plan = plan_reload(running, read_options())
    for note in plan.notes:
        listener.note(note)
    carry_out(plan, running, listener)
    return plan.changes
