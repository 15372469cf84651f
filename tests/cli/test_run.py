"""``kubeglass run``: which program it starts, in which environment."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from kubeglass.cli.commands.run import make_folder
from kubeglass.cli.main import run
from kubeglass.errors import StateError, UsageError


def test_the_command_runs_a_program_of_its_own_environment_instrumented(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[tuple[str, list[str], dict[str, str]]] = []
    monkeypatch.setattr("os.execve", lambda *arguments: started.append(arguments))

    run(["run", "python", "-w", "4", "shop:app"])

    [(program, command, environment)] = started
    assert Path(program).parent == Path(sys.executable).parent
    assert command == ["python", "-w", "4", "shop:app"]
    assert (Path(environment["PYTHONPATH"].split(os.pathsep)[0]) / "sitecustomize.py").is_file()
    assert environment["KUBEGLASS_INSTRUMENT"] == "1"
    assert Path(environment["PROMETHEUS_MULTIPROC_DIR"]).is_dir()


def test_a_folder_that_is_set_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[dict[str, str]] = []
    monkeypatch.setattr("os.execve", lambda *arguments: started.append(arguments[2]))
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "/mine")

    run(["run", "python"])

    assert started[0]["PROMETHEUS_MULTIPROC_DIR"] == "/mine"


@pytest.mark.parametrize(("arguments", "said"), [([], "needs a command"), (["no-such-program"], "not found on PATH")])
def test_a_command_that_cannot_be_run_is_an_error(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["run", *arguments]) == UsageError.exit_code
    assert said in capsys.readouterr().err


def test_folders_of_servers_that_are_gone_are_removed(tmp_path: Path) -> None:
    folder = make_folder(tmp_path)
    gone = folder.with_name(str(1 << 22))
    gone.mkdir()

    again = make_folder(tmp_path)

    assert again == folder
    assert not gone.exists()
    assert folder.parent.stat().st_mode & 0o077 == 0


def test_a_folder_of_another_user_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_folder(tmp_path)
    monkeypatch.setattr("os.getuid", lambda: tmp_path.stat().st_uid + 1)
    (tmp_path / f"kubeglass-{os.getuid()}").mkdir()

    with pytest.raises(StateError, match="belongs to another user"):
        make_folder(tmp_path)
