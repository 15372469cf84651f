"""Packages for another processor: pure ones as they are, the others as wheels, and nothing that would not run there."""

from __future__ import annotations

from importlib.metadata import Distribution, distributions
from pathlib import Path

import pytest

from kubeglass.engines.platform import KNOWN, Platform, detect_platform
from kubeglass.errors import AppError, UsageError
from kubeglass.images.image import File, Folder
from kubeglass.images.python.foreign_packages import fetch_packages, require_platform
from kubeglass.images.python.interpreter import Interpreter
from tests.unit.engines.gadget import make_elf

ARM = Platform("linux", "arm64")
INTERPRETER = Interpreter(Path("/usr/bin/python"), "3.11", "3.11.2", "lib", (), ())
#: Installs what it is asked for, as pip does with --target.
PIP = """
echo "$@" >> $LOG
for word; do case $last in --target) target=$word ;; esac; last=$word; done
mkdir -p $target/${last%%==*}-${last##*==}.dist-info
printf 'Name: %s\\nVersion: %s\\n' ${last%%==*} ${last##*==} > $target/${last%%==*}-${last##*==}.dist-info/METADATA
"""


def install(folder: Path, name: str, *, pure: bool) -> Distribution:
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Name: {name}\nVersion: 1.0\n")
    (info / "WHEEL").write_text(f"Wheel-Version: 1.0\nRoot-Is-Purelib: {str(pure).lower()}\n")
    return next(each for each in distributions(path=[str(folder)]) if each.name == name)


def write_pip(path: Path, script: str) -> Path:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_only_what_is_compiled_is_fetched_and_only_once(tmp_path: Path) -> None:
    log = tmp_path / "log"
    python = write_pip(tmp_path / "python", f"LOG={log}{PIP}")
    selected = [install(tmp_path, "pure", pure=True), install(tmp_path, "compiled", pure=False)]

    pure, compiled = fetch_packages(selected, python, INTERPRETER, ARM)
    again = fetch_packages(selected, python, INTERPRETER, ARM)

    assert pure is selected[0]
    assert (compiled.name, compiled.version) == ("compiled", "1.0")
    assert compiled.locate_file("") == again[1].locate_file("") != selected[1].locate_file("")
    (asked,) = log.read_text().splitlines()
    assert asked.endswith(" compiled==1.0")
    assert {"--no-deps", "--only-binary=:all:", "manylinux2014_aarch64", "manylinux_2_17_aarch64", "cp311"} <= set(
        asked.split()
    )


def test_a_package_without_a_wheel_is_refused_and_nothing_is_kept(tmp_path: Path) -> None:
    said = "ERROR: No matching distribution found for compiled==1.0"
    python = write_pip(tmp_path / "python", f'echo "{said}" >&2; exit 1')

    with pytest.raises(AppError) as refusal:
        fetch_packages([install(tmp_path, "compiled", pure=False)], python, INTERPRETER, ARM)

    assert refusal.value.message == (
        "compiled==1.0: has no wheel for linux/arm64 (No matching distribution found for compiled==1.0); use a version "
        "that has one, or build on a linux/arm64 machine"
    )
    assert list((tmp_path / "cache" / "kubeglass" / "wheels" / "python3.11-arm64").iterdir()) == []


def test_an_interpreter_without_pip_is_told_so(tmp_path: Path) -> None:
    python = write_pip(tmp_path / "python", 'echo "$0: No module named pip" >&2; exit 1')

    with pytest.raises(UsageError, match=f"{python}: has no pip, which gets wheels; install it: {python} -m ensurepip"):
        fetch_packages([install(tmp_path, "compiled", pure=False)], python, INTERPRETER, ARM)


def test_what_would_not_run_there_is_refused(tmp_path: Path) -> None:
    other = next(each for each in KNOWN if each.os == "linux" and each != detect_platform())
    for name, platform in (("here", detect_platform()), ("there", other)):
        (tmp_path / name).write_bytes(make_elf(platform))
    (tmp_path / "script").write_text("#!/bin/sh\n")
    fit = (Folder("app"), File("app/text", b"x"), File("app/it", tmp_path / "script"), File("it", tmp_path / "there"))

    require_platform([fit], other)
    with pytest.raises(AppError, match=f"/app/native.so: is a program for {detect_platform()}, and the image is for"):
        require_platform([fit, (File("app/native.so", tmp_path / "here"),)], other)
