"""A cluster of plain dictionaries: what the deployer reads and writes, without an API server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from kubeglass.deploy.objects import MANAGED_BY, OWNER, KubernetesObject, ObjectKey, key_of


@dataclass
class FakeCluster:
    """Keeps objects by key; ``script`` changes them while somebody waits."""

    objects: dict[ObjectKey, dict[str, Any]] = field(default_factory=dict)
    logs: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    calls: list[tuple[str, ObjectKey]] = field(default_factory=list)

    def get(self, key: ObjectKey) -> dict[str, Any] | None:
        return self.objects.get(key)

    def list_objects(
        self, api_version: str, kind: str, *, namespace: str = "", selector: str = ""
    ) -> list[dict[str, Any]]:
        return [
            item
            for key, item in self.objects.items()
            if key.kind == kind and key.namespace in (namespace, "") and _matches(item, selector)
        ]

    def apply(
        self, item: KubernetesObject, *, namespace: str, dry_run: bool = False, force: bool = False
    ) -> dict[str, Any]:
        key = key_of(item, namespace=namespace)
        self.calls.append(("dry-run" if dry_run else "apply", key))
        stored = {**item, "metadata": {"uid": f"uid-{key.name}", **item["metadata"]}}
        if not dry_run:
            self.objects[key] = stored
        return stored

    def delete(self, key: ObjectKey) -> bool:
        self.calls.append(("delete", key))
        return self.objects.pop(key, None) is not None

    def read_log(self, pod: ObjectKey, container: str, *, lines: int, previous: bool = False) -> list[str]:
        return self.logs.get((pod.name, container), [])[-lines:]

    def put(self, item: dict[str, Any]) -> ObjectKey:
        """Store ``item`` as it is."""
        key = key_of(item)
        self.objects[key] = item
        return key


@dataclass
class FakeClock:
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


def _matches(item: dict[str, Any], selector: str) -> bool:
    labels = item["metadata"].get("labels", {})
    return all(
        labels.get(name) == value for name, _, value in (pair.partition("=") for pair in selector.split(",")) if name
    )


def make_object(
    kind: str, name: str, *, api_version: str = "v1", namespace: str = "shop", **rest: Any
) -> dict[str, Any]:
    """Make an object of ours."""
    metadata = {"name": name, "namespace": namespace, "uid": f"uid-{name}", "labels": {MANAGED_BY: OWNER}}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **rest}


def make_deployment(name: str = "shop", *, ready: int = 0, image: str = "shop:1") -> dict[str, Any]:
    """Make a Deployment of one replica."""
    spec = {
        "replicas": 1,
        "selector": {"matchLabels": {"app": name}},
        "template": {
            "metadata": {"labels": {"app": name}, "annotations": {"hash": "1"}},
            "spec": {"containers": [{"name": "app", "image": image}]},
        },
    }
    status = {"replicas": 1, "updatedReplicas": 1, "availableReplicas": ready}
    return make_object("Deployment", name, api_version="apps/v1", spec=spec, status=status)


def make_pod(name: str = "shop-1", *, app: str = "shop", image: str = "shop:1", **container: Any) -> dict[str, Any]:
    """Make a pod of :func:`make_deployment`, with one container's status."""
    pod = make_object("Pod", name, spec={"containers": [{"name": "app", "image": image}]})
    pod["metadata"]["labels"]["app"] = app
    pod["metadata"]["annotations"] = {"hash": "1"}
    pod["status"] = {"phase": "Running", "containerStatuses": [{"name": "app", "ready": False, **container}]}
    return pod


def make_event(about: dict[str, Any], reason: str, message: str) -> dict[str, Any]:
    """Make an event about an object."""
    event = make_object("Event", f"{about['metadata']['name']}.{reason}", reason=reason, message=message)
    event["involvedObject"] = {
        "kind": about["kind"],
        "name": about["metadata"]["name"],
        "uid": about["metadata"]["uid"],
    }
    return event
