"""Every example in the library's documentation is a program that runs."""

from __future__ import annotations

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


def test_the_benchmark_page_shows_what_was_measured() -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / "library_table.py"), "--show"]
    made = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, "PYTHONUTF8": "1"})

    page = (ROOT / "docs" / "library" / "benchmarks.md").read_text(encoding="utf-8")

    assert page == made.stdout, "run: python benchmarks/library_table.py"
