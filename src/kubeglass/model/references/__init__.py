"""What one part of a definition says about another, checked in one place once every part is right by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import cast

from kubeglass.model.pipeline import Pipeline
from kubeglass.model.problem import Problem
from kubeglass.model.references import apps, capacity, objectives, secrets
from kubeglass.model.section import Section

#: Read top to bottom to know every rule that spans keys or sections.
CHECKS: tuple[Callable[[Pipeline], list[Problem]], ...] = (
    apps.repeated_names,
    apps.reserved_names,
    apps.ways_to_run,
    apps.node_ports,
    apps.local_ports,
    apps.targets,
    apps.metrics_ports,
    objectives.reading_intervals,
    objectives.scrape_timeout,
    objectives.alert_window,
    objectives.known_apps,
    objectives.promises,
    objectives.repeated,
    objectives.bucket_bounds,
    objectives.alert_latency,
    capacity.collector_memory,
    capacity.queue_size,
    capacity.retention_holds_something,
    capacity.retention_covers_lateness,
    capacity.retention_covers_window,
    capacity.volume_holds_retention,
    capacity.retention_covers_alerts,
    secrets.sources,
    secrets.one_way_to_authenticate,
    secrets.clear_text,
    secrets.repeated_variables,
    capacity.requests_within_limits,
)


def check_references(pipeline: Pipeline) -> list[Problem]:
    """Find every contradiction within ``pipeline``."""
    return [problem for check in CHECKS for problem in check(pipeline)]


def check_intact(sections: Mapping[str, Section | tuple[Section, ...]]) -> list[Problem]:
    """Find the contradictions within and between some sections of a definition whose others are wrong by themselves."""
    found: list[Problem] = []
    for check in CHECKS:
        with suppress(_NotIntactError):
            found += check(cast(Pipeline, _Intact(sections)))
    return found


class _NotIntactError(Exception):
    """A check asks for a section about which nothing can be said."""


class _Intact:
    """A pipeline as far as it is known: asking for anything else ends the check."""

    alert_window = Pipeline.alert_window

    def __init__(self, sections: Mapping[str, Section | tuple[Section, ...]]) -> None:
        self._sections = sections

    def __getattr__(self, name: str) -> Section | tuple[Section, ...]:
        try:
            return self._sections[name]
        except KeyError:
            raise _NotIntactError(name) from None
