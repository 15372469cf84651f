"""Events about one object; requested by object, because a namespace may have thousands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.api.objects import KubernetesObject

EVENT_LINES = 5

#: Reasons of events that explain why a pod cannot start; others are noise of a normal start.
TELLING = frozenset(
    {
        "FailedMount",
        "FailedAttachVolume",
        "FailedScheduling",
        "FailedCreate",
        "FailedCreatePodSandBox",
        "FailedBinding",
        "ProvisioningFailed",
        "Failed",
        "Unhealthy",
        "BackOff",
        "Evicted",
        "ErrImageNeverPull",
        "InspectFailed",
    }
)


def list_events(cluster: Cluster, about: KubernetesObject) -> list[dict[str, Any]]:
    """Read the events about one object, oldest first."""
    metadata = about["metadata"]
    fields = f"involvedObject.uid={metadata['uid']}"
    events = cluster.list_objects("v1", "Event", namespace=metadata.get("namespace", ""), fields=fields)
    return sorted(events, key=lambda event: str(event.get("lastTimestamp") or event.get("eventTime") or ""))


def occurrence_of(event: Mapping[str, Any]) -> str:
    """Return the identity of one occurrence of an event: the API server counts repetitions in the same object."""
    return f"{event['metadata'].get('uid')}/{event['metadata'].get('resourceVersion')}"


def message_of(event: Mapping[str, Any]) -> str:
    """Return the message of an event, a condition or a state in one line."""
    return " ".join(str(event.get("message", "")).split())


def describe_events(events: Iterable[Mapping[str, Any]]) -> list[str]:
    """Format the last events that explain something, each once."""
    lines = [f"event {event['reason']}: {message_of(event)}" for event in events if event.get("reason") in TELLING]
    return list(dict.fromkeys(lines))[-EVENT_LINES:]
