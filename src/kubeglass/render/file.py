"""What a renderer returns: a file's path and content, not yet on disk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath


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
