"""Nothing asks for more than it may take; Kubernetes would refuse the pod."""

from __future__ import annotations

from collections.abc import Iterator

from kubeglass.model.pipeline import Pipeline
from kubeglass.model.problem import Loc, Problem
from kubeglass.model.resources import Resources
from kubeglass.model.size import parse_cpu, parse_memory


def requests_within_limits(pipeline: Pipeline) -> list[Problem]:
    """Find requests above their limits."""
    parts: list[tuple[Loc, Resources]] = [
        (("apps", index, "resources"), app.resources) for index, app in enumerate(pipeline.apps)
    ]
    parts.append((("collector", "resources"), pipeline.collector.resources))
    parts.append((("storage", "resources"), pipeline.storage.resources))
    return [problem for loc, resources in parts for problem in _exceeded(loc, resources)]


def _exceeded(loc: Loc, resources: Resources) -> Iterator[Problem]:
    request, limit = resources.requests, resources.limits
    if request.cpu and limit.cpu and parse_cpu(request.cpu) > parse_cpu(limit.cpu):
        found = f"{request.cpu} against {limit.cpu}"
        yield Problem((*loc, "requests", "cpu"), "must not exceed limits.cpu", found=found)
    if request.memory and limit.memory and parse_memory(request.memory) > parse_memory(limit.memory):
        found = f"{request.memory} against {limit.memory}"
        yield Problem((*loc, "requests", "memory"), "must not exceed limits.memory", found=found)
