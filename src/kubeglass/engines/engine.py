"""What kubeglass knows about a program it runs, apart from how to install it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kubeglass.engines.distribution import Distribution
from kubeglass.model.local import LocalPorts, LocalSettings

#: Version in the output of ``--version``.
VERSION_PATTERN = re.compile(r"\bversion v?(\d+\.\d+\.\d+)\b")


@dataclass(frozen=True, slots=True)
class Tool:
    """A program of a distribution, such as promtool.

    Args:
        name: as in ``kubeglass engines path NAME``, and the file's name in the cache.
        distribution: what brings it.
        commands: names under which people install it, looked for on PATH in this order.
        probe: arguments that list the program's components, if some builds lack any.
        parts: what that list must contain, as whole words.
    """

    name: str
    distribution: Distribution
    commands: tuple[str, ...]
    probe: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()

    @property
    def version(self) -> str:
        """The pinned version."""
        return self.distribution.version

    @property
    def series(self) -> str:
        """Major and minor version: what a program found on PATH must share with the pin."""
        return self.version.rpartition(".")[0]


@dataclass(frozen=True, slots=True)
class Engine(Tool):
    """A program that kubeglass keeps running.

    Args:
        arguments: the command line after the program's path, for one local run.
        port: the port of the two paths.
        readiness_path: returns 200 once it is ready.
        liveness_path: returns 200 while it is alive.
    """

    arguments: Callable[[LocalSettings], tuple[str, ...]] = lambda _: ()
    port: Callable[[LocalPorts], int] = lambda _: 0
    readiness_path: str = "/"
    liveness_path: str = "/"

    def argv(self, binary: Path, settings: LocalSettings) -> list[str]:
        """Build the command line that starts it for a local run."""
        return [str(binary), *self.arguments(settings)]

    def readiness_url(self, settings: LocalSettings) -> str:
        """Return the URL that answers 200 once the engine is ready."""
        return settings.url(self.port(settings.ports), self.readiness_path)

    def liveness_url(self, settings: LocalSettings) -> str:
        """Return the URL that answers 200 while the engine is alive."""
        return settings.url(self.port(settings.ports), self.liveness_path)
