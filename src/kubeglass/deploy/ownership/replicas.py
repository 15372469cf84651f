"""Who sets the number of a Deployment's pods: kubeglass, or somebody else such as an autoscaler.

A field that an apply no longer contains is removed, and then has its default: an app that is left to an autoscaler
would fall to one pod. So kubeglass first stops owning ``spec.replicas``, and the number stays as it is:
https://kubernetes.io/docs/reference/using-api/server-side-apply/#transferring-ownership
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.api.objects import OWNER, KubernetesObject, ObjectKey, is_ours, key_of
from kubeglass.deploy.ownership.managed_fields import CLIENT_SIDE_APPLY, replace_managed_fields

AUTOSCALER = "HorizontalPodAutoscaler"
METRICS_API = "metrics.k8s.io"
#: Who writes the number for an autoscaler; also for one that kubeglass did not make.
_CONTROLLER = "kube-controller-manager"


def keep_replicas(cluster: Cluster, objects: Sequence[KubernetesObject], *, pipeline: str) -> list[KubernetesObject]:
    """Return ``objects`` for a dry run before :func:`hand_over_replicas`: what it hands over stays as it is now."""
    rendered = {key_of(item, namespace=pipeline): item for item in objects}
    return [
        _with_live_number(cluster, item, pipeline) if _changes_hands(cluster, key, rendered, pipeline) else item
        for key, item in rendered.items()
    ]


def hand_over_replicas(cluster: Cluster, objects: Iterable[KubernetesObject], *, pipeline: str) -> None:
    """Stop owning the number of pods where it is left open, and own it again where kubeglass's autoscaler goes.

    Raises:
        RefusedError: the server refused.
    """
    rendered = {key_of(item, namespace=pipeline): item for item in objects}
    for key, item in rendered.items():
        if _changes_hands(cluster, key, rendered, pipeline):
            is_owner = _is_scaler if "replicas" in item["spec"] else _is_kubeglass
            replace_managed_fields(cluster, key, partial(drop_replicas, is_owner=is_owner), pipeline=pipeline)


def missing_metrics(cluster: Cluster, objects: Iterable[KubernetesObject]) -> str:
    """Say that autoscalers do nothing if the cluster measures no pods; empty if it does, or there is no autoscaler."""
    names = [item["metadata"]["name"] for item in objects if item["kind"] == AUTOSCALER]
    if not names or any(group["name"] == METRICS_API for group in cluster.read("/apis")["groups"]):
        return ""
    return (
        f"the autoscaler of {', '.join(names)} cannot measure pods: the cluster has no metrics server ({METRICS_API});"
        " install it: https://github.com/kubernetes-sigs/metrics-server"
    )


def drop_replicas(
    entries: Sequence[Mapping[str, Any]], is_owner: Callable[[Mapping[str, Any]], bool]
) -> list[dict[str, Any]]:
    """Return the entries of ``managedFields`` without the number of pods in those of ``is_owner``."""
    after = copy.deepcopy([dict(entry) for entry in entries])
    for entry in filter(is_owner, after):
        spec = (entry.get("fieldsV1") or {}).get("f:spec")
        if isinstance(spec, dict):
            spec.pop("f:replicas", None)
            if not spec:
                del entry["fieldsV1"]["f:spec"]
    # The server refuses an entry without fields.
    return [entry for entry in after if entry.get("fieldsV1")]


def _is_kubeglass(entry: Mapping[str, Any]) -> bool:
    """Return whether kubeglass owns the fields, or is about to take them over."""
    return (entry["manager"], entry["operation"]) in {(OWNER, "Apply"), (CLIENT_SIDE_APPLY, "Update")}


def _is_scaler(entry: Mapping[str, Any]) -> bool:
    return (entry["manager"], entry.get("subresource", "")) == (_CONTROLLER, "scale")


def _changes_hands(
    cluster: Cluster, deployment: ObjectKey, rendered: Mapping[ObjectKey, KubernetesObject], pipeline: str
) -> bool:
    """Return whether a Deployment leaves its number open, or sets it while its autoscaler is removed."""
    if deployment.kind != "Deployment":
        return False
    if "replicas" not in rendered[deployment]["spec"]:
        return True
    key = ObjectKey("autoscaling/v2", AUTOSCALER, deployment.name, deployment.namespace)
    if key in rendered:
        return False
    live = cluster.get(key)
    return live is not None and is_ours(live, pipeline)


def _with_live_number(cluster: Cluster, item: KubernetesObject, pipeline: str) -> KubernetesObject:
    live = cluster.get(key_of(item, namespace=pipeline))
    if live is None or "replicas" not in live["spec"]:
        return item
    return {**item, "spec": {**item["spec"], "replicas": live["spec"]["replicas"]}}
