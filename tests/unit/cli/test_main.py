"""The command line imports what a command needs, and no more."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kubeglass.cli import commands
from kubeglass.cli.main import COMMANDS, app


@pytest.mark.parametrize("call", ["--version", "down --help"])
def test_a_light_command_does_not_wait_for_what_heavy_ones_import(call: str) -> None:
    code = (
        "import sys; from typer.testing import CliRunner; from kubeglass.cli.main import app; "
        f"CliRunner().invoke(app, {call.split()!r}, catch_exceptions=False); print(*sys.modules)"
    )

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()

    assert not {"kubeglass.render", "kubeglass.images", "kubeglass.model", "httpx2"} & set(loaded)


def test_every_command_is_listed_with_its_help() -> None:
    listed = CliRunner().invoke(app, ["--help"], terminal_width=200).output

    assert [name for name in COMMANDS if f" {name} " not in listed] == []


def test_every_module_of_commands_is_named() -> None:
    modules = {path.stem for path in Path(str(commands.__file__)).parent.glob("[a-z]*.py")}

    assert {place.partition(":")[0] for place in COMMANDS.values()} == modules


def test_a_mistyped_command_is_answered_with_the_one_that_was_meant() -> None:
    result = CliRunner().invoke(app, ["statu"])

    assert "Did you mean 'status'?" in result.output
