"""The pre-flight of a mounted source finds what Kubernetes never says, and the command that mends it."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubeglass.deploy.release.host_path import Status, find_obstacles
from kubeglass.model.sections.app import HostPath

FILE = HostPath(path="/home/me/app.py", user=1000, group=1000)
FOLDER = HostPath(path="/home/me/app", user=1000, group=1000)
ODD = HostPath(path="/home/me/my app;x.py", user=1000, group=1000)


def regular(mode: int, user: int = 1000, group: int = 1000) -> Status:
    return Status(stat.S_IFREG | mode, user, group)


def folder(mode: int, user: int = 1000, group: int = 1000) -> Status:
    return Status(stat.S_IFDIR | mode, user, group)


def nothing(path: str) -> Iterator[tuple[str, Status]]:
    return iter(())


@pytest.mark.parametrize(
    ("source", "status", "fix"),
    [
        (FILE, regular(0o600), None),
        (FILE, regular(0o040, user=0), None),
        (FILE, regular(0o004, user=0, group=0), None),
        (FOLDER, folder(0o755, user=0, group=0), None),
        (FILE, regular(0o044), "sudo chmod u+r /home/me/app.py"),
        (FILE, regular(0o600, user=0), "sudo chmod g+r /home/me/app.py"),
        (FILE, regular(0o600, user=0, group=0), "sudo chgrp 1000 /home/me/app.py && sudo chmod g+r /home/me/app.py"),
        (FOLDER, folder(0o600), "sudo chmod -R u+rX /home/me/app"),
        (FOLDER, folder(0o740, user=0), "sudo chmod -R g+rX /home/me/app"),
        (FOLDER, folder(0o750, user=0, group=0), "sudo chgrp -R 1000 /home/me/app && sudo chmod -R g+rX /home/me/app"),
        (ODD, regular(0o600, user=0), "sudo chmod g+r '/home/me/my app;x.py'"),
    ],
)
def test_the_fix_is_the_command_to_run(source: HostPath, status: Status, fix: str | None) -> None:
    obstacles = find_obstacles(source, lambda path: status, nothing)

    assert [obstacle.fix for obstacle in obstacles] == ([] if fix is None else [fix])


def test_the_mode_and_the_owner_are_named() -> None:
    obstacle = find_obstacles(FILE, lambda path: regular(0o600, user=0, group=0))[0]

    assert obstacle.wrong == "cannot be read by the pod, which runs as 1000:1000 (it is -rw-------, owned by 0:0)"


def test_a_missing_source_is_named() -> None:
    assert find_obstacles(FILE, lambda path: None)[0].wrong == "does not exist"


@pytest.mark.parametrize(
    ("source", "status", "wrong", "fix"),
    [
        (FILE, folder(0o755), "is a folder, but would be mounted as the other", "use a path without a suffix"),
        (FOLDER, regular(0o644), "is a file, but would be mounted as the other", "use a path with a suffix"),
    ],
)
def test_a_file_in_place_of_a_folder_is_named(source: HostPath, status: Status, wrong: str, fix: str) -> None:
    obstacle = find_obstacles(source, lambda path: status)[0]

    assert obstacle.wrong == wrong
    assert obstacle.fix == f"{fix} in host_path.path"


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


@pytest.fixture
def tree(tmp_path: Path) -> HostPath:
    """A folder that anybody can read, with a module, a package, a link and a cache in it."""
    root = tmp_path / "app"
    for name in ("package", "__pycache__"):
        (root / name).mkdir(parents=True)
        (root / name / "module.py").write_text("")
    (root / "app.py").write_text("")
    (root / "link").symlink_to("/nowhere")
    return HostPath(path=str(root), user=4321, group=4321)


@pytest.mark.parametrize(
    ("name", "mode", "complaint"),
    [
        ("app.py", 0o600, "app.py"),
        ("package/module.py", 0o640, "package/module.py"),
        ("package", 0o744, "package"),
        ("__pycache__/module.py", 0o600, None),
    ],
)
def test_what_is_in_a_folder_is_looked_at_too(tree: HostPath, name: str, mode: int, complaint: str | None) -> None:
    (Path(tree.path) / name).chmod(mode)

    obstacles = find_obstacles(tree)

    assert [obstacle.path for obstacle in obstacles] == ([f"{tree.path}/{complaint}"] if complaint else [])
    assert all(obstacle.fix.endswith(f"sudo chmod -R g+rX {tree.path}") for obstacle in obstacles)


def test_what_is_neither_file_nor_folder_is_no_source(tmp_path: Path) -> None:
    path = tmp_path / "app.sock"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))

        obstacle = find_obstacles(HostPath(path=str(path)))[0]

    assert obstacle.wrong == "is neither a file nor a folder"


def test_a_source_that_cannot_be_read_is_not_judged() -> None:
    def look(path: str) -> Status | None:
        raise PermissionError(13, "Permission denied", path)

    with pytest.raises(PermissionError):
        find_obstacles(FILE, look)


def test_a_path_below_a_file_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    assert find_obstacles(HostPath(path=f"{tmp_path}/file/app.py"))[0].wrong == "does not exist"
