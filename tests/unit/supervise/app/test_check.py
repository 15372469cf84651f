"""A user's application is tried before anything starts; each fault gets one clear line and its evidence."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kubeglass.errors import AppError
from kubeglass.supervise.app.check import AppCheck
from tests.cli.runs import wait_until
from tests.unit.supervise.process.test_child import wait_until_gone

GOOD = """
from flask import Flask
app = Flask(__name__)
def create_app(name="", debug=True): return Flask("made")
number = 7
"""


def check(folder: Path, code: str, name: str, *, timeout_seconds: float = 20.0) -> None:
    (folder / "myapp.py").write_text(code)
    check_module(f"myapp:{name}", folder, timeout_seconds=timeout_seconds)


def check_module(module: str, folder: Path, *, timeout_seconds: float = 20.0) -> None:
    with AppCheck(module, cwd=folder, env=os.environ, timeout_seconds=timeout_seconds) as check:
        check.require_fit()


@pytest.mark.parametrize("name", ["app", "create_app()", "create_app('test', debug=False)"])
def test_an_application_or_a_call_that_makes_one_will_do(tmp_path: Path, name: str) -> None:
    check(tmp_path, GOOD, name)


WRAPPED = """
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix
dispatched = DispatcherMiddleware(Flask("front"), {"/api": app})
proxied = ProxyFix(app.wsgi_app)
def function(environ, start_response): return app(environ, start_response)
class Asgi:
    async def __call__(self, scope, receive, send): ...
asgi = Asgi()
"""


@pytest.mark.parametrize("name", ["dispatched", "proxied", "function"])
def test_what_wraps_a_flask_application_will_do(tmp_path: Path, name: str) -> None:
    check(tmp_path, GOOD + WRAPPED, name)


@pytest.mark.parametrize(
    ("code", "prefix"),
    [
        pytest.param("", "", id="free"),
        pytest.param("import prometheus_client as p; p.Gauge('http_requests', '.')", "kubeglass_", id="taken"),
        pytest.param("import kubeglass.flask as k; k.instrument(app, prefix='my_')", "my_", id="chosen"),
    ],
)
def test_the_prefix_that_its_metrics_will_have_is_found(tmp_path: Path, code: str, prefix: str) -> None:
    (tmp_path / "myapp.py").write_text(GOOD + code)
    with AppCheck("myapp:app", cwd=tmp_path, env=os.environ, timeout_seconds=20.0) as check:
        check.require_fit()

        assert check.metrics_prefix == prefix


@pytest.mark.parametrize(
    ("code", "name", "message"),
    [
        pytest.param("x = 1 / 0", "app", "does not import (ZeroDivisionError: division by zero)", id="import fails"),
        pytest.param("def f(:", "app", "does not import (SyntaxError", id="no python"),
        pytest.param("import absent_one", "app", "No module named 'absent_one'", id="dependency missing"),
        pytest.param("raise SystemExit(3)", "app", "it ends the process (exit code 3)", id="exits"),
        pytest.param("import os; os._exit(4)", "app", "crashes during import (exited with code 4)", id="dies"),
        pytest.param("import os; os.abort()", "app", "(was killed by signal 6)", id="abort"),
        pytest.param(GOOD, "nope", "module 'myapp' has no 'nope'; did you mean myapp:app?", id="name missing"),
        pytest.param(GOOD, "number", "'number' is not a Flask application (found: int)", id="no flask app"),
        pytest.param("def bare(environ, start_response): ...", "bare", "not a Flask app", id="no flask inside"),
        pytest.param(GOOD + WRAPPED, "asgi", "start it with: kubeglass run uvicorn myapp:asgi", id="asgi"),
        pytest.param(GOOD, "create_app", "makes the application, write myapp:create_app()", id="factory not called"),
        pytest.param(GOOD, "create_app(1, 2, 3)", "create_app(1, 2, 3) fails (TypeError: ", id="factory fails"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, code: str, name: str, message: str) -> None:
    with pytest.raises(AppError) as caught:
        check(tmp_path, code, name)

    assert message in caught.value.message
    assert "\n" not in caught.value.message


def test_evidence_is_the_applications_own_code_and_not_ours(tmp_path: Path) -> None:
    with pytest.raises(AppError) as caught:
        check(tmp_path, "def inner():\n    return 1 / 0\n\ninner()\n", "app")

    text = "\n".join(caught.value.details)
    assert "myapp.py" in text
    assert "ZeroDivisionError: division by zero" in text
    assert "check_process" not in text
    assert "importlib" not in text


def test_an_import_without_end_is_ended(tmp_path: Path) -> None:
    with pytest.raises(AppError, match="does not finish importing within 1 s") as caught:
        check(tmp_path, "import time\nprint('loading')\ntime.sleep(600)", "app", timeout_seconds=1.0)

    assert caught.value.details == ("loading",)


@pytest.mark.parametrize(
    "start",
    [
        pytest.param("import threading, time; threading.Thread(target=time.sleep, args=(600,)).start()", id="a thread"),
        pytest.param("import subprocess; subprocess.Popen(['sleep', '600'])", id="a program"),
        pytest.param("import os, time; os.fork() or time.sleep(600)", id="a copy of itself"),
    ],
)
def test_what_the_application_starts_does_not_keep_the_check(tmp_path: Path, start: str) -> None:
    check(tmp_path, f"{GOOD}{start}\n", "app")


def test_what_the_application_started_is_gone_after_the_check(tmp_path: Path) -> None:
    code = f"{GOOD}import subprocess; print(subprocess.Popen(['sleep', '600']).pid, file=open('pid', 'w'))\n"

    check(tmp_path, code, "app")

    wait_until_gone(int((tmp_path / "pid").read_text()))


def test_leaving_a_check_ends_it(tmp_path: Path) -> None:
    (tmp_path / "myapp.py").write_text("import os, time; print(os.getpid(), file=open('pid', 'w')); time.sleep(600)")

    with AppCheck("myapp:app", cwd=tmp_path, env=os.environ, timeout_seconds=600.0):
        pid = int(wait_until(lambda: read(tmp_path / "pid"), "the import to begin"))

    wait_until_gone(pid)


def read(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def test_a_module_that_is_not_there_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(AppError, match="there is no module 'absent'; run kubeglass in the folder that holds it"):
        check_module("absent.web:app", tmp_path)


def test_our_own_folder_does_not_shadow_the_users_modules(tmp_path: Path) -> None:
    (tmp_path / "states.py").write_text(GOOD)

    check_module("states:app", tmp_path)
