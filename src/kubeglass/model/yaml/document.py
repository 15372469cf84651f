"""A YAML document as plain data, with the line and column of every key and value."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from kubeglass.model.problem import Loc


class Position(NamedTuple):
    """A position in a text file, counted from 1 as editors do."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.line}:{self.column}"


@dataclass(slots=True)
class Document:
    """One YAML document as plain data.

    Args:
        data: dicts with text keys, lists and scalars only.
        keys: where each key or list item starts.
        values: where each value starts.
    """

    data: Any = None
    keys: dict[Loc, Position] = field(default_factory=dict)
    values: dict[Loc, Position] = field(default_factory=dict)

    def position(self, loc: Loc, *, at_key: bool = False) -> Position:
        """Return the position of ``loc``, or of the nearest enclosing node in the file."""
        for length in range(len(loc), 0, -1):
            here = loc[:length]
            places = self.keys if at_key or length < len(loc) else self.values
            if here in places:
                return places[here]
        return Position(1, 1)


class YamlSyntaxError(ValueError):
    """The text is not YAML that a definition may use; ``position`` is the place."""

    def __init__(self, wrong: str, position: Position) -> None:
        self.position = position
        super().__init__(wrong)


_TAG = "tag:yaml.org,2002:"

#: Characters that can be escaped in YAML but are valid neither in UTF-8 nor in a program's arguments.
_NO_TEXT = re.compile("[\\0\ud800-\udfff]")

#: Most nodes in one definition; aliases of aliases multiply.
_MOST_NODES = 200_000


def _read_int(text: str) -> int:
    digits = text.replace("_", "")
    return int(digits, 0) if digits.lower().startswith(("0x", "0o", "0b")) else int(digits)


def _read_float(text: str) -> float:
    number = float(text.replace("_", ""))
    if not math.isfinite(number):
        raise ValueError(text)
    return number


#: How to read the scalar of each tag; dates and the like are text in a definition.
_SCALARS: Mapping[str, Callable[[str], Any]] = {
    f"{_TAG}int": _read_int,
    f"{_TAG}float": _read_float,
    f"{_TAG}bool": lambda text: text.lower() in {"true", "yes", "on"},
    f"{_TAG}null": lambda _text: None,
    f"{_TAG}str": str,
    f"{_TAG}timestamp": str,
    f"{_TAG}value": str,
    f"{_TAG}merge": str,
}


class Converter:
    """Converts the nodes of one document to data, and adds their positions to it."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._around: list[Node] = []
        self._count = 0

    def convert(self, node: Node, loc: Loc = ()) -> Any:
        """Convert ``node``, found at ``loc``.

        Raises:
            YamlSyntaxError: it has something that a definition may not.
        """
        self._count += 1
        if self._count > _MOST_NODES:
            raise YamlSyntaxError("expands to too many values through its aliases", _start(node))
        if isinstance(node, ScalarNode):
            return _scalar(node)
        if any(node is outer for outer in self._around):
            raise YamlSyntaxError("is an alias of a value that contains it", _start(node))
        self._around.append(node)
        try:
            return self._mapping(node, loc) if isinstance(node, MappingNode) else self._sequence(node, loc)
        finally:
            self._around.pop()

    def _sequence(self, node: Node, loc: Loc) -> list[Any]:
        _require(node, plain=isinstance(node, SequenceNode) and node.tag == f"{_TAG}seq")
        items = []
        for index, item in enumerate(node.value):
            here = (*loc, index)
            self._document.keys[here] = self._document.values[here] = _start(item)
            items.append(self.convert(item, here))
        return items

    def _mapping(self, node: MappingNode, loc: Loc) -> dict[str, Any]:
        _require(node, plain=node.tag == f"{_TAG}map")
        data = {}
        for key, (key_node, value) in self._pairs(node).items():
            here = (*loc, key)
            self._document.keys[here], self._document.values[here] = _start(key_node), _start(value)
            data[key] = self.convert(value, here)
        return data

    def _pairs(self, node: MappingNode) -> dict[str, tuple[Node, Node]]:
        """Return a mapping's own keys, and those it merges and does not have itself."""
        own: dict[str, tuple[Node, Node]] = {}
        merged: list[MappingNode] = []
        for key_node, value in node.value:
            if key_node.tag == f"{_TAG}merge":
                merged += _merged(value)
                continue
            key = _key(key_node)
            if key in own:
                raise YamlSyntaxError(f"has a duplicate key: {key}", _start(key_node))
            own[key] = (key_node, value)
        for mapping in merged:
            self._count += len(mapping.value)
            if mapping is node or any(mapping is outer for outer in self._around):
                raise YamlSyntaxError("merges a mapping that contains it", _start(node))
            self._around.append(mapping)
            own = {**self._pairs(mapping), **own} if self._count <= _MOST_NODES else own
            self._around.pop()
        return own


def _merged(value: Node) -> Iterator[MappingNode]:
    nodes = value.value if isinstance(value, SequenceNode) else [value]
    for node in reversed(nodes):
        if not isinstance(node, MappingNode):
            raise YamlSyntaxError("merges something other than a mapping with '<<'", _start(node))
        yield node


def _key(node: Node) -> str:
    if not isinstance(node, ScalarNode):
        raise YamlSyntaxError("has a list or a mapping as a key; keys must be text", _start(node))
    key = _scalar(node)
    if not isinstance(key, str):
        shown = node.value[:40] or "nothing"
        raise YamlSyntaxError(f"has the key {shown}; keys must be text, so quote it", _start(node))
    return key


def _scalar(node: ScalarNode) -> Any:
    _require(node, plain=node.tag in _SCALARS)
    # JSON, which YAML includes, writes characters beyond 16 bits as surrogate pairs.
    text = node.value.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    if _NO_TEXT.search(text):
        raise YamlSyntaxError("contains an escaped null or half a character; remove it", _start(node))
    try:
        return _SCALARS[str(node.tag)](text)
    except ValueError:
        # Too many digits, or the wrong tag: the check of the section says what it should be.
        return text


def _require(node: Node, *, plain: bool) -> None:
    if not plain:
        tag = str(node.tag).replace(_TAG, "!!")
        raise YamlSyntaxError(f"has the tag {tag}, which is not supported; remove it", _start(node))


def _start(node: Node) -> Position:
    return Position(node.start_mark.line + 1, node.start_mark.column + 1)
