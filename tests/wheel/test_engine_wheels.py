"""Engines come from a package index alone: packed as wheels, installed with the extra, and run without Go."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from kubeglass.engines.platform import Platform, detect_platform
from kubeglass.engines.registry import OTELCOL, PROMETHEUS
from tests.unit.engines.gadget import VERSION, make_distribution, make_elf
from tools.engine_wheels import TAGS, find_programs, pack_wheel

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install ``kubeglass[engines]`` with pip into a clean environment, with wheels of the engines in the cache."""
    folder = tmp_path_factory.mktemp("engines")
    index = folder / "index"
    for engine in (OTELCOL, PROMETHEUS):
        programs = find_programs(engine.distribution, detect_platform())
        pack_wheel(engine.distribution, detect_platform(), programs, index)
    run([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", index, ROOT])
    run([sys.executable, "-m", "venv", folder / "venv"])
    locked = (ROOT / "requirements" / "cli.lock").read_text().splitlines()
    (folder / "pins.txt").write_text("\n".join(line.split(" \\")[0] for line in locked if line[:1].isalnum()))
    wheel = next(index.glob("kubeglass-*.whl"))
    python = folder / "venv" / "bin" / "python"
    options: list[str | Path] = [
        "--quiet",
        "--disable-pip-version-check",
        "--find-links",
        index,
        "--constraint",
        folder / "pins.txt",
    ]
    run([python, "-m", "pip", "install", *options, f"kubeglass[engines] @ {wheel.as_uri()}"])
    return python


@pytest.mark.engines
@pytest.mark.timeout(600)
def test_the_extra_brings_engines_that_run_without_go(python: Path, tmp_path: Path) -> None:
    command = python.with_name("kubeglass")
    # Neither Go nor a proxy, and an empty cache.
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(tmp_path),
        "GOPROXY": "off",
        "https_proxy": "http://127.0.0.1:9",
    }

    listed = json.loads(run([command, "engines", "list", "--json"], env=environment).stdout)
    assert {engine["name"]: (engine["version"], engine["origin"]) for engine in listed} == {
        "otelcol": (OTELCOL.version, "wheel"),
        "prometheus": (PROMETHEUS.version, "wheel"),
        "promtool": (PROMETHEUS.version, "wheel"),
    }

    try:
        run([command, "up", "--demo", "--detach", "--timeout", "200s"], env=environment, cwd=tmp_path)
        said = run([command, "status"], env=environment, cwd=tmp_path).stdout
    finally:
        run([command, "down"], env=environment, cwd=tmp_path)

    assert "prometheus" in said
    assert not (tmp_path / ".cache" / "kubeglass" / "engines").exists()


def test_the_extra_names_the_pinned_versions() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]

    assert extras["engines"] == [
        "kubeglass[cli]",
        f"kubeglass-otelcol=={OTELCOL.version}",
        f"kubeglass-prometheus=={PROMETHEUS.version}",
    ]


@pytest.mark.parametrize(
    ("platform", "machine"),
    [
        (Platform("linux", "amd64"), "manylinux_2_17_x86_64"),
        (Platform("linux", "arm64"), "manylinux_2_17_aarch64"),
        (Platform("darwin", "arm64"), "macosx_14_0_arm64"),
    ],
    ids=str,
)
def test_pip_takes_the_wheel_of_its_platform_and_no_other(tmp_path: Path, platform: Platform, machine: str) -> None:
    """The gadget of each platform stands for an engine."""
    for each in TAGS:
        program = tmp_path / f"gadget-{each.arch}"
        program.write_bytes(make_elf(Platform("linux", each.arch)) + str(each).encode())
        pack_wheel(make_distribution(), each, {"gadget": program}, tmp_path / "index")

    options: list[str | Path] = [
        "--no-index",
        "--find-links",
        tmp_path / "index",
        "--only-binary=:all:",
        "--platform",
        machine,
    ]
    run([sys.executable, "-m", "pip", "install", "-q", *options, "--target", tmp_path / "site", "kubeglass-gadget"])

    installed = tmp_path / "site" / "kubeglass_gadget" / "gadget"
    assert installed.read_bytes().endswith(str(platform).encode())
    assert os.access(installed, os.X_OK)


def test_the_same_program_gives_the_same_wheel(tmp_path: Path) -> None:
    (tmp_path / "gadget").write_bytes(make_elf(Platform("linux", "arm64")))
    platform = Platform("linux", "arm64")

    first, second = (
        pack_wheel(make_distribution(), platform, {"gadget": tmp_path / "gadget"}, tmp_path / out) for out in "ab"
    )

    assert first.read_bytes() == second.read_bytes()
    assert first.name.startswith(f"kubeglass_gadget-{VERSION}-py3-none-manylinux_2_17_aarch64.")
    assert zipfile.ZipFile(first).testzip() is None


def run(
    command: list[str | Path], *, env: dict[str, str] | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    result = subprocess.run(command, env=env, cwd=cwd, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result
