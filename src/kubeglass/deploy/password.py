"""The Secret with Grafana's administrator's password: generated once, never rendered, never shown."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any, Protocol

from kubeglass.deploy.apply import Applied, Change
from kubeglass.deploy.diff import render_diff
from kubeglass.deploy.objects import KubernetesObject, ObjectKey, labels_for
from kubeglass.render.kubernetes.names import GRAFANA, GRAFANA_SECRET, GRAFANA_SECRET_KEY


class Target(Protocol):
    """What making the Secret needs from a cluster."""

    def get(self, key: ObjectKey) -> dict[str, Any] | None:
        """Read one object."""
        ...

    def apply(
        self, item: KubernetesObject, *, namespace: str, dry_run: bool = False, force: bool = False
    ) -> dict[str, Any]:
        """Apply one object on the server."""
        ...


def password_key(namespace: str) -> ObjectKey:
    """Say where the password of the pipeline of ``namespace`` is kept."""
    return ObjectKey("v1", "Secret", GRAFANA_SECRET, namespace)


def needs_password(keys: Iterable[ObjectKey]) -> bool:
    """Say whether Grafana is among ``keys``."""
    return any(key.kind == "Deployment" and key.name == GRAFANA for key in keys)


def ensure_password(target: Target, namespace: str, *, dry_run: bool = False) -> Applied:
    """Generate the password, unless there is one: that one stays, whoever made it.

    Raises:
        ClusterError: the server refused.
    """
    key = password_key(namespace)
    if target.get(key) is not None:
        return Applied(key, Change.UNCHANGED)
    target.apply(_make(namespace), namespace=namespace, dry_run=dry_run)
    return Applied(key, Change.CREATED)


def preview_password(target: Target, namespace: str) -> str:
    """Show as a diff that a password would be generated; its value is masked, and another one in the end."""
    key = password_key(namespace)
    return "" if target.get(key) is not None else render_diff(str(key), None, _make(namespace))


def _make(namespace: str) -> dict[str, Any]:
    key = password_key(namespace)
    return {
        "apiVersion": key.api_version,
        "kind": key.kind,
        "metadata": {"name": key.name, "namespace": namespace, "labels": labels_for(namespace)},
        "type": "Opaque",
        "stringData": {GRAFANA_SECRET_KEY: secrets.token_urlsafe(24)},
    }
