"""A queue's file is whole, or it is said where it is damaged; whatever is in it, looking never fails."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubeglass.supervise.state.queue_file import find_damage
from tests.unit.supervise.state.queue_files import PAGE, meta, queue_file, small_queue_file

ENTRIES = {f"{number:03}".encode(): bytes(100) for number in range(40)}
BUCKETS, BRANCH, FIRST_LEAF, SECOND_LEAF = 2 * PAGE, 3 * PAGE, 4 * PAGE, 5 * PAGE


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "exporter_otlp"


@pytest.mark.parametrize(
    "content",
    [b"", queue_file(ENTRIES), queue_file(ENTRIES, leaves=5), queue_file(ENTRIES) + bytes(7), small_queue_file({}),
     small_queue_file({b"ri": b"1", b"wi": b"2"})],
    ids=["empty", "two leaves", "five leaves", "room at the end", "small bucket", "small bucket with entries"],
)  # fmt: skip
def test_a_whole_file_is_whole(path: Path, content: bytes) -> None:
    path.write_bytes(content)

    assert find_damage(path) == ""


def test_one_header_is_enough(path: Path) -> None:
    for number in (0, 1):
        content = queue_file(ENTRIES)
        content[number * PAGE : (number + 1) * PAGE] = bytes(PAGE)
        path.write_bytes(content)

        assert find_damage(path) == ""


def test_the_newer_header_counts(path: Path) -> None:
    nowhere = meta(0, root=77, end=80), meta(1, root=77, end=80)
    for number, damage in ((0, ""), (1, "page 77 is missing")):
        content = queue_file(ENTRIES)
        content[number * PAGE : (number + 1) * PAGE] = nowhere[number]
        path.write_bytes(content)

        assert find_damage(path) == damage


@pytest.mark.parametrize(
    ("place", "replacement", "damage"),
    [
        pytest.param(0, bytes(2 * PAGE), "neither of its two headers can be read", id="both headers"),
        pytest.param(FIRST_LEAF, struct.pack("=Q", 9), "page 4 is not what it should be", id="a page's number"),
        pytest.param(FIRST_LEAF + 8, struct.pack("=H", 7), "page 4 is of no known kind", id="a page's kind"),
        pytest.param(FIRST_LEAF + 12, struct.pack("=I", 9), "page 4 is not what it should be", id="a page's length"),
        pytest.param(BRANCH + 24, struct.pack("=Q", 77), "page 77 is missing", id="a page that is not there"),
        pytest.param(BRANCH + 40, struct.pack("=Q", 4), "page 4 is used twice", id="a page in two places"),
        pytest.param(FIRST_LEAF + 24, struct.pack("=I", 9999), "an entry reaches beyond its page", id="a key's size"),
        pytest.param(FIRST_LEAF + 16, struct.pack("=I", 5), "an entry of the queue has an unknown kind", id="a kind"),
        pytest.param(BUCKETS + 16, bytes(4), "an entry is no bucket where only buckets are", id="no bucket"),
        pytest.param(SECOND_LEAF + 16 + 20 * 16, b"\0", "its entries are out of order", id="a key"),
    ],
)
def test_damage_is_named(path: Path, place: int, replacement: bytes, damage: str) -> None:
    content = queue_file(ENTRIES)
    content[place : place + len(replacement)] = replacement
    path.write_bytes(content)

    assert find_damage(path) == damage


@pytest.mark.parametrize("size", [1, 100, PAGE, 2 * PAGE - 1, 3 * PAGE, 5 * PAGE + 10])
def test_a_file_that_was_cut_off_is_damaged(path: Path, size: int) -> None:
    path.write_bytes(queue_file(ENTRIES)[:size])

    assert find_damage(path)


@given(place=st.integers(0, 6 * PAGE - 1), nonsense=st.binary(min_size=1, max_size=64))
def test_whatever_is_in_it_looking_never_fails(
    tmp_path_factory: pytest.TempPathFactory, place: int, nonsense: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "queue"
    content = queue_file(ENTRIES)
    content[place : place + len(nonsense)] = nonsense
    path.write_bytes(content[: 6 * PAGE])

    assert isinstance(find_damage(path), str)
