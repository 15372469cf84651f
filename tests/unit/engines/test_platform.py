"""Platforms have Go's names, and a program's header says which one it is for."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from kubeglass.engines.platform import KNOWN, Platform, detect_platform, parse_platform, read_platform
from kubeglass.errors import UsageError
from tests.unit.engines.gadget import make_elf


@pytest.mark.parametrize(
    ("system", "machine", "expected"),
    [
        ("Linux", "x86_64", "linux/amd64"),
        ("Linux", "aarch64", "linux/arm64"),
        ("Darwin", "arm64", "darwin/arm64"),
        ("Linux", "riscv64", "linux/riscv64"),
    ],
)
def test_machines_are_named_as_releases_name_them(
    system: str, machine: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform.system", lambda: system)
    monkeypatch.setattr("platform.machine", lambda: machine)

    assert str(detect_platform()) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *((str(platform), platform) for platform in KNOWN),
        ("linux/aarch64", Platform("linux", "arm64")),
        ("linux/arm64/v8", Platform("linux", "arm64")),
        (" Linux/x86_64", Platform("linux", "amd64")),
    ],
)
def test_a_platform_is_parsed_by_each_of_its_names(text: str, expected: Platform) -> None:
    assert parse_platform(text) == expected


@pytest.mark.parametrize("text", ["", "arm64", "linux", "linux/arm/v7", "windows/amd64", "linux/arm64/"])
def test_another_platform_is_refused_with_the_known_ones(text: str) -> None:
    with pytest.raises(UsageError, match="--platform: is not a platform to build for") as refusal:
        parse_platform(text)

    assert refusal.value.hint == "choose from: linux/amd64, linux/arm64, darwin/amd64, darwin/arm64"


def test_this_interpreter_is_for_this_machine() -> None:
    assert read_platform(Path(sys.executable).resolve()) == detect_platform()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (make_elf(Platform("linux", "arm64")), Platform("linux", "arm64")),
        (make_elf(Platform("linux", "amd64")), Platform("linux", "amd64")),
        # The first bytes of a program that `GOOS=darwin GOARCH=arm64 go build` made.
        (bytes.fromhex("cffaedfe0c000001000000000200000010000000"), Platform("darwin", "arm64")),
        (b"\x7fELF\x02\x01\x01".ljust(18, b"\0") + b"\xf3\x00", Platform("linux", "machine 243")),
        (b"#!/bin/sh\necho a script has no platform\n", None),
        (b"\x7fELF", None),
        (b"", None),
    ],
)
def test_a_header_says_which_platform_a_program_is_for(
    tmp_path: Path, content: bytes, expected: Platform | None
) -> None:
    (tmp_path / "program").write_bytes(content)

    assert read_platform(tmp_path / "program") == expected
