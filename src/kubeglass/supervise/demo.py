"""The demo that comes with kubeglass: a shop and its customers."""

from __future__ import annotations

from pathlib import Path

import kubeglass
from kubeglass.errors import StateError

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
