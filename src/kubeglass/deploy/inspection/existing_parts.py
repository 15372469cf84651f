"""Workloads that kubeglass watches and did not make, as parts of the pipeline."""

from __future__ import annotations

from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.api.errors import ForbiddenError
from kubeglass.deploy.api.objects import ObjectKey, key_of
from kubeglass.deploy.causes.cause import Cause
from kubeglass.deploy.existing.workload import find_workloads, workload_key
from kubeglass.deploy.inspection.part import Part, read_part
from kubeglass.deploy.rollout.status import WORKLOADS, State
from kubeglass.model.pipeline import Pipeline
from kubeglass.model.sections.app import App


def read_existing_parts(cluster: Cluster, pipeline: Pipeline) -> list[Part]:
    """Read the state of each workload, and of each that should be there and is not; none that may not be read."""
    parts: dict[ObjectKey, Part] = {}
    for app in pipeline.apps:
        if app.existing is None:
            continue
        try:
            found = find_workloads(cluster, app.existing)
            read = [read_part(cluster, item) for item in found if item["kind"] in WORKLOADS]
        except ForbiddenError:
            continue
        key = workload_key(app.existing)
        if key is not None and not found:
            read = [Part(key, State.FAILED, "is gone", cause=_explain(app))]
        parts |= {part.key: part for part in read}
    return list(parts.values())


def _explain(app: App) -> Cause:
    hint = f"deploy it again, or take app {app.name} out of kubeglass.yaml and run kubeglass deploy"
    return Cause("somebody deleted it; kubeglass did not make it", hint)


def list_existing_workloads(cluster: Cluster, pipeline: Pipeline) -> dict[ObjectKey, str]:
    """Return the workloads, or pods that none makes, each with its app's name."""
    return {
        key_of(item): app.name
        for app in pipeline.apps
        if app.existing is not None
        for item in find_workloads(cluster, app.existing)
    }
