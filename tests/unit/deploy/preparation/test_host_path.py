"""The pre-flight of a mounted source finds what Kubernetes never says, and the command that mends it."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubeglass.deploy.preparation.host_path import Obstacle, find_denial, find_obstacle, find_wrong_kind
from kubeglass.model.sections.app import HostPath

FILE = HostPath(path="/home/me/app.py", user=1000, group=1000)
FOLDER = HostPath(path="/home/me/app", user=1000, group=1000)
ODD = HostPath(path="/home/me/my app;x.py", user=1000, group=1000)


def regular(mode: int, user: int = 1000, group: int = 1000) -> os.stat_result:
    return os.stat_result((stat.S_IFREG | mode, 0, 0, 1, user, group, 0, 0, 0, 0))


def folder(mode: int, user: int = 1000, group: int = 1000) -> os.stat_result:
    return os.stat_result((stat.S_IFDIR | mode, 0, 0, 1, user, group, 0, 0, 0, 0))


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
def test_the_fix_is_the_command_to_run(source: HostPath, status: os.stat_result, fix: str | None) -> None:
    obstacle = find_denial(source.path, source.path, status, source)

    assert (obstacle and obstacle.fix) == (fix and f"run: {fix}")


def test_the_mode_and_the_owner_are_named() -> None:
    obstacle = find_denial(FILE.path, FILE.path, regular(0o600, user=0, group=0), FILE)

    assert obstacle is not None
    assert obstacle.wrong == "cannot be read by the pod, which runs as 1000:1000 (it is -rw-------, owned by 0:0)"


@pytest.mark.parametrize(
    ("source", "status", "wrong", "fix"),
    [
        (FILE, folder(0o755), "is a folder, but would be mounted as a file", "use a path without a suffix"),
        (FOLDER, regular(0o644), "is a file, but would be mounted as a folder", "use a path with a suffix"),
    ],
)
def test_a_file_in_place_of_a_folder_is_named(source: HostPath, status: os.stat_result, wrong: str, fix: str) -> None:
    assert find_wrong_kind(source.path, status) == Obstacle(source.path, wrong, f"{fix} in host_path.path")


@given(st.integers(0, 0o777), st.booleans(), st.booleans())
def test_a_readable_file_is_never_complained_about(mode: int, is_owner: bool, in_group: bool) -> None:
    status = regular(mode, user=1000 if is_owner else 1, group=1000 if in_group else 1)
    readable = mode & (0o400 if is_owner else 0o040 if in_group else 0o004)

    assert (find_denial(FILE.path, FILE.path, status, FILE) is None) is bool(readable)


def test_a_real_file_is_looked_at(tmp_path: Path) -> None:
    source = tmp_path / "app.py"
    source.write_text("")
    source.chmod(0o000)
    wanted = HostPath(path=str(source), user=os.getuid() or 1, group=os.getgid() or 1)

    assert find_obstacle(wanted) is not None
    source.chmod(0o644)
    assert find_obstacle(wanted) is None


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

    obstacle = find_obstacle(tree)

    assert (obstacle and obstacle.path) == (f"{tree.path}/{complaint}" if complaint else None)
    assert obstacle is None or obstacle.fix.endswith(f"sudo chmod -R g+rX {tree.path}")


def test_what_is_neither_file_nor_folder_is_no_source(tmp_path: Path) -> None:
    path = tmp_path / "app.sock"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))

        obstacle = find_obstacle(HostPath(path=str(path)))

    assert obstacle is not None
    assert obstacle.wrong == "is neither a file nor a folder"


def test_a_source_that_cannot_be_inspected_is_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> NoReturn:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(Path, "stat", refuse)

    with pytest.raises(PermissionError):
        find_obstacle(FILE)


@pytest.mark.parametrize("name", ["absent.py", "file/app.py"])
def test_a_missing_source_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")

    obstacle = find_obstacle(HostPath(path=f"{tmp_path}/{name}"))

    assert obstacle is not None
    assert obstacle.wrong == "does not exist"
