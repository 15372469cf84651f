"""Only whole, unaltered programs leave the cache."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kubeglass.engines.engine import Distribution
from kubeglass.engines.install.cache import (
    RECORD,
    cache_root,
    distribution_folder,
    find_record,
    publish,
    staging_folder,
)
from kubeglass.engines.install.source import Origin
from kubeglass.errors import EngineError
from tests.unit.engines.gadget import VERSION, make_distribution, write_go_module, write_program


def _install(distribution: Distribution, origin: Origin = Origin.RELEASE) -> Path:
    with staging_folder(distribution) as staging:
        write_program(staging / "gadget")
        publish(distribution, staging, origin)
    return distribution_folder(distribution)


def test_the_cache_follows_xdg(cache_home: Path) -> None:
    assert distribution_folder(make_distribution()) == cache_home / "kubeglass" / "engines" / "gadget" / VERSION


@pytest.mark.parametrize("value", ["", "relative/folder"])
def test_without_a_usable_xdg_folder_the_cache_is_in_the_home(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", value)
    monkeypatch.setenv("HOME", "/home/someone")

    assert cache_root() == Path("/home/someone/.cache/kubeglass/engines")


def test_what_was_published_is_found_with_its_origin() -> None:
    folder = _install(make_distribution())
    record = find_record(make_distribution(), "gadget")

    assert record is not None
    assert (record.version, record.origin) == (VERSION, Origin.RELEASE)
    assert sorted(path.name for path in folder.iterdir()) == ["gadget", RECORD]


def test_a_damaged_program_is_not_used() -> None:
    folder = _install(make_distribution())
    content = bytearray((folder / "gadget").read_bytes())
    content[-2] ^= 1
    (folder / "gadget").write_bytes(content)

    assert find_record(make_distribution(), "gadget") is None


def test_a_program_cut_short_is_not_used() -> None:
    folder = _install(make_distribution())
    (folder / "gadget").write_bytes((folder / "gadget").read_bytes()[:-1])

    assert find_record(make_distribution(), "gadget") is None


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"version": "1.2.3"}', '{"origin": "stolen"}'])
def test_a_program_with_a_damaged_record_is_not_used(text: str) -> None:
    folder = _install(make_distribution())
    (folder / RECORD).write_text(text)

    assert find_record(make_distribution(), "gadget") is None


def test_a_program_without_a_record_is_not_used() -> None:
    folder = _install(make_distribution())
    (folder / RECORD).unlink()

    assert find_record(make_distribution(), "gadget") is None


def test_a_record_without_its_program_is_not_used() -> None:
    folder = _install(make_distribution())
    (folder / "gadget").unlink()

    assert find_record(make_distribution(), "gadget") is None


def test_a_build_of_other_sources_is_not_used(tmp_path: Path) -> None:
    distribution = make_distribution(build=write_go_module(tmp_path / "sources"))
    _install(distribution, Origin.BUILD)

    assert find_record(distribution, "gadget") is not None
    (tmp_path / "sources" / "main.go").write_text("package main\n\nfunc main() {}\n")
    assert find_record(distribution, "gadget") is None


def test_a_release_does_not_care_about_build_sources(tmp_path: Path) -> None:
    distribution = make_distribution(build=write_go_module(tmp_path / "sources"))
    _install(distribution, Origin.RELEASE)
    (tmp_path / "sources" / "main.go").write_text("package main\n\nfunc main() {}\n")

    assert find_record(distribution, "gadget") is not None


def test_an_interruption_between_program_and_record_leaves_nothing_usable() -> None:
    folder = _install(make_distribution())
    record = json.loads((folder / RECORD).read_text())
    write_program(folder / "gadget", "1.2.3-newer")

    assert record["sha256"]["gadget"]
    assert find_record(make_distribution(), "gadget") is None


def test_leftovers_of_an_interrupted_installation_are_removed() -> None:
    folder = distribution_folder(make_distribution())
    (folder / ".new-dead").mkdir(parents=True)
    (folder / ".new-dead" / "gadget").write_text("half")

    with staging_folder(make_distribution()) as staging:
        assert [path for path in folder.iterdir() if path != staging] == []
    assert list(folder.iterdir()) == []


def test_a_cache_that_cannot_be_written_is_one_clear_error(cache_home: Path) -> None:
    cache_home.write_text("a file where a folder should be")

    with (
        pytest.raises(EngineError, match=r"cannot be written \(.+\); .*XDG_CACHE_HOME"),
        staging_folder(make_distribution()),
    ):
        pass
