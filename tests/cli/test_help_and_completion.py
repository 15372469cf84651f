"""Help shows flags as flags, and a shell completes commands, options and values."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from kubeglass.cli.main import COMMANDS, build_command, run
from kubeglass.errors import StateError
from tests.cli.runs import call, call_here

SCRIPTS = Path(sys.executable).parent


def commands() -> list[tuple[str, ...]]:
    """The words of every command; none for the root."""
    loaded = {(name,): build_command().get_command(None, name) for name in COMMANDS}
    below = [(*words, name) for words, command in loaded.items() for name in getattr(command, "commands", {})]
    return [(), *loaded, *below]


@pytest.mark.parametrize("words", commands(), ids=lambda words: " ".join(words) or "kubeglass")
def test_no_flag_looks_as_if_it_took_a_value(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "200")

    code = run([*words, "--help"])

    shown = capsys.readouterr().out
    assert code == 0
    assert "--help" in shown
    assert "bool" not in shown


def complete_in_bash(home: Path, line: str) -> list[str]:
    """Press Tab behind ``line`` in a new interactive bash and return what it offers."""
    words = shlex.split(line) + ([""] if line.endswith(" ") else [])
    script = f"""
        COMP_WORDS=({shlex.join(words)}); COMP_CWORD={len(words) - 1}
        complete -p kubeglass >/dev/null || exit 9
        "$(complete -p kubeglass | sed 's/.*-F \\([^ ]*\\).*/\\1/')" kubeglass
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    environment = {**os.environ, "HOME": str(home), "PATH": f"{SCRIPTS}:{os.environ['PATH']}"}
    shell = subprocess.run(
        ["bash", "--noprofile", "-i", "-c", script], env=environment, capture_output=True, text=True, check=False
    )
    assert shell.returncode == 0, shell.stderr
    return shell.stdout.split()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home folder whose bash completes kubeglass."""
    (tmp_path / ".bashrc").write_text("export FROM_BASHRC=yes\n")
    installed = call_here(tmp_path, "completion", "bash", "--install", env={**os.environ, "HOME": str(tmp_path)})
    assert installed.returncode == 0, installed.stderr
    return tmp_path


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("kubeglass de", {"deploy"}),
        ("kubeglass images ", {"build", "list", "load", "save"}),
        ("kubeglass up --de", {"--demo", "--detach"}),
        ("kubeglass render --to ", {"local", "kubernetes"}),
    ],
)
def test_a_real_bash_completes(home: Path, line: str, offered: set[str]) -> None:
    assert set(complete_in_bash(home, line)) == offered


def test_what_the_startup_file_said_stays(home: Path) -> None:
    assert (home / ".bashrc").read_text().startswith("export FROM_BASHRC=yes\n")


def test_a_script_can_be_sourced_instead(tmp_path: Path) -> None:
    (tmp_path / ".bashrc").write_text("source <(kubeglass completion bash)\n")

    assert complete_in_bash(tmp_path, "kubeglass undep") == ["undeploy"]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_ask_the_same_program(tmp_path: Path, shell: str) -> None:
    script = call_here(tmp_path, "completion", shell).stdout
    asked = {"_KUBEGLASS_COMPLETE": f"complete_{shell}", "_TYPER_COMPLETE_ARGS": "kubeglass undep"}
    answered = call(tmp_path, env={**os.environ, **asked, "_TYPER_COMPLETE_FISH_ACTION": "get-args"})

    assert re.search(rf"_KUBEGLASS_COMPLETE=complete_{shell}\b.* kubeglass", script)
    assert "undeploy" in answered.stdout


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_it_is_installed_for_other_shells(tmp_path: Path, shell: str) -> None:
    installed = call_here(tmp_path, "completion", shell, "--install", env={**os.environ, "HOME": str(tmp_path)})

    written = [path for path in tmp_path.rglob("*kubeglass*") if "_KUBEGLASS_COMPLETE" in path.read_text()]
    assert installed.returncode == 0, installed.stderr
    assert [str(path) for path in written if str(path) in installed.stdout] == [str(path) for path in written] != []


def test_a_shell_it_does_not_know_is_named(tmp_path: Path) -> None:
    refused = call_here(tmp_path, "completion", "tcsh")

    assert refused.returncode == 2
    assert "'tcsh'" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_home_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")

    refused = call_here(tmp_path, "completion", "bash", "--install", env={**os.environ, "HOME": str(tmp_path / "home")})

    assert refused.returncode == StateError.exit_code
    assert refused.stderr.startswith("error: ")
    assert "cannot be written" in refused.stderr
