"""A wheel beside kubeglass brings the program, if it is of the pinned version and for this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubeglass.engines.install.resolve import find, resolve
from kubeglass.engines.install.source import Origin, Source, Unavailable
from kubeglass.engines.install.wheel import find_in_wheel
from kubeglass.engines.platform import KNOWN, detect_platform
from tests.unit.engines.gadget import VERSION, make_elf, make_tool, write_program

OTHER = next(platform for platform in KNOWN if platform.os == "linux" and platform != detect_platform())


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of installed packages."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    return folder


def install(site: Path, version: str = VERSION, content: bytes | None = None) -> Path:
    """Install the gadget's wheel as pip does."""
    info = site / f"kubeglass_gadget-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: kubeglass-gadget\nVersion: {version}\n")
    program = site / "kubeglass_gadget" / "gadget"
    program.parent.mkdir()
    program.write_bytes(make_elf(detect_platform()) if content is None else content)
    return program


@pytest.mark.parametrize("version", [VERSION, f"{VERSION}.post1"])
def test_a_wheel_comes_after_path_and_before_the_cache(path_folder: Path, site: Path, version: str) -> None:
    program = install(site, version)

    installed = resolve(make_tool())
    assert (installed.path, installed.version, installed.origin) == (program, VERSION, Origin.WHEEL)
    assert resolve(make_tool(), source=Source.WHEEL) == installed

    write_program(path_folder / "gadget")
    assert resolve(make_tool()).origin is Origin.PATH


@pytest.mark.parametrize("source", [Source.PATH, Source.CACHE])
def test_another_source_leaves_the_wheel_alone(path_folder: Path, site: Path, source: Source) -> None:
    install(site)

    with pytest.raises(Unavailable):
        find(make_tool(), source=source)


def test_a_wheel_is_for_this_machine_only(path_folder: Path, site: Path) -> None:
    install(site)

    with pytest.raises(Unavailable, match="is not installed"):
        find(make_tool(), platform=OTHER)


@pytest.mark.parametrize(
    ("version", "content", "reason"),
    [
        ("1.2.4", None, "kubeglass-gadget is version 1.2.4, not 1.2.3"),
        (VERSION, make_elf(OTHER), "gadget is not a program for this machine"),
        (VERSION, b"cut off", "gadget is not a program for this machine"),
    ],
)
def test_an_unfit_wheel_is_passed_over_with_the_reason(
    path_folder: Path, site: Path, version: str, content: bytes | None, reason: str
) -> None:
    install(site, version, content)

    with pytest.raises(Unavailable, match=reason):
        find_in_wheel(make_tool())
    with pytest.raises(Unavailable) as caught:
        find(make_tool())
    assert next(line for line in caught.value.details if line.startswith("wheel: ")).endswith(reason)


def test_a_wheel_whose_program_is_gone_is_passed_over(path_folder: Path, site: Path) -> None:
    install(site).unlink()

    with pytest.raises(Unavailable, match=r"gadget cannot be read \(No such file"):
        find_in_wheel(make_tool())
