"""Checks that span keys or sections, once every section is valid by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import cast

from kubeglass.model.pipeline import Pipeline
from kubeglass.model.problem import Problem
from kubeglass.model.references import apps, autoscaling, capacity, objectives, placing, scraping, secrets
from kubeglass.model.sections.section import Section

#: Every check that spans keys or sections.
CHECKS: tuple[Callable[[Pipeline], Iterable[Problem]], ...] = (
    apps.names,
    apps.ways_to_run,
    apps.sources,
    apps.node_ports,
    apps.ingress_hosts,
    apps.local_ports,
    apps.targets,
    apps.existing_pods,
    apps.metrics_ports,
    autoscaling.one_way_to_scale,
    autoscaling.bounds,
    autoscaling.measures,
    placing.tolerations,
    placing.one_node,
    objectives.scrape_interval,
    objectives.reading_intervals,
    objectives.alert_window,
    objectives.known_apps,
    objectives.targets,
    objectives.bucket_bounds,
    objectives.alert_latency,
    capacity.scrape_timeout,
    capacity.collector_memory,
    capacity.queue_size,
    capacity.retention,
    capacity.retention_covers_window,
    capacity.retention_covers_alerts,
    capacity.requests_within_limits,
    scraping.client_certificate,
    scraping.verification,
    secrets.sources,
    secrets.shared_variables,
    secrets.one_way_to_authenticate,
    secrets.variables,
)


def check_references(sections: Mapping[str, Section | tuple[Section, ...]]) -> list[Problem]:
    """Find every contradiction within and between sections, as far as these are valid.

    Args:
        sections: the valid sections of a definition, by name.
    """
    found: list[Problem] = []
    for check in CHECKS:
        with suppress(_NotIntactError):
            found += list(check(cast(Pipeline, _Intact(sections))))
    return found


class _NotIntactError(Exception):
    """A check needs a section that is invalid."""


class _Intact:
    """The valid sections of a pipeline; reading any other ends the check."""

    alert_window = Pipeline.alert_window

    def __init__(self, sections: Mapping[str, Section | tuple[Section, ...]]) -> None:
        self._sections = sections

    def __getattr__(self, name: str) -> Section | tuple[Section, ...]:
        try:
            return self._sections[name]
        except KeyError:
            raise _NotIntactError(name) from None
