"""Rendered files: what a renderer returns, how that differs from what is on disk, and the only code that writes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from kubeglass.files import explain_disk_errors, write_text


@dataclass(frozen=True, slots=True)
class RenderedFile:
    """One file of a plan.

    Args:
        path: where it goes, relative to the plan's output folder.
        content: the whole text, ending in a newline.
        mode: permission bits; rendered files never hold a secret, so they may be read by everyone.
    """

    path: PurePosixPath
    content: str
    mode: int = 0o644


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
        """What would happen, in a word: missing, stale or different."""
        if not self.before:
            return "missing"
        return "different" if self.after else "stale"


def compare(
    files: Iterable[RenderedFile], folder: Path, *, owned: Iterable[PurePosixPath] = (), header: str = ""
) -> list[Change]:
    """Return what writing ``files`` below ``folder`` would change, in order, then what it would remove."""
    files = list(files)
    changes = [Change(file.path, _read(folder / file.path), file.content) for file in files]
    stale = [Change(path, _read(folder / path), "") for path in find_stale(files, folder, owned=owned, header=header)]
    return [change for change in changes if change.before != change.after] + stale


def find_stale(
    files: Iterable[RenderedFile], folder: Path, *, owned: Iterable[PurePosixPath] = (), header: str = ""
) -> Iterator[PurePosixPath]:
    """Find files of an earlier rendering that no renderer made this time.

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


def write_files(files: Iterable[RenderedFile], folder: Path) -> list[Path]:
    """Write ``files`` below ``folder``, each atomically, and skip files that are already up to date.

    Returns:
        The files that changed on disk, in the order given.

    Raises:
        StateError: the folder cannot be written.
    """
    changed = []
    for file in files:
        path = folder / file.path
        if _holds(path, file.content):
            continue
        with explain_disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_text(path, file.content, mode=file.mode)
        changed.append(path)
    return changed


def remove_stale(
    files: Iterable[RenderedFile], folder: Path, *, owned: Iterable[PurePosixPath] = (), header: str = ""
) -> list[Path]:
    """Remove files of an earlier rendering, such as the rules of a removed objective; arguments of :func:`find_stale`.

    Returns:
        The files removed.

    Raises:
        StateError: a file cannot be removed.
    """
    removed = []
    for relative in list(find_stale(files, folder, owned=owned, header=header)):
        path = folder / relative
        with explain_disk_errors(path, "cannot be removed"):
            path.unlink()
        removed.append(path)
    return removed


def _holds(path: Path, content: str) -> bool:
    try:
        return path.read_bytes() == content.encode()
    except OSError:
        return False
