"""Real processes: their words are kept, their end is noticed, and none outlives a killed supervisor."""

from __future__ import annotations

import errno
import os
import queue
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kubeglass.supervise.process.child import Child, Spawner
from kubeglass.supervise.process.guard import Guard
from kubeglass.supervise.process.guard_process import read_watched
from kubeglass.supervise.process.spec import ProcessSpec


def python(code: str, folder: Path) -> ProcessSpec:
    return ProcessSpec("program", (sys.executable, "-u", "-c", code), folder, env=dict(os.environ))


@pytest.fixture
def spawner(tmp_path: Path) -> Iterator[Spawner]:
    guard = Guard()
    yield Spawner(tmp_path / "logs", guard)
    guard.close()


def run(spawner: Spawner, spec: ProcessSpec) -> tuple[Child, queue.SimpleQueue[int]]:
    exits: queue.SimpleQueue[int] = queue.SimpleQueue()
    return spawner.spawn(spec, lambda _child, code: exits.put(code)), exits


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 10
    while Path(f"/proc/{pid}/stat").exists() and time.monotonic() < deadline:
        if Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z":
            return
        time.sleep(0.02)
    assert not Path(f"/proc/{pid}").exists()


def test_what_it_wrote_is_complete_when_its_end_is_told(spawner: Spawner, tmp_path: Path) -> None:
    code = "import sys; print('out'); print('err', file=sys.stderr); print('x' * 100_000); sys.exit(3)"
    _, exits = run(spawner, python(code, tmp_path))

    assert exits.get(timeout=10) == 3
    assert spawner.buffer("program").tail(9)[:2] == ("out", "err")
    assert len((tmp_path / "logs" / "program.log").read_text().splitlines()) == 4, "a long line is cut in two"


def test_a_log_that_cannot_be_written_neither_blocks_nor_ends_it(spawner: Spawner, tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("in the way")
    code = "print('x' * 1000); [print('y' * 1000) for _ in range(500)]; print('done')"

    _, exits = run(spawner, python(code, tmp_path))

    assert exits.get(timeout=10) == 0, "more than a pipe holds was taken in"
    assert spawner.buffer("program").tail(1) == ("done",)


def test_a_signal_that_killed_it_is_told(spawner: Spawner, tmp_path: Path) -> None:
    child, exits = run(spawner, python("import time; time.sleep(600)", tmp_path))

    child.terminate()

    assert exits.get(timeout=10) == -signal.SIGTERM


def test_its_own_children_are_gone_when_it_is(spawner: Spawner, tmp_path: Path) -> None:
    code = "import os, subprocess, sys, time; p = subprocess.Popen(['sleep', '600']); print(p.pid); time.sleep(600)"
    child, exits = run(spawner, python(code, tmp_path))
    while not (said := spawner.buffer("program").tail(1)):
        time.sleep(0.01)

    child.kill()

    assert exits.get(timeout=10) == -signal.SIGKILL
    wait_until_gone(int(said[0]))


def test_the_supervisor_adds_lines_of_its_own_to_a_log(spawner: Spawner, tmp_path: Path) -> None:
    spawner.note("program", "a queue was damaged")

    assert spawner.buffer("program").tail(1) == ("a queue was damaged",)
    assert (tmp_path / "logs" / "program.log").read_text().endswith(" a queue was damaged\n")


def test_the_guard_is_there_before_the_first_process(tmp_path: Path) -> None:
    guard = Guard()

    with pytest.raises(FileNotFoundError):
        Spawner(tmp_path, guard).spawn(ProcessSpec("program", ("/does/not/exist",), tmp_path), lambda *_: None)

    assert guard.pid is not None
    guard.close()


def test_a_program_that_does_not_exist_is_an_os_error(spawner: Spawner, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        spawner.spawn(ProcessSpec("program", ("/does/not/exist",), tmp_path), lambda *_: None)


class BrokenGuard(Guard):
    """Cannot be told of anything."""

    def watch(self, pid: int) -> None:
        self.seen = pid
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")


def test_a_process_that_cannot_be_looked_after_does_not_live(tmp_path: Path) -> None:
    guard = BrokenGuard()

    with pytest.raises(BlockingIOError):
        Spawner(tmp_path, guard).spawn(python("import time; time.sleep(600)", tmp_path), lambda *_: None)

    guard.close()
    assert not Path(f"/proc/{guard.seen}").exists()


def test_children_end_when_their_supervisor_is_killed(tmp_path: Path) -> None:
    code = f"""
import sys, time
from pathlib import Path
from kubeglass.supervise.process.child import Spawner
from kubeglass.supervise.process.guard import Guard
from kubeglass.supervise.process.spec import ProcessSpec
spec = ProcessSpec("program", ("sleep", "600"), Path("/"))
print(Spawner(Path({str(tmp_path)!r}), Guard()).spawn(spec, lambda *_: None).pid, flush=True)
time.sleep(600)
"""
    supervisor = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert supervisor.stdout is not None
    pid = int(supervisor.stdout.readline())

    supervisor.kill()
    supervisor.wait()
    supervisor.stdout.close()

    wait_until_gone(pid)


def test_the_guard_is_started_again_when_it_was_killed() -> None:
    guard = Guard()
    guard.watch(2**22 - 1)
    first = guard.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    wait_until_gone(first)

    guard.forget(2**22 - 1)

    assert guard.pid not in {None, first}
    guard.close()


def test_the_guard_ends_only_what_was_not_forgotten() -> None:
    assert read_watched([b"+1\n", b"+2\n", b"-1\n", b"+3\n", b"-9\n"]) == {2, 3}
