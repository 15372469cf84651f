"""The lowest layer of Python images: this machine's interpreter, moved to /usr/local, and the libraries it loads."""

from __future__ import annotations

from pathlib import Path

from kubeglass.deploy.images.interpreter import Interpreter
from kubeglass.deploy.images.libraries import find_libraries
from kubeglass.deploy.images.system import list_system_files
from kubeglass.deploy.images.tree import PROGRAM_MODE, Entry, File, Symlink, read_folder

PREFIX = "usr/local"
VENV = "venv"

#: What a server never imports: two thirds of a standard library's bytes.
_UNWANTED = frozenset(
    {
        "__pycache__",
        "dist-packages",
        "ensurepip",
        "idlelib",
        "lib2to3",
        "pydoc_data",
        "site-packages",
        "test",
        "tests",
        "tkinter",
        "turtledemo",
        "turtle.py",
    }
)
#: Extension modules of the above, and the folder for building programs around Python.
_UNWANTED_STARTS = ("_tkinter.", "_test", "_ctypes_test.", "_xxtestfuzz.", "xxlimited", "config-")


def build_python_base(interpreter: Interpreter) -> list[Entry]:
    """Return the system's few files, the interpreter with its standard library, and an empty virtual environment.

    An interpreter finds its standard library relative to itself, so it works where it is moved to. The virtual
    environment is what makes every distribution's Python look for packages in one and the same folder.

    Raises:
        UsageError: the machine cannot say which libraries the interpreter loads.
    """
    entries = list_system_files()
    name = f"python{interpreter.version}"
    entries += [File(f"{PREFIX}/bin/{name}", interpreter.program, PROGRAM_MODE), *_build_venv(name, interpreter)]
    for folder in interpreter.stdlib:
        entries += read_folder(folder, f"{PREFIX}/{interpreter.library_folder}/{name}", leave_out=_is_unwanted)
    binaries = [interpreter.program, *_list_extensions(entries)]
    return entries + find_libraries(binaries, inside=interpreter.stdlib)


def packages_folder(interpreter: Interpreter) -> str:
    """Return where packages lie in the image, without the leading slash."""
    return f"{VENV}/lib/python{interpreter.version}/site-packages"


def _build_venv(name: str, interpreter: Interpreter) -> list[Entry]:
    settings = f"home = /{PREFIX}/bin\ninclude-system-site-packages = false\nversion = {interpreter.full_version}\n"
    return [
        File(f"{VENV}/pyvenv.cfg", settings.encode()),
        Symlink(f"{VENV}/bin/{name}", f"/{PREFIX}/bin/{name}"),
        Symlink(f"{VENV}/bin/python3", name),
        Symlink(f"{VENV}/bin/python", name),
    ]


def _is_unwanted(path: Path) -> bool:
    return path.name in _UNWANTED or path.name.startswith(_UNWANTED_STARTS)


def _list_extensions(entries: list[Entry]) -> list[Path]:
    return [
        entry.source
        for entry in entries
        if isinstance(entry, File) and isinstance(entry.source, Path) and entry.source.suffix == ".so"
    ]
