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


def compare(
    files: Iterable[RenderedFile], folder: Path, *, owned: Iterable[PurePosixPath] = (), header: str = ""
) -> list[Change]:
    """List what writing ``files`` below ``folder`` would change, in their order, then what it would remove."""
    files = list(files)
    changes = [Change(file.path, _read(folder / file.path), file.content) for file in files]
    stale = [Change(path, _read(folder / path), "") for path in find_stale(files, folder, owned=owned, header=header)]
    return [change for change in changes if change.before != change.after] + stale


def find_stale(
    files: Iterable[RenderedFile], folder: Path, *, owned: Iterable[PurePosixPath] = (), header: str = ""
) -> Iterator[PurePosixPath]:
    """Find files of the plan's that no renderer made this time.

    Args:
        files: what was made.
        folder: where they go.
        owned: folders below it that belong to the plan alone.
        header: what a file begins with that an earlier rendering put into ``folder`` itself, beside those of others.
    """
    rendered = {file.path for file in files}
    for path in sorted(folder.glob("*")) if header else ():
        if PurePosixPath(path.name) not in rendered and path.is_file() and _read(path).startswith(header):
            yield PurePosixPath(path.name)
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
