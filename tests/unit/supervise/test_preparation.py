"""The limit of open files is raised as far as this user may, and told when that is too little."""

from __future__ import annotations

import resource

import pytest

from kubeglass.supervise.preparation import ENOUGH_OPEN_FILES, raise_open_files_limit, warn_about_open_files

INFINITE = resource.RLIM_INFINITY


class FakeSystem:
    """A process's limit of open files; ``grants`` is the most the system really gives."""

    def __init__(self, soft: int, hard: int, grants: int = 10**9) -> None:
        self.soft, self.hard, self.grants = soft, hard, grants

    def getrlimit(self, _which: int) -> tuple[int, int]:
        return self.soft, self.hard

    def setrlimit(self, _which: int, wanted: tuple[int, int]) -> None:
        if wanted[0] > self.grants:
            raise ValueError("not allowed")
        self.soft, self.hard = wanted


@pytest.mark.parametrize(
    ("system", "expected"),
    [
        (FakeSystem(1024, 4096), 4096),
        (FakeSystem(256, INFINITE), 65536),
        (FakeSystem(100_000, 200_000), 100_000),
        (FakeSystem(INFINITE, INFINITE), 65536),
        (FakeSystem(256, INFINITE, grants=10_240), 256),
    ],
    ids=[
        "as far as it goes",
        "as far as wanted",
        "never lowered",
        "no limit at all",
        "a limit the system does not grant",
    ],
)
def test_the_limit_is_raised(monkeypatch: pytest.MonkeyPatch, system: FakeSystem, expected: int) -> None:
    monkeypatch.setattr(resource, "getrlimit", system.getrlimit)
    monkeypatch.setattr(resource, "setrlimit", system.setrlimit)

    assert raise_open_files_limit() == expected


def test_the_real_limit_is_that_of_this_process() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        assert raise_open_files_limit() >= min(before[0], 65536)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_a_limit_that_is_enough_is_not_spoken_of() -> None:
    assert warn_about_open_files(ENOUGH_OPEN_FILES) == ""


def test_a_low_limit_is_told_with_the_command_that_raises_it() -> None:
    assert warn_about_open_files(256) == (
        "open files: the limit is 256, at least 1024 are advised; "
        "run: ulimit -n 1024, or ask who looks after this machine"
    )
