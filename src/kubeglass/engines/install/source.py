"""Where an engine may come from, and the error of a way that does not work here."""

from __future__ import annotations

from enum import StrEnum


class Source(StrEnum):
    """Where an engine may come from; the version must match in every case."""

    AUTO = "auto"
    """PATH, then a wheel, then the cache, then the official release, then a build."""
    PATH = "path"
    """A program on PATH, or an error."""
    WHEEL = "wheel"
    """A program in a wheel that is installed beside kubeglass, or an error."""
    CACHE = "cache"
    """An earlier installation, or an error."""
    RELEASE = "release"
    """The official release: a cached one, or downloaded."""
    BUILD = "build"
    """A build from source modules: a cached one, or built."""

    @property
    def looks_on_path(self) -> bool:
        """Whether a program on PATH is accepted."""
        return self in {Source.AUTO, Source.PATH}

    @property
    def looks_in_wheels(self) -> bool:
        """Whether a program of a wheel is accepted."""
        return self in {Source.AUTO, Source.WHEEL}

    @property
    def looks_in_cache(self) -> bool:
        """Whether a program in the cache may be accepted."""
        return self not in {Source.PATH, Source.WHEEL}

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
        return self.looks_in_cache and wanted in {None, origin}


class Origin(StrEnum):
    """How a program was installed."""

    PATH = "path"
    WHEEL = "wheel"
    RELEASE = "release"
    BUILD = "build"


class Unavailable(Exception):  # noqa: N818  # users do not see it unless every way fails
    """One way of installing an engine does not work here; the next is tried.

    Args:
        reason: why, as a short statement.
        hint: what to do about it, as an imperative.
        details: lines of evidence, such as a compiler's last output.
    """

    def __init__(self, reason: str, *, hint: str = "", details: tuple[str, ...] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint
        self.details = details
