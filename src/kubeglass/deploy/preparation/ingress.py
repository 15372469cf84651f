"""Check what Ingresses need of the cluster: a controller, a host that nobody else serves, and a certificate.

The API server accepts every Ingress; without these, a browser shows a 404, somebody else's app or a warning.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.api.errors import ForbiddenError
from kubeglass.deploy.api.objects import KubernetesObject, ObjectKey, hosts_of, is_ours, key_of
from kubeglass.errors import ClusterError

API = "networking.k8s.io/v1"
IS_DEFAULT = "ingressclass.kubernetes.io/is-default-class"
#: The earlier way to name a class, which controllers still read.
CLASS_NOTE = "kubernetes.io/ingress.class"
#: Annotations for a controller that gets the certificate by itself.
ISSUERS = ("cert-manager.io/", "acme.cert-manager.io/", "traefik.ingress.kubernetes.io/router.tls.certresolver")


def check_ingresses(cluster: Cluster, objects: Sequence[KubernetesObject], *, pipeline: str) -> list[str]:
    """Check every Ingress among ``objects``, as far as the credentials allow, and return what may be amiss.

    Args:
        cluster: where the objects go.
        objects: what is rendered.
        pipeline: its namespace.

    Raises:
        ClusterError: one names a class that does not exist, or a host that another Ingress serves.
    """
    ingresses = [item for item in objects if item["kind"] == "Ingress"]
    if not ingresses:
        return []
    classes = _list(cluster, "IngressClass")
    rendered = {key_of(item) for item in ingresses}
    # Of the pipeline's own, one that is no longer rendered gives way.
    others = [
        item for item in _list(cluster, "Ingress") or [] if key_of(item) in rendered or not is_ours(item, pipeline)
    ]
    return [line for item in ingresses for line in _check(cluster, item, classes, others)]


def _check(
    cluster: Cluster,
    ingress: KubernetesObject,
    classes: Sequence[KubernetesObject] | None,
    others: Sequence[KubernetesObject],
) -> Iterator[str]:
    key, names = key_of(ingress), _Classes.read(classes)
    yield from names.check(key, ingress)
    yield from _check_host(key, ingress, others, names)
    yield from _check_certificate(cluster, key, ingress)


@dataclass(frozen=True, slots=True)
class _Classes:
    """The names of the cluster's IngressClasses; None if they may not be listed."""

    known: tuple[str, ...] | None
    default: str

    @classmethod
    def read(cls, classes: Sequence[KubernetesObject] | None) -> _Classes:
        if classes is None:
            return cls(None, "")
        default = [item for item in classes if (item["metadata"].get("annotations") or {}).get(IS_DEFAULT) == "true"]
        names = tuple(sorted(item["metadata"]["name"] for item in classes))
        return cls(names, default[0]["metadata"]["name"] if default else "")

    def of(self, ingress: KubernetesObject) -> str:
        """Return the class that an Ingress names, or else gets."""
        notes = ingress["metadata"].get("annotations") or {}
        return str(ingress["spec"].get("ingressClassName") or notes.get(CLASS_NOTE) or self.default)

    def check(self, key: ObjectKey, ingress: KubernetesObject) -> Iterator[str]:
        """Check that a controller serves the class.

        Raises:
            ClusterError: the Ingress names one that does not exist.
        """
        if self.known is None:
            return
        named = ingress["spec"].get("ingressClassName")
        there = f"there is {', '.join(self.known)}" if self.known else "there are no classes"
        if named and named not in self.known:
            hint = "set class_name to the class of the cluster's ingress controller, or install that controller first"
            raise ClusterError(
                str(key), "names an IngressClass that does not exist", found=f"{named}; {there}", hint=hint
            )
        if not self.of(ingress):
            way = "set its class_name" if self.known else "install an ingress controller"
            yield f"{key}: perhaps nobody serves it: the cluster has no default IngressClass ({there}); {way}"


def _check_host(
    key: ObjectKey, ingress: KubernetesObject, others: Sequence[KubernetesObject], classes: _Classes
) -> Iterator[str]:
    """Check that no other Ingress of the class claims the whole host: which of the two answers is not defined.

    Raises:
        ClusterError: one does, and ours does not serve the host yet.
    """
    present = [host for item in others if key_of(item) == key for host in hosts_of(item)]
    for other in others:
        its = key_of(other)
        if its == key or classes.of(other) != classes.of(ingress):
            continue
        for host in set(hosts_of(ingress)) & set(_claimed_hosts(other)):
            found = f"{host} leads to {its} of namespace {its.namespace}"
            if host not in present:
                hint = f"choose another host, or delete that one: kubectl -n {its.namespace} delete ingress {its.name}"
                raise ClusterError(str(key), "must not share its host", found=found, hint=hint)
            yield f"{key}: shares its host ({found}); requests reach either of them, so delete one"


def _claimed_hosts(ingress: KubernetesObject) -> Iterator[str]:
    """Return the hosts of which an Ingress takes every path that no other one names."""
    for rule in ingress["spec"].get("rules") or []:
        paths = (rule.get("http") or {}).get("paths") or []
        if any(path.get("path", "/") == "/" and path.get("pathType") != "Exact" for path in paths):
            yield rule.get("host", "")


def _check_certificate(cluster: Cluster, key: ObjectKey, ingress: KubernetesObject) -> Iterator[str]:
    """Name Secrets that do not exist, unless something on the cluster is asked to make them."""
    if any(name.startswith(ISSUERS) for name in ingress["metadata"].get("annotations") or {}):
        return
    for entry in ingress["spec"].get("tls") or []:
        name = entry["secretName"]
        try:
            missing = cluster.get(ObjectKey("v1", "Secret", name, key.namespace)) is None
        except ForbiddenError:
            missing = False
        if missing:
            make = f"kubectl -n {key.namespace} create secret tls {name} --cert=FILE --key=FILE"
            yield (
                f"{key}: secret/{name} does not exist in namespace {key.namespace}; until it does, browsers are shown "
                f"the controller's own certificate: {make}"
            )


def _list(cluster: Cluster, kind: str) -> list[KubernetesObject] | None:
    try:
        return list(cluster.list_objects(API, kind))
    except ForbiddenError:
        return None
