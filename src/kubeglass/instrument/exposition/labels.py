"""Names, labels and help as the text formats write them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

UNWRITABLE = re.compile(r"[^a-zA-Z0-9_:]")


def escape_value(value: str) -> str:
    """Escape a label's value; a lone surrogate, which UTF-8 cannot carry, as Python writes it."""
    if not value.isascii():
        value = value.encode(errors="backslashreplace").decode()
    if "\\" in value or "\n" in value or '"' in value:
        return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
    return value


@lru_cache(maxsize=4096)
def plain_name(name: str) -> str:
    """Return a name as the ``underscores`` escaping scheme writes it: what formats without UTF-8 names can carry."""
    if name[:1].isdecimal():
        name = "_" + name[1:]
    return UNWRITABLE.sub("_", name)


def label_text(name: str, value: str) -> str:
    """Write one label."""
    return f'{plain_name(name)}="{escape_value(value)}"'


def sample_text(name: str, labels: Iterable[tuple[str, str]]) -> str:
    """Write what stands before a sample's value: the name and, in alphabetical order, the labels in braces."""
    inside = ",".join([label_text(label, value) for label, value in sorted(labels)])
    return f"{plain_name(name)}{{{inside}}}" if inside else plain_name(name)
