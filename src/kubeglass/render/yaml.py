"""Writes plain data as YAML: the same bytes for the same input, and readable in a diff.

ruamel.yaml, which reads kubeglass.yaml, takes two seconds to write the rules of fifty apps, and does not write
multi-line queries as blocks. The output is valid YAML 1.1 and 1.2: text that either could misread is quoted. Tests read
everything back with ruamel.yaml.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

HEADER = "# Rendered by kubeglass; edit kubeglass.yaml instead, a change here is lost.\n"

_WORD = re.compile(r"[A-Za-z_/](?:[\w./()<>=+*$;,-]|:(?=[\w/])| (?=[\w./()<>=+*$;,-]))*", re.ASCII)
_AMOUNT = re.compile(r"(?:\d+(?:ms|[smhdwy]))+|\d+(?:[KMGT]i|[KMGTPE]?B)")
_OTHER_MEANING = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", "inf"})
_UNPRINTABLE = re.compile(r"[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


def dump_yaml(document: Mapping[str, Any], *, header: str = HEADER) -> str:
    """Write one document in block style, keys in the order given, long lines unbroken."""
    return dump_yaml_documents([document], header=header)


def dump_yaml_documents(documents: Sequence[Mapping[str, Any]], *, header: str = HEADER) -> str:
    """Write several documents separated by ``---``.

    Args:
        documents: mappings, sequences, text, numbers, booleans and None, nested as needed; keys are text.
        header: a comment put before the first one.

    Raises:
        TypeError: a document contains something else.
    """
    return header + "---\n".join("".join(f"{line}\n" for line in _node(document, "")) for document in documents)


def _node(value: Any, indent: str) -> Iterator[str]:
    """Write ``value`` as whole lines, each starting with ``indent``."""
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _entry(f"{indent}{_text(key)}:", item, indent)
    elif isinstance(value, list | tuple) and value:
        for item in value:
            yield from _item(item, indent)
    else:
        yield indent + _scalar(value)


def _entry(head: str, value: Any, indent: str) -> Iterator[str]:
    if isinstance(value, Mapping | list | tuple) and value:
        # Items of a list are indented below their key, which every linter accepts.
        yield head
        yield from _node(value, indent + "  ")
    elif isinstance(value, str) and _fits_block(value):
        yield f"{head} |-"
        yield from (f"{indent}  {line}".rstrip() for line in value.split("\n"))
    else:
        yield f"{head} {_scalar(value)}"


def _item(value: Any, indent: str) -> Iterator[str]:
    if isinstance(value, Mapping | list | tuple) and value:
        lines = _node(value, indent + "  ")
        yield f"{indent}- {next(lines)[len(indent) + 2 :]}"
        yield from lines
    else:
        yield f"{indent}- {_scalar(value)}"


def _fits_block(text: str) -> bool:
    """Whether ``text`` survives as a ``|-`` block: several lines, no spaces that a block would lose or misread."""
    return (
        "\n" in text
        and not text.endswith("\n")
        and not text.startswith((" ", "\n"))
        and all(line == line.rstrip() for line in text.split("\n"))
        and text.replace("\n", "").isprintable()
    )


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool | int | float | None):
        # YAML 1.1 takes `1e-05` for text, and `1.0e-05` for a number.
        return re.sub(r"^(-?\d+)e", r"\1.0e", json.dumps(value))
    if isinstance(value, Mapping):
        return "{}"
    if isinstance(value, list | tuple):
        return "[]"
    raise TypeError(f"cannot write {type(value).__name__} as YAML")


def _text(text: str) -> str:
    if _AMOUNT.fullmatch(text) or (_WORD.fullmatch(text) and text.lower() not in _OTHER_MEANING):
        return text
    if text.isprintable() and text.isascii():
        return "'" + text.replace("'", "''") + "'"
    # JSON's quoted text is valid YAML, except for characters that only YAML requires to be escaped.
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(text, ensure_ascii=False))
