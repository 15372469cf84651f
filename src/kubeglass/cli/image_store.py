"""Where this folder's image archives lie."""

from __future__ import annotations

from kubeglass.cli.context import state_root
from kubeglass.images.store import ImageStore

FOLDER = "images"


def image_store() -> ImageStore:
    """Return the archives that ``kubeglass images build`` wrote in this folder; there may be none."""
    return ImageStore(state_root() / FOLDER)
