"""Where an engine may come from, and the error of a way that does not work."""

from __future__ import annotations

from enum import StrEnum


class Source(StrEnum):
    """Where an engine may come from; in every case it must be the pinned version."""

    AUTO = "auto"
    """PATH, then the cache, then the official release, then a build."""
    PATH = "path"
    """A program on PATH, or an error."""
    CACHE = "cache"
    """What was obtained earlier, or an error: nothing is fetched."""
    RELEASE = "release"
    """The official release: from the cache if it came from there, else downloaded."""
    BUILD = "build"
    """Built from source modules: from the cache if built earlier, else built. No release is looked for."""

    @property
    def looks_on_path(self) -> bool:
        """Whether a program on PATH is accepted."""
        return self in {Source.AUTO, Source.PATH}

    @property
    def downloads(self) -> bool:
        """Whether the official release may be downloaded."""
        return self in {Source.AUTO, Source.RELEASE}

    @property
    def builds(self) -> bool:
        """Whether source modules may be built."""
        return self in {Source.AUTO, Source.BUILD}

    def accepts(self, origin: Origin) -> bool:
        """Whether a cached program of this origin is accepted."""
        wanted = {Source.RELEASE: Origin.RELEASE, Source.BUILD: Origin.BUILD}.get(self)
        return self is not Source.PATH and wanted in {None, origin}


class Origin(StrEnum):
    """How a program was installed."""

    PATH = "path"
    RELEASE = "release"
    BUILD = "build"


class Unavailable(Exception):  # noqa: N818  # not an error of the user's: most often another way works
    """One way of installing an engine does not work here; the next is tried.

    Args:
        reason: why, as a short statement.
        hint: what a person can do about it, as an imperative.
        details: lines of evidence, such as a compiler's last output.
    """

    def __init__(self, reason: str, *, hint: str = "", details: tuple[str, ...] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint
        self.details = details
