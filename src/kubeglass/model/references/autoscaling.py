"""An autoscaler has something to measure, room to move, and nobody beside it who sets the number of pods."""

from __future__ import annotations

from collections.abc import Iterator

from kubeglass.model.pipeline import Pipeline
from kubeglass.model.problem import Loc, Problem
from kubeglass.model.sections.app import App, Autoscale


def one_way_to_scale(pipeline: Pipeline) -> Iterator[Problem]:
    """Find apps with an autoscaler and a fixed number of pods."""
    for index, app in enumerate(pipeline.apps):
        if (
            app.autoscale
            and not app.is_only_scraped
            and app.replicas is not None
            and "replicas" in app.model_fields_set
        ):
            hint = "remove 'replicas', or 'autoscale'"
            yield Problem(("apps", index, "replicas"), "conflicts with 'autoscale'", hint=hint, at_key=True)


def bounds(pipeline: Pipeline) -> Iterator[Problem]:
    """Find autoscalers whose fewest pods are more than their most."""
    for loc, _, autoscale in _autoscalers(pipeline):
        if autoscale.min > autoscale.max:
            found = f"{autoscale.min} exceeds {autoscale.max}"
            yield Problem((*loc, "min"), "must not exceed 'max'", found=found)


def measures(pipeline: Pipeline) -> Iterator[Problem]:
    """Find autoscalers that measure nothing, or a share of something that the pod does not request."""
    for loc, app, autoscale in _autoscalers(pipeline):
        if autoscale.cpu is None and autoscale.memory is None:
            yield Problem(loc, "measures nothing", hint="add 'cpu: 70%' or 'memory: 80%'")
        for name in ("cpu", "memory"):
            requested, limit = getattr(app.resources.requests, name), getattr(app.resources.limits, name)
            # Kubernetes requests the limit if nothing else is requested.
            if getattr(autoscale, name) is not None and requested is None and limit is None:
                wrong = f"needs resources.requests.{name}, as it keeps each pod at a share of it"
                example = {"cpu": "100m", "memory": "128Mi"}[name]
                hint = f"add 'resources: {{requests: {{{name}: {example}}}}}' to the app"
                where = (*loc, name) if name in autoscale.model_fields_set else loc
                yield Problem(where, wrong, hint=hint)


def _autoscalers(pipeline: Pipeline) -> Iterator[tuple[Loc, App, Autoscale]]:
    for index, app in enumerate(pipeline.apps):
        if app.autoscale is not None:
            yield ("apps", index, "autoscale"), app, app.autoscale
