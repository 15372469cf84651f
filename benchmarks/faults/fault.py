"""What a fault is, and what it was found to cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from faults.disk import SmallDisk
from faults.stand import Stand


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong.

    Args:
        name: in a few words, with hyphens.
        title: what goes wrong, for people.
        effect: what the run does about it.
        loss: what may be lost, and why no more.
        strike: makes it go wrong on a run, and returns when nothing hinders the run any longer.
        disk: the small disk that it needs.
        counted_by: names of the metrics that count what is lost, beside the gaps in ``up`` that each fault has.
        alert: the alert that tells of it.
        told_by: a process and words of a line in its log that tell of the fault.
        reaches_back: whether it destroys what was stored before it.
    """

    name: str
    title: str
    effect: str
    loss: str
    strike: Callable[[Stand], None]
    disk: SmallDisk | None = None
    counted_by: tuple[str, ...] = ()
    alert: str = ""
    told_by: tuple[str, str] | None = None
    reaches_back: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a fault cost.

    Args:
        answered: requests whose answer a customer got, from the run's first to its last.
        failed: requests that broke in transport; whether the shop counted them nobody can know.
        missing: answered requests less those that Prometheus counted, by route; routes that agree are left out.
        due_scrapes: scrapes of the shop that the clock asked for, from the fault's beginning to the run's end.
        lost_scrapes: those of them that failed or have no value in Prometheus.
        recover_seconds: from the fault's end until Prometheus has the latest value again.
        counted: what the metrics of ``counted_by`` grew to.
        alerted: whether the alert fired.
        told: whether the line of ``told_by`` was written.
    """

    answered: int
    failed: int
    missing: Mapping[str, int]
    due_scrapes: int
    lost_scrapes: int
    recover_seconds: float
    counted: Mapping[str, float] = field(default_factory=dict)
    alerted: bool = False
    told: bool = False
