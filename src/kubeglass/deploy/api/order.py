"""In which order objects are applied, and the other way round deleted."""

from __future__ import annotations

from collections.abc import Iterable

from kubeglass.deploy.api.objects import KubernetesObject, ObjectKey

#: What others refer to comes first. Storage starts before the collector that fills it, the collector before the apps.
_RANKS = {
    kind: rank
    for rank, kind in enumerate(
        (
            "Namespace",
            "PriorityClass",
            "ResourceQuota",
            "LimitRange",
            "ServiceAccount",
            "ClusterRole",
            "ClusterRoleBinding",
            "Role",
            "RoleBinding",
            "NetworkPolicy",
            "Secret",
            "ConfigMap",
            "PersistentVolumeClaim",
            "Service",
            "PodDisruptionBudget",
            "StatefulSet",
            "DaemonSet",
            "Deployment",
            "Job",
            "CronJob",
        )
    )
}


def rank_of(kind: str) -> int:
    """Say how late ``kind`` is applied; what the table does not know comes last."""
    return _RANKS.get(kind, len(_RANKS))


def sort_for_apply(objects: Iterable[KubernetesObject]) -> list[KubernetesObject]:
    """Order ``objects`` so that what others refer to comes first; equals keep their order."""
    return sorted(objects, key=lambda item: rank_of(item["kind"]))


def sort_for_deletion(keys: Iterable[ObjectKey]) -> list[ObjectKey]:
    """Order ``keys`` so that what uses others goes first, namespaces last."""
    return sorted(keys, key=lambda key: (-rank_of(key.kind), key))
