"""This machine's interpreter, moved into a folder, runs there with nothing but what the layer holds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kubeglass.errors import UsageError
from kubeglass.images.image import Entry, File, Folder, Symlink, order_entries
from kubeglass.images.python.interpreter import Interpreter, build_python_base, inspect_interpreter, packages_folder

SERVER_MODULES = (
    "asyncio, ctypes, decimal, hashlib, json, logging.config, lzma, multiprocessing, sqlite3, ssl, zoneinfo"
)


@pytest.fixture(scope="module")
def interpreter() -> Interpreter:
    return inspect_interpreter(Path(sys.executable))


@pytest.fixture(scope="module")
def base(interpreter: Interpreter) -> list[Entry]:
    return order_entries(build_python_base(interpreter))


def test_an_interpreter_says_where_its_parts_are(interpreter: Interpreter) -> None:
    assert interpreter.program.is_file()
    assert interpreter.version == f"{sys.version_info.major}.{sys.version_info.minor}"
    assert all((folder / "os.py").is_file() for folder in interpreter.stdlib[:1])
    assert any((folder / "flask").is_dir() for folder in interpreter.search_path)


@pytest.mark.parametrize(
    ("program", "found"),
    [
        ("/bin/false", "exit status 1"),
        ("/bin/echo", "its output is not the probe's"),
        ("/nowhere/python", "No such file or directory"),
    ],
)
def test_another_program_is_not_an_interpreter(program: str, found: str) -> None:
    with pytest.raises(UsageError, match=rf"is not a working Python \({found}\)"):
        inspect_interpreter(Path(program))


def test_the_interpreter_runs_where_it_is_moved_to(base: list[Entry], interpreter: Interpreter, tmp_path: Path) -> None:
    """By the loader and the libraries of the layer itself, and with packages from its own folder alone."""
    _lay_out(base, tmp_path)
    loader = next(path for path in sorted(tmp_path.glob("lib*/ld-*")) if path.is_file())
    libraries = ":".join(sorted({str(path.parent) for path in tmp_path.glob("**/libc.so.6")}))
    program = tmp_path / "usr/local/bin" / f"python{interpreter.version}"
    code = f"import sys, {SERVER_MODULES}; print(sys.version.split()[0], [p for p in sys.path if p], sqlite3.__file__)"

    result = subprocess.run(
        [loader, "--library-path", libraries, "--argv0", program, program, "-I", "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={},
    )

    assert result.stderr == ""
    assert result.stdout.startswith(interpreter.full_version)


def test_the_virtual_environment_leads_to_the_interpreter(base: list[Entry], interpreter: Interpreter) -> None:
    by_path = {entry.path: entry for entry in base}
    name = f"python{interpreter.version}"

    assert by_path["venv/bin/python3"] == Symlink("venv/bin/python3", name)
    assert by_path[f"venv/bin/{name}"] == Symlink(f"venv/bin/{name}", f"/usr/local/bin/{name}")
    assert isinstance(by_path["venv/pyvenv.cfg"], File)
    assert packages_folder(interpreter) == f"venv/lib/{name}/site-packages"


def test_what_no_server_imports_is_left_out(base: list[Entry]) -> None:
    words = {part for entry in base for part in entry.path.split("/")}

    assert words.isdisjoint({"test", "idlelib", "tkinter", "ensurepip", "__pycache__", "site-packages"})


def test_no_path_of_the_builder_s_home_becomes_one_of_the_image(base: list[Entry]) -> None:
    assert {entry.path.split("/")[0] for entry in base} <= {"etc", "lib", "lib64", "tmp", "usr", "venv"}


def _lay_out(entries: list[Entry], root: Path) -> None:
    for entry in entries:
        path = root / entry.path
        if isinstance(entry, Folder):
            path.mkdir()
        elif isinstance(entry, File):
            path.write_bytes(entry.source if isinstance(entry.source, bytes) else entry.source.read_bytes())
            path.chmod(entry.mode)
