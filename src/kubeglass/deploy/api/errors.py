"""Errors of talking to a cluster; the client library's own exceptions stop at ``cluster.py``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kubeglass.errors import ClusterError

#: HTTP status of an object that breaks a rule of its kind.
UNPROCESSABLE = 422
#: Admission, such as a quota, a policy or a webhook, refuses with the same status as authorization, in other words.
_ADMISSION = re.compile(r"is forbidden: (?![Uu]ser)|^admission webhook |because it is being terminated")
#: The field that autoscalers and `kubectl scale` write.
REPLICAS = ".spec.replicas"


class UnreachableClusterError(ClusterError):
    """The API server cannot be reached, or not in time."""


class KubeconfigError(ClusterError):
    """There is no usable kubeconfig, context or credentials."""


@dataclass(frozen=True, slots=True)
class RefusedField:
    """One field that the API server refused, at its path, such as ``spec.template``, with what it said."""

    path: str
    message: str


class RefusedError(ClusterError):
    """The API server responded with an error: its ``Status`` object, of which every field may be missing.

    ``wrong`` says what is wrong, in place of ``the API server refused``. ``is_invalid`` says whether the object itself
    is wrong, in the ``fields`` that the server named.
    """

    def __init__(self, where: str, status: Mapping[str, Any], *, hint: str = "", wrong: str = "") -> None:
        message = " ".join(str(status.get("message") or f"HTTP {status.get('code', 0)}").split())
        super().__init__(where, wrong or "the API server refused", found=message, hint=hint)
        self.status = status
        self.is_invalid = status.get("code") == UNPROCESSABLE
        self.fields = tuple(
            RefusedField(str(cause.get("field", "")), str(cause.get("message", ""))) for cause in _causes(status)
        )

    def about(self, where: str, found: str) -> RefusedError:
        """Return the same refusal of another object, in other words."""
        return type(self)(where, {**self.status, "message": found}, hint=self.hint, wrong=self.wrong)


class MissingError(RefusedError):
    """The object does not exist."""


class ConflictError(RefusedError):
    """Other field managers own fields that kubeglass sets."""

    @classmethod
    def of(cls, where: str, status: Mapping[str, Any]) -> ConflictError:
        """Return the error that lists the fields and managers of a ``Status`` object."""
        wrong = "other field managers own fields that kubeglass sets"
        return cls(where, status, wrong=wrong, hint=_conflict_hint(status))

    def without(self, manager: str) -> ConflictError | None:
        """Return the same conflict without the fields of one manager; None if none is left."""
        left = [cause for cause in _causes(self.status) if f'"{manager}"' not in str(cause.get("message"))]
        return ConflictError.of(self.where, {**self.status, "details": {"causes": left}}) if left else None


class ForbiddenError(RefusedError):
    """The credentials lack the right to do this."""


def error_for(where: str, status: Mapping[str, Any]) -> RefusedError:
    """Return the error that fits the ``Status`` object of the API server's response."""
    code = int(status.get("code") or 0)
    if code == 404:
        return MissingError(where, status, wrong="does not exist on the cluster")
    if code == 403 and _ADMISSION.search(str(status.get("message"))):
        return _not_admitted(where, status)
    if code == 403:
        hint = "ask the cluster's administrator for the right, or use a context that has it (--context)"
        return ForbiddenError(where, status, wrong="these credentials lack the right to do this", hint=hint)
    if code == 401:
        return RefusedError(
            where, status, wrong="the cluster does not accept these credentials", hint="log in to the cluster again"
        )
    if code == 409 and _is_field_conflict(status):
        return ConflictError.of(where, status)
    return RefusedError(where, status)


def _not_admitted(where: str, status: Mapping[str, Any]) -> RefusedError:
    """Return the error for what these credentials may do, but the namespace or a policy does not let in."""
    message = str(status.get("message"))
    if quota := re.search(r"quota: (?P<name>[^,:]+)", message):
        wrong = f"ResourceQuota {quota['name']} has no room for it"
        hint = f"raise the quota (kubectl edit resourcequota {quota['name']}), or remove objects of this kind"
    elif "because it is being terminated" in message:
        wrong, hint = (
            "its namespace is being deleted",
            "wait until it is gone (kubectl get namespace), then deploy again",
        )
    else:
        wrong, hint = "a rule of the cluster does not admit it", "meet the rule, or ask whoever set it for an exception"
    return RefusedError(where, status, wrong=wrong, hint=hint)


def _is_field_conflict(status: Mapping[str, Any]) -> bool:
    return any(cause.get("reason") == "FieldManagerConflict" for cause in _causes(status))


def _conflict_hint(status: Mapping[str, Any]) -> str:
    fields = ", ".join(f"{cause.get('field', '?')} ({cause.get('message', '')})" for cause in _causes(status))
    if all(cause.get("field") == REPLICAS for cause in _causes(status)):
        return (
            "leave the number of pods to the other manager with 'replicas: null' in kubeglass.yaml, or have kubeglass"
            f" make the autoscaler with 'autoscale', or set the number once with --force-conflicts: {fields}"
        )
    return f"let kubeglass take them over with --force-conflicts, or remove them from the other manager: {fields}"


def _causes(status: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list((status.get("details") or {}).get("causes") or [])
