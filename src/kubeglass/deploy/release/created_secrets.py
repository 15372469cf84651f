"""Secrets that are filled from this machine's environment.

Each has a random salt beside its values: pods carry a hash of what they read (see :mod:`secret_data`), for all who may
read pods, and with the salt in it nobody can try out values.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping, Sequence

from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.api.objects import KubernetesObject, ObjectKey, is_ours, labels_for
from kubeglass.deploy.release.secret_data import SALT
from kubeglass.errors import ConfigError
from kubeglass.render.kubernetes.created_secrets import CreatedSecret
from kubeglass.render.kubernetes.names import labels_of


def require_variables(created: Sequence[CreatedSecret], environment: Mapping[str, str]) -> None:
    """Check that every variable is set.

    Raises:
        ConfigError: one is not; names all of them, and no value.
    """
    missing = sorted({name for each in created for name in each.variables if name not in environment})
    if missing:
        raise ConfigError(
            "--create-secrets",
            "cannot create what this machine does not have",
            found=f"not set: {', '.join(missing)}",
            hint=f"set {'it' if len(missing) == 1 else 'them'}: export {missing[0]}=…",
        )


def fill_secrets(
    cluster: Cluster, created: Sequence[CreatedSecret], environment: Mapping[str, str], *, pipeline: str
) -> list[KubernetesObject]:
    """Return the Secrets, filled from ``environment``, each with the salt that it has on the cluster or a new one."""
    return [_fill(cluster, each, environment, pipeline) for each in created]


def _fill(cluster: Cluster, wanted: CreatedSecret, environment: Mapping[str, str], pipeline: str) -> KubernetesObject:
    labels = {**labels_of(wanted.part, wanted.component), **labels_for(pipeline)}
    about = {"name": wanted.name, "namespace": wanted.namespace, "labels": labels}
    live = cluster.get(ObjectKey("v1", "Secret", wanted.name, wanted.namespace))
    # A stranger's is refused when it is applied.
    known = (live.get("data") or {}).get(SALT) if live and is_ours(live, pipeline) else None
    values = {name: _encode(environment[name].encode()) for name in wanted.variables}
    data = {**values, SALT: known or _encode(secrets.token_bytes(16))}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": about, "type": "Opaque", "data": data}


def _encode(value: bytes) -> str:
    return base64.b64encode(value).decode()
