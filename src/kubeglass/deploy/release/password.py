"""The Secret with the password of Grafana's administrator: generated once, never rendered, never shown."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any

from kubeglass.deploy.api.kubernetes_api import KubernetesApi
from kubeglass.deploy.api.objects import ObjectKey, labels_for
from kubeglass.deploy.release.apply import Applied, Change
from kubeglass.deploy.release.diff import render_diff
from kubeglass.model.parts import GRAFANA
from kubeglass.render.kubernetes.names import GRAFANA_SECRET, GRAFANA_SECRET_KEY


def password_key(namespace: str) -> ObjectKey:
    """Return the key of the Secret with the password of the pipeline of ``namespace``."""
    return ObjectKey("v1", "Secret", GRAFANA_SECRET, namespace)


def needs_password(keys: Iterable[ObjectKey]) -> bool:
    """Return whether Grafana is among ``keys``."""
    return any(key.kind == "Deployment" and key.name == GRAFANA for key in keys)


def ensure_password(api: KubernetesApi, namespace: str, *, dry_run: bool = False) -> Applied:
    """Generate the password; an existing one stays, whoever made it.

    Raises:
        ClusterError: the server refused.
    """
    key = password_key(namespace)
    if api.get(key) is not None:
        return Applied(key, Change.UNCHANGED)
    api.apply(_make(namespace), namespace=namespace, dry_run=dry_run)
    return Applied(key, Change.CREATED)


def preview_password(api: KubernetesApi, namespace: str) -> str:
    """Return the diff of generating a password; the value is masked, and the real one will be another."""
    key = password_key(namespace)
    return "" if api.get(key) is not None else render_diff(str(key), None, _make(namespace))


def _make(namespace: str) -> dict[str, Any]:
    key = password_key(namespace)
    return {
        "apiVersion": key.api_version,
        "kind": key.kind,
        "metadata": {"name": key.name, "namespace": namespace, "labels": labels_for(namespace)},
        "type": "Opaque",
        "stringData": {GRAFANA_SECRET_KEY: secrets.token_urlsafe(24)},
    }
