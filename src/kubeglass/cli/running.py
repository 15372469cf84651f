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
from kubeglass.engines.registry import OTELCOL, PROMETHEUS
from kubeglass.model.duration import format_duration
from kubeglass.observe.processes import ProcessId, identify
from kubeglass.signals import StopSignals
from kubeglass.supervise.app.check import check_apps
from kubeglass.supervise.background import log_own_output, start_in_background
from kubeglass.supervise.listener import RunListener
from kubeglass.supervise.local_run import LocalRun
from kubeglass.supervise.options import RunOptions
from kubeglass.supervise.reload import ReadOptions
from kubeglass.supervise.stack import describe_run
from kubeglass.supervise.state.folder import locked_folder
from kubeglass.supervise.state.run_file import RUN_FILE, RunJournal

ENGINES = (OTELCOL, PROMETHEUS)


def run_here(read_options: ReadOptions, source: Source, listener: RunListener) -> int:
    """Run until interrupted and return the exit code: 0 if it was up by then.

    ``read_options`` is called at start-up and at every reload.

    Raises:
        KubeglassError: it did not come up.
    """
    run = LocalRun(read_options, listener, identify_self())
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
    """Start the run in the background, and return 0 once it is up, or the exit code it would have in the foreground.

    Raises:
        KubeglassError: it cannot be started.
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
        return start_in_background(words, options.root, listener)


def _get_ready(options: RunOptions, source: Source, listener: RunListener) -> None:
    """Get the engines in the foreground, which shows progress; the background process then finds them."""
    run_file = options.root / RUN_FILE
    with locked_folder(options.root, listener.note), RunJournal(run_file, describe_run(options, identify_self())):
        get_engines(source, lambda: check_apps(options.own_apps, options.folder, options.timeout_seconds))


def run_as_background(read_options: ReadOptions, source: Source) -> int:
    """Run as the background process and return the exit code; everything it prints goes to its log."""
    log_own_output(state_root() / "logs")
    return run_here(lambda: replace(read_options(), detached=True), source, _LogNotes())


class _LogNotes(RunListener):
    def note(self, text: str) -> None:
        Output().note(text)
