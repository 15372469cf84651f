"""What the log of a container says about why it is not ready, in plain words with the fix."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kubeglass.deploy.api.objects import KubernetesObject
from kubeglass.deploy.causes.cause import Cause, explain, row
from kubeglass.deploy.causes.log_excerpt import find_hangs
from kubeglass.deploy.causes.mounted_source import find_source, user_of, write_fix
from kubeglass.deploy.causes.pod_failure import describe_memory_limit
from kubeglass.render.kubernetes.app import SOURCE_DIR

#: Seconds for which an import must stay at the same place, after the seconds until its stack was written.
HANG_PATIENCE = 60.0
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
        # The last line of a traceback: gunicorn itself does without a file that it cannot write.
        r"^OSError: \[Errno 30\] Read-only file system: '(?P<path>[^']+)'",
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
        "it finds no module {name}",
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

#: What is also said of a module that is there and may not be read.
_MISSING = {known.pattern for known in LOG_ROWS if "odule" in known.words}


def find_log_cause(pod: KubernetesObject, container: str, lines: Sequence[str], *, has_ended: bool) -> Cause | None:
    """Find in a container's log what waiting does not change; ``has_ended`` if it is the log of a run that ended."""
    text = "\n".join(lines)
    if found := _explain_memory(pod, container, text) or _explain_hang(lines, has_ended=has_ended):
        return found
    if not has_ended:
        return None
    if found := _explain_denial(pod, container, text):
        return found
    node = pod["spec"].get("nodeName", "")
    known = next((known for line in reversed(lines) if (known := explain(LOG_ROWS, line, node=node))), None)
    if known is None:
        return None
    # Python takes a folder that it may not enter for an empty package.
    readable = write_fix(pod, container, SOURCE_DIR) if known.pattern in _MISSING else ""
    return Cause(known.words, f"{known.fix}; or, if its source has it, {readable}" if readable else known.fix)


def _explain_memory(pod: KubernetesObject, container: str, text: str) -> Cause | None:
    killed = {found["pid"] for found in _SIGKILL.finditer(text)} - {found["pid"] for found in _TIMEOUT.finditer(text)}
    if len(killed) < KILLED:
        return None
    workers = _count_workers(pod, container)
    fewer = f", or lower workers (now {workers})" if workers > 1 else ""
    limit, node = describe_memory_limit(pod, container), pod["spec"].get("nodeName", "")
    words = f"out of memory: the kernel killed {len(killed)} of its workers"
    if not limit:
        return Cause(f"{words}; node {node} has none left", f"make room on node {node}{fewer}")
    return Cause(
        f"{words}; all its processes together may use {limit}",
        f"raise resources.limits.memory in kubeglass.yaml (now {limit}){fewer}",
    )


def _count_workers(pod: KubernetesObject, container: str) -> int:
    commands = [" ".join(spec.get("command") or []) for spec in pod["spec"]["containers"] if spec["name"] == container]
    found = _COUNT.search(commands[0]) if commands else None
    return int(found[1]) if found else 1


def _explain_hang(lines: Sequence[str], *, has_ended: bool) -> Cause | None:
    """Explain an import that stays at the same place; gunicorn itself waits for it without end."""
    places = find_hangs(lines)
    if not places:
        return None
    return Cause(
        f"the app does not finish importing: it hangs at {places[-1]}",
        f"see the code at {places[-1]}: what it waits for does not answer, and belongs into a request, or needs a time"
        " limit",
        patience=0.0 if has_ended else HANG_PATIENCE,
    )


def _explain_denial(pod: KubernetesObject, container: str, text: str) -> Cause | None:
    """Explain a file that the container may not read: with the command, if it is mounted from the node."""
    denied = _DENIED.search(text)
    source = find_source(pod, container, denied["path"]) if denied else None
    if denied is None or source is None:
        return None
    user, group = user_of(pod)
    node = pod["spec"].get("nodeName", "")
    return Cause(
        f"{source[0]} on node {node} cannot be read by the pod, which runs as {user}:{group}",
        write_fix(pod, container, denied["path"]),
    )
