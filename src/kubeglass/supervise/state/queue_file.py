"""Looks whether a queue file of the collector is whole; the collector dies of one that is not, at every start anew.

The file is a bbolt database: two headers, the newer of which names the root of a tree of pages. bbolt walks that tree
when it opens the file, and panics where something is not as it must be; this is the same walk, which says so instead.
What is inside the values has no checksum and is not looked at: the collector drops a request that it cannot read.
Format: https://github.com/etcd-io/bbolt/tree/main/internal/common (page.go, meta.go).
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

MAGIC, VERSION = 0xED0CDAED, 2
BRANCH, LEAF = 1, 2
BUCKET = 1
#: With two headers, nothing below this number is a page of the tree.
FIRST_PAGE = 2

_PAGE = struct.Struct("=QHHI")
_META = struct.Struct("=IIIIQQQQQQ")
#: Flags or nothing, position, key size, then value size (leaf) or page number (branch).
_LEAF_ELEMENT = struct.Struct("=IIII")
_BRANCH_ELEMENT = struct.Struct("=IIQ")
_BUCKET = struct.Struct("=QQ")
#: Page sizes that a second header is looked for at, as the first may be the damaged one.
_PAGE_SIZES = tuple(1024 << power for power in range(15))


def find_damage(path: Path) -> str:
    """Say in a few words what is damaged in the file; empty when it is whole.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        if path.stat().st_size == 0:
            # The collector begins it anew.
            return ""
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            try:
                _Tree(data, _read_header(data)).check()
            except (_DamageError, struct.error) as damage:
                return str(damage)
    return ""


class _DamageError(Exception):
    """Something is not as bbolt writes it."""


@dataclass(frozen=True, slots=True)
class _Header:
    page_size: int
    root: int
    end: int
    transaction: int


class _Element(NamedTuple):
    key: bytes
    flags: int
    value: int
    value_size: int


def _read_header(data: mmap.mmap) -> _Header:
    first = _read_meta(data, 0)
    sizes = (first.page_size,) if first else _PAGE_SIZES
    seconds = (_read_meta(data, size) for size in sizes)
    second = next((meta for size, meta in zip(sizes, seconds, strict=True) if meta and meta.page_size == size), None)
    found = [meta for meta in (first, second) if meta]
    if not found:
        raise _DamageError("neither of its two headers can be read")
    newest = max(found, key=lambda meta: meta.transaction)
    if len(data) < FIRST_PAGE * newest.page_size:
        raise _DamageError("it ends within its headers")
    return newest


def _read_meta(data: mmap.mmap, offset: int) -> _Header | None:
    begin = offset + _PAGE.size
    if begin + _META.size > len(data):
        return None
    magic, version, page_size, _, root, _, _, end, transaction, checksum = _META.unpack_from(data, begin)
    # The checksum is the last field.
    sound = checksum == _fnv1a(data[begin : begin + _META.size - 8])
    if (magic, version) != (MAGIC, VERSION) or not sound or not page_size:
        return None
    return _Header(page_size, root, end, transaction)


def _fnv1a(data: bytes) -> int:
    """Hash as in http://www.isthe.com/chongo/tech/comp/fnv/, 64 bits."""
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value


class _Tree:
    """The pages below one header.

    Args:
        data: the file.
        header: where the tree begins and how many pages there may be.
    """

    def __init__(self, data: mmap.mmap, header: _Header) -> None:
        self._data = data
        self._header = header
        self._seen: set[int] = set()

    def check(self) -> None:
        """Walk through every page: first the bucket of buckets, then what is in each.

        Raises:
            _DamageError: something is not as it must be.
        """
        for bucket in self._walk(self._header.root, b"", None):
            if bucket.flags != BUCKET or bucket.value_size < _BUCKET.size:
                raise _DamageError("an entry is no bucket where only buckets are")
            root, _ = _BUCKET.unpack_from(self._data, bucket.value)
            # A small bucket has no root: it is a page within its parent's.
            inner, end = bucket.value + _BUCKET.size, bucket.value + bucket.value_size
            entries = list(self._walk(root, b"", None)) if root else self._read_leaf(inner, end, b"", None)
            if any(entry.flags for entry in entries):
                raise _DamageError("an entry of the queue has an unknown kind")

    def _walk(self, number: int, low: bytes, high: bytes | None) -> Iterator[_Element]:
        """Go through a page and those below it; every key is at least ``low`` and below ``high``."""
        begin, end = self._claim(number)
        _, flags, count, _ = _PAGE.unpack_from(self._data, begin)
        if flags == LEAF:
            yield from self._read_leaf(begin, end, low, high)
        elif flags == BRANCH and count:
            branches = self._read_branch(begin, end, low, high)
            for branch, following in zip(branches, [*branches[1:], None], strict=True):
                yield from self._walk(branch.value, branch.key, following.key if following else high)
        else:
            raise _DamageError(f"page {number} is of no known kind")

    def _claim(self, number: int) -> tuple[int, int]:
        """Return where a page begins and ends, which no other page may overlap."""
        size = self._header.page_size
        begin = number * size
        if not FIRST_PAGE <= number < self._header.end or begin + size > len(self._data):
            raise _DamageError(f"page {number} is missing")
        named, _, _, overflow = _PAGE.unpack_from(self._data, begin)
        numbers = range(number, number + overflow + 1)
        if named != number or numbers.stop > self._header.end or numbers.stop * size > len(self._data):
            raise _DamageError(f"page {number} is not what it should be")
        if not self._seen.isdisjoint(numbers):
            raise _DamageError(f"page {number} is used twice")
        self._seen.update(numbers)
        return begin, numbers.stop * size

    def _read_branch(self, begin: int, end: int, low: bytes, high: bytes | None) -> list[_Element]:
        _, _, count, _ = _PAGE.unpack_from(self._data, begin)
        places = range(begin + _PAGE.size, begin + _PAGE.size + count * _BRANCH_ELEMENT.size, _BRANCH_ELEMENT.size)
        elements = []
        for place in places:
            position, key_size, child = _BRANCH_ELEMENT.unpack_from(self._data, place)
            key = self._read_key(place + position, key_size, 0, end)
            elements.append(_Element(key, 0, child, 0))
        _check_order(elements, low, high)
        return elements

    def _read_leaf(self, begin: int, end: int, low: bytes, high: bytes | None) -> list[_Element]:
        _, flags, count, _ = _PAGE.unpack_from(self._data, begin)
        if flags != LEAF:
            raise _DamageError("a small bucket is of no known kind")
        places = range(begin + _PAGE.size, begin + _PAGE.size + count * _LEAF_ELEMENT.size, _LEAF_ELEMENT.size)
        elements = []
        for place in places:
            kind, position, key_size, value_size = _LEAF_ELEMENT.unpack_from(self._data, place)
            key = self._read_key(place + position, key_size, value_size, end)
            elements.append(_Element(key, kind, place + position + key_size, value_size))
        _check_order(elements, low, high)
        return elements

    def _read_key(self, place: int, key_size: int, value_size: int, end: int) -> bytes:
        if place + key_size + value_size > end:
            raise _DamageError("an entry reaches beyond its page")
        return self._data[place : place + key_size]


def _check_order(elements: list[_Element], low: bytes, high: bytes | None) -> None:
    keys = [element.key for element in elements]
    ascending = all(before < after for before, after in pairwise(keys))
    if keys and (not ascending or keys[0] < low or (high is not None and keys[-1] >= high)):
        raise _DamageError("its entries are out of order")
