"""Runs the pipeline in this process, engines first."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from kubeglass.cli.boundary import INTERRUPTED
from kubeglass.cli.engine_progress import EngineProgress
from kubeglass.cli.output import Output
from kubeglass.engines.install.resolve import find, resolve
from kubeglass.engines.install.source import Source, Unavailable
from kubeglass.engines.otelcol import OTELCOL
from kubeglass.engines.prometheus import PROMETHEUS
from kubeglass.observe.processes import ProcessId, identify
from kubeglass.supervise.listener import RunListener
from kubeglass.supervise.local_run import LocalRun
from kubeglass.supervise.reload import ReadOptions

ENGINES = (OTELCOL, PROMETHEUS)


def run_here(read_options: ReadOptions, source: Source, listener: RunListener) -> int:
    """Run until interrupted and return the exit code: 0 if it was up by then.

    Args:
        read_options: says what to run, now and again at every reload.
        source: where engines may come from.
        listener: hears what happens.

    Raises:
        KubeglassError: it did not come up.
    """
    run = LocalRun(read_options(), listener, identify_self(), read_options)
    was_up = run.run(lambda before: get_engines(source, before))
    return 0 if was_up else INTERRUPTED


def get_engines(source: Source, before_obtaining: Callable[[], None] = lambda: None) -> Mapping[str, Path]:
    """Get the engines of a local run, showing how far that is.

    Args:
        source: where they may come from.
        before_obtaining: called before the first one that is not at hand is fetched or built.

    Raises:
        EngineError: one is not to be had.
    """
    with EngineProgress(Output()) as progress:
        try:
            return {engine.name: find(engine, source=source, progress=progress).path for engine in ENGINES}
        except Unavailable:
            before_obtaining()
        return {engine.name: resolve(engine, source=source, progress=progress).path for engine in ENGINES}


def identify_self() -> ProcessId:
    """Identify this process; its start is when the run began."""
    this = identify(os.getpid())
    assert this is not None, "this process runs"
    return this
