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
        pipeline: the pipeline.
        folder: the folder that apps are imported from.
        root: the state folder, absolute.
        command: the command as typed, for ``status``.
        demo: whether to run the demo's simulated customers.
        detached: whether it runs in the background.
        watch: whether apps reload when their sources change.
        left_out: the apps that are only on a cluster.
        timeout_seconds: timeout of the start-up once the engines are installed, of each app's import, and of its start.
    """

    pipeline: Pipeline
    folder: Path
    root: Path
    command: str = "up"
    demo: bool = False
    detached: bool = False
    watch: bool = False
    left_out: tuple[str, ...] = ()
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS

    @property
    def own_apps(self) -> list[App]:
        """The apps that kubeglass runs, not only scrapes."""
        return [app for app in self.pipeline.apps if app.module]


#: In the wheel, inside the package; in a checkout, two folders above it.
_PLACES = (
    Path(kubeglass.__file__).parent / "examples" / "shop",
    Path(kubeglass.__file__).parents[2] / "examples" / "shop",
)


def find_demo() -> Path:
    """Return the folder of the demo.

    Raises:
        StateError: this installation lacks it.
    """
    for place in _PLACES:
        if (place / "kubeglass.yaml").is_file():
            return place
    raise StateError(str(_PLACES[0]), "the demo is missing", hint="install kubeglass again")
