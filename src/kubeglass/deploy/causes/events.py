"""Events about one object; requested by object, because a namespace may have thousands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.api.objects import KubernetesObject

EVENT_LINES = 5
#: Length of a time without fractions and zone: some events have fractions, all are UTC.
_TO_SECONDS = len("2026-11-29T19:10:42")

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


#: What shows that a failure is over: the reasons of later events.
_OVERCOME = {
    "FailedScheduling": {"Scheduled"},
    "FailedAttachVolume": {"SuccessfulAttachVolume", "Pulling", "Pulled", "Created", "Started"},
    "FailedMount": {"Pulling", "Pulled", "Created", "Started"},
    "FailedCreatePodSandBox": {"Pulling", "Pulled", "Created", "Started"},
    "FailedCreate": {"SuccessfulCreate"},
    "FailedBinding": {"ExternalProvisioning", "Provisioning", "ProvisioningSucceeded", "WaitForFirstConsumer"},
    "ProvisioningFailed": {"ExternalProvisioning", "Provisioning", "ProvisioningSucceeded", "WaitForFirstConsumer"},
}
#: What the name of a pod that was refused looks like: each attempt has another.
_GENERATED = re.compile(r'"[\w.-]*-(?:[a-z0-9]{5})?"')


def list_current_events(cluster: Cluster, about: KubernetesObject) -> list[dict[str, Any]]:
    """Read the events about the object as it is now: since its spec changed, and without what is over."""
    if about["kind"] == "PersistentVolumeClaim" and (about.get("status") or {}).get("phase") == "Bound":
        return []
    since = _changed_at(about)
    events = [event for event in list_events(cluster, about) if time_of(event) >= since]
    return [event for event in events if not _is_overcome(event, events)]


def _is_overcome(event: Mapping[str, Any], events: Iterable[Mapping[str, Any]]) -> bool:
    signs = _OVERCOME.get(str(event.get("reason")), set())
    return any(later.get("reason") in signs and time_of(later) > time_of(event) for later in events)


def _changed_at(about: KubernetesObject) -> str:
    """Return when the object's spec was last written; empty if unknown, or if a spec never changes."""
    if about["kind"] in {"Pod", "PersistentVolumeClaim"}:
        return ""
    fields = about["metadata"].get("managedFields") or []
    written = [entry for entry in fields if "f:spec" in (entry.get("fieldsV1") or {})]
    return max((str(entry.get("time", ""))[:_TO_SECONDS] for entry in written), default="")


def time_of(event: Mapping[str, Any]) -> str:
    """Return when an event last occurred, to the second."""
    repeated = (event.get("series") or {}).get("lastObservedTime")
    moment = event.get("lastTimestamp") or repeated or event.get("eventTime") or ""
    return str(moment)[:_TO_SECONDS]


def list_events(cluster: Cluster, about: KubernetesObject) -> list[dict[str, Any]]:
    """Read the events about one object, oldest first."""
    metadata = about["metadata"]
    fields = f"involvedObject.uid={metadata['uid']}"
    events = cluster.list_objects("v1", "Event", namespace=metadata.get("namespace", ""), fields=fields)
    return sorted(events, key=time_of)


def is_refused(events: Iterable[Mapping[str, Any]]) -> bool:
    """Return whether a controller was refused a pod or a claim that it wanted to make."""
    return any(event.get("reason") == "FailedCreate" for event in events)


def occurrence_of(event: Mapping[str, Any]) -> str:
    """Return the identity of one occurrence of an event: the API server counts repetitions in the same object."""
    return f"{event['metadata'].get('uid')}/{event['metadata'].get('resourceVersion')}"


def message_of(event: Mapping[str, Any]) -> str:
    """Return the message of an event, a condition or a state in one line."""
    return " ".join(str(event.get("message", "")).split())


def describe_events(events: Iterable[Mapping[str, Any]]) -> list[str]:
    """Format the last events that explain something, each once."""
    lines = [f"event {event['reason']}: {message_of(event)}" for event in events if event.get("reason") in TELLING]
    return list({_GENERATED.sub("", line): line for line in lines}.values())[-EVENT_LINES:]
