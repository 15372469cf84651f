"""Recordings of what other libraries expose, under the names that dashboards, rules and objectives read.

Recorded at each evaluation from what was scraped last, counters still only grow, so every rate of them is right.
"""

from __future__ import annotations

from collections.abc import Callable

from kubeglass.catalog import (
    BUILD_INFO,
    HTTP_REQUEST_DURATION,
    HTTP_REQUEST_EXCEPTIONS,
    HTTP_REQUESTS,
    HTTP_REQUESTS_IN_PROGRESS,
)
from kubeglass.model.frameworks import FRAMEWORKS, Framework, scraped_only
from kubeglass.model.pipeline import Pipeline
from kubeglass.rules.rule import RecordingRule, RuleGroup, evaluation_interval


def groups(pipeline: Pipeline) -> list[RuleGroup]:
    """Record the metrics of every known library for apps that are only scraped; nothing without such apps."""
    jobs = "|".join(scraped_only(pipeline.apps))
    if not jobs:
        return []
    sources: dict[str, Callable[[Framework], str]] = {
        HTTP_REQUESTS.name: lambda each: each.requests,
        **{f"{HTTP_REQUEST_DURATION.name}_{part}": _part_of_duration(part) for part in ("bucket", "sum", "count")},
        HTTP_REQUESTS_IN_PROGRESS.name: lambda each: each.in_progress,
        HTTP_REQUEST_EXCEPTIONS.name: lambda each: each.exceptions,
    }
    rules = tuple(RecordingRule(name, _union(source, jobs)) for name, source in sources.items())
    return [RuleGroup("frameworks", evaluation_interval(pipeline), rules)]


def _part_of_duration(part: str) -> Callable[[Framework], str]:
    return lambda each: f"{each.duration}_{part}"


def _union(source: Callable[[Framework], str], jobs: str) -> str:
    """Join what the libraries call one metric, without apps that kubeglass's own library instruments."""
    parts = [_translate(name, each, jobs) for each in FRAMEWORKS if (name := source(each))]
    joined = "\nor\n".join(parts)
    return f"(\n{joined}\n) unless on (job, instance) {BUILD_INFO.name}"


def _translate(metric: str, framework: Framework, jobs: str) -> str:
    """Add the labels that kubeglass's metrics have; the library's own stay, and keep its series apart."""
    scrapes = f', {framework.routes[0]}!="{framework.scrapes}"' if framework.scrapes else ""
    # Sent over OTLP, a name loses the word within: Prometheus moves it to the end.
    name = metric.replace("_total_", "_(total_)?")
    query = f'{{__name__=~"{name}", job=~"{jobs}"{scrapes}}}'
    labels = [*(("endpoint", route) for route in framework.routes), ("status", framework.status)]
    if metric == framework.exceptions:
        labels = [("exception", framework.exception)]
    for ours, theirs in labels:
        if theirs != ours:
            query = f'label_replace({query}, "{ours}", "$1", "{theirs}", "(.+)")'
    return query
