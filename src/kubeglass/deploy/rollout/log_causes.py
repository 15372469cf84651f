"""What the log of a container says about why it is not ready, in plain words with the fix."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kubeglass.deploy.api.objects import KubernetesObject
from kubeglass.deploy.rollout.cause import Cause, explain, row
from kubeglass.deploy.rollout.logs import find_hang
from kubeglass.deploy.rollout.mounted_source import find_source, write_group_fix
from kubeglass.deploy.rollout.pod_failure import describe_memory_limit

#: Workers that the kernel killed before it counts: the next one may find more memory.
KILLED = 2
#: What gunicorn writes when a worker gets a signal; it kills workers itself too, after :data:`_TIMEOUT`.
_SIGKILL = re.compile(r"Worker \(pid:(?P<pid>\d+)\) was sent SIGKILL")
_TIMEOUT = re.compile(r"WORKER TIMEOUT \(pid:(?P<pid>\d+)\)")
_DENIED = re.compile(r"PermissionError: \[Errno 13\] [^:]*: '(?P<path>/[^']+)'")
_COUNT = re.compile(r"--workers[= ](\d+)")

#: What a program says before it ends.
LOG_ROWS = (
    row(
        r"exec format error",
        "its image is for another processor than node {node}",
        "build it for the node's (kubectl get node {node} -o jsonpath={{.status.nodeInfo.architecture}})",
    ),
    row(
        r"Read-only file system: '(?P<path>[^']+)'",
        "it writes to {path}, and its root file system is read-only",
        "write below /tmp, or to a database",
    ),
    row(
        r"No module named '?gunicorn'?",
        "its image has no gunicorn",
        "install gunicorn and kubeglass in the image, or build it (kubeglass images build)",
    ),
    row(
        r"ModuleNotFoundError: No module named '(?P<name>[^']+)'",
        "its image has no module {name}",
        "add what provides it to the app's requirements and build the image again (kubeglass images build), or correct"
        " the app's module in kubeglass.yaml",
    ),
    row(
        r"Failed to find attribute '(?P<name>[^']+)' in '(?P<module>[^']+)'",
        "module {module} has no {name}",
        "correct the app's module in kubeglass.yaml",
    ),
    row(
        r"Address already in use|Connection in use",
        "its port is already in use",
        "give the app another port, or stop what else listens in its pod",
    ),
)


def find_log_cause(pod: KubernetesObject, container: str, lines: Sequence[str], *, has_ended: bool) -> Cause | None:
    """Find in a container's log what waiting does not change; ``has_ended`` if it is the log of a run that ended."""
    text = "\n".join(lines)
    if found := _explain_memory(pod, container, text) or _explain_hang(lines, text, has_ended=has_ended):
        return found
    if not has_ended:
        return None
    if found := _explain_denial(pod, container, text):
        return found
    node = pod["spec"].get("nodeName", "")
    known = next((known for line in reversed(lines) if (known := explain(LOG_ROWS, line, node=node))), None)
    return Cause(known.words, known.fix) if known else None


def _explain_memory(pod: KubernetesObject, container: str, text: str) -> Cause | None:
    killed = {found["pid"] for found in _SIGKILL.finditer(text)} - {found["pid"] for found in _TIMEOUT.finditer(text)}
    if len(killed) < KILLED:
        return None
    commands = [" ".join(spec.get("command") or []) for spec in pod["spec"]["containers"] if spec["name"] == container]
    workers = _COUNT.search(commands[0]) if commands else None
    fewer = f", or lower workers (now {workers[1]})" if workers and workers[1] != "1" else ""
    limit, node = describe_memory_limit(pod, container), pod["spec"].get("nodeName", "")
    words = f"out of memory: the kernel killed {len(killed)} of its workers"
    if not limit:
        return Cause(f"{words}; node {node} has none left", f"make room on node {node}{fewer}")
    return Cause(
        f"{words}; all its processes together may use {limit}",
        f"raise resources.limits.memory in kubeglass.yaml (now {limit}){fewer}",
    )


def _explain_hang(lines: Sequence[str], text: str, *, has_ended: bool) -> Cause | None:
    """Explain an import that gunicorn, or the startup probe, gave up."""
    timed_out, place = _TIMEOUT.search(text), find_hang(lines)
    if not timed_out and not (has_ended and place):
        return None
    at = f" at {place}" if place else ""
    by = "gunicorn gave up" if timed_out else "the startup probe failed"
    return Cause(
        f"the app does not finish importing: it hangs{at} until {by}",
        f"see the code{at or ' that runs at import'}: what it waits for does not answer; if it only needs longer, set"
        " env: {GUNICORN_CMD_ARGS: --timeout 120}",
    )


def _explain_denial(pod: KubernetesObject, container: str, text: str) -> Cause | None:
    """Explain a file that the container may not read: with the command, if it is mounted from the node."""
    denied = _DENIED.search(text)
    source = find_source(pod, container, denied["path"]) if denied else None
    if denied is None or source is None:
        return None
    path, root = source
    security = pod["spec"].get("securityContext") or {}
    user, group = security.get("runAsUser", 0), security.get("runAsGroup", 0)
    node = pod["spec"].get("nodeName", "")
    return Cause(
        f"{path} on node {node} cannot be read by the pod, which runs as {user}:{group}",
        f"on node {node}, run: {write_group_fix(root, group)}",
    )
