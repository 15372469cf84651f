"""A queue is put aside when the collector's last lines say that it died of it, and in no other case."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubeglass.supervise.state.queue_repair import QueueRepair

REFUSED = ('Error: cannot start pipelines: failed to start "otlp_http/prometheus" exporter: invalid database',)
PANIC = (
    "panic: assertion failed: Page expected to be: 13, but self identifies as 0",
    "",
    "goroutine 32 [running]:",
    "go.etcd.io/bbolt/internal/common.(*Page).FastCheck(0x7f3c23044000, 0x0?)",
)


@pytest.mark.parametrize("lines", [REFUSED, PANIC, ("unexpected fault address 0x7f", *PANIC[1:])])
def test_queues_that_the_collector_died_of_are_put_aside(tmp_path: Path, lines: tuple[str, ...]) -> None:
    queue, temporary = tmp_path / "exporter_a", tmp_path / "tempdb123"
    queue.write_bytes(b"nonsense")
    temporary.touch()

    notes = QueueRepair(tmp_path)(("starting", *lines, "the end"))

    assert notes == (
        f"queue: {queue} was damaged; what waited in it, at most 8 bytes, is lost; kept as exporter_a.damaged",
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["exporter_a.damaged", "tempdb123"]


@pytest.mark.parametrize(
    "lines",
    [
        (),
        ("Error: cannot unmarshal the configuration",),
        ("panic: runtime error: index out of range", "goroutine 1 [running]:", "main.main()"),
        ("fatal error: out of memory", "goroutine 7 [syscall]:", "go.etcd.io/bbolt.fdatasync()"),
    ],
)
def test_a_queue_that_the_collector_did_not_die_of_stays(tmp_path: Path, lines: tuple[str, ...]) -> None:
    (tmp_path / "exporter_a").touch()

    assert QueueRepair(tmp_path)(lines) == ()
    assert (tmp_path / "exporter_a").exists()


def test_only_the_newest_damaged_file_is_kept(tmp_path: Path) -> None:
    for content in (b"first", b"second"):
        (tmp_path / "exporter_a").write_bytes(content)
        QueueRepair(tmp_path)(REFUSED)

    assert QueueRepair(tmp_path)(REFUSED) == ()
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"second"]


def test_what_cannot_be_put_aside_is_said(tmp_path: Path) -> None:
    (tmp_path / "exporter_a").touch()
    (tmp_path / "exporter_a.damaged").mkdir()

    (note,) = QueueRepair(tmp_path)(REFUSED)

    assert note == f"queue: {tmp_path / 'exporter_a'} is damaged and cannot be put aside (Is a directory)"


def test_two_repairs_of_the_same_folder_are_equal(tmp_path: Path) -> None:
    assert QueueRepair(tmp_path) == QueueRepair(tmp_path), "or the collector would be renewed without need"
