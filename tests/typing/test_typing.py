"""What a user's type checker says of the public interface: yes to the right use, no to the wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
WRONG = {
    "instrument(app, path=3)": 'incompatible type "int"; expected "str | None"',
    "instrument(app, '/metrics')": "Too many positional arguments",
    "instrument(app, bucket=(1, 2))": 'Unexpected keyword argument "bucket"',
    "instrument(app, extra_labels={'tier': 3})": "Dict entry 0 has incompatible type",
    "instrument('shop')": 'incompatible type "str"; expected "Flask"',
    "serve_metrics(9464)": 'incompatible type "int"; expected "str"',
}


def check(*files: Path) -> str:
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=HERE.parents[1]).stdout


def test_the_right_use_is_accepted() -> None:
    assert check(HERE / "public_interface.py") == ""


@pytest.fixture(scope="module")
def complaints(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    file = tmp_path_factory.mktemp("wrong") / "wrong.py"
    lines = ["from flask import Flask", "from kubeglass.flask import instrument, serve_metrics", "app = Flask('shop')"]
    file.write_text("\n".join([*lines, *WRONG]) + "\n")
    return check(file).splitlines()


@pytest.mark.parametrize(("line", "use"), list(enumerate(WRONG, start=4)))
def test_a_wrong_use_is_refused(complaints: list[str], line: int, use: str) -> None:
    assert any(f"wrong.py:{line}: error" in said and WRONG[use] in said for said in complaints), complaints
