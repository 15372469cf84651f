"""Instrumentation from outside: Flask applications get it, nobody else notices."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kubeglass.model.parts import instrumented

APP = """
from flask import Flask
app = Flask("outside")
app.add_url_rule("/", "index", lambda: "index")
{more}
app.test_client().get("/")
print(app.test_client().get("/metrics").text)
"""


def run_python(code: str, *, more_path: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: text for name, text in os.environ.items() if not name.startswith(("KUBEGLASS", "PYTHONPATH"))}
    if more_path is not None:
        inherited["PYTHONPATH"] = str(more_path)
    env = {**instrumented(inherited), **environment}
    return subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False, timeout=60
    )


def test_an_application_that_knows_nothing_of_it_is_measured() -> None:
    done = run_python(APP.format(more=""))

    assert 'http_requests_total{endpoint="/",method="GET",status="200"} 1.0' in done.stdout, done.stderr
    assert done.stderr == ""


def test_an_application_that_does_it_itself_keeps_its_own_choice() -> None:
    done = run_python(
        APP.format(more='from kubeglass.flask import instrument; instrument(app, extra_labels={"by": "me"})')
    )

    assert 'http_requests_total{by="me",endpoint="/",method="GET",status="200"} 1.0' in done.stdout, done.stderr


def test_an_applications_own_metric_of_such_a_name_stays_and_so_does_its_count() -> None:
    own = 'from prometheus_client import Counter; Counter("http_requests", "Mine.").inc(7)'
    done = run_python(APP.format(more=own))

    assert "\nhttp_requests_total 7.0\n" in done.stdout, done.stderr
    assert 'kubeglass_http_requests_total{endpoint="/",method="GET",status="200"} 1.0' in done.stdout
    assert done.stderr.count("\n") == 1
    assert "KUBEGLASS_METRICS_PREFIX" in done.stderr


def test_a_fault_of_the_instrumentation_is_a_line_in_the_log_and_no_more() -> None:
    code = APP.format(more="") + '\nprint("status", app.test_client().get("/").status_code)'
    done = run_python(code, KUBEGLASS_METRICS_PREFIX="no prefix")

    assert "status 200" in done.stdout, done.stderr
    assert "'outside' is not instrumented" in done.stderr


def test_without_the_switch_nothing_happens() -> None:
    done = run_python("import sys, flask; print('kubeglass.flask' in sys.modules)", KUBEGLASS_INSTRUMENT="0")

    assert done.stdout == "False\n", done.stderr


def test_a_program_without_flask_imports_nothing() -> None:
    code = (
        "import sys, json; print(sorted(name for name in sys.modules if name.startswith(('kubeglass.', 'prometheus'))))"
    )

    assert run_python(code).stdout == "[]\n"


def test_the_next_sitecustomize_runs_too(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("print('the next one')")

    assert run_python("pass", more_path=tmp_path).stdout == "the next one\n"


BYPASSES = {
    "a middleware": "served = ProxyFix(app.wsgi_app)",
    "a dispatcher": 'served = DispatcherMiddleware(Flask("front").wsgi_app, {"": app.wsgi_app})',
    "a middleware in a middleware": "served = ProxyFix(ProxyFix(app.wsgi_app))",
    "both ways": "served, app.wsgi_app = ProxyFix(app), ProxyFix(app.wsgi_app)",
}

BYPASSED = """
from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.test import Client
app = Flask("outside")
app.add_url_rule("/", "index", lambda: "index")
app.add_url_rule("/fail", "fail", lambda: 1 // 0)
{bypass}
{more}
client = Client(served)
for path in ("/", "/", "/fail"):
    client.get(path).text
print(client.get("/metrics").text)
"""

COUNTED = 'http_requests_total{endpoint="/",method="GET",status="200"} 2.0'
FAILED = 'http_requests_total{endpoint="/fail",method="GET",status="500"} 1.0'


@pytest.mark.parametrize("more", ["", "from kubeglass.flask import instrument; instrument(app)"])
@pytest.mark.parametrize("bypass", BYPASSES.values(), ids=BYPASSES)
def test_an_application_whose_wsgi_app_was_taken_before_is_measured_once(bypass: str, more: str) -> None:
    done = run_python(BYPASSED.format(bypass=bypass, more=more))

    assert COUNTED in done.stdout, done.stderr
    assert FAILED in done.stdout
    assert (
        'http_request_exceptions_total{endpoint="/fail",exception="ZeroDivisionError",method="GET"} 1.0' in done.stdout
    )
    assert done.stdout.count("http_requests_total{") == 2
    assert "http_requests_in_progress 0.0" in done.stdout
    assert "kubeglass" not in done.stderr


def test_from_inside_requests_that_bypass_the_instrumentation_are_said_once() -> None:
    more = "from kubeglass.flask import instrument; instrument(app)"
    done = run_python(BYPASSED.format(bypass=BYPASSES["a middleware"], more=more), KUBEGLASS_INSTRUMENT="0")

    assert "http_requests_total{" not in done.stdout
    assert done.stderr.count("'outside': requests bypass instrument(app)") == 1, done.stderr
    assert "kubeglass run" in done.stderr


class TestBesideOpenTelemetry:
    """Its own sitecustomize comes first and runs no other."""

    CODE = APP.format(more="print(type(app).__name__)")
    INSTRUMENT = (str(Path(sys.executable).with_name("opentelemetry-instrument")), "--traces_exporter=none",
                  "--metrics_exporter=none", "--logs_exporter=none")  # fmt: skip
    RUN = (sys.executable, "-m", "kubeglass", "run")

    @pytest.mark.parametrize("command", [(*RUN, *INSTRUMENT), (*INSTRUMENT, *RUN)], ids=["inside", "around"])
    def test_both_instrument(self, command: tuple[str, ...], tmp_path: Path) -> None:
        environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}

        done = subprocess.run(
            [*command, sys.executable, "-c", self.CODE], env=environment, capture_output=True, text=True, check=False
        )

        assert "_InstrumentedFlask" in done.stdout, done.stderr
        assert 'http_requests_total{endpoint="/",method="GET",status="200"} 1.0' in done.stdout, done.stderr


SERVER = """
import os, sys, time, kubeglass_auto
os.getpid, kubeglass_auto.HANGING_SECONDS = lambda: 10, 0.1
from gunicorn.app.base import BaseApplication
class Server(BaseApplication):
    def load_config(self): pass
    def load(self): {load}
server = Server()
print(server.wsgi(), server.wsgi())
time.sleep(0.3)
"""


def test_gunicorn_writes_where_an_import_hangs() -> None:
    done = run_python(SERVER.format(load="time.sleep(0.5); return 'app'"))

    assert done.stdout == "app app\n", done.stderr
    assert done.stderr.startswith("Timeout (0:00:00.1")
    assert 'File "<string>", line 7 in load' in done.stderr


def test_an_import_that_ends_leaves_nothing_in_the_log() -> None:
    done = run_python(SERVER.format(load="return 'app'"))

    assert (done.stdout, done.stderr) == ("app app\n", "")
