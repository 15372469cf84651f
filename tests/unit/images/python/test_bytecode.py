"""Python files of an image are compiled when it is built, so that its processes start without doing so."""

from __future__ import annotations

import marshal
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from kubeglass.errors import StateError
from kubeglass.images.image import Entry, File, Folder
from kubeglass.images.python.bytecode import compile_files
from kubeglass.images.python.interpreter import inspect_interpreter
from kubeglass.images.trials.tree import write_entry

PYTHON = inspect_interpreter(Path(sys.executable))
TAG = sys.implementation.cache_tag
SOURCE = (
    b"COLOURS = {'red', 'green', 'blue'}\ndef fail(value, among={'a', 'b', 'c'}):\n    return value in {1, 'x', 2}\n"
)
#: Magic number and flags.
HEADER = 16


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def read(entries: Iterable[Entry]) -> dict[str, bytes]:
    """Return each file's bytes by its path."""
    found = [entry for entry in entries if isinstance(entry, File)]
    return {each.path: each.source if isinstance(each.source, bytes) else each.source.read_bytes() for each in found}


def test_a_file_is_compiled_under_its_name_in_the_image(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_bytes(SOURCE)
    entries: list[Entry] = [Folder("app"), File("app/shop.py", tmp_path / "shop.py"), File("app/views/page.py", SOURCE)]

    compiled = read(compile_files(entries, PYTHON))

    assert list(compiled) == [f"app/__pycache__/shop.{TAG}.pyc", f"app/views/__pycache__/page.{TAG}.pyc"]
    names = [marshal.loads(content[HEADER:]).co_filename for content in compiled.values()]
    assert names == ["/app/shop.py", "/app/views/page.py"]


def test_an_interpreter_imports_it_whatever_the_time_of_its_source(tmp_path: Path) -> None:
    entries: list[Entry] = [File("shop.py", SOURCE)]
    for entry in (*entries, *compile_files(entries, PYTHON)):
        (tmp_path / entry.path).parent.mkdir(exist_ok=True)
        write_entry(entry, tmp_path / entry.path)

    said = subprocess.run([PYTHON.program, "-v", "-c", "import shop"], cwd=tmp_path, capture_output=True, text=True)

    assert f"code object from '{tmp_path}/__pycache__/shop.{TAG}.pyc'" in said.stderr
    assert "wrote" not in said.stderr


def test_the_same_source_gives_the_same_bytes_in_another_cache_and_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stdlib: list[Entry] = [File(f"lib/{path.name}", path) for path in sorted(PYTHON.stdlib[0].glob("*.py"))[:40]]
    first = read(compile_files([*stdlib, File("app/shop.py", SOURCE)], PYTHON))

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "other"))

    assert read(compile_files([File("app/shop.py", SOURCE), *reversed(stdlib)], PYTHON)) == first


def test_what_has_not_changed_is_not_compiled_again(cache: Path) -> None:
    compile_files([File("app/shop.py", SOURCE)], PYTHON)
    (kept,) = cache.rglob("*.pyc")
    kept.write_bytes(b"kept")
    changed = File("app/shop.py", SOURCE + b"MORE = 1\n")

    assert list(read(compile_files([File("app/shop.py", SOURCE)], PYTHON)).values()) == [b"kept"]
    assert list(read(compile_files([changed], PYTHON)).values()) != [b"kept"]


@pytest.mark.parametrize("content", [b"import {{ name }}\n", b"print 'two'\n", b"\0", b"\xff\xfe", b"x = (" * 2000])
def test_what_is_not_python_stays_as_it_is(content: bytes) -> None:
    entries = [File("app/template.py", content), File("app/shop.py", SOURCE), File("app/page.html", b"x = 1")]

    assert list(read(compile_files(entries, PYTHON))) == [f"app/__pycache__/shop.{TAG}.pyc"]


def test_a_cache_that_cannot_be_written_is_named(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(StateError, match=rf"^{cache}.*: cannot be read or written"):
        compile_files([File("app/shop.py", SOURCE)], PYTHON)


def test_a_source_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(StateError, match=rf"^{tmp_path}/gone.py: cannot be read"):
        compile_files([File("app/gone.py", tmp_path / "gone.py")], PYTHON)


def test_an_interpreter_that_fails_is_told(tmp_path: Path) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho 'OSError: [Errno 28] No space left on device' >&2\nexit 1\n")
    broken.chmod(0o755)
    with pytest.raises(StateError, match="No space left on device"):
        compile_files([File("app/shop.py", SOURCE)], replace(PYTHON, program=broken))
