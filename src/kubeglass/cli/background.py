"""``--detach``: the same command as a background process that reports to this one until it is up."""

from __future__ import annotations

import shlex
from dataclasses import replace

from kubeglass.cli.context import state_root
from kubeglass.cli.output import Output
from kubeglass.cli.running import get_engines, identify_self, run_here
from kubeglass.engines.install.source import Source
from kubeglass.errors import KubeglassError
from kubeglass.model.quantity import format_duration
from kubeglass.supervise.app.check import check_apps
from kubeglass.supervise.background import Report, start_in_background
from kubeglass.supervise.listener import RunListener
from kubeglass.supervise.options import RunOptions
from kubeglass.supervise.reload import ReadOptions
from kubeglass.supervise.running import describe_run
from kubeglass.supervise.signals import StopSignals
from kubeglass.supervise.state.folder import StateFolder
from kubeglass.supervise.state.journal import RunJournal
from kubeglass.supervise.supervisor_log import logging_own_output


def run_in_background(options: RunOptions, source: Source, listener: RunListener) -> int:
    """Start the run in the background and return once it is up.

    Raises:
        KubeglassError: it did not come up; with the exit code it would have had in the foreground.
    """
    with StopSignals(can_reload=False):
        _get_ready(options, source, listener)
        words = [
            *shlex.split(options.command),
            "--source",
            source,
            "--timeout",
            format_duration(options.timeout_seconds),
        ]
        start_in_background(words, options.root, listener)
    return 0


def _get_ready(options: RunOptions, source: Source, listener: RunListener) -> None:
    """Get the engines here, where progress can be seen; the background process then finds them at once."""
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
    report = Report(descriptor)
    try:
        with logging_own_output(state_root() / "logs"):
            return _run_and_tell(lambda: replace(read_options(), detached=True), source, report)
    except KubeglassError as error:
        # Once it is in the log: whoever hears of it ends this process.
        report.fail(error)
        return error.exit_code


def _run_and_tell(read_options: ReadOptions, source: Source, report: Report) -> int:
    try:
        return run_here(read_options, source, report)
    except KubeglassError as error:
        Output().error(error)
        raise
