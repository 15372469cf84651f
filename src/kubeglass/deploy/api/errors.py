"""What can go wrong while talking to a cluster; the client library's own exceptions stop at ``cluster.py``.

```text
ClusterError
├── UnreachableClusterError   nothing answers at the address, or not in time
├── KubeconfigError           no usable kubeconfig, context or credentials
└── RefusedError              the API server answered, and said no
    ├── MissingError          404: the object is not there
    ├── ConflictError         409: other field managers own what we want to set
    └── ForbiddenError        403: we may not
```
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kubeglass.errors import ClusterError


class UnreachableClusterError(ClusterError):
    """Nothing answers at the cluster's address, or not in time."""


class KubeconfigError(ClusterError):
    """There is no usable kubeconfig, context or credentials."""


class RefusedError(ClusterError):
    """The API server answered with an error.

    Args:
        where: the object or the path concerned.
        status: the API server's ``Status`` object; may lack anything.
        hint: what to do about it.
    """

    def __init__(self, where: str, status: Mapping[str, Any], *, hint: str = "", wrong: str = "") -> None:
        self.code = int(status.get("code") or 0)
        self.reason = str(status.get("reason") or "")
        self.causes = tuple((status.get("details") or {}).get("causes") or ())
        message = " ".join(str(status.get("message") or f"HTTP {self.code}").split())
        super().__init__(where, wrong or "the API server refused", found=message, hint=hint)


class MissingError(RefusedError):
    """The object is not there."""


class ConflictError(RefusedError):
    """Other field managers own fields that we want to set."""


class ForbiddenError(RefusedError):
    """These credentials may not do that."""


def error_for(where: str, status: Mapping[str, Any]) -> RefusedError:
    """Choose the error for what the API server answered.

    Args:
        where: the object or the path concerned.
        status: its ``Status`` object.
    """
    code = int(status.get("code") or 0)
    if code == 404:
        return MissingError(where, status, wrong="is not on the cluster")
    if code == 403:
        hint = "ask the cluster's administrator for this right, or use a context that has it (--context)"
        return ForbiddenError(where, status, wrong="these credentials may not do this", hint=hint)
    if code == 401:
        return RefusedError(
            where, status, wrong="the cluster does not accept these credentials", hint="log in to the cluster again"
        )
    if code == 409 and _is_field_conflict(status):
        return ConflictError(
            where, status, wrong="others manage fields that kubeglass sets", hint=_conflict_hint(status)
        )
    return RefusedError(where, status)


def _is_field_conflict(status: Mapping[str, Any]) -> bool:
    return any(cause.get("reason") == "FieldManagerConflict" for cause in _causes(status))


def _conflict_hint(status: Mapping[str, Any]) -> str:
    fields = ", ".join(f"{cause.get('field', '?')} ({cause.get('message', '')})" for cause in _causes(status))
    return f"let kubeglass take them over with --force-conflicts, or stop setting them here: {fields}"


def _causes(status: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list((status.get("details") or {}).get("causes") or [])
