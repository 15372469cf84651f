"""Lock files carry hashes and no addresses, so they work behind any mirror; nothing tracked is too large or secret."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.house.tree import ROOT, tracked_files

LOCKS = sorted(path.name for path in (ROOT / "requirements").glob("*.lock"))


@pytest.mark.parametrize("name", LOCKS)
def test_a_python_lock_has_hashes_and_names_no_host(name: str) -> None:
    text = (ROOT / "requirements" / name).read_text()
    pins = re.findall(r"^[a-z0-9][^\s=]*==", text, flags=re.MULTILINE)

    assert pins
    assert text.count("\n    --hash=sha256:") >= len(pins)
    assert "://" not in text


def test_the_page_lock_names_no_host() -> None:
    lock = json.loads((ROOT / "viewer-ui" / "package-lock.json").read_text())

    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []


def test_no_private_key_is_tracked() -> None:
    marker = "-----BEGIN " + "PRIVATE KEY"
    holders = [path.name for path in tracked_files() if path.stat().st_size < 1_000_000 and _holds(path, marker)]

    assert holders == []


def _holds(path: Path, marker: str) -> bool:
    return marker.encode() in path.read_bytes()
