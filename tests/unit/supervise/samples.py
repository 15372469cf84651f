"""A data folder as Prometheus leaves it, and what is in a folder."""

from __future__ import annotations

from pathlib import Path

BLOCK = "01JDGZ0000000000000000BLOCK"

FILES = {
    f"{BLOCK}/meta.json": b"{}",
    f"{BLOCK}/index": b"index",
    f"{BLOCK}/chunks/000001": bytes(range(256)) * 20,
    "wal/00000000": b"log" * 100,
    "chunks_head/000001": b"head",
    "lock": b"123",
    "queries.active": b"[]",
}
#: What a backup of it holds.
KEPT = {name: content for name, content in FILES.items() if name not in {"lock", "queries.active"}}


def make_storage(root: Path, files: dict[str, bytes] = FILES) -> Path:
    """Make ``data/prometheus`` below the state folder ``root``."""
    storage = root / "data" / "prometheus"
    for name, content in files.items():
        path = storage / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return storage


def read_files(folder: Path) -> dict[str, bytes]:
    """Read every file below ``folder``, by its path in it."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }
