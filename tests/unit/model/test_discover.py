"""A Flask application is found by reading, never by importing."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubeglass.model.discover import find_module


@pytest.mark.parametrize(
    ("file", "source", "module"),
    [
        ("app.py", "from flask import Flask\napp = Flask(__name__)\n", "app:app"),
        ("main.py", "import flask\nserver: flask.Flask = flask.Flask('x')\n", "main:server"),
        ("wsgi.py", "from flask import Flask as F\napplication = F(__name__)\n", "wsgi:application"),
        ("wsgi.py", "from shop import create_app\napp = create_app()\n", "wsgi:app"),
        (
            "shop/__init__.py",
            "from flask import Flask\ndef create_app():\n    return Flask('x')\n",
            "shop:create_app()",
        ),
        ("shop/web.py", "from flask import Flask\napp = Flask(__name__)\n", "shop.web:app"),
        (
            "app.py",
            "from flask import Flask\ndef create_app(config=None):\n    return Flask('x')\n",
            "app:create_app()",
        ),
    ],
)
def test_it_is_found(tmp_path: Path, file: str, source: str, module: str) -> None:
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).parent.joinpath("__init__.py").touch()
    (tmp_path / file).write_text(source)

    assert find_module(tmp_path) == module


@pytest.mark.parametrize(
    "source",
    [
        "",
        "def broken(:\n",
        "from bottle import Flask\napp = Flask()\n",
        "from flask import Flask\ndef create_app(config):\n    return Flask('x')\n",
        "from flask import Flask\ndef create_app():\n    return 1\n",
        "\0",
    ],
)
def test_what_is_none_is_not_taken_for_one(tmp_path: Path, source: str) -> None:
    (tmp_path / "app.py").write_text(source)

    assert find_module(tmp_path) is None


def test_nothing_is_imported(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("from flask import Flask\nopen('ran', 'w')\nraise SystemExit\napp = Flask('x')\n")

    assert find_module(tmp_path) == "app:app"
    assert not Path("ran").exists()


def test_tests_are_not_the_application(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "__init__.py").write_text("from flask import Flask\napp = Flask('x')\n")

    assert find_module(tmp_path) is None
