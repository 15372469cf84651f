"""The Kubernetes client: objects in and out as plain data, explicit context and namespace, kubeglass's own errors.

The client library supplies the kubeconfig, the credentials and the names of kinds. Objects stay as the API server sends
them, so no field is lost to a model of another Kubernetes version.
"""

from __future__ import annotations

import json
import math
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import Any, Self

import httpx2
from lightkube.config import client_adapter
from lightkube.config.kubeconfig import KubeConfig, SingleConfig
from lightkube.core.exceptions import ConfigError

from kubeglass.deploy.api.errors import KubeconfigError, MissingError, UnreachableClusterError, error_for
from kubeglass.deploy.api.objects import OWNER, KubernetesObject, ObjectKey, key_of, path_of
from kubeglass.deploy.api.pod_stream import PodStream, open_pod_stream

#: Seconds for one request; even an API server under load responds within this.
REQUEST_TIMEOUT_SECONDS = 15.0
APPLY_PATCH = "application/apply-patch+yaml"
JSON_PATCH = "application/json-patch+json"


class Cluster:
    """One API server, as one user.

    ``context``, of the kubeconfig, and ``address`` name it in messages.
    """

    def __init__(
        self,
        connection: httpx2.Client,
        make_async_client: Callable[[], httpx2.AsyncClient] = httpx2.AsyncClient,
        *,
        context: str,
        address: str,
    ) -> None:
        self._connection = connection
        self._make_async_client = make_async_client
        self.context = context
        self.address = address

    @classmethod
    @contextmanager
    def connect(cls, context: str | None = None) -> Iterator[Self]:
        """Connect to a context of the kubeconfig, or to its current one, until the end of the ``with`` block.

        The kubeconfig is ``KUBECONFIG``, else ``~/.kube/config``, else the pod's service account.

        Raises:
            KubeconfigError: the file or the context does not exist, or its credentials cannot be used.
        """
        config = _load_config(context)
        try:
            # trust_env=False: the shell's proxy is meant for the internet, not for the cluster.
            parameters = _Parameters(timeout=httpx2.Timeout(REQUEST_TIMEOUT_SECONDS), trust_env=False)
            connection = client_adapter.Client(config, parameters)
        except (ConfigError, AssertionError, OSError, ValueError) as error:
            raise KubeconfigError(f"context {config.context_name}", "cannot be used", found=str(error)) from error
        with connection:
            yield cls(
                connection,
                lambda: client_adapter.AsyncClient(config, parameters),
                context=config.context_name,
                address=str(config.cluster.server),
            )

    def get(self, key: ObjectKey) -> dict[str, Any] | None:
        """Read one object; None if it does not exist."""
        try:
            return _decode(self._request("GET", path_of(key), where=str(key)))
        except MissingError:
            return None

    def list_objects(
        self, api_version: str, kind: str, *, namespace: str = "", selector: str = "", fields: str = ""
    ) -> list[dict[str, Any]]:
        """Read all objects of a kind, in one namespace or, if it is empty, in all.

        ``selector`` is a label selector, such as ``app=shop``; ``fields`` a field selector, such as ``type=Warning``.
        """
        path = path_of(ObjectKey(api_version, kind, "", namespace))
        query = {"labelSelector": selector, "fieldSelector": fields}
        items = _decode(self._request("GET", path, params=query, where=f"{kind.lower()} list"))["items"]
        return [{"apiVersion": api_version, "kind": kind, **item} for item in items]

    def read(self, path: str) -> dict[str, Any]:
        """Read a document of the API server, such as ``/apis``."""
        return _decode(self._request("GET", path))

    def apply(
        self,
        item: KubernetesObject,
        *,
        namespace: str,
        dry_run: bool = False,
        force: bool = False,
        manager: str = OWNER,
    ) -> dict[str, Any]:
        """Apply on the server, as the field ``manager``, and return the resulting object.

        ``namespace`` is that of an object that names none; ``force`` takes over fields that other managers own.

        Raises:
            ConflictError: another manager owns one of the fields, and ``force`` is not set.
            RefusedError: the API server refused for another reason.
        """
        query = {"fieldManager": manager, "force": str(force).lower()} | ({"dryRun": "All"} if dry_run else {})
        key = key_of(item, namespace=namespace)
        body = _encode(item, APPLY_PATCH)
        return _decode(self._request("PATCH", path_of(key), params=query, where=str(key), **body))

    def delete(self, key: ObjectKey, *, orphan: bool = False) -> bool:
        """Delete an object and, before it, its dependents, such as its pods; False if it did not exist.

        With ``orphan``, its dependents stay, for a new object that selects them.
        """
        policy = "Orphan" if orphan else "Foreground"
        try:
            self._request("DELETE", path_of(key), params={"propagationPolicy": policy}, where=str(key))
        except MissingError:
            return False
        return True

    def patch(self, key: ObjectKey, operations: list[dict[str, Any]], *, dry_run: bool = False) -> dict[str, Any]:
        """Change an object by a JSON patch (RFC 6902), and return the result.

        Raises:
            RefusedError: the API server refused; nothing is changed.
        """
        query = {"dryRun": "All"} if dry_run else {}
        return _decode(
            self._request("PATCH", path_of(key), params=query, where=str(key), **_encode(operations, JSON_PATCH))
        )

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
        """Read the last ``lines`` that a container logged, or that it logged in its ``previous`` run; None means all.

        With ``timestamps``, each line starts with its time in UTC.
        """
        query = {"container": container, "previous": str(previous).lower(), "timestamps": str(timestamps).lower()}
        if lines is not None:
            query["tailLines"] = str(lines)
        if since_seconds is not None:
            query["sinceSeconds"] = str(max(1, math.ceil(since_seconds)))
        text = self._request("GET", f"{path_of(pod)}/log", params=query, where=str(pod)).text
        # Only a newline ends a line of a log; a form feed may be within one.
        return text.removesuffix("\n").split("\n") if text else []

    @asynccontextmanager
    async def open_stream(self, pod: ObjectKey, port: int) -> AsyncIterator[PodStream]:
        """Connect to a port of a pod, from any event loop; needs the right to get and create ``pods/portforward``.

        Raises:
            UnreachableClusterError: the API server cannot be reached, or not in time.
            RefusedError: it responds with an error instead.
        """
        opening = open_pod_stream(
            self._make_async_client(), f"{path_of(pod)}/portforward", port, where=f"{pod}, port {port}"
        )
        async with AsyncExitStack() as stack:
            with _translate_errors(self, str(pod)):
                stream = await stack.enter_async_context(opening)
            yield stream

    def _request(self, method: str, path: str, *, where: str = "", **options: Any) -> httpx2.Response:
        with _translate_errors(self, where or path):
            return self._connection.request(method, path, **options).raise_for_status()


