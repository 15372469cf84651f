"""The import contracts of ARCHITECTURE.md hold, and the page shows the rooms that exist."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.house.tree import PACKAGE, ROOT


def test_rooms_import_only_rooms_below_them() -> None:
    linter = Path(sys.executable).with_name("lint-imports")

    result = subprocess.run([linter, "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert result.returncode == 0, result.stdout


def test_every_room_is_described_in_the_architecture_page() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    rooms = {path.name for path in PACKAGE.iterdir() if path.is_dir() and not path.name.startswith("__")}

    assert {room for room in rooms if f"{room}/" not in text} == set()
