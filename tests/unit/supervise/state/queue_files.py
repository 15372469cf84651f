"""Small queue files as bbolt would write them, of three levels: bucket of buckets, branch page, leaf pages."""

from __future__ import annotations

import struct
from collections.abc import Mapping

from kubeglass.supervise.state.queue_file import MAGIC, VERSION

PAGE = 4096
BRANCH, LEAF = 1, 2
NO_FREELIST = 2**64 - 1


def queue_file(entries: Mapping[bytes, bytes], *, leaves: int = 2) -> bytearray:
    """Write the entries into one bucket, over that many leaf pages."""
    keys = sorted(entries)
    share = -(-len(keys) // leaves)
    groups = [keys[begin : begin + share] for begin in range(0, len(keys), share)]
    numbers = range(4, 4 + len(groups))
    children = {group[0]: number for group, number in zip(groups, numbers, strict=True)}
    pages = [
        page(2, LEAF, leaf_elements({b"default": struct.pack("=QQ", 3, 0)}, flags=1), 1),
        page(3, BRANCH, branch_elements(children), len(children)),
    ]
    for group, number in zip(groups, numbers, strict=True):
        pages.append(page(number, LEAF, leaf_elements({key: entries[key] for key in group}), len(group)))
    end = numbers.stop
    return bytearray(meta(0, root=2, end=end) + meta(1, root=2, end=end) + b"".join(pages))


def small_queue_file(entries: Mapping[bytes, bytes]) -> bytearray:
    """Write the entries into a bucket that has no page of its own."""
    inner = struct.pack("=QHHI", 0, LEAF, len(entries), 0) + leaf_elements(entries)
    root = page(2, LEAF, leaf_elements({b"default": struct.pack("=QQ", 0, 0) + inner}, flags=1), 1)
    return bytearray(meta(0, root=2, end=3) + meta(1, root=2, end=3) + root)


def meta(transaction: int, *, root: int, end: int) -> bytes:
    """Write a header page."""
    fields = struct.pack("=IIIIQQQQQ", MAGIC, VERSION, PAGE, 0, root, 0, NO_FREELIST, end, transaction)
    checksum = 0xCBF29CE484222325
    for byte in fields:
        checksum = (checksum ^ byte) * 0x100000001B3 % 2**64
    return page(transaction, 4, fields + struct.pack("=Q", checksum), 0)


def page(number: int, flags: int, content: bytes, count: int) -> bytes:
    """Write a page."""
    return (struct.pack("=QHHI", number, flags, count, 0) + content).ljust(PAGE, b"\0")


def leaf_elements(entries: Mapping[bytes, bytes], *, flags: int = 0) -> bytes:
    """Write the entries of a leaf page."""
    heads, bodies = b"", b""
    for number, (key, value) in enumerate(sorted(entries.items())):
        position = (len(entries) - number) * 16 + len(bodies)
        heads += struct.pack("=IIII", flags, position, len(key), len(value))
        bodies += key + value
    return heads + bodies


def branch_elements(children: Mapping[bytes, int]) -> bytes:
    """Write the entries of a branch page."""
    heads, bodies = b"", b""
    for number, (key, child) in enumerate(sorted(children.items())):
        heads += struct.pack("=IIQ", (len(children) - number) * 16 + len(bodies), len(key), child)
        bodies += key
    return heads + bodies
