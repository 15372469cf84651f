"""Find a ready pod behind a Service, and the port that the Service means."""

from __future__ import annotations

from dataclasses import dataclass

from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.api.objects import KubernetesObject, ObjectKey, is_ready, key_of, write_selector
from kubeglass.errors import ClusterError

PORT_NAME = "http"


class NoBackendError(ClusterError):
    """No pod of the Service is ready; one may be soon."""


@dataclass(frozen=True, slots=True)
class Backend:
    """A port of a pod behind a Service."""

    pod: KubernetesObject
    port: int

    @property
    def key(self) -> ObjectKey:
        """The pod's key."""
        return key_of(self.pod)


def find_backend(cluster: Cluster, namespace: str, service: str) -> Backend:
    """Find a ready pod behind a Service's port named ``http``.

    Raises:
        NoBackendError: no pod is ready.
        ClusterError: the Service or its port does not exist.
    """
    key = ObjectKey("v1", "Service", service, namespace)
    item = cluster.get(key)
    if item is None:
        raise ClusterError(str(key), "does not exist on the cluster", hint="run kubeglass deploy")
    selector = write_selector(item["spec"].get("selector") or {})
    pods = cluster.list_objects("v1", "Pod", namespace=namespace, selector=selector)
    ready = [pod for pod in pods if is_ready(pod)]
    if not ready:
        raise NoBackendError(
            str(key), "has no ready pod", found=f"0 of {len(pods)} ready", hint="see kubeglass status --cluster"
        )
    return Backend(ready[0], _port_of(item, ready[0]))


def _port_of(service: KubernetesObject, pod: KubernetesObject) -> int:
    wanted = next((port for port in service["spec"].get("ports") or [] if port.get("name") == PORT_NAME), None)
    if wanted is None:
        raise ClusterError(str(key_of(service)), f"has no port named {PORT_NAME}", hint="run kubeglass deploy again")
    target = wanted.get("targetPort", wanted["port"])
    ports = (port for container in pod["spec"]["containers"] for port in container.get("ports") or [])
    named = {port.get("name"): port["containerPort"] for port in ports}
    number = target if isinstance(target, int) else named.get(target)
    if number is None:
        raise ClusterError(str(key_of(pod)), f"has no port named {target}", hint="run kubeglass deploy again")
    return int(number)
