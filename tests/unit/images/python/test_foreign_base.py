"""The interpreter of another processor comes from Debian's packages, here made up, or is refused with the reason."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kubeglass.engines.platform import Platform
from kubeglass.errors import UsageError
from kubeglass.images.image import Entry, File, Symlink
from kubeglass.images.python import foreign_base
from kubeglass.images.python.foreign_base import fetch_interpreter
from kubeglass.images.python.interpreter import Interpreter

ARM = Platform("linux", "arm64")
HERE = Interpreter(Path("/usr/bin/python"), "3.11", "3.11.7", "lib", (), ())

#: Writes a package that `dpkg-deb` below understands, and what it was asked for.
APT = """
echo "$@" >> $LOG; cat "$APT_CONFIG" >> $LOG
case "$*" in *install*)
    folder=$(sed -n 's/.*Dir::Cache "\\([^"]*\\)".*/\\1/p' "$APT_CONFIG")
    touch $folder/archives/libc6_2.36_arm64.deb "$folder/archives/python3.11-minimal_3.11.2-6+deb12u8_arm64.deb" ;;
esac
"""
DPKG = """
mkdir -p $3/usr/bin $3/usr/lib/python3.11 $3/lib/aarch64-linux-gnu $3/etc
touch $3/usr/bin/python3.11 $3/lib/aarch64-linux-gnu/ld-linux-aarch64.so.1 $3/lib/aarch64-linux-gnu/libz.so.1.2
ln -sf libz.so.1.2 $3/lib/aarch64-linux-gnu/libz.so.1
ln -sf /lib/aarch64-linux-gnu/absent.so $3/lib/aarch64-linux-gnu/libabsent.so
"""


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and apt's programs replaced by ones that write here."""
    programs, log = tmp_path / "programs", tmp_path / "log"
    write(programs / "apt-get", f"LOG={log}{APT}")
    write(programs / "dpkg-deb", DPKG)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setattr(foreign_base, "SYSTEM_PATH", f"{programs}:/usr/bin:/bin")
    return log


def write(path: Path, script: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_it_is_of_the_same_minor_version_and_apt_s_own_state_stays_as_it_is(log: Path) -> None:
    interpreter, libraries = fetch_interpreter(HERE, ARM)

    by_path: dict[str, Entry] = {entry.path: entry for entry in libraries}
    assert (interpreter.version, interpreter.full_version) == ("3.11", "3.11.2")
    assert interpreter.program.is_file()
    assert by_path["lib/aarch64-linux-gnu/libz.so.1"] == Symlink("lib/aarch64-linux-gnu/libz.so.1", "libz.so.1.2")
    assert isinstance(by_path["lib/ld-linux-aarch64.so.1"], File)
    assert "lib/aarch64-linux-gnu/libabsent.so" not in by_path
    said = log.read_text()
    assert "install --yes --download-only python3.11-minimal libpython3.11-stdlib libstdc++6" in said
    assert 'APT::Architecture "arm64";' in said
    assert 'Dir::State::status "/dev/null"' in said


def test_it_is_fetched_once(log: Path, tmp_path: Path) -> None:
    first = fetch_interpreter(HERE, ARM)
    log.unlink()

    assert fetch_interpreter(HERE, ARM) == first
    assert not log.exists()
    assert [path.name for path in (tmp_path / "cache" / "kubeglass" / "bases").iterdir()] == ["python3.11-arm64"]


@pytest.mark.parametrize(
    ("script", "found"),
    [
        ('echo "E: Unable to locate package python3.11-minimal" >&2; exit 100', "Unable to locate package python3"),
        ("exit 100", "apt-get failed"),
        (None, "apt-get is not installed"),
    ],
)
def test_a_machine_without_such_packages_says_so(log: Path, tmp_path: Path, script: str | None, found: str) -> None:
    program = tmp_path / "programs" / "apt-get"
    if script:
        write(program, script)
    else:
        program.unlink()
        (tmp_path / "programs").rename(tmp_path / "gone")
    foreign_base.SYSTEM_PATH = f"{tmp_path / 'programs'}"

    with pytest.raises(UsageError) as refusal:
        fetch_interpreter(HERE, ARM)

    assert refusal.value.message.startswith("--platform linux/arm64: this machine has no way to get Python for it (")
    assert found in refusal.value.found
    assert refusal.value.hint.startswith("build on a linux/arm64 machine, or on Debian with the Python of its release")
    assert list((tmp_path / "cache" / "kubeglass" / "bases").iterdir()) == []


def test_a_package_that_cannot_be_unpacked_says_so(log: Path, tmp_path: Path) -> None:
    write(tmp_path / "programs" / "dpkg-deb", "echo 'dpkg-deb: error: not a Debian format archive' >&2; exit 2")

    with pytest.raises(UsageError, match="error: not a Debian format archive"):
        fetch_interpreter(HERE, ARM)
