"""Reads YAML text into a document, or says in one line what is wrong with it."""

from __future__ import annotations

from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, StringMark
from ruamel.yaml.reader import ReaderError

from kubeglass.model.yaml.document import Converter, Document, Position, YamlSyntaxError

#: Deepest nesting allowed; the deepest key of a definition is at level nine.
_DEEPEST = 50

#: The parser's message, and the likely mistake.
_MEANINGS = {
    "cannot start any token": "a tab or a reserved character; indent with spaces, quote special characters",
    "expected <block end>": "this line's indentation matches none of the lines above it",
    "mapping values are not allowed": "a second ':' on the line, or a line indented below a value; quote the value",
    "could not find expected ':'": "the key on the line above has no ':'",
    "while scanning a quoted scalar": "a quote is not closed",
    "found unexpected end of stream": "a quote or bracket is not closed",
    "expected ',' or": "a bracket is not closed, or a ',' is missing",
    "found another document": "'---' starts a second document; only one is allowed",
    "found undefined alias": "the alias (*name) has no anchor (&name) above it",
    "expected alphabetic or numeric character": "'&' or '*' has no name after it; quote text that starts with either",
    "expected the node content, but found '<stream end>'": "a value or a closing bracket is missing at the end",
    "expected the node content": "a value is missing here",
    "sequence entries are not allowed": "'- ' starts a list item, which goes on its own line",
    "while scanning a block scalar": "'|' or '>' starts a block, whose text begins on the next line; quote other text",
    "hexdecimal numbers": "an escape in double quotes is missing a digit",
    "expected URI": "'!' starts a tag here; quote text that starts with it",
    "expected a tag": "'!' starts a tag here; quote text that starts with it",
    "undefined tag handle": "'!' starts a tag here; quote text that starts with it",
    "found unknown escape character": "'\\' starts an unknown escape; use single quotes, or double it",
    "incompatible YAML document": "'%YAML' asks for a version other than 1.x; remove the line",
    "found character '%'": "'%' starts a directive here; quote text that starts with it",
    "expected '!', but found": "'%' starts a directive here; quote text that starts with it",
    "while scanning a directive": "'%' starts a directive here; quote text that starts with it",
    "but found '<stream end>'": "the file ends too early",
}


def read_document(text: str) -> Document:
    """Read one YAML 1.2 document.

    Raises:
        YamlSyntaxError: the text is not YAML, or has a duplicate key, a tag, an alias of a value that contains it, or
            more levels or repetitions than a person writes.
    """
    yaml = YAML(typ="safe", pure=True)
    # YAML allows an anchor's name to be used again.
    yaml.composer.warn_double_anchors = False
    try:
        root = yaml.compose(text)
        document = Document()
        document.data = None if root is None else Converter(document).convert(root)
    except MarkedYAMLError as error:
        raise YamlSyntaxError(_reason(error), _mark_position(error.problem_mark or error.context_mark)) from error
    except ReaderError as error:
        before = text[: error.position]
        position = Position(before.count("\n") + 1, len(before) - before.rfind("\n"))
        wrong = f"contains the character #x{ord(text[error.position]):04x}, which is not allowed in text"
        raise YamlSyntaxError(f"{wrong}; remove it", position) from error
    except RecursionError as error:
        raise YamlSyntaxError("is nested too deeply", _deep_position(text)) from error
    return document


def _deep_position(text: str) -> Position:
    """Find where the nesting gets too deep; the event parser does not recurse."""
    depth = 0
    for event in YAML(typ="safe", pure=True).parse(text):
        kind = type(event).__name__
        depth += kind.endswith("StartEvent") - kind.endswith("EndEvent")
        if depth > _DEEPEST:
            return _mark_position(event.start_mark)
    return Position(1, 1)


def _reason(error: MarkedYAMLError) -> str:
    said = f"{error.context or ''}: {error.problem or ''}"
    for words, meant in _MEANINGS.items():
        if words in said:
            return f"is not valid YAML: {meant}"
    return f"is not valid YAML: {(error.problem or 'cannot be read').splitlines()[0]}"


def _mark_position(mark: StringMark | Any | None) -> Position:
    return Position(mark.line + 1, mark.column + 1) if mark is not None else Position(1, 1)
