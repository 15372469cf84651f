"""The layout of panels: rows with headings, filled from left to right on Grafana's grid of 24 columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.dashboard import GridPos, Panel, RowPanel

GRID_COLUMNS = 24


@dataclass(frozen=True, slots=True)
class Tile:
    """One panel and its size.

    Args:
        panel: the panel, without position and id.
        width: columns, of 24.
        height: grid rows of 30 px.
    """

    panel: Builder[Panel]
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Section:
    """A row: a heading and its tiles.

    Args:
        title: the heading; empty for none.
        tiles: in reading order.
    """

    title: str
    tiles: tuple[Tile, ...]


def place(sections: list[Section]) -> list[Panel | RowPanel]:
    """Set every panel's position and id, counting from 1 in reading order."""
    placed: list[Panel | RowPanel] = []
    y = 0
    for section in sections:
        if section.title:
            placed.append(RowPanel(title=section.title, grid_pos=GridPos(x=0, y=y, w=GRID_COLUMNS, h=1)))
            y += 1
        for tile, position in _flow(section.tiles, y):
            panel = tile.panel.build()
            panel.grid_pos = position
            placed.append(panel)
            y = max(y, position.y + position.h)
    for number, item in enumerate(placed, start=1):
        item.id_val = number
    return placed


def _flow(tiles: tuple[Tile, ...], top: int) -> Iterator[tuple[Tile, GridPos]]:
    x, y, height = 0, top, 0
    for tile in tiles:
        if x + tile.width > GRID_COLUMNS:
            x, y, height = 0, y + height, 0
        yield tile, GridPos(x=x, y=y, w=tile.width, h=tile.height)
        x += tile.width
        height = max(height, tile.height)
