"""Finds a program in a wheel that is installed beside kubeglass: ``kubeglass-prometheus`` holds the one of that name.

``make engine-wheels`` packs them, for machines that reach nothing but a package index.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.version import InvalidVersion, Version

from kubeglass.engines.engine import Tool
from kubeglass.engines.install.source import Unavailable
from kubeglass.engines.platform import detect_platform, read_platform


def wheel_name(name: str) -> str:
    """Return the name of the wheel with the programs of a distribution."""
    return f"kubeglass-{name}"


def wheel_folder(name: str) -> str:
    """Return the folder of the programs inside the wheel."""
    return wheel_name(name).replace("-", "_")


def find_in_wheel(tool: Tool) -> tuple[Path, str]:
    """Return the program in an installed wheel of the pinned version, and its version.

    Raises:
        Unavailable: there is no such wheel, or its program is not for this machine.
    """
    name = wheel_name(tool.distribution.name)
    try:
        installed = distribution(name)
    except PackageNotFoundError as error:
        raise Unavailable(f"{name} is not installed") from error
    if not _is_version(installed.version, tool.version):
        raise Unavailable(f"{name} is version {installed.version}, not {tool.version}")
    path = Path(str(installed.locate_file(f"{wheel_folder(tool.distribution.name)}/{tool.name}")))
    try:
        found = read_platform(path)
    except OSError as error:
        raise Unavailable(f"{path} cannot be read ({error.strerror})") from error
    if found != detect_platform():
        raise Unavailable(f"{path} is not a program for this machine")
    return path, tool.version


def _is_version(installed: str, pinned: str) -> bool:
    """Whether a wheel holds the pinned version; packed a second time, it is a post-release of it."""
    try:
        return Version(installed).base_version == pinned
    except InvalidVersion:
        return False
