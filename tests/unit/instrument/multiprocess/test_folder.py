"""Adding up files, and compacting the dead's: the totals stay what they are, wherever it is cut off."""

from __future__ import annotations

import gc
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from prometheus_client.mmap_dict import MmapedDict, mmap_key
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from kubeglass.errors import InstrumentationError
from kubeglass.files import lock
from kubeglass.instrument.multiprocess.compaction import LOCK_NAME, compact_dead
from kubeglass.instrument.multiprocess.folder import Folder
from kubeglass.instrument.multiprocess.shared_registry import Scrape, SharedValues
from kubeglass.instrument.multiprocess.value_reader import dead_owners, parse_name
from kubeglass.instrument.options import Options
from kubeglass.instrument.registration import metrics_of
from kubeglass.instrument.storage import multiprocess_folder
from kubeglass.instrument.storage.file_store import FileStore
from kubeglass.instrument.storage.multiprocess_folder import FOLDER_VARIABLE, has_several_workers
from kubeglass.instrument.text.format import TEXT_0_0_4

#: Above the greatest pid that Linux gives.
DEAD_PID = 1 << 22


def open_file(path: Path) -> Any:
    return MmapedDict(str(path))  # type: ignore[no-untyped-call]


def write_file(folder: Path, kind: str, pid: int, values: dict[str, float], *, when: float = 0.0) -> None:
    """Write a file as prometheus_client does: sample name and labels, as in ``a_total{x=1}``, to value."""
    file = open_file(folder / f"{kind}_{pid}.db")
    for text, value in values.items():
        name, _, inside = text.removesuffix("}").partition("{")
        labels = dict(pair.split("=") for pair in inside.split(",") if pair)
        family = name.removesuffix("_total").removesuffix("_bucket").removesuffix("_sum").removesuffix("_count")
        file.write_value(mmap_key(family, name, list(labels), list(labels.values()), "Help."), value, when)
    file.close()


def scrape(folder: Path, values: SharedValues | None = None) -> list[Sample]:
    lines = (values or SharedValues(folder)).write(Scrape(TEXT_0_0_4, {}))
    families = text_string_to_metric_families("".join(lines))
    return [sample for family in families for sample in family.samples]


