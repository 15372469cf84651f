"""Where pods run is said once, and tolerations match what they say."""

from __future__ import annotations

from collections.abc import Iterator

from kubeglass.model.pipeline import Pipeline
from kubeglass.model.problem import Loc, Problem
from kubeglass.model.sections.placement import NODE_NAME, Placement, TolerationOperator


def tolerations(pipeline: Pipeline) -> Iterator[Problem]:
    """Find tolerations that the API server would refuse."""
    for loc, placement in _placements(pipeline):
        for index, toleration in enumerate(placement.tolerations):
            where = (*loc, "tolerations", index)
            if toleration.operator is TolerationOperator.EXISTS and toleration.value:
                hint = "'Exists' matches any value"
                yield Problem((*where, "value"), "needs 'operator: Equal'", hint=hint, at_key=True)
            elif toleration.operator is TolerationOperator.EQUAL and toleration.key is None:
                yield Problem(where, "needs 'key' with 'operator: Equal'", hint="add it, or use 'operator: Exists'")


def one_node(pipeline: Pipeline) -> Iterator[Problem]:
    """Find apps whose source is on one node and that must run on another."""
    for index, app in enumerate(pipeline.apps):
        if app.host_path and app.host_path.node and NODE_NAME in app.placement.node_selector:
            loc = ("apps", index, "placement", "node_selector", NODE_NAME)
            yield Problem(loc, "conflicts with 'host_path.node'", hint="remove it", at_key=True)


def _placements(pipeline: Pipeline) -> Iterator[tuple[Loc, Placement]]:
    cluster = pipeline.cluster
    yield from ((("apps", index, "placement"), app.placement) for index, app in enumerate(pipeline.apps))
    yield ("collector", "placement"), pipeline.collector.placement
    yield ("storage", "placement"), pipeline.storage.placement
    yield ("cluster", "placement"), cluster.placement
    yield ("cluster", "grafana", "placement"), cluster.grafana.placement
    yield ("cluster", "viewer", "placement"), cluster.viewer.placement
