"""The pre-flight of a mounted source finds what Kubernetes never says, and the command that mends it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubeglass.deploy.host_path import Status, find_obstacles
from kubeglass.model.app import HostPath

FILE = HostPath(path="/home/me/app.py", user=1000, group=1000)
FOLDER = HostPath(path="/home/me/app", user=1000, group=1000)


def regular(mode: int, user: int = 1000, group: int = 1000) -> Status:
    return Status(stat.S_IFREG | mode, user, group)


def folder(mode: int, user: int = 1000, group: int = 1000) -> Status:
    return Status(stat.S_IFDIR | mode, user, group)


@pytest.mark.parametrize(
    ("source", "status", "fix"),
    [
        (FILE, regular(0o600), None),
        (FILE, regular(0o040, user=0), None),
        (FILE, regular(0o004, user=0, group=0), None),
        (FOLDER, folder(0o755, user=0, group=0), None),
        (FILE, regular(0o044), "chmod u+r /home/me/app.py"),
        (FILE, regular(0o600, user=0), "chmod g+r /home/me/app.py"),
        (FILE, regular(0o600, user=0, group=0), "sudo chgrp 1000 /home/me/app.py && chmod g+r /home/me/app.py"),
        (FOLDER, folder(0o600), "chmod -R u+rX /home/me/app"),
        (FOLDER, folder(0o740, user=0), "chmod -R g+rX /home/me/app"),
        (FOLDER, folder(0o750, user=0, group=0), "sudo chgrp -R 1000 /home/me/app && chmod -R g+rX /home/me/app"),
    ],
)
def test_the_fix_is_the_command_to_run(source: HostPath, status: Status, fix: str | None) -> None:
    obstacles = find_obstacles(source, lambda path: status)

    assert [obstacle.fix for obstacle in obstacles] == ([] if fix is None else [fix])


def test_the_numbers_found_are_told() -> None:
    obstacle = find_obstacles(FILE, lambda path: regular(0o600, user=0, group=0))[0]

    assert obstacle.wrong == "cannot be read by the pod, which runs as 1000:1000 (it is -rw-------, owned by 0:0)"


def test_a_source_that_is_not_there_is_named() -> None:
    assert find_obstacles(FILE, lambda path: None)[0].wrong == "is not there"


@pytest.mark.parametrize(("source", "status"), [(FILE, folder(0o755)), (FOLDER, regular(0o644))])
def test_a_file_where_a_folder_is_mounted_is_told(source: HostPath, status: Status) -> None:
    assert "is mounted as the other" in find_obstacles(source, lambda path: status)[0].wrong


@given(st.integers(0, 0o777), st.booleans(), st.booleans())
def test_a_readable_file_is_never_complained_about(mode: int, is_owner: bool, in_group: bool) -> None:
    status = regular(mode, user=1000 if is_owner else 1, group=1000 if in_group else 1)
    readable = mode & (0o400 if is_owner else 0o040 if in_group else 0o004)

    assert bool(find_obstacles(FILE, lambda path: status)) is not bool(readable)


def test_a_real_file_is_looked_at(tmp_path: Path) -> None:
    source = tmp_path / "app.py"
    source.write_text("")
    source.chmod(0o000)
    wanted = HostPath(path=str(source), user=os.getuid() or 1, group=os.getgid() or 1)

    assert len(find_obstacles(wanted)) == 1
    source.chmod(0o644)
    assert find_obstacles(wanted) == []
