"""`kubeglass engines` as people call it, on a machine without engines, Go or network."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path

import psutil
import pytest

from .machines import bare_environment, read_text, with_system_programs, write_endless_go
from .runs import KUBEGLASS, call_here, wait_until


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """An environment with an empty cache and home, nothing on PATH, and a proxy that does not exist."""
    return bare_environment(tmp_path)


def test_missing_engines_are_listed_as_missing(tmp_path: Path, bare: dict[str, str]) -> None:
    result = call_here(tmp_path, "engines", "list", "--json", env=bare)

    engines = json.loads(result.stdout)
    assert result.returncode == 0
    assert [(engine["name"], engine["path"]) for engine in engines] == [
        ("otelcol", None),
        ("prometheus", None),
        ("promtool", None),
    ]


def test_the_table_says_how_to_get_what_is_missing(tmp_path: Path, bare: dict[str, str]) -> None:
    result = call_here(tmp_path, "engines", "list", env=bare)

    assert result.stdout.splitlines()[0].split() == ["NAME", "VERSION", "FROM", "PATH"]
    assert result.stdout.count("run: kubeglass engines install") == 3


def test_the_path_of_a_missing_engine_is_an_error_with_the_way_out(tmp_path: Path, bare: dict[str, str]) -> None:
    result = call_here(tmp_path, "engines", "path", "prometheus", env=bare)

    assert result.returncode == 4
    assert result.stdout == ""
    assert result.stderr.splitlines()[0] == (
        "error: prometheus 3.16.0: is not installed; run: kubeglass engines install prometheus"
    )


def test_an_unknown_engine_is_a_mistake_of_the_command_line(tmp_path: Path, bare: dict[str, str]) -> None:
    result = call_here(tmp_path, "engines", "install", "telegraf", env=bare)

    assert result.returncode == 2
    assert "choose from: otelcol, prometheus, promtool" in result.stderr


def test_an_unknown_platform_is_a_mistake_of_the_command_line(tmp_path: Path, bare: dict[str, str]) -> None:
    result = call_here(tmp_path, "engines", "install", "promtool", "--platform", "linux/arm/v7", env=bare)

    assert result.returncode == 2
    assert result.stderr == (
        "error: --platform: is not a platform to build for (linux/arm/v7); choose from: linux/amd64, linux/arm64,"
        " darwin/amd64, darwin/arm64\n"
    )


def test_an_unreachable_release_is_one_clear_line(tmp_path: Path, bare: dict[str, str]) -> None:
    result = call_here(tmp_path, "engines", "install", "promtool", "--source", "release", env=bare)

    errors = [line for line in result.stderr.splitlines() if line.startswith("error:")]
    assert result.returncode == 4
    assert len(errors) == 1
    assert "promtool 3.16.0: cannot be installed (proxy.invalid cannot be reached" in errors[0]
    assert "Traceback" not in result.stderr


def test_a_wrong_version_on_path_is_named_and_passed_over(tmp_path: Path, bare: dict[str, str]) -> None:
    program = tmp_path / "bin" / "prometheus"
    program.write_text("#!/bin/sh\necho 'prometheus, version 2.42.0 (branch: HEAD)'\n")
    program.chmod(0o755)

    result = call_here(tmp_path, "engines", "install", "prometheus", "--source", "path", env=bare)

    assert result.returncode == 4
    assert f"{program} is version 2.42.0, not 3.16" in result.stderr


def test_a_right_version_on_path_is_used_as_it_is(tmp_path: Path, bare: dict[str, str]) -> None:
    program = tmp_path / "bin" / "promtool"
    program.write_text("#!/bin/sh\necho 'promtool, version 3.16.2 (branch: HEAD)'\n")
    program.chmod(0o755)

    result = call_here(tmp_path, "engines", "path", "promtool", env=bare)

    assert (result.returncode, result.stdout) == (0, f"{program}\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_build_ends_with_the_installation(tmp_path: Path, bare: dict[str, str], number: signal.Signals) -> None:
    started = write_endless_go(tmp_path)
    process = subprocess.Popen(
        [*KUBEGLASS, "engines", "install", "promtool", "--source", "build"],
        cwd=tmp_path,
        env=with_system_programs(bare),
    )
    with process:
        try:
            pid = int(wait_until(lambda: read_text(started), "the build to begin"))
            process.send_signal(number)
            code = process.wait(timeout=30)
        finally:
            process.kill()

    assert code == 130
    assert not psutil.pid_exists(pid)
