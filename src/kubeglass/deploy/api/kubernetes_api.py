"""What the deployer asks of a Kubernetes API server; :class:`~kubeglass.deploy.api.cluster.Cluster` is the real one."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from kubeglass.deploy.api.objects import KubernetesObject, ObjectKey
from kubeglass.deploy.api.pod_stream import PodStream


class KubernetesApi(Protocol):
    """One API server, as one user."""

    def get(self, key: ObjectKey) -> dict[str, Any] | None:
        """Read one object; None if it does not exist."""
        ...

    def list_objects(
        self, api_version: str, kind: str, *, namespace: str = "", selector: str = "", fields: str = ""
    ) -> list[dict[str, Any]]:
        """Read all objects of a kind, in one namespace or, if it is empty, in all."""
        ...

    def read(self, path: str) -> dict[str, Any]:
        """Read a document of the API server, such as ``/apis``."""
        ...

    def apply(
        self, item: KubernetesObject, *, namespace: str, dry_run: bool = False, force: bool = False
    ) -> dict[str, Any]:
        """Apply one object on the server and return the result."""
        ...

    def delete(self, key: ObjectKey) -> bool:
        """Delete one object; False if it did not exist."""
        ...

    def patch(self, key: ObjectKey, operations: list[dict[str, Any]]) -> None:
        """Change one object by a JSON patch."""
        ...

    def read_log(
        self, pod: ObjectKey, container: str, *, lines: int, previous: bool = False, since_seconds: float | None = None
    ) -> list[str]:
        """Read the last lines a container logged."""
        ...

    def open_stream(self, pod: ObjectKey, port: int) -> AbstractAsyncContextManager[PodStream]:
        """Connect to a port of a pod, from any event loop."""
        ...
