"""Imports that an app reaches later are found by reading, and those that may fail are left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubeglass.images.trials.import_scan import list_missing_imports


def scan(folder: Path, files: dict[str, str]) -> list[str]:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return list_missing_imports(folder, "shop.app", {"flask", "os"}.__contains__)


@pytest.mark.parametrize(
    "line",
    [
        "import pandas",
        "import pandas.io",
        "from pandas import io",
        "import os, pandas as p",
    ],
)
def test_each_way_to_import_is_found(tmp_path: Path, line: str) -> None:
    found = scan(tmp_path, {"shop/app.py": f"import flask\nclass View:\n    def get(self):\n        {line}\n"})

    assert found == ["shop/app.py:4 imports pandas"]


def test_the_app_s_own_modules_are_followed_and_others_are_not_read(tmp_path: Path) -> None:
    files = {
        "shop/__init__.py": "import one\n",
        "shop/app.py": "from . import views, __name__\nfrom .models.user import User\nimport tools.text\n",
        "shop/views.py": "from .app import app\nimport two\n",
        "shop/models/__init__.py": "",
        "shop/models/user.py": "from ..views import show\nimport three\n",
        "tools/text.py": "import four\n",
        "tests/test_shop.py": "import pytest\n",
    }

    assert scan(tmp_path, files) == [
        "shop/__init__.py:1 imports one",
        "shop/models/user.py:2 imports three",
        "shop/views.py:2 imports two",
        "tools/text.py:1 imports four",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "try:\n    import fast\nexcept ImportError:\n    fast = None\n",
        "if TYPE_CHECKING:\n    import types_only\n",
        "with suppress(ImportError):\n    import fast\n",
        "import = 1\n",
    ],
)
def test_an_import_that_may_fail_is_left_alone(tmp_path: Path, text: str) -> None:
    assert scan(tmp_path, {"shop/app.py": text}) == []
