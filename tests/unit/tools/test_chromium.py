"""The browser for the tests: found wherever systems put it, or one line that says how to get it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / "tools" / "chromium"
BASH = shutil.which("bash")


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A folder for PATH with what the script itself needs, as an ordinary user has it."""
    for name in ("dirname", "env"):
        (tmp_path / name).symlink_to(shutil.which(name) or name)
    write_program(tmp_path / "id", "echo 1000")
    return tmp_path


def write_program(path: Path, words: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!{BASH}\n{words}\n")
    path.chmod(0o755)
    return path


def run(path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(BASH), SCRIPT, *arguments],
        env={"PATH": str(path), "HOME": str(path)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "name",
    [
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
        "Applications/Chromium.app/Contents/MacOS/Chromium",
        "Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    ],
)
def test_a_browser_is_found_by_each_of_its_names(bare: Path, name: str) -> None:
    program = write_program(bare / name)

    assert run(bare, "--find").stdout == f"{program}\n"


@pytest.mark.parametrize(
    ("programs", "advice"),
    [
        pytest.param({}, "install it, so that chromium or google-chrome is on PATH", id="no package manager"),
        pytest.param({"apt-get": ""}, "as root: apt-get install chromium", id="no sudo"),
        pytest.param({"apt-get": "", "sudo": "exit 1"}, "as root: apt-get install chromium", id="nobody to ask"),
        pytest.param(
            {"apt-get": "exit 1", "sudo": '[ "$1" = -n ] || "$@"'}, "Debian's could not be installed", id="no package"
        ),
    ],
)
def test_where_none_can_be_installed_one_line_says_so(bare: Path, programs: dict[str, str], advice: str) -> None:
    for name, words in programs.items():
        write_program(bare / name, words)

    result = run(bare)

    assert result.returncode == 1
    assert result.stderr == (f"browser: no Chromium or Chrome was found, and the browser tests need one; {advice}\n")
