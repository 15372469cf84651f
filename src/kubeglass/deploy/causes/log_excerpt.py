"""The log of a container, and what of it explains a failure: the error and the app's own frames."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.api.errors import RefusedError
from kubeglass.deploy.api.objects import KubernetesObject, key_of

#: Lines of a log to choose from: a server that fails to start prints a traceback per worker, and dumps
#: the stacks of each.
LINES_READ = 1000
LINES_SHOWN = 20
_FRAME = re.compile(r'\s+File "(?P<path>[^"]+)", line (?P<line>\d+)')
#: Frames of the interpreter, the server and libraries.
_FOREIGN = re.compile(r"/(?:site|dist)-packages/|/lib/python\d|^<frozen ")
#: How ``faulthandler.dump_traceback_later`` begins, and each thread in it.
_DUMP = re.compile(r"Timeout \(\d+:\d\d:\d\d")
_THREAD = re.compile(r"(?:Current thread|Thread) 0x")


def read_log(cluster: Cluster, pod: KubernetesObject, container: str, *, previous: bool) -> list[str]:
    """Read the last lines of a container, or of its previous run; none if they are gone."""
    try:
        return cluster.read_log(key_of(pod), container, lines=LINES_READ, previous=previous)
    except RefusedError:
        # The kubelet has removed the log along with the container.
        return []


def find_hangs(lines: Iterable[str]) -> list[str]:
    """Return where the app's own code was whenever stacks were dumped, as ``/app/shop.py:12``, oldest first."""
    found: list[str] = []
    is_dump = is_first = False
    for line in lines:
        if _DUMP.match(line):
            is_dump, is_first = True, False
        elif is_dump and _THREAD.match(line):
            is_first = True
        elif is_dump and (frame := _FRAME.match(line)):
            if is_first and not _FOREIGN.search(frame["path"]):
                found.append(f"{frame['path']}:{frame['line']}")
                is_first = False
        else:
            is_dump = False
    return found


def excerpt_log(lines: Iterable[str]) -> list[str]:
    """Keep the last lines of a log, oldest first, without traceback frames outside the app's own code."""
    return list(_own_lines(lines))[-LINES_SHOWN:]


def _own_lines(lines: Iterable[str]) -> Iterator[str]:
    is_own = True
    for line in lines:
        frame = _FRAME.match(line)
        if frame:
            is_own = not _FOREIGN.search(frame["path"])
        elif not line.startswith(" "):
            is_own = True
        if is_own and line.strip():
            yield line
