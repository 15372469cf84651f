"""An app's source that ConfigMaps carry to the cluster, and what is installed beside it when its pod starts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydantic import Field

from kubeglass.model.problem import Loc, Problem
from kubeglass.model.sections.section import Section

#: Together; more belongs into an image.
LARGEST_SOURCE = 3_000_000
#: A ConfigMap holds 1 MiB with everything around the text: https://kubernetes.io/docs/concepts/configuration/configmap/
LARGEST_FILE = 700_000

_LEFT_BY_TOOLS = frozenset({"__pycache__", "node_modules"})


def is_no_source(path: Path) -> bool:
    """Return whether a file or folder in an app's folder is not part of its source.

    Hidden ones, among them ``.git``, ``.env`` with its secrets and ``.venv``, virtual environments of any name, and
    what tools leave behind.
    """
    return (
        path.name.startswith(".")
        or path.name in _LEFT_BY_TOOLS
        or path.suffix == ".pyc"
        or (path / "pyvenv.cfg").is_file()
    )


class Install(Section):
    """Run the app in a plain Python image: its requirements are installed when a pod starts."""

    image: str = Field(
        default="docker.io/library/python:3.13-slim", min_length=1, description="An image with Python and pip."
    )
    requirements: str = Field(
        default="requirements.txt", min_length=1, description="pip's requirements file, relative to the source."
    )


def read_source(names: tuple[str, ...], folder: Path, loc: Loc) -> tuple[dict[str, bytes], list[Problem]]:
    """Read files and folders, without what :func:`is_no_source` names.

    Args:
        names: paths relative to ``folder``; a file or folder keeps its own name, ``.`` stands for what is in it.
        folder: base of the paths.
        loc: the key in the definition.

    Returns:
        The content of each file by its path in the app's folder, and what is wrong.
    """
    found: dict[str, bytes] = {}
    problems: list[Problem] = []
    for index, name in enumerate(names):
        path = folder / name
        try:
            files = dict(_read(path, "" if name == "." else path.resolve().name))
        except OSError as error:
            problems.append(Problem((*loc, index), f"cannot be read ({error.strerror})", found=f"looked for {path}"))
            continue
        if not files:
            problems.append(Problem((*loc, index), "contains no file", found=f"looked below {path}"))
        for inside, content in files.items():
            if len(content) > LARGEST_FILE:
                hint = "build an image (kubeglass images build), or mount it with 'host_path'"
                size = f"{inside} has {len(content) // 1000} kB"
                problems.append(Problem((*loc, index), "is too large for a ConfigMap", found=size, hint=hint))
        found |= files
    if (total := sum(map(len, found.values()))) > LARGEST_SOURCE:
        hint = "name only what the app needs, or build an image (kubeglass images build)"
        size = f"{total // 1000} kB in {len(found)} files"
        problems.append(Problem(loc, "is too large for ConfigMaps", found=size, hint=hint))
    return found, problems


def _read(path: Path, inside: str) -> Iterator[tuple[str, bytes]]:
    if not path.is_dir():
        yield inside, path.read_bytes()
        return
    for entry in sorted(path.iterdir()):
        if not is_no_source(entry):
            yield from _read(entry, f"{inside}/{entry.name}".lstrip("/"))
