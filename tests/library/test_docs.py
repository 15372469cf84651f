"""Every example in the library's documentation is a program that runs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs" / "library").glob("*.md"))
EXAMPLES = [
    pytest.param(code, id=f"{page.stem}-{number}")
    for page in PAGES
    for number, code in enumerate(re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.S))
    if "Flask(" in code
]
CHECK = """
import socket
answer = app.test_client().get("/metrics", headers={"Authorization": "Bearer from-your-secret-store"})
assert answer.status_code == (404 if "path=None" in CODE else 200), answer.text
assert "path=None" in CODE or "http_requests_in_progress 0.0" in answer.text
"""


@pytest.mark.parametrize("code", EXAMPLES)
def test_the_example_runs(code: str) -> None:
    with_free_port = code.replace("127.0.0.1:9464", "127.0.0.1:39464")
    done = subprocess.run(
        [sys.executable, "-c", f"CODE = {code!r}\n{with_free_port}\n{CHECK}"],
        capture_output=True,
        text=True,
        check=False,
        env={name: text for name, text in os.environ.items() if not name.startswith(("KUBEGLASS", "PROMETHEUS"))},
    )

    assert done.returncode == 0, done.stderr


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 8


@pytest.mark.parametrize(
    "result", sorted((ROOT / "benchmarks" / "results").glob("library_*.json")), ids=lambda p: p.stem
)
def test_the_benchmark_page_shows_what_was_measured(result: Path) -> None:
    page = (ROOT / "docs" / "library" / "benchmarks.md").read_text(encoding="utf-8")
    measured = json.loads(result.read_text(encoding="utf-8"))

    for name, figure in measured["figures"].items():
        assert f"| {name} | {figure['median']:g} {figure['unit']} |" in page
    for name, number in measured["derived"].items():
        assert f"| {name} | {number:g} |" in page
