"""What a namespace still holds before it is deleted with everything in it.

Kinds are asked of the API server, as anybody may have added some. Left out is what Kubernetes itself puts into every
namespace, what goes with its owner, and what only tells of others, such as events.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from kubeglass.deploy.objects import KubernetesObject
from kubeglass.deploy.pods import is_ending
from kubeglass.deploy.refusal import RefusedError

#: Kinds that only tell of other objects, or follow them.
_FOLLOWERS = frozenset({"Event", "Endpoints", "EndpointSlice", "Lease", "PodMetrics", "ControllerRevision"})
#: Made in every namespace, by Kubernetes or by OpenShift.
_EVERYWHERE = frozenset(
    {
        ("ConfigMap", "kube-root-ca.crt"),
        ("ConfigMap", "openshift-service-ca.crt"),
        ("ServiceAccount", "default"),
        ("ServiceAccount", "builder"),
        ("ServiceAccount", "deployer"),
        ("RoleBinding", "system:deployers"),
        ("RoleBinding", "system:image-builders"),
        ("RoleBinding", "system:image-pullers"),
    }
)
_ACCOUNT_OF_TOKEN = "kubernetes.io/service-account.name"  # noqa: S105  # an annotation's name


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of object that lives in namespaces and can be deleted.

    Args:
        path: of the API version, such as ``/apis/apps/v1``.
        kind: such as ``Deployment``.
        plural: as it stands in paths.
    """

    path: str
    kind: str
    plural: str


class Surveyor(Protocol):
    """What looking into a namespace needs from a cluster."""

    def read(self, path: str) -> dict[str, Any]:
        """Read a document of the API server."""
        ...


def find_leftovers(surveyor: Surveyor, namespace: str) -> list[str]:
    """Name what is in ``namespace``, as ``kind/name``, and what could not be looked at.

    Args:
        surveyor: the cluster.
        namespace: the namespace, emptied of everything of ours.
    """
    found: list[str] = []
    for path in _versions(surveyor):
        try:
            kinds = list(_kinds(surveyor, path))
            for kind in kinds:
                items = surveyor.read(f"{path}/namespaces/{namespace}/{kind.plural}").get("items") or []
                found += [f"{kind.kind.lower()}/{item['metadata']['name']}" for item in items if _counts(kind, item)]
        except RefusedError:
            found.append(f"whatever {path.rpartition('/apis/')[2]} holds, which cannot be listed")
    return found


def _versions(surveyor: Surveyor) -> Iterator[str]:
    yield "/api/v1"
    for group in surveyor.read("/apis")["groups"]:
        yield f"/apis/{group['preferredVersion']['groupVersion']}"


def _kinds(surveyor: Surveyor, path: str) -> Iterator[Kind]:
    for resource in surveyor.read(path).get("resources") or []:
        verbs = resource.get("verbs") or []
        is_listed = resource["namespaced"] and "/" not in resource["name"] and {"list", "delete"} <= set(verbs)
        if is_listed and resource["kind"] not in _FOLLOWERS:
            yield Kind(path, resource["kind"], resource["name"])


def _counts(kind: Kind, item: KubernetesObject) -> bool:
    about: Mapping[str, Any] = item["metadata"]
    is_of_an_account = _ACCOUNT_OF_TOKEN in (about.get("annotations") or {})
    is_made_by_kubernetes = (kind.kind, about["name"]) in _EVERYWHERE or is_of_an_account
    return not (is_made_by_kubernetes or about.get("ownerReferences") or is_ending(item))
