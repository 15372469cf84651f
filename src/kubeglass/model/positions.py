"""YAML text to plain data, remembering the line and column of every key and value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, StringMark, YAMLError

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
        data: dicts, lists and scalars only.
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


#: What the parser says against what the writer most likely did.
_MEANINGS = {
    "cannot start any token": "a tab or a reserved character stands here; indent with spaces, quote odd text",
    "expected <block end>": "this line's indentation fits none of the lines above it",
    "mapping values are not allowed": "a second ':' on the line, or a line indented below a value; quote the value",
    "could not find expected ':'": "the key on the line above has no ':'",
    "while scanning a quoted scalar": "a quote is never closed",
    "found unexpected end of stream": "a quote or bracket is never closed",
    "expected ',' or": "a bracket is never closed, or a ',' is missing",
    "found another document": "'---' starts a second document, and a file holds one definition",
    "found undefined alias": "the alias (*name) has no anchor (&name) above it",
}


class YamlSyntaxError(ValueError):
    """The text is not YAML; ``position`` is where reading stopped."""

    def __init__(self, wrong: str, position: Position) -> None:
        self.position = position
        super().__init__(wrong)


def read_document(text: str) -> Document:
    """Read one YAML 1.2 document.

    Raises:
        YamlSyntaxError: the text is not YAML, holds a key twice or a tag that only a program could mean.
    """
    document = Document()
    try:
        loaded = YAML(typ="rt", pure=True).load(text)
    except MarkedYAMLError as error:
        raise YamlSyntaxError(_reason(error), _mark_position(error.problem_mark)) from error
    except (YAMLError, ValueError) as error:
        raise YamlSyntaxError(str(error).splitlines()[0], Position(1, 1)) from error
    document.data = _convert(loaded, (), document)
    return document


def _convert(node: Any, loc: Loc, document: Document) -> Any:
    if isinstance(node, CommentedMap):
        return {key: _convert_entry(node, key, (*loc, key), document) for key in node}
    if isinstance(node, CommentedSeq):
        items = []
        for index, item in enumerate(node):
            line, column = node.lc.item(index)
            here = (*loc, index)
            document.keys[here] = document.values[here] = Position(line + 1, column + 1)
            items.append(_convert(item, here, document))
        return items
    return _plain_scalar(node)


def _convert_entry(node: CommentedMap, key: Any, loc: Loc, document: Document) -> Any:
    # A key merged in by `<<` has no position of its own: errors then point at the mapping around it.
    marks = node.lc.data.get(key)
    if marks is not None:
        document.keys[loc] = Position(marks[0] + 1, marks[1] + 1)
        document.values[loc] = Position(marks[2] + 1, marks[3] + 1)
    return _convert(node[key], loc, document)


def _plain_scalar(node: Any) -> Any:
    # The round-trip loader gives subclasses that remember their notation; validation wants the plain types.
    for plain in (bool, int, float, str):
        if isinstance(node, plain):
            return plain(node)
    return node


def _reason(error: MarkedYAMLError) -> str:
    problem = error.problem or "cannot be read"
    if problem.startswith("found duplicate key"):
        return problem.split(" with value")[0].replace("found duplicate key", "has the key twice:")
    for said, meant in _MEANINGS.items():
        if said in problem:
            return f"is not valid YAML: {meant}"
    return f"is not valid YAML: {problem}"


def _mark_position(mark: StringMark | None) -> Position:
    return Position(mark.line + 1, mark.column + 1) if mark is not None else Position(1, 1)
