"""The fields that Kubernetes never lets change, and what replacing their object means for its pods.

The server is asked first: what it accepts is no case for this table. For the rules themselves see ``ValidateUpdate`` of
each kind, such as
https://github.com/kubernetes/kubernetes/blob/v1.34.4/pkg/apis/apps/validation/validation.go
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kubeglass.deploy.api.errors import RefusedError
from kubeglass.deploy.api.objects import KubernetesObject
from kubeglass.deploy.rollout.status import WORKLOADS

#: By kind: the fields that never change once the object exists. The rules for claims are in ``volumes``.
IMMUTABLE: Mapping[str, tuple[str, ...]] = {
    "StatefulSet": ("spec.serviceName", "spec.podManagementPolicy", "spec.selector", "spec.volumeClaimTemplates"),
    "DaemonSet": ("spec.selector",),
    "Deployment": ("spec.selector",),
    "Job": ("spec.template", "spec.selector", "spec.completions", "spec.completionMode", "spec.podFailurePolicy"),
    "Service": ("spec.clusterIP", "spec.clusterIPs", "spec.ipFamilies", "spec.loadBalancerClass"),
    "RoleBinding": ("roleRef",),
    "ClusterRoleBinding": ("roleRef",),
    "PriorityClass": ("value", "preemptionPolicy"),
    # Once somebody has set `immutable: true`.
    "ConfigMap": ("data", "binaryData", "immutable"),
    "Secret": ("type", "data", "stringData", "immutable"),
    "PersistentVolumeClaim": ("spec.accessModes", "spec.volumeMode", "spec.storageClassName", "spec.resources"),
}
#: How the server says that a field is one of these. It names a StatefulSet's and a claim's whole ``spec``.
_REFUSES_CHANGE = re.compile(
    r"immutable|may not change|cannot change|may not be changed|can ?not be unset|updates to statefulset spec"
)
#: Kinds whose pods end with them.
_RUNS_PODS = WORKLOADS | {"Job"}


@dataclass(frozen=True, slots=True)
class Recreation:
    """A change that needs a new object in place of the old one.

    Args:
        fields: what cannot change.
        keeps_pods: whether the new object adopts the running pods.
        ends_pods: whether the pods end with the old object.
    """

    fields: tuple[str, ...]
    keeps_pods: bool
    ends_pods: bool

    def __str__(self) -> str:
        """Say what cannot change, and what becomes of the pods."""
        words = f"{' and '.join(self.fields)} cannot be changed"
        if self.keeps_pods:
            return f"{words}; its pods stay and belong to the new one"
        return f"{words}; its pods end with the old one" if self.ends_pods else words


def find_recreation(error: RefusedError, live: KubernetesObject, wanted: KubernetesObject) -> Recreation | None:
    """Return what it takes to make ``wanted`` of ``live``, if the server refused nothing but immutable fields."""
    fields = IMMUTABLE.get(live["kind"], ())
    if not (error.is_invalid and error.fields and fields):
        return None
    if not all(_REFUSES_CHANGE.search(field.message) for field in error.fields):
        return None
    changed = tuple(name for name in fields if not _holds(_find(live, name), _find(wanted, name)))
    refused = tuple(re.sub(r"\[.*", "", field.path) for field in error.fields)
    keeps_pods = live["kind"] in WORKLOADS and _selects(wanted, live)
    return Recreation(changed or refused, keeps_pods, live["kind"] in _RUNS_PODS and not keeps_pods)


def _selects(workload: KubernetesObject, other: KubernetesObject) -> bool:
    """Return whether ``workload`` would adopt the pods of ``other``."""
    labels = (other["spec"]["template"].get("metadata") or {}).get("labels") or {}
    wanted = workload["spec"]["selector"].get("matchLabels") or {}
    return bool(wanted) and wanted.items() <= labels.items()


def _find(item: KubernetesObject, path: str) -> Any:
    value: Any = item
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _holds(live: Any, wanted: Any) -> bool:
    """Return whether ``live`` has everything that ``wanted`` sets; the server adds defaults."""
    if wanted is None:
        return True
    if isinstance(wanted, Mapping):
        return isinstance(live, Mapping) and all(_holds(live.get(name), value) for name, value in wanted.items())
    if isinstance(wanted, list):
        same = isinstance(live, list) and len(live) == len(wanted)
        return same and all(_holds(one, other) for one, other in zip(live, wanted, strict=True))
    return bool(live == wanted)