def expected(folder: Path) -> list[Sample]:
    """What prometheus_client makes of the same files."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(folder))  # type: ignore[no-untyped-call]
    return [sample for family in registry.collect() for sample in family.samples]


def by_name(samples: list[Sample]) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {(sample.name, tuple(sorted(sample.labels.items()))): sample.value for sample in samples}


KINDS = ["counter", "summary", "histogram", "gauge_sum", "gauge_min", "gauge_max", "gauge_mostrecent"]
NAMES = {
    "counter": ["a_total{x=1}", "a_total{x=2}", "b_total"],
    "summary": ["s_count", "s_sum"],
    "histogram": ["h_bucket{le=1.0}", "h_bucket{le=10.0}", "h_bucket{le=+Inf}", "h_sum"],
}
FILES = st.lists(
    st.tuples(st.sampled_from(KINDS), st.integers(1, 4), st.lists(st.integers(1, 1000), min_size=4, max_size=4)),
    unique_by=lambda file: file[:2],
    max_size=8,
)


def write_files(folder: Path, files: list[tuple[str, int, list[int]]]) -> None:
    for kind, number, amounts in files:
        names = NAMES.get(kind, [f"{kind}{{x=1}}", f"{kind}{{x=2}}"])
        values = {name: float(amount) for name, amount in zip(names, amounts, strict=False)}
        write_file(folder, kind, DEAD_PID + number, values, when=float(amounts[0] * 10 + number))


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    return (tmp_path_factory.mktemp("values") for _ in iter(int, 1))


@settings(max_examples=60)
@given(files=FILES)
def test_totals_are_prometheus_clients_before_and_after_compaction(
    folders: Iterator[Path], files: list[tuple[str, int, list[int]]]
) -> None:
    folder = next(folders)
    write_files(folder, files)
    right = by_name(expected(folder))
    values = SharedValues(folder)

    assert by_name(scrape(folder, values)) == right
    assert by_name(scrape(folder, values)) == right
    assert by_name(scrape(folder)) == right
    assert by_name(expected(folder)) == right
    assert len(list(folder.glob("*.db"))) == len({kind for kind, *_ in files})


class Killed(BaseException):
    """Stands for ``kill -9`` at one step of a compaction."""


STEPS = ["unlink", "rename", "replace", "write_bytes"]


@settings(max_examples=80)
@given(files=FILES, step=st.sampled_from(STEPS), after=st.integers(0, 6))
def test_totals_are_the_same_wherever_a_compaction_is_killed(
    folders: Iterator[Path], files: list[tuple[str, int, list[int]]], step: str, after: int
) -> None:
    folder = next(folders)
    write_files(folder, files[: len(files) // 2])
    compact_dead(Folder(folder))
    write_files(folder, [(kind, number + 10, amounts) for kind, number, amounts in files[len(files) // 2 :]])
    right = by_name(scrape_only(folder))
    done = getattr(Path, step)
    left = after

    def killed(self: Path, *arguments: object, **more: object) -> object:
        nonlocal left
        left -= 1
        if left < 0:
            raise Killed
        return done(self, *arguments, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, step, killed)
        with suppress(Killed):
            compact_dead(Folder(folder))

    assert by_name(scrape_only(folder)) == right
    compact_dead(Folder(folder))
    assert by_name(scrape_only(folder)) == right


def scrape_only(folder: Path) -> list[Sample]:
    """Read without compacting."""
    reading = Folder(folder)
    found = reading.read()
    return [
        Sample(
            reading.tables[kind].identities[number].sample, dict(reading.tables[kind].identities[number].labels), value
        )
        for kind, readers in found.items()
        for number, value in reading.totals(kind, readers).items()
    ]


def test_a_reading_that_meets_a_compaction_counts_nobody_twice_and_leaves_nobody_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(6):
        write_file(tmp_path, "counter", DEAD_PID + number, {"a_total": 1.0})

    def compact_meanwhile() -> None:
        compact_dead(Folder(tmp_path))

    reading = Folder(tmp_path, pause=compact_meanwhile)

    found = reading.read()

    assert list(reading.totals("counter", found["counter"]).values()) == [6.0]


def test_others_get_their_turn_after_every_file(tmp_path: Path) -> None:
    for number in range(6):
        write_file(tmp_path, "counter", DEAD_PID + number, {"a_total": 1.0})
    turns: list[int] = []

    Folder(tmp_path, pause=lambda: turns.append(1)).read()

    assert len(turns) == 6 * len(["asked whether its owner lives", "parsed", "numbered"])


@pytest.mark.parametrize("what", ["one file", "many files"])
def test_others_get_their_turn_in_the_middle_of_every_step(tmp_path: Path, what: str) -> None:
    keys = 5000 if what == "one file" else 10
    for number in range(5000 // keys):
        write_file(tmp_path, "counter", DEAD_PID + number, {f"a_total{{x={n}}}": 1.0 for n in range(keys)})
        write_file(tmp_path, "histogram", DEAD_PID + number, {f"h_bucket{{x={n},le=1.0}}": 1.0 for n in range(keys)})
    longest, last = 0.0, time.thread_time()

    def pause() -> None:
        nonlocal longest, last
        now = time.thread_time()
        longest, last = max(longest, now - last), now

    values = SharedValues(tmp_path, pause=pause)
    gc.disable()  # of all that the other tests left
    began = last = time.thread_time()
    for _ in range(2):
        for line in values.write(Scrape(TEXT_0_0_4, {})):
            assert line
            last = time.thread_time()  # whoever joins the lines pauses after each piece of them
    gc.enable()

    # Not a limit in seconds, which a slow machine breaks: no step is more than a small part of the whole.
    assert longest < (time.thread_time() - began) / 10


def test_only_one_compacts_at_a_time(tmp_path: Path) -> None:
    write_file(tmp_path, "counter", DEAD_PID, {"a_total": 1.0})

    with (tmp_path / LOCK_NAME).open("ab") as file:
        assert lock(file.fileno())
        assert not compact_dead(Folder(tmp_path))

    assert compact_dead(Folder(tmp_path))
    assert [path.name for path in tmp_path.glob("*.db")] == ["counter_compacted.db"]


def test_a_dead_workers_own_gauges_are_gone_and_a_living_ones_stay(tmp_path: Path) -> None:
    for kind in ("gauge_all", "gauge_livesum", "gauge_liveall"):
        write_file(tmp_path, kind, DEAD_PID, {f"{kind}_x": 5.0})
        write_file(tmp_path, kind, os.getpid(), {f"{kind}_x": 3.0})

    samples = scrape(tmp_path)

    assert sorted(sample.value for sample in samples) == [3.0, 3.0, 3.0]
    assert {sample.labels.get("pid") for sample in samples} == {None, str(os.getpid())}
    assert len(list(tmp_path.glob("*.db"))) == 3


def test_a_key_that_comes_later_is_found(tmp_path: Path) -> None:
    values = SharedValues(tmp_path)
    write_file(tmp_path, "counter", os.getpid(), {"a_total": 1.0})
    assert len(scrape(tmp_path, values)) == 1

    write_file(tmp_path, "counter", os.getpid(), {f"later{number}_total": 1.0 for number in range(2000)})

    assert len(scrape(tmp_path, values)) == 2001


def test_a_help_that_changed_makes_no_second_sample(tmp_path: Path) -> None:
    for number, text in enumerate(("Old.", "New.")):
        file = open_file(tmp_path / f"counter_{DEAD_PID + number}.db")
        file.write_value(mmap_key("a", "a_total", [], [], text), 1.0, 0.0)
        file.close()

    assert [sample.value for sample in scrape(tmp_path)] == [2.0]


def test_our_files_are_readable_to_prometheus_client(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    cells = [store.allocate("counter", mmap_key("a", "a_total", ["x"], [str(n)], "Help.")) for n in range(3000)]

    for cell in cells:
        cell.view[cell.index] += 2.0

    assert sum(sample.value for sample in expected(tmp_path)) == 6000
    assert by_name(scrape(tmp_path)) == by_name(expected(tmp_path))


def test_the_living_are_told_by_their_lock_even_if_a_pid_comes_back(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib; from kubeglass.instrument.storage.file_store import FileStore\n"
        "store = FileStore(pathlib.Path(sys.argv[1])); cell = store.allocate('counter', sys.argv[2])\n"
        "cell.view[cell.index] += 4.0; print(flush=True); sys.stdin.read()"
    )
    key = mmap_key("a", "a_total", [], [], "Help.")
    other = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path), key], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert other.stdout
    other.stdout.readline()
    [path] = tmp_path.glob("*.db")
    # As if this living process had been given the pid of the one that wrote the file.
    reused = path.rename(path.with_name(path.name.replace(str(other.pid), str(os.getpid()))))
    name = parse_name(reused.name)
    assert name

    assert dead_owners(tmp_path, [name]) == set()
    other.kill()
    other.communicate()
    assert dead_owners(tmp_path, [name]) == {name.owner}
    assert [sample.value for sample in scrape(tmp_path)] == [4.0]


def test_a_fork_begins_at_zero_in_files_of_its_own(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    cell = store.allocate("counter", mmap_key("a", "a_total", [], [], "Help."))
    cell.view[cell.index] += 1.0

    pid = os.fork()
    if not pid:
        store.renew()
        cell.view[cell.index] += 10.0
        os._exit(0)
    os.waitpid(pid, 0)
    cell.view[cell.index] += 1.0

    assert cell.view[cell.index] == 2.0
    assert [sample.value for sample in scrape(tmp_path)] == [12.0]
    assert sorted(name.pid for path in tmp_path.glob("*.db") if (name := parse_name(path.name))) == [0, os.getpid()]


def test_a_file_that_was_never_finished_is_removed_when_it_is_old(tmp_path: Path) -> None:
    write_file(tmp_path, "counter", DEAD_PID, {"a_total": 1.0})
    old, new = tmp_path / "counter_1-aa.db.new", tmp_path / "counter_2-bb.db.new"
    old.touch()
    new.touch()
    os.utime(old, (0, 0))

    compact_dead(Folder(tmp_path))

    assert not old.exists()
    assert new.exists()


def test_a_folder_that_is_gone_is_said_so(tmp_path: Path) -> None:
    values = SharedValues(tmp_path / "folder")

    with pytest.raises(InstrumentationError, match="cannot be read there"):
        list(values.write(Scrape(TEXT_0_0_4, {})))


def test_two_scrapes_at_once_do_not_wait_for_each_other(tmp_path: Path) -> None:
    write_file(tmp_path, "counter", os.getpid(), {"a_total": 1.0, "b_total": 1.0})
    values = SharedValues(tmp_path)
    first = values.write(Scrape(TEXT_0_0_4, {}))
    next(first)

    assert len(scrape(tmp_path, values)) == 2
    assert len(list(first)) > 1


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "file" / "folder"))

    with pytest.raises(InstrumentationError, match="cannot write their values there"):
        metrics_of(CollectorRegistry(), Options())


ADAPTER = {"wsgi.multiprocess": True}
GUNICORN = {"SERVER_SOFTWARE": "gunicorn/23.0.0"}


@pytest.mark.parametrize(
    ("environ", "command", "expected"),
    [
        ({**GUNICORN, "wsgi.multiprocess": True}, "gunicorn a:b", True),
        ({**GUNICORN, "wsgi.multiprocess": False}, "gunicorn -w 4 a:b", False),
        ({"uwsgi.version": b"2.0", "wsgi.multiprocess": True}, "uwsgi", True),
        ({"mod_wsgi.version": (5, 0), "wsgi.multiprocess": False}, "", False),
        ({"SERVER_SOFTWARE": "Werkzeug/3.1", "wsgi.multiprocess": True}, "app.py", True),
        (ADAPTER, "/usr/bin/uvicorn --workers 3 a:b", True),
        (ADAPTER, "/lib/uvicorn/__main__.py --workers=3 a:b", True),
        (ADAPTER, "hypercorn -w 3 a:b", True),
        (ADAPTER, "uvicorn --workers 1 a:b", False),
        (ADAPTER, "hypercorn a:b", False),
        (ADAPTER, "app.py --workers 3", False),
        ({}, "", False),
    ],
)
def test_several_workers_are_told_from_one(environ: dict[str, object], command: str, expected: bool) -> None:
    assert has_several_workers(environ, command.split(" ")) == expected


@pytest.mark.parametrize(("concurrency", "expected"), [("2", True), ("1", False), ("many", False)])
def test_uvicorns_variable_counts(monkeypatch: pytest.MonkeyPatch, concurrency: str, expected: bool) -> None:
    monkeypatch.setenv("WEB_CONCURRENCY", concurrency)

    assert has_several_workers(ADAPTER, ["uvicorn", "a:b"]) == expected


def test_workers_that_find_out_at_the_same_moment_warn_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    at_once = threading.Barrier(8)
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    monkeypatch.setattr(multiprocess_folder, "_has_warned", bytearray(1))
    monkeypatch.setattr(multiprocess_folder, "has_several_workers", lambda *_: at_once.wait(10) >= 0)

    with ThreadPoolExecutor(at_once.parties) as workers:
        list(workers.map(multiprocess_folder.warn_of_unshared_workers, [{}] * at_once.parties))

    assert [record.getMessage()[:15] for record in caplog.records] == ["several workers"]


def test_a_scrape_without_rights_to_compact_still_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    write_file(tmp_path, "counter", DEAD_PID, {"a_total": 1.0})

    def refuse(folder: Folder, *_: object) -> bool:
        raise PermissionError(13, "Permission denied", str(folder.path))

    monkeypatch.setattr("kubeglass.instrument.multiprocess.shared_registry.compact_dead", refuse)
    values = SharedValues(tmp_path)

    assert [sample.value for sample in scrape(tmp_path, values)] == [1.0]
    scrape(tmp_path, values)
    assert len(caplog.records) == 1
    shutil.rmtree(tmp_path)
