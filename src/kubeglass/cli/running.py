"""Run the pipeline in this process, or in the background (``--detach``)."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from kubeglass.cli.boundary import INTERRUPTED
from kubeglass.cli.context import state_root
from kubeglass.cli.engine_progress import EngineProgress
from kubeglass.cli.output import Output
from kubeglass.engines.install.resolve import find, resolve
from kubeglass.engines.install.source import Source, Unavailable
from kubeglass.engines.otelcol import OTELCOL
from kubeglass.engines.prometheus import PROMETHEUS
from kubeglass.errors import KubeglassError
from kubeglass.model.duration import format_duration
from kubeglass.observe.processes import ProcessId, identify
from kubeglass.supervise.app.check import check_apps
from kubeglass.supervise.background import Report, start_in_background
from kubeglass.supervise.listener import RunListener
from kubeglass.supervise.local_run import LocalRun
from kubeglass.supervise.options import RunOptions
from kubeglass.supervise.reload import ReadOptions
from kubeglass.supervise.running import describe_run
from kubeglass.supervise.signals import StopSignals
from kubeglass.supervise.state.folder import StateFolder
from kubeglass.supervise.state.journal import RunJournal
from kubeglass.supervise.supervisor_log import logging_own_output

ENGINES = (OTELCOL, PROMETHEUS)


def run_here(read_options: ReadOptions, source: Source, listener: RunListener) -> int:
    """Run until interrupted and return the exit code: 0 if it was up by then.

    ``read_options`` is called at start-up and at every reload.

    Raises:
        KubeglassError: it did not come up.
    """
    run = LocalRun(read_options(), listener, identify_self(), read_options)
    was_up = run.run(lambda before: get_engines(source, before))
    return 0 if was_up else INTERRUPTED


def get_engines(source: Source, before_obtaining: Callable[[], object] = lambda: None) -> Mapping[str, Path]:
    """Get the engines of a local run, showing progress.

    ``before_obtaining`` is called before the first missing one is downloaded or built.

    Raises:
        EngineError: one cannot be installed.
    """
    with EngineProgress(Output()) as progress:
        try:
            return {engine.name: find(engine, source=source, progress=progress).path for engine in ENGINES}
        except Unavailable:
            before_obtaining()
        return {engine.name: resolve(engine, source=source, progress=progress).path for engine in ENGINES}


def identify_self() -> ProcessId:
    """Identify this process, whose start is the run's."""
    this = identify(os.getpid())
    assert this is not None, "this process runs"
    return this


def run_in_background(options: RunOptions, source: Source, listener: RunListener) -> int:
    """Start the run in the background and return once it is up.

    Raises:
        KubeglassError: it did not come up; with the exit code it would have had in the foreground.
    """
    with StopSignals(can_reload=False):
        _get_ready(options, source, listener)
        words = [
            *shlex.split(options.command),
            *(["--watch"] if options.watch else []),
            "--source",
            source,
            "--timeout",
            format_duration(options.timeout_seconds),
        ]
        start_in_background(words, options.root, listener)
    return 0


def _get_ready(options: RunOptions, source: Source, listener: RunListener) -> None:
    """Get the engines here, where progress is visible; the background process then finds them at once."""
    folder = StateFolder(options.root)
    try:
        for note in folder.take():
            listener.note(note)
        with RunJournal(folder.run_file, describe_run(options, identify_self())):
            get_engines(source, lambda: check_apps(options.own_apps, options.folder, options.timeout_seconds))
    finally:
        folder.release()


def report_to_parent(read_options: ReadOptions, source: Source, descriptor: int) -> int:
    """Run as the background process and return the exit code."""
    report = Report(descriptor, Output().note)
    with logging_own_output(state_root() / "logs"):
        try:
            return run_here(lambda: replace(read_options(), detached=True), source, report)
        except KubeglassError as error:
            Output().error(error)
            failure = error
    # Only once it is in the log: the parent that receives it ends this process.
    report.fail(failure)
    return failure.exit_code
