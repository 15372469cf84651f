"""The processes of a run while they run, and the file that tells others of them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Self

from kubeglass.observe.processes import ProcessId, measure_age
from kubeglass.supervise.options import RunOptions
from kubeglass.supervise.ports import PortClaims
from kubeglass.supervise.process.child import RealSpawner
from kubeglass.supervise.process.context import SupervisorContext, SystemClock
from kubeglass.supervise.process.guard import Guard
from kubeglass.supervise.process.manager import Manager
from kubeglass.supervise.process.spec import ProcessSpec
from kubeglass.supervise.signals import StopSignals
from kubeglass.supervise.stack import Stack, plan_processes
from kubeglass.supervise.state.hold import HoldFiles
from kubeglass.supervise.state.journal import RunJournal
from kubeglass.supervise.state.run_file import Phase, RunRecord


class Running:
    """A stack that runs as long as the ``with`` block; leaving it stops everything.

    Args:
        stack: decides which processes run.
        journal: where others read of it.
        signals: what a second Ctrl-C means is told to it when stopping begins.
        claims: holds the ports of the run.
    """

    def __init__(self, stack: Stack, journal: RunJournal, signals: StopSignals, claims: PortClaims) -> None:
        self.stack = stack
        self.journal = journal
        self.claims = claims
        self._guard = Guard()
        self._signals = signals
        self._spawner = RealSpawner(stack.settings.logs, self._guard)
        self.specs = tuple(plan_processes(stack))
        context = SupervisorContext(self._spawner, SystemClock(), HoldFiles(stack.settings.root))
        self.manager = Manager(self.specs, context, self.journal.note_statuses)

    def __enter__(self) -> Self:
        self.journal.change(phase=Phase.STARTING)
        self._note_addresses()
        self.manager.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._signals.begin_stopping(self.manager.hurry)
        self.journal.change(phase=Phase.STOPPING)
        self.manager.stop()
        self._guard.close()

    def take_over(self, stack: Stack, specs: Sequence[ProcessSpec]) -> None:
        """Run these processes from now on; whatever is the same goes on undisturbed."""
        self.stack, self.specs = stack, tuple(specs)
        self.manager.do(lambda group: group.change(self.specs))
        self._note_addresses()

    def _note_addresses(self) -> None:
        settings = self.stack.settings
        self.journal.change(
            addresses=addresses_of(self.stack),
            prometheus=settings.url(settings.ports.prometheus),
            scrape_interval=self.stack.options.pipeline.scrape.interval,
        )

    def tail(self, name: str, count: int) -> tuple[str, ...]:
        """Return the last lines that the process called ``name`` wrote."""
        return self._spawner.buffer(name).tail(count)


def describe_run(options: RunOptions, supervisor: ProcessId) -> RunRecord:
    """Write down what a person wants to know of a run before anything of it is there."""
    return RunRecord(
        supervisor=supervisor,
        command=options.command,
        phase=Phase.PREPARING,
        detached=options.detached,
        started_at=time.time() - measure_age(supervisor),
        scrape_interval=options.pipeline.scrape.interval,
    )


def addresses_of(stack: Stack) -> dict[str, str]:
    """Name the addresses that a person opens."""
    settings = stack.settings
    return {
        "page": settings.url(settings.ports.viewer),
        **{name: settings.url(port) for name, port in settings.ports.apps.items()},
        "prometheus": settings.url(settings.ports.prometheus),
    }
