"""A volume that is larger than it has to be stays as it is: no volume can shrink.

So less retention, or an older definition that asks for less, is no reason to refuse a deployment. A size that the
definition names is another thing: it is tried, and refused.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.api.objects import KubernetesObject, ObjectKey, key_of, parse_amount


def keep_volumes(
    cluster: Cluster, objects: Sequence[KubernetesObject], *, chosen: bool
) -> tuple[list[KubernetesObject], list[str]]:
    """Let each StatefulSet ask for what its bound claims have, if that is more than it needs; say which do.

    Args:
        cluster: where the objects go.
        objects: what is rendered.
        chosen: whether the definition names the size, which then holds.
    """
    if chosen:
        return list(objects), []
    kept, said = [], []
    for item in objects:
        fitted = copy.deepcopy(dict(item)) if item["kind"] == "StatefulSet" else item
        for template in _templates(fitted):
            key = _claim_of(fitted, template)
            present, wanted = _bound_size(cluster.get(key)), _size_of(template)
            if present and parse_amount(present) > parse_amount(wanted):
                template["spec"]["resources"]["requests"]["storage"] = present
                said.append(f"{key} keeps its {present}, although {wanted} would do: a volume cannot shrink")
        kept.append(fitted)
    return kept, said


def _templates(item: KubernetesObject) -> list[dict[str, Any]]:
    return list((item.get("spec") or {}).get("volumeClaimTemplates") or []) if item["kind"] == "StatefulSet" else []


def _claim_of(stateful_set: KubernetesObject, template: KubernetesObject) -> ObjectKey:
    """Return the claim of the first pod, as the StatefulSet's controller names it."""
    owner = key_of(stateful_set)
    return ObjectKey("v1", "PersistentVolumeClaim", f"{template['metadata']['name']}-{owner.name}-0", owner.namespace)


def _size_of(claim: KubernetesObject) -> str:
    return str(claim["spec"]["resources"]["requests"]["storage"])


def _bound_size(claim: KubernetesObject | None) -> str | None:
    """Return the size of a claim that has a volume; another can be recreated."""
    return _size_of(claim) if claim and claim["spec"].get("volumeName") else None
