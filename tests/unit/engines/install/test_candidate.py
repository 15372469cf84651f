"""Which programs will do: they start here, say the right version and have the needed parts."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubeglass.engines.install import search_path
from kubeglass.engines.install.search_path import check_candidate, find_on_path
from kubeglass.engines.install.source import Unavailable
from tests.unit.engines.gadget import Diary, make_tool, write_program


def _refusal(binary: Path, parts: tuple[str, ...] = ()) -> str:
    with pytest.raises(Unavailable) as caught:
        check_candidate(make_tool(parts=parts), binary)
    return caught.value.reason


def test_a_program_of_the_pins_series_will_do(tmp_path: Path) -> None:
    assert check_candidate(make_tool(), write_program(tmp_path / "gadget", "1.2.9")) == "1.2.9"


def test_a_program_of_another_series_will_not(tmp_path: Path) -> None:
    assert _refusal(write_program(tmp_path / "gadget", "1.20.3")) == "is version 1.20.3, not 1.2"


def test_a_program_that_says_no_version_will_not(tmp_path: Path) -> None:
    assert _refusal(write_program(tmp_path / "gadget", "unknown")) == "reports no version"


def test_a_file_that_is_not_executable_will_not(tmp_path: Path) -> None:
    binary = write_program(tmp_path / "gadget")
    binary.chmod(0o644)

    assert _refusal(binary) == "is not executable"


def test_a_program_for_another_machine_will_not(tmp_path: Path) -> None:
    binary = write_program(tmp_path / "gadget")
    binary.write_bytes(b"\x7fELF\x02\x01\x01" + bytes(57))

    assert _refusal(binary) == "is not a program for this machine"


def test_a_program_that_hangs_will_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_path, "ANSWER_TIMEOUT", 0.2)
    binary = tmp_path / "gadget"
    binary.write_text("#!/bin/sh\nexec sleep 60\n")
    binary.chmod(0o755)

    assert _refusal(binary).startswith("does not answer within")


def test_a_build_without_a_needed_part_will_not(tmp_path: Path) -> None:
    binary = write_program(tmp_path / "gadget", parts="name: otlp_http name: batch")

    assert check_candidate(make_tool(parts=("otlp_http", "batch")), binary) == "1.2.3"
    assert _refusal(binary, parts=("otlp", "batch", "file_storage")) == "lacks otlp, file_storage"


def test_the_first_program_on_path_that_will_do_is_taken(path_folder: Path) -> None:
    write_program(path_folder / "gadget", "0.9.0")
    expected = write_program(path_folder / "gizmo", "1.2.4")
    diary = Diary()

    assert find_on_path(make_tool(), diary) == (expected, "1.2.4")
    assert diary.notes == [f"gadget: skipped {path_folder / 'gadget'} is version 0.9.0, not 1.2"]


def test_a_folder_on_path_that_cannot_be_looked_into_is_passed_over(
    path_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = write_program(path_folder / "gadget", "1.2.4")
    # Root may look into every folder, but nobody into one whose name is too long for the system.
    monkeypatch.setenv("PATH", f"/{'x' * 5000}:{path_folder}")

    assert find_on_path(make_tool(), Diary()) == (expected, "1.2.4")


def test_files_that_are_not_executable_are_told_of_too(path_folder: Path) -> None:
    write_program(path_folder / "gadget").chmod(0o644)

    with pytest.raises(Unavailable) as caught:
        find_on_path(make_tool(), Diary())

    assert caught.value.reason == "no usable gadget 1.2 on PATH"
    assert caught.value.details == (f"{path_folder / 'gadget'} is not executable",)


def test_nothing_on_path_is_said_plainly(path_folder: Path) -> None:
    with pytest.raises(Unavailable, match="no gadget on PATH"):
        find_on_path(make_tool(), Diary())
