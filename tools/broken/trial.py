"""Trying mutations: a copy of the sources for each pair of hands, one change at a time."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from tools.broken.mutation import Mutation

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "src"

#: Seconds after which broken code is taken to hang for good.
DEADLINE = 300
PASSED, FAILED = 0, 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one mutation.

    Args:
        mutation: which.
        failed: the tests that failed, by name.
        trouble: why it says nothing, or empty.
    """

    mutation: Mutation
    failed: tuple[str, ...] = ()
    trouble: str = ""

    @property
    def is_noticed(self) -> bool:
        """Whether a test failed, as it should."""
        return bool(self.failed) and not self.trouble


def try_all(mutations: Sequence[Mutation], jobs: int) -> Iterator[Outcome]:
    """Try each mutation and yield what became of it, in order.

    Args:
        mutations: which.
        jobs: how many at a time.
    """
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(jobs) as pool:
        copies: SimpleQueue[Path] = SimpleQueue()
        for number in range(jobs):
            copies.put(copy_sources(Path(folder) / str(number)))

        def try_in_a_copy(mutation: Mutation) -> Outcome:
            copy = copies.get()
            try:
                return try_one(mutation, copy)
            finally:
                copies.put(copy)

        yield from pool.map(try_in_a_copy, mutations)


def copy_sources(folder: Path) -> Path:
    """Copy the sources into a folder and return it."""
    shutil.copytree(SOURCES, folder / "src", ignore=shutil.ignore_patterns("__pycache__", "static"))
    return folder


def try_one(mutation: Mutation, copy: Path) -> Outcome:
    """Break the copy, run the tests, mend it."""
    file = copy / "src" / "kubeglass" / mutation.file
    text = file.read_text(encoding="utf-8")
    try:
        file.write_text(mutation.apply(text), encoding="utf-8")
    except ValueError as error:
        return Outcome(mutation, trouble=str(error))
    try:
        return run_tests(mutation, copy)
    finally:
        file.write_text(text, encoding="utf-8")


def run_tests(mutation: Mutation, copy: Path) -> Outcome:
    """Run a mutation's tests against the copy, until one fails."""
    try:
        done = run_pytest(copy, ["-x", *mutation.tests], DEADLINE)
    except subprocess.TimeoutExpired:
        return Outcome(mutation, failed=("none ended",))
    if done.returncode not in (PASSED, FAILED):
        return Outcome(mutation, trouble=(done.stdout + done.stderr).strip()[-500:])
    return Outcome(mutation, failed=failures_in(done.stdout))


def fail_unbroken(mutations: Sequence[Mutation]) -> tuple[str, ...]:
    """Return which of all these mutations' tests fail while nothing is broken: what they notice would mean nothing."""
    with tempfile.TemporaryDirectory() as folder:
        tests = sorted({test for mutation in mutations for test in mutation.tests})
        done = run_pytest(copy_sources(Path(folder)), tests, None)
    return failures_in(done.stdout) or (() if done.returncode == PASSED else (done.stdout[-500:],))


def run_pytest(copy: Path, arguments: Sequence[str], deadline: float | None) -> subprocess.CompletedProcess[str]:
    """Run tests of the repository against the copy of its sources."""
    # No bytecode: two versions of a file within one second would have the same.
    more = {"PYTHONPATH": str(copy / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    more["HYPOTHESIS_STORAGE_DIRECTORY"] = str(copy / "hypothesis")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=no", "-rfE", *arguments],
        cwd=ROOT,
        env={**os.environ, **more},
        capture_output=True,
        text=True,
        check=False,
        timeout=deadline,
    )


def failures_in(output: str) -> tuple[str, ...]:
    """Return the names of the tests that failed, as pytest's summary tells them."""
    lines = [line.split(" - ")[0] for line in output.splitlines() if line.startswith(("FAILED ", "ERROR "))]
    return tuple(dict.fromkeys(line.split("::")[-1].split("[")[0] for line in lines))
