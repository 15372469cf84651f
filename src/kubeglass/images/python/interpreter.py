"""A Python interpreter of this machine, and the lowest layer of images: moved to /usr/local, with its libraries."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from kubeglass.errors import UsageError
from kubeglass.images.image import PROGRAM_MODE, Entry, File, Symlink, list_shared_objects, read_folder
from kubeglass.images.system import find_libraries, list_system_files

PROBE_TIMEOUT_SECONDS = 30

_PROBE = """
import json, platform, sys, sysconfig
base = {"base": sys.base_prefix, "platbase": sys.base_exec_prefix,
        "installed_base": sys.base_prefix, "installed_platbase": sys.base_exec_prefix}
stdlib = [sysconfig.get_path(name, vars=base) for name in ("stdlib", "platstdlib")]
print(json.dumps({
    "program": getattr(sys, "_base_executable", sys.executable),
    "version": "%d.%d" % sys.version_info[:2],
    "full_version": platform.python_version(),
    "implementation": sys.implementation.name,
    "libc": platform.libc_ver()[0],
    "library_folder": sys.platlibdir,
    "stdlib": stdlib,
    "search_path": [path for path in sys.path if path.endswith("-packages")],
}))
"""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A CPython of this machine.

    Args:
        program: its binary, links resolved, not a virtual environment's.
        version: such as ``3.12``.
        full_version: such as ``3.12.4``.
        library_folder: ``lib``, or ``lib64`` on distributions that use it.
        stdlib: folders of the standard library; usually one.
        search_path: folders of installed packages, in search order.
    """

    program: Path
    version: str
    full_version: str
    library_folder: str
    stdlib: tuple[Path, ...]
    search_path: tuple[Path, ...]


def inspect_interpreter(python: Path) -> Interpreter:
    """Run an interpreter, such as a virtual environment's, to find out about it.

    Raises:
        UsageError: it does not run, or an image cannot be built from it.
    """
    try:
        result = subprocess.run(
            [python, "-I", "-c", _PROBE], capture_output=True, text=True, check=True, timeout=PROBE_TIMEOUT_SECONDS
        )
        answer = json.loads(result.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise UsageError(
            str(python), "is not a working Python", found=_describe(error), hint="choose another with --python"
        ) from error
    if answer["implementation"] != "cpython" or answer["libc"] != "glibc":
        raise UsageError(
            str(python),
            "cannot be put into an image",
            found=f"{answer['implementation']} on {answer['libc'] or 'an unknown C library'}",
            hint="use CPython on a Linux with glibc, or Docker with examples/docker/Dockerfile",
        )
    return Interpreter(
        program=Path(answer["program"]).resolve(),
        version=answer["version"],
        full_version=answer["full_version"],
        library_folder=answer["library_folder"],
        stdlib=tuple(dict.fromkeys(Path(path) for path in answer["stdlib"])),
        search_path=tuple(dict.fromkeys(Path(path).resolve() for path in answer["search_path"])),
    )


PREFIX = "usr/local"
VENV = "venv"

#: Parts that a server never imports: two thirds of the standard library's bytes.
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
#: Their extension modules, and the folder for embedding Python.
_UNWANTED_STARTS = ("_tkinter.", "_test", "_ctypes_test.", "_xxtestfuzz.", "xxlimited", "config-")


def _describe(error: Exception) -> str:
    """Describe why the probe failed, without the probe itself, which is in the message of a failed process."""
    if isinstance(error, subprocess.CalledProcessError):
        said = str(error.stderr).strip().splitlines()
        return said[-1] if said else f"exit status {error.returncode}"
    if isinstance(error, subprocess.TimeoutExpired):
        return f"no response within {PROBE_TIMEOUT_SECONDS} s"
    return error.strerror or str(error) if isinstance(error, OSError) else "its output is not the probe's"


def build_python_base(interpreter: Interpreter, libraries: list[Entry] | None = None) -> list[Entry]:
    """Return the system files, the interpreter with its standard library, and an empty virtual environment.

    The ``libraries`` are those that the interpreter loads here, or given for one that does not run here.

    An interpreter finds its standard library relative to itself, so it works in its new place. The virtual environment
    makes every distribution's Python look for packages in the same folder.

    Raises:
        UsageError: the interpreter's libraries cannot be found on this machine.
    """
    entries = list_system_files()
    name = f"python{interpreter.version}"
    entries += [File(f"{PREFIX}/bin/{name}", interpreter.program, PROGRAM_MODE), *_build_venv(name, interpreter)]
    for folder in interpreter.stdlib:
        entries += read_folder(folder, f"{PREFIX}/{interpreter.library_folder}/{name}", leave_out=_is_unwanted)
    if libraries is not None:
        return entries + libraries
    binaries = [interpreter.program, *list_shared_objects(entries)]
    return entries + find_libraries(binaries, inside=interpreter.stdlib)


def packages_folder(interpreter: Interpreter) -> str:
    """Return the folder of packages in the image, without the leading slash."""
    return f"{VENV}/lib/python{interpreter.version}/site-packages"


def _build_venv(name: str, interpreter: Interpreter) -> list[Entry]:
    settings = f"home = /{PREFIX}/bin\ninclude-system-site-packages = false\nversion = {interpreter.full_version}\n"
    return [
        File(f"{VENV}/pyvenv.cfg", settings.encode()),
        Symlink(f"{VENV}/bin/{name}", f"/{PREFIX}/bin/{name}"),
        Symlink(f"{VENV}/bin/python3", name),
        Symlink(f"{VENV}/bin/python", name),
    ]


def is_packed(module: str) -> bool:
    """Whether the image has a top-level module of the standard library."""
    return module in sys.stdlib_module_names and module not in _UNWANTED


def _is_unwanted(path: Path) -> bool:
    return path.name in _UNWANTED or path.name.startswith(_UNWANTED_STARTS)
