"""The annotations that scrapes read, on workloads that kubeglass did not make: only these fields are ever its own."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from typing import Any

from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.api.objects import KubernetesObject, ObjectKey, key_of
from kubeglass.deploy.existing.ports import find_ports
from kubeglass.deploy.existing.workload import find_workload, workload_key
from kubeglass.errors import UsageError
from kubeglass.model.pipeline import Pipeline
from kubeglass.model.sections.app import App

_PREFIX = "prometheus.io/"


def manager_of(pipeline: str) -> str:
    """Return the field manager of a pipeline's annotations: two pipelines may annotate one workload."""
    return f"kubeglass-annotate-{pipeline}"


def list_annotated(cluster: Cluster, pipeline: Pipeline, note: Callable[[str], None]) -> list[KubernetesObject]:
    """Return what to apply to each named workload: its annotations and nothing else.

    Raises:
        UsageError: no app names a workload that kubeglass did not make.
    """
    existing = [(app, app.existing) for app in pipeline.apps if app.existing is not None]
    named = [(app, pods) for app, pods in existing if pods.kind is not None]
    advice = "name the workload that makes its pods: 'existing: deployment/NAMESPACE/NAME'"
    if not named:
        labelled = ", ".join(app.name for app, _ in existing)
        found = f"the pods of {labelled} are found by labels" if labelled else "no app has 'existing'"
        hint = advice if labelled else "leave the option out: kubeglass annotates its own apps' pods always"
        raise UsageError("--annotate", "has nothing to annotate", found=found, hint=hint)
    for app, pods in existing:
        if pods.kind is None:
            note(f"app {app.name}: not annotated, because its pods are found by labels; {advice}")
    found_workloads = ((app, find_workload(cluster, pods)) for app, pods in named)
    return [_annotate(app, item, pipeline.cluster.namespace) for app, item in found_workloads if item is not None]


def watched_workloads(pipeline: Pipeline) -> frozenset[ObjectKey]:
    """Return the keys of the workloads that the definition names and kubeglass did not make."""
    keys = (workload_key(app.existing) for app in pipeline.apps if app.existing is not None)
    return frozenset(key for key in keys if key is not None)


def without_annotations(key: ObjectKey) -> KubernetesObject:
    """Return what to apply to give up every annotation: those that nobody else owns go."""
    about = {"name": key.name, "namespace": key.namespace}
    return {"apiVersion": key.api_version, "kind": key.kind, "metadata": about}


def owned_annotations(workload: KubernetesObject, pipeline: str) -> frozenset[str]:
    """Return the names of the annotations on the pod template that a pipeline owns."""
    found: set[str] = set()
    for entry in workload["metadata"].get("managedFields") or []:
        if entry["manager"] == manager_of(pipeline):
            fields: Any = entry.get("fieldsV1") or {}
            for name in ("f:spec", "f:template", "f:metadata", "f:annotations"):
                fields = fields.get(name) or {}
            found |= {name.removeprefix("f:") for name in fields if name != "."}
    return frozenset(found)


def describe_restart(workload: KubernetesObject) -> str:
    """Say what a change of the pod template does to a workload's pods."""
    spec = workload["spec"]
    if spec.get("paused"):
        return "its pods get the change when its rollout is resumed"
    if not restarts(workload):
        return "each pod gets the change when it is deleted, as its update strategy is OnDelete"
    return "restarts its pods"


def restarts(workload: KubernetesObject) -> bool:
    """Return whether a change of the pod template replaces the pods at once."""
    spec = workload["spec"]
    return not spec.get("paused") and (spec.get("updateStrategy") or {}).get("type") != "OnDelete"


def removal_command(workload: KubernetesObject, pipeline: str) -> str:
    """Return the command that removes a pipeline's annotations."""
    about = workload["metadata"]
    gone = dict.fromkeys(sorted(owned_annotations(workload, pipeline)))
    change = json.dumps({"spec": {"template": {"metadata": {"annotations": gone}}}})
    where = f"kubectl -n {about['namespace']} patch {workload['kind'].lower()} {about['name']}"
    return f"{where} --type merge -p {shlex.quote(change)}"


def _annotate(app: App, workload: KubernetesObject, pipeline: str) -> KubernetesObject:
    """Return the partial object; what the definition leaves open and its owners annotate stays theirs."""
    template = workload["spec"]["template"]
    ours = owned_annotations(workload, pipeline)
    notes = (template.get("metadata") or {}).get("annotations") or {}
    theirs = {name: value for name, value in notes.items() if name not in ours}
    wanted = {"scrape": "true"}
    if "metrics_port" in app.model_fields_set or f"{_PREFIX}port" not in theirs:
        # By number, as other scrapers may not know names; without it every port is scraped that speaks metrics.
        ports = find_ports(app, {**template, "metadata": {"annotations": theirs}})
        wanted |= {"port": str(ports[0])} if len(ports) == 1 else {}
    if "metrics_path" in app.model_fields_set or f"{_PREFIX}path" not in theirs:
        wanted["path"] = app.metrics_path
    annotations = {f"{_PREFIX}{name}": value for name, value in wanted.items()}
    return {**without_annotations(key_of(workload)), "spec": {"template": {"metadata": {"annotations": annotations}}}}