@contextmanager
def _translate_errors(cluster: Cluster, where: str) -> Iterator[None]:
    try:
        yield
    except httpx2.HTTPStatusError as error:
        raise error_for(where, _status_of(error.response)) from error
    except httpx2.HTTPError as error:
        raise UnreachableClusterError(
            f"cluster {cluster.address}",
            "does not respond",
            found=str(error) or type(error).__name__,
            hint=f"check that it runs and that context {cluster.context} is the right one",
        ) from error
    except ConfigError as error:
        raise KubeconfigError(f"context {cluster.context}", "its credentials fail", found=str(error)) from error


class _Parameters(client_adapter.ConnectionParams):
    """Reads the credentials once: every client shares the TLS context, and the token of an authentication plugin."""

    _read: dict[str, Any] | None = None

    def httpx_params(self, config: SingleConfig) -> dict[str, Any]:
        self._read = self._read or super().httpx_params(config)
        return self._read


def _encode(document: object, content_type: str) -> dict[str, Any]:
    return {"content": json.dumps(document).encode(), "headers": {"Content-Type": content_type}}


def _decode(response: httpx2.Response) -> dict[str, Any]:
    document: dict[str, Any] = response.json()
    return document


def _load_config(context: str | None) -> SingleConfig:
    hint = "set KUBECONFIG to your cluster's file; on K3s: export KUBECONFIG=/etc/rancher/k3s/k3s.yaml"
    try:
        config = KubeConfig.from_env().get(context)
    except (ConfigError, KeyError, OSError, ValueError) as error:
        raise KubeconfigError("kubeconfig", "cannot be used", found=str(error), hint=hint) from error
    if config is None:
        raise KubeconfigError("kubeconfig", "has no current context", hint="choose one with --context")
    return config


def _status_of(response: httpx2.Response) -> dict[str, Any]:
    try:
        status = response.json()
    except ValueError:
        status = None
    if isinstance(status, dict) and status.get("kind") == "Status":
        return status
    return {"code": response.status_code, "message": response.text[:300]}
