"""Packages for another processor: those of pure Python as they are installed here, the others as their wheels."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import Distribution, distributions
from pathlib import Path

from kubeglass.engines.install.cache import cache_root
from kubeglass.engines.platform import Platform, read_platform
from kubeglass.errors import AppError, UsageError
from kubeglass.files import explain_disk_errors
from kubeglass.images.image import Entry, File
from kubeglass.images.python.foreign_base import MACHINES
from kubeglass.images.python.interpreter import Interpreter

#: Newest and oldest glibc whose wheels fit: Debian 12 has 2.36, and no wheel names one before 2.17.
_GLIBC_MINORS = range(36, 16, -1)
_PIP_TIMEOUT_SECONDS = 600


def fetch_packages(
    selected: Sequence[Distribution], python: Path, interpreter: Interpreter, platform: Platform
) -> list[Distribution]:
    """Return the packages in the same versions, with the programs of ``platform``.

    Args:
        selected: the packages as they are installed here.
        python: whose pip, with its settings, gets the wheels.
        interpreter: what will run them.
        platform: where.

    Raises:
        AppError: a package has no wheel for it.
        StateError: the cache cannot be written.
        UsageError: there is no pip.
    """
    return [_fetch(each, python, interpreter, platform) if _is_native(each) else each for each in selected]


def _is_native(distribution: Distribution) -> bool:
    return "Root-Is-Purelib: false" in (distribution.read_text("WHEEL") or "")


def _fetch(distribution: Distribution, python: Path, interpreter: Interpreter, platform: Platform) -> Distribution:
    exact = f"{distribution.name}=={distribution.version}"
    folder = cache_root().parent / "wheels" / f"python{interpreter.version}-{platform.arch}" / exact
    if not folder.is_dir():
        with explain_disk_errors(folder):
            folder.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".new-") as scratch:
                target = Path(scratch, "site")
                _install(exact, target, python, interpreter, platform)
                target.replace(folder)
    return next(iter(distributions(path=[str(folder)])))


def _install(exact: str, target: Path, python: Path, interpreter: Interpreter, platform: Platform) -> None:
    command: list[str | Path] = [*_ask_pip(python, interpreter, platform), "--target", target, exact]
    try:
        result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_PIP_TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise AppError(exact, "is not downloaded in time", hint="check the package index, and build again") from error
    if "No module named pip" in result.stderr:
        raise UsageError(str(python), "has no pip, which gets wheels", hint=f"install it: {python} -m ensurepip")
    if result.returncode:
        lines = result.stderr.strip().splitlines()
        raise AppError(
            exact,
            f"has no wheel for {platform}",
            found=lines[-1].removeprefix("ERROR: ") if lines else f"pip ended with {result.returncode}",
            hint=f"use a version that has one, or build on a {platform} machine",
        )


def _ask_pip(python: Path, interpreter: Interpreter, platform: Platform) -> list[str | Path]:
    """Return pip's command line for wheels that the interpreter can use on the platform."""
    machine = MACHINES[platform.arch].wheels
    tags = [f"manylinux_2_{minor}_{machine}" for minor in _GLIBC_MINORS]
    abi = f"cp{interpreter.version.replace('.', '')}"
    command: list[str | Path] = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--no-compile", "--only-binary=:all:", "--implementation", "cp"]
    command += ["--python-version", interpreter.version]
    command += [word for tag in (*tags, f"manylinux2014_{machine}") for word in ("--platform", tag)]
    return command + [word for each in (abi, "abi3", "none") for word in ("--abi", each)]


def require_platform(layers: Iterable[Iterable[Entry]], platform: Platform) -> None:
    """Check that no program or library of an image is for another platform.

    Raises:
        AppError: one is, such as an extension module in the app's own source.
    """
    for entry, found in _list_programs(layers):
        if found != platform:
            raise AppError(
                f"/{entry.path}",
                f"is a program for {found}, and the image is for {platform}",
                hint=f"leave it out, or build on a {platform} machine",
            )


def _list_programs(layers: Iterable[Iterable[Entry]]) -> Iterator[tuple[File, Platform]]:
    for layer in layers:
        for entry in layer:
            if isinstance(entry, File) and isinstance(entry.source, Path):
                found = read_platform(entry.source)
                if found is not None:
                    yield entry, found
