"""Options of a local run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import kubeglass
from kubeglass.errors import StateError
from kubeglass.model.pipeline import Pipeline
from kubeglass.model.sections.app import App

DEFAULT_TIMEOUT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class RunOptions:
    """Options of ``kubeglass up``.

    Args:
        pipeline: what is watched.
        folder: the folder apps are imported from.
        root: the state folder, absolute.
        command: the command as typed, for ``status``.
        demo: whether the demo's customers come along.
        detached: whether it runs in the background.
        watch: whether apps reload when their sources change.
        timeout_seconds: how long, once the engines are there, data may take to be seen; also how long each app may take
            to be imported, and to be ready.
    """

    pipeline: Pipeline
    folder: Path
    root: Path
    command: str = "up"
    demo: bool = False
    detached: bool = False
    watch: bool = False
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS

    @property
    def own_apps(self) -> list[App]:
        """The apps that are run here, not only scraped."""
        return [app for app in self.pipeline.apps if app.module]


#: In the wheel beside the package, in a checkout two folders above it.
_PLACES = (
    Path(kubeglass.__file__).parent / "examples" / "shop",
    Path(kubeglass.__file__).parents[2] / "examples" / "shop",
)


def find_demo() -> Path:
    """Return the folder of the demo.

    Raises:
        StateError: it is not part of this installation.
    """
    for place in _PLACES:
        if (place / "kubeglass.yaml").is_file():
            return place
    raise StateError(str(_PLACES[0]), "the demo is missing", hint="install kubeglass again")
