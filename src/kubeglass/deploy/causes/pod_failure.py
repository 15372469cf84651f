"""Why a pod does not start, read from its status and events.

The reasons are the kubelet's own: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from kubeglass.deploy.api.objects import KubernetesObject
from kubeglass.deploy.causes.cause import ROOM_PATIENCE, Cause, Row, explain, row
from kubeglass.deploy.causes.events import message_of
from kubeglass.deploy.causes.mounted_source import user_of, write_fix

#: What the kubelet and the runtime say about a container that cannot start, before the reason itself counts.
START_ROWS = (
    row(
        r'chdir to cwd \("(?P<path>[^"]+)"\).* permission denied',
        "its user may not enter its folder {path}",
        "let user {user}, group {group} enter it",
    ),
    row(
        r'exec: "(?P<name>[^"]+)":.* (?:executable file not found|no such file)',
        "its image has no {name}",
        "install it in the image, or build the image with kubeglass (kubeglass images build)",
    ),
    row(
        r"runAsNonRoot and image will run as root|runAsUser breaks non-root policy",
        "it may not run as root",
        "give the image a user by number (USER 10001)",
    ),
    row(
        r"image has non-numeric user \((?P<name>\w+)\)",
        "its image's user {name} is not a number, so it may be root",
        "give the image a user by number (USER 10001)",
    ),
    row(
        r"couldn't find key (?P<key>\S+) in (?P<kind>\w+) \S+/(?P<name>\S+)",
        "{kind} {name} has no key {key}",
        "add the key, or correct its name in kubeglass.yaml",
    ),
)
#: Reasons that waiting does not change, and what to do about each.
_HOPELESS = {
    "ErrImageNeverPull": "load the image onto the node (kubeglass images load), or set cluster.pull_policy",
    "ImagePullBackOff": "check its name and that the node reaches the registry, or load it (kubeglass images load)",
    "InvalidImageName": "correct the image's name in kubeglass.yaml",
    "CreateContainerConfigError": "create the ConfigMap or Secret it names, or correct the name",
    "CreateContainerError": "see the pod's events",
    "RunContainerError": "see the pod's events: the command may not exist in the image",
}
#: Seconds for a volume to leave another node, or for a node's network to come up.
ATTACH_PATIENCE = 60.0
#: Seconds of the same answer to probes, which come each second while a program starts.
PROBE_PATIENCE = 10.0
_CRASHED = "CrashLoopBackOff"


def find_pod_failures(pod: KubernetesObject) -> list[Cause]:
    """Find what keeps ``pod`` from starting: its stuck containers."""
    name = f"pod {pod['metadata']['name']}"
    found = []
    for status in _statuses(pod):
        container = status["name"]
        where = f"{name}, container {container}"
        reason, message = _waiting_reason(status)
        if reason in _HOPELESS:
            known = _explain_start(pod, container, message)
            words, fix = (known.words, known.fix) if known else (message, _HOPELESS[reason])
            found.append(Cause(f"{where}: {reason}: {words}".rstrip(": "), fix, container=container))
        elif reason == _CRASHED:
            ended, hint = _describe_crash(pod, status)
            found.append(Cause(f"{where}: {reason}: {ended}", hint, container=container, has_ended=True))
    return found


def has_started(pod: KubernetesObject) -> bool:
    """Return whether a container of ``pod`` runs or ran."""
    return any("running" in (status.get("state") or {}) or status.get("restartCount") for status in _statuses(pod))


def has_ended(pod: KubernetesObject) -> bool:
    """Return whether ``pod`` is over, such as one that was evicted: its controller makes another."""
    return (pod.get("status") or {}).get("phase") in {"Failed", "Succeeded"}


def list_unready(pod: KubernetesObject) -> list[dict[str, Any]]:
    """Return the statuses of the containers that run, or ran, and are not ready."""
    return [
        status
        for status in (pod.get("status") or {}).get("containerStatuses") or []
        if not status.get("ready") and "waiting" not in (status.get("state") or {})
    ]


def describe_memory_limit(pod: KubernetesObject, container: str) -> str:
    """Return how much memory a container may use, and who says so; empty without a limit."""
    specs = [spec for spec in pod["spec"].get("containers") or [] if spec["name"] == container]
    limit = ((specs[0].get("resources") or {}).get("limits") or {}).get("memory", "") if specs else ""
    # Such as "LimitRanger plugin set: cpu, memory request for container app; cpu, memory limit for container app".
    defaults = (pod["metadata"].get("annotations") or {}).get("kubernetes.io/limit-ranger", "").split("; ")
    is_default = any(part.endswith(f" limit for container {container}") and "memory" in part for part in defaults)
    return f"{limit}, the default of the namespace's LimitRange" if limit and is_default else limit


def _describe_crash(pod: KubernetesObject, status: dict[str, Any]) -> tuple[str, str]:
    ended = (status.get("lastState") or {}).get("terminated") or {}
    why, code = ended.get("reason", "Error"), ended.get("exitCode")
    if known := _explain_start(pod, status["name"], message_of(ended)):
        return f"{why}: {known.words}, exit code {code}, {status.get('restartCount', 0)} restarts", known.fix
    limit = describe_memory_limit(pod, status["name"])
    raise_memory = f"raise resources.limits.memory in kubeglass.yaml (now {limit or 'none'})"
    hint = raise_memory if why == "OOMKilled" else "see its last log lines below"
    return f"{why}, exit code {code}, {status.get('restartCount', 0)} restarts", hint


def _explain_start(pod: KubernetesObject, container: str, message: str) -> Row | None:
    user, group = user_of(pod)
    known = explain(START_ROWS, message, user=str(user), group=str(group))
    denied = START_ROWS[0].pattern.search(message)
    fix = write_fix(pod, container, denied["path"]) if denied else ""
    return replace(known, fix=fix) if known and fix else known


def _statuses(pod: KubernetesObject) -> Iterator[dict[str, Any]]:
    status = pod.get("status") or {}
    yield from status.get("initContainerStatuses") or []
    yield from status.get("containerStatuses") or []


def _waiting_reason(status: dict[str, Any]) -> tuple[str, str]:
    waiting = (status.get("state") or {}).get("waiting") or {}
    return waiting.get("reason", ""), message_of(waiting)


_STORAGE = "choose a storage class that the cluster has (cluster.storage_class), or make one the default"
#: Events of pods and claims whose cause stays until somebody acts, by their reason.
EVENT_ROWS = {
    "FailedMount": (
        row(
            r'(?P<kind>secret|configmap) "(?P<name>[^"]+)" not found',
            "{kind} {name}, which it mounts, does not exist",
            "create it, or correct its name",
            ROOM_PATIENCE,
        ),
        row(
            r"(?:mount failed|Mounting command failed): .*?Output: (?P<what>.+)",
            "node {node} cannot mount its volume: {what}",
            "correct the volume, or install what node {node} needs to mount it",
            ROOM_PATIENCE,
        ),
        row(
            r"hostPath type check failed: (?P<path>\S+) (?P<wrong>is not .+)",
            "{path} {wrong} on node {node}",
            "put your source there on node {node}, or correct host_path.path, or host_path.node",
        ),
    ),
    "FailedAttachVolume": (
        row(
            r'Multi-Attach error for volume "(?P<volume>[^"]+)"',
            "volume {volume} is still attached to another node",
            "end the pod that uses it there; if that node is gone: kubectl delete pod POD --force",
            ATTACH_PATIENCE,
        ),
    ),
    "FailedCreatePodSandBox": (
        row(
            r"plugin type=\"(?P<plugin>[^\"]+)\".* failed(?: \(add\))?: (?P<what>.+)",
            "the network plugin {plugin} fails on node {node}: {what}",
            "repair the network of node {node} (kubectl get pods -n kube-system)",
            ATTACH_PATIENCE,
        ),
    ),
    "FailedBinding": (row(r"(?P<what>.*no storage class is set.*)", "{what}", _STORAGE),),
    "ProvisioningFailed": (row(r"(?P<what>storageclass\S* .*not found.*)", "{what}", _STORAGE),),
}


#: Answers to a probe that are not those of a program that is still starting, and a start that took too long.
_PROBE_ROWS = (
    row(
        r"Container (?P<name>\S+) failed startup probe",
        "container {name} did not start in the time that its startup probe gives it, and is restarted",
        "see its last log lines below",
        ROOM_PATIENCE,
    ),
    row(
        r"(?P<probe>\w+) probe failed: HTTP probe failed with statuscode: (?P<code>4\d\d)",
        "answers its {probe} probe with {code}",
        "have it answer at the probe's path: an app must be a Flask application, in an image with kubeglass",
        PROBE_PATIENCE,
    ),
)


def find_hopeless_event(about: KubernetesObject, events: Iterable[Mapping[str, Any]]) -> Cause | None:
    """Return the cause that an event about a pod or a claim names, if it stays until somebody acts."""
    node = (about.get("spec") or {}).get("nodeName", "")
    where = f"{about['kind'].lower()} {about['metadata']['name']}"
    for event in events:
        if found := explain(EVENT_ROWS.get(str(event.get("reason")), ()), message_of(event), node=node):
            return Cause(f"{where}: {found.words}", found.fix, patience=found.patience)
    return None


def find_probe_failure(pod: KubernetesObject, events: Iterable[Mapping[str, Any]]) -> Cause | None:
    """Return the cause that the last probe shows, if the program answers and will answer the same again."""
    failed = [message_of(event) for event in events if event.get("reason") in {"Unhealthy", "Killing"}]
    found = explain(_PROBE_ROWS, failed[-1]) if failed else None
    return Cause(f"pod {pod['metadata']['name']}: {found.words}", found.fix, patience=found.patience) if found else None
