"""The packages that an application needs: as it declares them, as they are installed here, and their files."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections.abc import Iterable, Sequence
from importlib.metadata import Distribution, distributions
from pathlib import Path

from packaging.markers import default_environment
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

import kubeglass
from kubeglass.errors import AppError, ConfigError
from kubeglass.images.image import Entry, read_file, read_folder
from kubeglass.images.python.interpreter import Interpreter

OWN_NAME = "kubeglass"
#: Tools that install packages; no running program needs them.
_INSTALLERS = frozenset({"pip", "setuptools", "wheel"})
REQUIREMENTS = "requirements.txt"
PROJECT = "pyproject.toml"

#: Parts of pip's format that are not part of a requirement: comments, and the hashes of a lock file.
_COMMENT = re.compile(r"(^|\s)#.*$")
_HASH = re.compile(r"\s--hash=\S+")
#: Options that say where to find packages; they are installed already.
_SOURCE_OPTIONS = ("-i", "--index-url", "--extra-index-url", "-f", "--find-links", "--no-index", "--require-hashes")


class Environment:
    """The packages installed for one interpreter, whose version the image has too."""

    def __init__(self, interpreter: Interpreter, machine: str = "") -> None:
        """List the packages; ``machine``, such as ``aarch64``, is the processor of the image if it is another."""
        self._interpreter = interpreter
        self._machine = {"platform_machine": machine} if machine else {}
        # The first one on the search path is the one that is imported.
        self._installed: dict[str, Distribution] = {}
        for distribution in distributions(path=[str(path) for path in interpreter.search_path]):
            self._installed.setdefault(canonicalize_name(distribution.name), distribution)

    def select(self, requirements: Iterable[Requirement]) -> list[Distribution]:
        """Return the packages that ``requirements`` name and their dependencies, sorted by name, without kubeglass.

        Raises:
            AppError: a package is not installed, or not in a version that fits.
        """
        markers = {key: str(value) for key, value in default_environment().items()} | {
            "python_version": self._interpreter.version,
            "python_full_version": self._interpreter.full_version,
            **self._machine,
        }
        waiting = [
            (need, "the application") for need in requirements if need.marker is None or need.marker.evaluate(markers)
        ]
        seen: set[tuple[str, frozenset[str]]] = set()
        while waiting:
            requirement, asker = waiting.pop()
            key = (canonicalize_name(requirement.name), frozenset(requirement.extras))
            if key in seen:
                continue
            seen.add(key)
            if key[0] == OWN_NAME and OWN_NAME not in self._installed:
                continue
            distribution = self._find(requirement, asker)
            waiting += [(needed, requirement.name) for needed in _list_needs(distribution, key[1], markers)]
        return [self._installed[name] for name in sorted({name for name, _ in seen} - {OWN_NAME})]

    def select_everything(self) -> list[Distribution]:
        """Return every installed package except installers and kubeglass itself."""
        return [self._installed[name] for name in sorted(self._installed.keys() - _INSTALLERS - {OWN_NAME})]

    def find_owner(self, module: str) -> str | None:
        """Return the installed package that has a module, by the module's full name; None if no package has it."""
        top = module.partition(".")[0]
        for name, distribution in self._installed.items():
            if any(path.parts[0].partition(".")[0] == top for path in distribution.files or ()):
                return name
        return None

    def _find(self, requirement: Requirement, asker: str) -> Distribution:
        distribution = self._installed.get(canonicalize_name(requirement.name))
        if distribution is None or not requirement.specifier.contains(distribution.version, prereleases=True):
            found = f"{distribution.name} {distribution.version}" if distribution else ""
            raise AppError(
                str(requirement),
                f"is needed by {asker} and is not installed",
                found=found,
                hint="install it into the environment that the image is built from (--python chooses another)",
            )
        return distribution


def list_package_files(selected: Sequence[Distribution], folder: str) -> list[Entry]:
    """Return the files of the packages, for ``folder`` of the image, without scripts and compiled files.

    Raises:
        AppError: a package's files cannot be listed.
    """
    entries: list[Entry] = []
    for distribution in selected:
        root = Path(str(distribution.locate_file(""))).resolve()
        for path in _list_files(distribution):
            target = (root / path).resolve()
            if ".." not in path.parts and path.suffix != ".pyc" and target.is_file():
                entries.append(read_file(target, f"{folder}/{path.as_posix()}"))
    return entries


def list_own_files(folder: str) -> list[Entry]:
    """Return the files of the running kubeglass package, for ``folder`` of the image."""
    package = Path(kubeglass.__file__).parent
    return read_folder(package, f"{folder}/{OWN_NAME}", leave_out=lambda path: path.name == "__pycache__")


def _list_needs(distribution: Distribution, extras: frozenset[str], markers: dict[str, str]) -> list[Requirement]:
    needs = [Requirement(line) for line in distribution.requires or []]
    return [
        need
        for need in needs
        if need.marker is None or any(need.marker.evaluate({**markers, "extra": extra}) for extra in {"", *extras})
    ]


def _list_files(distribution: Distribution) -> list[Path]:
    origin = json.loads(distribution.read_text("direct_url.json") or "{}")
    if origin.get("dir_info", {}).get("editable"):
        raise AppError(
            distribution.name,
            "is installed in editable form, so its files are not in the environment",
            hint="install it without --editable: pip install <its folder>",
        )
    if distribution.files is None:
        raise AppError(
            distribution.name,
            "has no list of its files, because the system's package manager installed it",
            hint="create a virtual environment, install into it with pip, and choose it with --python",
        )
    return [Path(str(path)) for path in distribution.files]


def advise(module: str, folder: Path, environment: Environment) -> str:
    """Say how to get a module that the application in ``folder`` lacks into its image."""
    top = module.partition(".")[0]
    if top in sys.stdlib_module_names:
        return "images do not have this part of the standard library: do not import it"
    here = folder.joinpath(*module.split("."))
    if here.exists() or here.with_suffix(".py").exists():
        return "hidden files and links to folders are not packed: put the files themselves there, and build again"
    if (folder / top).exists():
        return f"{folder / top} has no such module: correct the import"
    declared = next((name for name in (REQUIREMENTS, PROJECT) if (folder / name).is_file()), None)
    owner = environment.find_owner(module)
    if declared and owner:
        return f"add {owner} to {folder / declared}, and build again"
    if declared:
        return f"add its package to {folder / declared}, install it in this environment and build again"
    return "install it in this environment and build again"


def read_requirements(folder: Path) -> list[Requirement] | None:
    """Return the requirements that the application in ``folder`` declares; None if it declares none.

    Raises:
        ConfigError: a line is not a valid requirement.
    """
    if (folder / REQUIREMENTS).is_file():
        return read_requirements_file(folder / REQUIREMENTS)
    if (folder / PROJECT).is_file():
        return _read_project(folder / PROJECT)
    return None


def read_requirements_file(path: Path) -> list[Requirement]:
    """Return the requirements of a file in pip's format, and of the files it includes with ``-r``.

    Raises:
        ConfigError: it cannot be read, or a line is not a valid requirement.
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
            where, "is not a requirement by name", found=line, hint="write a package's name, such as: flask>=3"
        ) from error
