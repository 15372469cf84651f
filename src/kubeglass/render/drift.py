"""How rendered files differ from those on disk; reads, never writes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from kubeglass.render.file import RenderedFile


@dataclass(frozen=True, slots=True)
class Change:
    """One file that writing would change.

    Args:
        path: relative to the output folder.
        before: what stands on disk, empty if nothing does.
        after: what would stand there, empty if it would be removed.
    """

    path: PurePosixPath
    before: str
    after: str

    @property
    def kind(self) -> str:
        """Say in a word what would happen: missing, stale or different."""
        if not self.before:
            return "missing"
        return "different" if self.after else "stale"


def compare(files: Iterable[RenderedFile], folder: Path, *, owned: Iterable[PurePosixPath] = ()) -> list[Change]:
    """List what writing ``files`` below ``folder`` would change, in their order, then what it would remove."""
    files = list(files)
    changes = [Change(file.path, _read(folder / file.path), file.content) for file in files]
    stale = [Change(path, _read(folder / path), "") for path in find_stale(files, folder, owned=owned)]
    return [change for change in changes if change.before != change.after] + stale


def find_stale(
    files: Iterable[RenderedFile], folder: Path, *, owned: Iterable[PurePosixPath]
) -> Iterator[PurePosixPath]:
    """Find files in folders that belong to the plan alone, and that no renderer made this time."""
    rendered = {file.path for file in files}
    for name in owned:
        for path in sorted((folder / name).rglob("*")):
            relative = PurePosixPath(path.relative_to(folder))
            if path.is_file() and relative not in rendered:
                yield relative


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
