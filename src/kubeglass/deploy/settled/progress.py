"""How far one object is on its way to what was asked of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from kubeglass.deploy.objects import KubernetesObject


class State(Enum):
    """Where an object stands."""

    WAITING = "waiting"
    SETTLED = "settled"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Progress:
    """One judgement of one object.

    Args:
        state: waiting, settled or failed.
        message: what is awaited, what was reached, or what went wrong.
    """

    state: State
    message: str


def waiting(message: str) -> Progress:
    """Say what is awaited."""
    return Progress(State.WAITING, message)


def settled(message: str) -> Progress:
    """Say what was reached."""
    return Progress(State.SETTLED, message)


def failed(message: str) -> Progress:
    """Say what went wrong for good."""
    return Progress(State.FAILED, message)


def is_observed(item: KubernetesObject) -> bool:
    """Say whether the controller has looked at this generation; before that its status describes the past."""
    wanted = item["metadata"].get("generation", 0)
    observed = (item.get("status") or {}).get("observedGeneration", 0)
    return bool(observed >= wanted)


def find_condition(item: KubernetesObject, kind: str) -> dict[str, Any] | None:
    """Find the condition of type ``kind`` in the object's status."""
    for condition in (item.get("status") or {}).get("conditions") or []:
        if condition["type"] == kind:
            return dict(condition)
    return None
