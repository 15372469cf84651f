"""The logs of workloads' containers: the last lines, of the previous run if this one logged nothing, then new lines.

New lines are asked for again and again rather than streamed, so that pods that come and containers that restart need
nothing special.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.api.errors import MissingError, RefusedError
from kubeglass.deploy.api.objects import KubernetesObject, ObjectKey, key_of
from kubeglass.deploy.rollout.revision import list_every_pod
from kubeglass.deploy.rollout.wait import Clock
from kubeglass.observe.log_line import LogLine

#: Seconds that two reads overlap: the API server counts whole seconds.
OVERLAP_SECONDS = 2.0
#: Width of the date and time in a timestamp; its fraction and zone follow.
_SECONDS = len("2026-01-01T00:00:00")


@dataclass(frozen=True, slots=True)
class Container:
    """A container of a pod, how often it has restarted, and how its run before ended (empty if there was none).

    Its ``name`` tells it from all others; ``identity`` also from one of an earlier pod of the same name.
    """

    pod: ObjectKey
    container: str
    name: str
    identity: str
    restarts: int
    ended: str


@dataclass(frozen=True, slots=True)
class _Mark:
    """How far a container's log was read: the latest timestamp, the clock's time, and the restarts until then."""

    stamp: str
    at: float
    restarts: int


@dataclass(slots=True)
class WorkloadLogs:
    """The logs of all pods of ``workloads``; ``tell`` is called with what is worth knowing about one, once each."""

    cluster: Cluster
    workloads: Sequence[ObjectKey]
    clock: Clock
    tell: Callable[[str], None]
    names: list[str] = field(init=False, default_factory=list)
    _marks: dict[str, _Mark] = field(init=False, default_factory=dict)
    _told: set[str] = field(init=False, default_factory=set)

    def read_last(self, lines: int, *, since_seconds: float | None = None, previous: bool = False) -> list[LogLine]:
        """Return the last ``lines`` of each container, oldest first; a busy one hides nothing of a crashed one."""
        found: list[LogLine] = []
        for container in self._containers():
            read = self._read_previous if previous else self._read_any
            found += self._mark(container, read(container, lines=lines, since_seconds=since_seconds))
        return sorted(found, key=lambda line: line.stamp)

    def read_new(self) -> list[LogLine]:
        """Return what was added since the last call, oldest first."""
        found = [line for container in self._containers() for line in self._mark(container, self._read_new(container))]
        return sorted(found, key=lambda line: line.stamp)

    def _containers(self) -> list[Container]:
        live = [item for key in self.workloads if (item := self.cluster.get(key)) is not None]
        found = [container for item in live for container in list_containers(self.cluster, item)]
        self.names = [container.name for container in found]
        return found

    def _mark(self, container: Container, lines: list[LogLine]) -> list[LogLine]:
        before = self._marks.get(container.identity)
        new = [line for line in lines if before is None or line.stamp > before.stamp]
        stamp = max([line.stamp for line in new], default=before.stamp if before else "")
        self._marks[container.identity] = _Mark(stamp, self.clock.now(), container.restarts)
        return new

    def _read_new(self, container: Container) -> list[LogLine]:
        mark = self._marks.get(container.identity)
        if mark is None:
            return self._read(container)
        recent = self.clock.now() - mark.at + OVERLAP_SECONDS
        # The last words of a run that has ended since.
        ended = self._read(container, previous=True, since_seconds=recent) if container.restarts > mark.restarts else []
        return ended + self._read(container, since_seconds=recent)

    def _read_any(self, container: Container, **options: Any) -> list[LogLine]:
        lines = self._read(container, **options)
        if lines or not container.ended:
            return lines
        self._say(f"{container.name}: logged nothing since its restart; this is its run before, {container.ended}")
        return self._read(container, previous=True, **options)

    def _read_previous(self, container: Container, **options: Any) -> list[LogLine]:
        return self._read(container, previous=True, **options)

    def _read(self, container: Container, **options: Any) -> list[LogLine]:
        try:
            lines = self.cluster.read_log(container.pod, container.container, timestamps=True, **options)
        except MissingError:
            return []
        except RefusedError as error:
            self._say(f"{container.name}: has no log ({error.found})")
            return []
        return [_parse(container.name, line) for line in lines]

    def _say(self, text: str) -> None:
        if text not in self._told:
            self._told.add(text)
            self.tell(text)


def list_containers(cluster: Cluster, workload: KubernetesObject) -> Iterator[Container]:
    """Find the containers of a workload's pods, without those that only prepared a pod and succeeded."""
    for pod in list_every_pod(cluster, workload):
        status = pod.get("status") or {}
        prepared = [each for each in status.get("initContainerStatuses") or [] if not _has_succeeded(each)]
        known = {each["name"]: each for each in [*prepared, *(status.get("containerStatuses") or [])]}
        names = list(dict.fromkeys([*known, *(container["name"] for container in pod["spec"]["containers"])]))
        for name in names:
            about = pod["metadata"]
            label = about["name"] if len(names) == 1 else f"{about['name']} {name}"
            restarts, ended = known.get(name, {}).get("restartCount", 0), _describe_end(known.get(name, {}))
            yield Container(key_of(pod), name, label, f"{about['uid']} {name}", restarts, ended)


def _has_succeeded(status: dict[str, Any]) -> bool:
    ended = (status.get("state") or {}).get("terminated")
    return ended is not None and ended.get("exitCode") == 0


def _describe_end(status: dict[str, Any]) -> str:
    ended = (status.get("lastState") or {}).get("terminated")
    return f"which ended with {ended.get('reason', 'Error')}, exit code {ended.get('exitCode')}" if ended else ""


def _parse(name: str, line: str) -> LogLine:
    stamp, _, text = line.partition(" ")
    return LogLine(_in_utc(stamp), name, text)


def _in_utc(stamp: str) -> str:
    """Convert a timestamp, which has the zone of its node, and keep its nanoseconds."""
    seconds, fraction = stamp[:_SECONDS], stamp[_SECONDS:].rstrip("Z").partition("+")[0].partition("-")[0]
    zone = stamp[_SECONDS + len(fraction) :]
    try:
        moment = datetime.fromisoformat(seconds + zone).astimezone(UTC)
    except ValueError:
        return stamp
    return f"{moment:%Y-%m-%dT%H:%M:%S}{fraction}Z"
