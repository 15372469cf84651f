"""Rendered files: what a renderer returns, how it differs from what is on disk, and the only code that writes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from kubeglass.files import CANNOT_BE_WRITTEN, explain_disk_errors, write_text


@dataclass(frozen=True, slots=True)
class RenderedFile:
    """One rendered file, which never contains a secret.

    Args:
        path: where it goes, relative to the output folder.
        content: the whole text, ending in a newline.
    """

    path: PurePosixPath
    content: str


@dataclass(frozen=True, slots=True)
class Change:
    """One file that writing would change.

    Args:
        path: relative to the output folder.
        before: content on disk; empty if the file is missing.
        after: content to write; empty if the file would be removed.
    """

    path: PurePosixPath
    before: str
    after: str

    @property
    def kind(self) -> str:
        """What is wrong with the file on disk, in a word: missing, stale or different."""
        if not self.before:
            return "missing"
        return "different" if self.after else "stale"


def compare(
    files: Iterable[RenderedFile], folder: Path, *, owned: Iterable[PurePosixPath] = (), header: str = ""
) -> list[Change]:
    """Return what :func:`write_files` would change: files to write, in order, then files to remove.

    Args:
        files: what was rendered.
        folder: where it goes.
        owned: folders below it with nothing but rendered files; what is no longer rendered is removed.
        header: start of a rendered file in ``folder`` itself, beside files of others; removed likewise.
    """
    files = list(files)
    changes = [Change(file.path, _read(folder / file.path), file.content) for file in files]
    rendered = {file.path for file in files}
    found = (path for path in _find_rendered(folder, owned, header) if path not in rendered)
    stale = [Change(path, _read(folder / path), "") for path in found]
    return [change for change in changes if change.before != change.after] + stale


def _find_rendered(folder: Path, owned: Iterable[PurePosixPath], header: str) -> Iterator[PurePosixPath]:
    paths = [path for path in sorted(folder.glob("*")) if header and _read(path).startswith(header)]
    for path in (*paths, *(path for name in owned for path in sorted((folder / name).rglob("*")))):
        if path.is_file():
            yield PurePosixPath(path.relative_to(folder))


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode()
    except (OSError, UnicodeDecodeError):
        return ""


def write_files(
    files: Iterable[RenderedFile], folder: Path, *, owned: Iterable[PurePosixPath] = (), header: str = ""
) -> list[Path]:
    """Write files that differ, each atomically, and remove those that are no longer rendered.

    Takes the arguments of :func:`compare`.

    Returns:
        The files that changed on disk.

    Raises:
        StateError: a file cannot be written or removed.
    """
    changed = []
    for change in compare(files, folder, owned=owned, header=header):
        path = folder / change.path
        with explain_disk_errors(path, CANNOT_BE_WRITTEN if change.after else "cannot be removed"):
            if change.after:
                path.parent.mkdir(parents=True, exist_ok=True)
                write_text(path, change.after, mode=0o644)
            else:
                path.unlink()
        changed.append(path)
    return changed
