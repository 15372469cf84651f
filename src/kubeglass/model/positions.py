"""Where every key and value of a YAML document stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from kubeglass.model.problem import Loc


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a text file; both count from 1, as editors do."""

    line: int
    column: int


@dataclass(slots=True)
class Document:
    """One YAML document as plain data.

    Args:
        data: dicts with keys of text, lists and scalars only.
        keys: where each key or list item starts.
        values: where each value starts.
    """

    data: Any = None
    keys: dict[Loc, Position] = field(default_factory=dict)
    values: dict[Loc, Position] = field(default_factory=dict)

    def position(self, loc: Loc, *, at_key: bool = False) -> Position:
        """Find ``loc``, or the nearest thing around it that was really written."""
        for length in range(len(loc), 0, -1):
            here = loc[:length]
            places = self.keys if at_key or length < len(loc) else self.values
            if here in places:
                return places[here]
        return Position(1, 1)


class YamlSyntaxError(ValueError):
    """The text is not YAML, or not of the kind a definition is written in; ``position`` is where that shows."""

    def __init__(self, wrong: str, position: Position) -> None:
        self.position = position
        super().__init__(wrong)
