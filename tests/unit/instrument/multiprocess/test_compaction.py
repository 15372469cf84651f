"""Compaction where it is narrow: a pid that comes back, two names for one file, more series than there is room for."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from prometheus_client.mmap_dict import MmapedDict, mmap_key
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from kubeglass.catalog import OVERFLOW
from kubeglass.flask import instrument
from kubeglass.instrument.multiprocess import compaction
from kubeglass.instrument.multiprocess.compaction import compact_dead
from kubeglass.instrument.multiprocess.folder import Folder
from kubeglass.instrument.multiprocess.shared_registry import Scrape, SharedValues
from kubeglass.instrument.storage.multiprocess_folder import FOLDER_VARIABLE
from kubeglass.instrument.text.format import TEXT_0_0_4
from tests.unit.instrument.counting import in_fork, shown

#: Above the greatest pid that Linux gives.
DEAD_PID = 1 << 22


def write_counter(folder: Path, owner: int | str, values: dict[str, float]) -> None:
    file: Any = MmapedDict(str(folder / f"counter_{owner}.db"))  # type: ignore[no-untyped-call]
    for label, value in values.items():
        file.write_value(mmap_key("a", "a_total", ["x"], [label], "Help."), value, 0.0)
    file.close()


def total(folder: Path) -> float:
    reading = Folder(folder)
    return sum(reading.totals("counter", reading.read().get("counter", [])).values()) if folder else 0.0


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.db"))


class TestAPidThatComesBack:
    @pytest.fixture(autouse=True)
    def taken_over(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A process gets the pid after the file was found a dead one's."""
        monkeypatch.setattr(compaction, "is_running", lambda _: True)

    def test_its_file_keeps_its_name_and_is_not_compacted(self, tmp_path: Path) -> None:
        write_counter(tmp_path, DEAD_PID, {"": 1.0})

        assert compact_dead(Folder(tmp_path))

        assert names(tmp_path) == [f"counter_{DEAD_PID}.db"]
        assert total(tmp_path) == 1.0

    def test_a_reader_that_sees_both_names_counts_once(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        write_counter(tmp_path, DEAD_PID, {"": 1.0})
        link, seen = os.link, []

        def link_and_look(old: Path, new: Path) -> None:
            link(old, new)
            seen.append((len(names(tmp_path)), total(tmp_path)))

        monkeypatch.setattr(os, "link", link_and_look)
        compact_dead(Folder(tmp_path))

        assert seen == [(2, 1.0)]

    def test_a_file_that_the_new_process_made_meanwhile_stays_beside_the_old_ones(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write_counter(tmp_path, DEAD_PID, {"": 1.0})

        def make_meanwhile(_: int) -> bool:
            write_counter(tmp_path, DEAD_PID, {"": 5.0})
            return True

        monkeypatch.setattr(compaction, "is_running", make_meanwhile)
        compact_dead(Folder(tmp_path))

        assert len(names(tmp_path)) == 2
        assert total(tmp_path) == 6.0

    def test_others_of_its_kind_are_compacted(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(compaction, "is_running", lambda pid: pid == DEAD_PID)
        for pid in (DEAD_PID, DEAD_PID + 1):
            write_counter(tmp_path, pid, {"": 1.0})

        compact_dead(Folder(tmp_path))

        assert names(tmp_path) == [f"counter_{DEAD_PID}.db", "counter_compacted.db"]
        assert total(tmp_path) == 2.0


def test_a_file_with_two_names_that_a_killed_compaction_left_is_compacted_once(tmp_path: Path) -> None:
    write_counter(tmp_path, DEAD_PID, {"": 1.0})
    os.link(tmp_path / f"counter_{DEAD_PID}.db", tmp_path / f"counter_{DEAD_PID}-0a0a0a0a.db")

    assert total(tmp_path) == 1.0
    compact_dead(Folder(tmp_path))

    assert names(tmp_path) == ["counter_compacted.db"]
    assert total(tmp_path) == 1.0


def test_a_file_that_was_renamed_is_read_under_its_new_name(tmp_path: Path) -> None:
    write_counter(tmp_path, DEAD_PID, {"": 1.0})
    folder = Folder(tmp_path)
    [[reader]] = folder.read().values()

    compact_dead(folder)

    assert reader.path.name == reader.name.name != f"counter_{DEAD_PID}.db"


def test_a_full_file_system_is_left_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_counter(tmp_path, DEAD_PID, {"": 1.0})
    replace = Path.replace

    def refuse(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OSError, match="No space"):
        compact_dead(Folder(tmp_path))
    monkeypatch.setattr(Path, "replace", replace)

    assert not list(tmp_path.glob("*.new"))
    assert total(tmp_path) == 1.0


class TestLimits:
    def series(self, folder: Path, values: SharedValues | None = None) -> dict[str, float]:
        lines = (values or SharedValues(folder)).write(Scrape(TEXT_0_0_4, {}, limits={"a": 3}))
        return values_by_label(text_string_to_metric_families("".join(lines)))

    def test_generation_after_generation_stays_within_the_limit(self, tmp_path: Path) -> None:
        for generation in range(10):
            write_counter(tmp_path, DEAD_PID + generation, {f"{generation}-{n}": 1.0 for n in range(3)})
            self.series(tmp_path)

        found = self.series(tmp_path)

        assert set(found) == {"0-0", "0-1", "0-2", OVERFLOW}
        assert found[OVERFLOW] == 27.0

    def test_what_was_kept_once_is_kept_for_good(self, tmp_path: Path) -> None:
        write_counter(tmp_path, DEAD_PID, {"z": 1.0, "y": 1.0})
        self.series(tmp_path)
        write_counter(tmp_path, DEAD_PID + 1, {"a": 1.0, "b": 1.0, "z": 1.0})
        self.series(tmp_path)

        found = self.series(tmp_path)

        assert found == {"z": 2.0, "y": 1.0, "a": 1.0, OVERFLOW: 1.0}

    def test_what_was_kept_first_is_kept_whoever_compacts(self, tmp_path: Path) -> None:
        values = SharedValues(tmp_path)
        write_counter(tmp_path, os.getpid(), {"late": 1.0})
        self.series(tmp_path, values)  # so this one knows it before all others
        write_counter(tmp_path, DEAD_PID, {"p": 1.0, "q": 1.0, "r": 1.0})
        self.series(tmp_path)
        (tmp_path / f"counter_{os.getpid()}.db").rename(tmp_path / f"counter_{DEAD_PID + 1}.db")

        self.series(tmp_path, values)

        assert self.series(tmp_path) == {"p": 1.0, "q": 1.0, "r": 1.0, OVERFLOW: 1.0}

    def test_what_was_kept_for_the_living_goes_first(self, tmp_path: Path) -> None:
        values = SharedValues(tmp_path)
        write_counter(tmp_path, os.getpid(), {"late": 1.0})
        self.series(tmp_path, values)
        write_counter(tmp_path, DEAD_PID, {"p": 1.0, "q": 1.0, "r": 1.0})
        self.series(tmp_path)
        write_counter(tmp_path, DEAD_PID + 1, {"late": 1.0})
        self.series(tmp_path, values)
        (tmp_path / f"counter_{os.getpid()}.db").rename(tmp_path / f"counter_{DEAD_PID + 2}.db")
        self.series(tmp_path)

        assert self.series(tmp_path) == {"p": 1.0, "q": 1.0, "r": 1.0, OVERFLOW: 2.0}

    def test_what_a_living_worker_counts_does_not_go_back(self, tmp_path: Path) -> None:
        write_counter(tmp_path, DEAD_PID, {f"{n}": 1.0 for n in range(3)})
        self.series(tmp_path)
        write_counter(tmp_path, DEAD_PID + 1, {"more": 5.0})
        write_counter(tmp_path, os.getpid(), {"more": 2.0})

        assert [self.series(tmp_path)["more"] for _ in range(3)] == [7.0] * 3

    @settings(max_examples=40)
    @given(st.lists(st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 9), max_size=8), max_size=6))
    def test_nothing_is_lost_and_no_series_goes_back_while_it_is_shown(
        self, tmp_path_factory: pytest.TempPathFactory, generations: list[dict[str, int]]
    ) -> None:
        folder = tmp_path_factory.mktemp("values")
        sent, kept = 0, dict[str, float]()
        for number, counted in enumerate(generations):
            write_counter(folder, DEAD_PID + number, {label: float(value) for label, value in counted.items()})
            sent += sum(counted.values())
            self.series(folder)
            found = self.series(folder)
            assert sum(found.values()) == sent
            assert all(found[label] >= before for label, before in kept.items())
            kept = found
        assert len(kept) <= 4


def values_by_label(families: object) -> dict[str, float]:
    samples: list[Sample] = [sample for family in families for sample in family.samples]  # type: ignore[attr-defined]
    return {sample.labels["x"]: sample.value for sample in samples}


def test_workers_with_ever_other_label_values_stay_within_max_series(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    app = Flask("shop")
    app.add_url_rule("/", "index", lambda: "index")
    instrument(
        app, registry=CollectorRegistry(), max_series=5, extra_labels={"user": lambda request: request.args["user"]}
    )

    def work(generation: int) -> Callable[[], object]:
        return lambda: [app.test_client().get(f"/?user={generation}-{number}") for number in range(20)]

    for generation in range(6):
        in_fork(work(generation))
        shown(app, "http_requests_total")
    text = app.test_client().get("/metrics").text

    assert text.count("\nhttp_requests_total{") == 6
    assert text.count("\nhttp_request_duration_seconds_count{") == 6
    assert shown(app, "http_requests_total") == shown(app, "http_request_duration_seconds_count") == 120
