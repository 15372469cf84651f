"""What an application needs, as its own files say it: requirements.txt, or the dependencies in pyproject.toml."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from kubeglass.errors import ConfigError

REQUIREMENTS = "requirements.txt"
PROJECT = "pyproject.toml"

#: Comments, hashes that a lock file adds, and a line that goes on are pip's, not a requirement's.
_COMMENT = re.compile(r"(^|\s)#.*$")
_HASH = re.compile(r"\s--hash=\S+")
#: Options that say where to get a package from; it is here already.
_SOURCE_OPTIONS = ("-i", "--index-url", "--extra-index-url", "-f", "--find-links", "--no-index", "--require-hashes")


def read_requirements(folder: Path) -> list[Requirement] | None:
    """Return what the application in ``folder`` says it needs, or None if it says nothing.

    Raises:
        ConfigError: a line is no requirement.
    """
    if (folder / REQUIREMENTS).is_file():
        return read_requirements_file(folder / REQUIREMENTS)
    if (folder / PROJECT).is_file():
        return _read_project(folder / PROJECT)
    return None


def read_requirements_file(path: Path) -> list[Requirement]:
    """Return the requirements of a file in pip's format, and of the files it names with ``-r``.

    Raises:
        ConfigError: it cannot be read, or a line is no requirement.
    """
    try:
        text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), "cannot be read", found=str(error)) from error
    found: list[Requirement] = []
    for number, raw in enumerate(text.splitlines(), 1):
        line = _HASH.sub("", _COMMENT.sub("", raw)).strip()
        option, _, value = line.replace("=", " ", 1).partition(" ") if line.startswith("-") else ("", "", "")
        if option in ("-r", "--requirement"):
            found += read_requirements_file(path.parent / value.strip())
        elif line and option not in _SOURCE_OPTIONS:
            found.append(_parse(line, f"{path}:{number}"))
    return found


def _read_project(path: Path) -> list[Requirement] | None:
    try:
        project = tomllib.loads(path.read_text(encoding="utf-8")).get("project", {})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(str(path), "cannot be read", found=str(error)) from error
    lines = project.get("dependencies")
    return None if lines is None else [_parse(line, str(path)) for line in lines]


def _parse(line: str, where: str) -> Requirement:
    try:
        return Requirement(line)
    except InvalidRequirement as error:
        raise ConfigError(
            where, "is no requirement by name", found=line, hint="write a package's name, such as: flask>=3"
        ) from error
