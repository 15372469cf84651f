"""A cluster of plain dictionaries: what the deployer reads and writes, without an API server."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.api.objects import KubernetesObject, ObjectKey, key_of, labels_for
from kubeglass.deploy.rollout.wait import Clock
from kubeglass.errors import ClusterError


@dataclass
class FakeCluster(Cluster):
    """Keeps objects by key; ``script`` changes them while somebody waits."""

    objects: dict[ObjectKey, dict[str, Any]] = field(default_factory=dict)
    logs: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    previous_logs: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    calls: list[tuple[str, ObjectKey]] = field(default_factory=list)

    def get(self, key: ObjectKey) -> dict[str, Any] | None:
        return self.objects.get(key)

    def list_objects(
        self, api_version: str, kind: str, *, namespace: str = "", selector: str = "", fields: str = ""
    ) -> list[dict[str, Any]]:
        return [
            item
            for key, item in self.objects.items()
            if key.kind == kind
            and (not namespace or key.namespace in (namespace, ""))
            and _matches(item["metadata"].get("labels", {}), selector)
            and _matches(_fields_of(item), fields)
        ]

    def read(self, path: str) -> dict[str, Any]:
        """Answer what an API server without further groups answers."""
        if path == "/apis":
            return {"groups": []}
        if path == "/api/v1":
            verbs = ["delete", "get", "list"]
            return {
                "resources": [
                    {"name": "configmaps", "kind": "ConfigMap", "namespaced": True, "verbs": verbs},
                    {"name": "pods", "kind": "Pod", "namespaced": True, "verbs": verbs},
                    {"name": "pods/log", "kind": "Pod", "namespaced": True, "verbs": ["get"]},
                    {"name": "namespaces", "kind": "Namespace", "namespaced": False, "verbs": verbs},
                ]
            }
        namespace, _, plural = path.removeprefix("/api/v1/namespaces/").partition("/")
        kind = {"configmaps": "ConfigMap", "pods": "Pod"}[plural]
        return {"items": self.list_objects("v1", kind, namespace=namespace)}

    def apply(self, item: KubernetesObject, *, namespace: str, dry_run: bool = False, **_: Any) -> dict[str, Any]:
        key = key_of(item, namespace=namespace)
        self.calls.append(("dry-run" if dry_run else "apply", key))
        stored = {**item, "metadata": {"uid": f"uid-{key.name}", **item["metadata"]}}
        if not dry_run:
            self.objects[key] = stored
        return stored

    def delete(self, key: ObjectKey, *, orphan: bool = False) -> bool:
        self.calls.append(("orphan" if orphan else "delete", key))
        return self.objects.pop(key, None) is not None

    def patch(self, key: ObjectKey, operations: list[dict[str, Any]], *, dry_run: bool = False) -> dict[str, Any]:
        """Add, replace or remove the fields that the operations name."""
        self.calls.append(("dry-run" if dry_run else "patch", key))
        patched = copy.deepcopy(self.objects[key]) if dry_run else self.objects[key]
        for operation in operations:
            *path, last = operation["path"].strip("/").split("/")
            parent = patched
            for name in path:
                parent = parent[name]
            assert (last in parent) is (operation["op"] != "add")
            if operation["op"] == "remove":
                del parent[last]
            else:
                parent[last] = operation["value"]
        return patched

    def open_stream(self, pod: ObjectKey, port: int) -> NoReturn:
        raise ClusterError(str(pod), "nothing is forwarded here")

    def read_log(
        self,
        pod: ObjectKey,
        container: str,
        *,
        lines: int | None = None,
        previous: bool = False,
        since_seconds: float | None = None,
        timestamps: bool = False,
    ) -> list[str]:
        name = (pod.name, container)
        kept = self.previous_logs if previous and name in self.previous_logs else self.logs
        return kept.get(name, [])[-(lines or 0) :]

    def put(self, item: dict[str, Any]) -> ObjectKey:
        """Store ``item`` as it is."""
        key = key_of(item)
        self.objects[key] = item
        return key


@dataclass
class FakeClock(Clock):
    """A clock that only moves when somebody sleeps, and then plays the next scene."""

    scenes: dict[int, Callable[[], object]] = field(default_factory=dict)
    time: float = 0.0
    sleeps: int = 0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds
        self.sleeps += 1
        self.scenes.get(self.sleeps, lambda: None)()


def _fields_of(item: Mapping[str, Any]) -> dict[str, str]:
    """Return the fields that a selector of ours may ask for."""
    about = {f"involvedObject.{name}": value for name, value in item.get("involvedObject", {}).items()}
    return {**about, "spec.nodeName": item.get("spec", {}).get("nodeName", "")}


def _matches(labels: Mapping[str, str], selector: str) -> bool:
    return all(
        labels.get(name) == value for name, _, value in (pair.partition("=") for pair in selector.split(",")) if name
    )


def make_object(
    kind: str, name: str, *, api_version: str = "v1", namespace: str = "shop", pipeline: str = "shop", **rest: Any
) -> dict[str, Any]:
    """Make an object of a pipeline of ours."""
    metadata = {"name": name, "namespace": namespace, "uid": f"uid-{name}", "labels": labels_for(pipeline)}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **rest}


def make_deployment(name: str = "shop", *, ready: int = 0, revision: int = 1, seen: bool = True) -> dict[str, Any]:
    """Make a Deployment of one replica, whose template is the ``revision``-th; ``seen`` by its controller or not."""
    spec = {"replicas": 1, "selector": {"matchLabels": {"app": name}}}
    status = {
        "replicas": 1,
        "updatedReplicas": 1,
        "availableReplicas": ready,
        "observedGeneration": revision if seen else revision - 1,
    }
    item = make_object("Deployment", name, api_version="apps/v1", spec=spec, status=status)
    item["metadata"]["generation"] = revision
    item["metadata"]["annotations"] = {"deployment.kubernetes.io/revision": str(revision if seen else revision - 1)}
    return item


def make_replica_set(revision: int = 1, *, app: str = "shop") -> dict[str, Any]:
    """Make what the controller of :func:`make_deployment` makes for a revision of its template."""
    item = make_object("ReplicaSet", f"{app}-{revision}", api_version="apps/v1")
    item["metadata"]["labels"] |= {"app": app, "pod-template-hash": f"hash-{revision}"}
    item["metadata"]["annotations"] = {"deployment.kubernetes.io/revision": str(revision)}
    item["metadata"]["ownerReferences"] = [{"controller": True, "uid": f"uid-{app}"}]
    return item


def make_pod(name: str = "shop-1", *, app: str = "shop", revision: int = 1, **container: Any) -> dict[str, Any]:
    """Make a pod of :func:`make_replica_set`, with one container's status."""
    pod = make_object("Pod", name, spec={"containers": [{"name": "app", "image": "shop:1"}]})
    pod["metadata"]["labels"] |= {"app": app, "pod-template-hash": f"hash-{revision}"}
    pod["metadata"]["ownerReferences"] = [{"controller": True, "uid": f"uid-{app}-{revision}"}]
    pod["status"] = {"phase": "Running", "containerStatuses": [{"name": "app", "ready": False, **container}]}
    return pod


def put_deployment(cluster: FakeCluster, name: str = "shop", *, ready: int = 0, revision: int = 1) -> ObjectKey:
    """Store a Deployment and the ReplicaSets of all its revisions."""
    for number in range(1, revision + 1):
        cluster.put(make_replica_set(number, app=name))
    return cluster.put(make_deployment(name, ready=ready, revision=revision))


def make_ready(pod: dict[str, Any]) -> dict[str, Any]:
    """Make ``pod`` ready."""
    pod["status"]["conditions"] = [{"type": "Ready", "status": "True"}]
    return pod


def make_event(about: dict[str, Any], reason: str, message: str, *, version: str = "1") -> dict[str, Any]:
    """Make an event about an object; each repetition has another ``version``."""
    event = make_object("Event", f"{about['metadata']['name']}.{reason}", reason=reason, message=message)
    event["metadata"]["resourceVersion"] = version
    event["involvedObject"] = {
        "kind": about["kind"],
        "name": about["metadata"]["name"],
        "uid": about["metadata"]["uid"],
    }
    return event
