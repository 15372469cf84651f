"""Compiled Python files of an image, whose processes could not keep what they compile: its files are read-only."""

from __future__ import annotations

import hashlib
import json
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from kubeglass.engines.install.cache import cache_root
from kubeglass.errors import StateError
from kubeglass.files import explain_disk_errors
from kubeglass.images.image import CANNOT_BE_USED, Entry, File
from kubeglass.images.kept import find_kept
from kubeglass.images.python.interpreter import Interpreter

#: Reads what to compile: source, its path in the image, target. No file is checked against its source when it is
#: imported (PEP 552), because in an image neither changes. What is not Python, such as a template, stays as it is.
_COMPILE = """
import json, py_compile, sys
for source, name, target in json.load(sys.stdin):
    try:
        mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
        py_compile.compile(source, target, name, doraise=True, invalidation_mode=mode)
    except py_compile.PyCompileError:
        pass
"""


def compile_files(entries: Iterable[Entry], interpreter: Interpreter) -> list[Entry]:
    """Return the compiled files of the Python files among ``entries``, for the same layer.

    Each is compiled once and kept in the user's cache; its bytes depend only on the source and its path in the image.

    Args:
        entries: a layer's.
        interpreter: compiles them; it runs here, and has the version of the image's.

    Raises:
        StateError: a file cannot be read, or the cache cannot be written.
    """
    sources = [entry for entry in entries if isinstance(entry, File) and entry.path.endswith(".py")]
    with explain_disk_errors(cache_root(), CANNOT_BE_USED):
        kept = {entry: find_kept(f"python{interpreter.full_version}/{_digest(entry)}.pyc") for entry in sources}
    _compile([entry for entry in sources if not kept[entry].exists()], kept, interpreter)
    tag = f"cpython-{interpreter.version.replace('.', '')}"
    return [File(_place(entry.path, tag), path) for entry, path in kept.items() if path.exists()]


def _digest(entry: File) -> str:
    content = entry.source if isinstance(entry.source, bytes) else entry.source.read_bytes()
    return hashlib.sha256(entry.path.encode() + b"\0" + content).hexdigest()


def _place(path: str, tag: str) -> str:
    file = PurePosixPath(path)
    return str(file.parent / "__pycache__" / f"{file.stem}.{tag}.pyc")


def _compile(entries: list[File], kept: dict[File, Path], interpreter: Interpreter) -> None:
    if not entries:
        return
    with tempfile.TemporaryDirectory() as scratch:
        wanted = []
        for number, entry in enumerate(entries):
            source = Path(scratch, f"{number}.py") if isinstance(entry.source, bytes) else entry.source
            if isinstance(entry.source, bytes):
                source.write_bytes(entry.source)
            wanted.append((str(source), f"/{entry.path}", str(kept[entry])))
        result = subprocess.run(
            [interpreter.program, "-I", "-S", "-c", _COMPILE],
            input=json.dumps(wanted),
            capture_output=True,
            text=True,
            check=False,
        )
    if result.returncode:
        found = result.stderr.strip().splitlines()[-1:]
        raise StateError(str(kept[entries[0]].parent), CANNOT_BE_USED, found="".join(found))
