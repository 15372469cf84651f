"""What ``kubeglass up`` says to bad input: one clear line, a documented exit code, nothing left running."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path

import pytest

from tests.cli.machines import errors_in
from tests.cli.runs import GOOD_APP, assert_nothing_left, call, call_here

pytestmark = pytest.mark.engines


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        pytest.param((), 2, "kubeglass up: nothing to watch; give --demo, --app", id="nothing to watch"),
        pytest.param(("--demo", "--app", "a:b"), 2, "--demo: cannot be combined with --app or --target", id="too much"),
        pytest.param(("--target", "http://x"), 2, "--target: must be host:port without a scheme", id="no target"),
        pytest.param(("--app", "shop"), 2, "--app: must be a module and a name in it", id="no app"),
        pytest.param(("--timeout", "5"), 2, "--timeout: must be a duration with a unit", id="no duration"),
        pytest.param(("--app", "absent:app"), 5, "absent:app: there is no module 'absent'", id="no module"),
        pytest.param(("--app", "good:hello"), 5, "'hello' is not a Flask application", id="not a flask app"),
        pytest.param(("--app", "broken:app"), 5, "does not import (ZeroDivisionError", id="import fails"),
        pytest.param(("--app", "dies:app"), 5, "crashes during import (exited with code 4)", id="crashes"),
    ],
)
def test_a_mistake_is_told_in_one_line(tmp_path: Path, arguments: tuple[str, ...], code: int, message: str) -> None:
    (tmp_path / "good.py").write_text(GOOD_APP)
    (tmp_path / "broken.py").write_text("x = 1 / 0")
    (tmp_path / "dies.py").write_text("import os; os._exit(4)")

    result = call_here(tmp_path, "up", *arguments)

    assert result.returncode == code
    # A port that another run has is told of too.
    assert len(errors_in(result.stderr)) == 1
    assert message in errors_in(result.stderr)[0]
    assert "Traceback" not in result.stderr
    assert_nothing_left(tmp_path)


@pytest.mark.parametrize("by_option", [True, False])
def test_a_chosen_port_that_is_busy_is_told_before_anything_starts(tmp_path: Path, *, by_option: bool) -> None:
    (tmp_path / "good.py").write_text(GOOD_APP)
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        (tmp_path / "kubeglass.yaml").write_text("" if by_option else f"local: {{ports: {{page: {port}}}}}\n")
        result = call_here(tmp_path, "up", "--app", "good:app", *(("--port", str(port)) if by_option else ()))

    assert result.returncode == 6
    assert f"error: local.ports.page: port {port} is in use (by " in result.stderr
    assert f", pid {os.getpid()}); stop what uses it, or choose another port" in result.stderr
    assert_nothing_left(tmp_path)


def test_an_app_that_crashes_under_gunicorn_shows_its_last_words(tmp_path: Path) -> None:
    (tmp_path / "fragile.py").write_text(
        f"{GOOD_APP}\nimport sys\nif 'gunicorn' in sys.modules: raise RuntimeError('no database here')\n"
    )

    result = call(tmp_path, "up", "--app", "fragile:app")

    assert result.returncode == 5
    assert "error: fragile:app: exited with code " in result.stderr
    assert "RuntimeError: no database here" in result.stderr
    assert_nothing_left(tmp_path)


def test_an_app_that_never_answers_is_given_up(tmp_path: Path) -> None:
    (tmp_path / "silent.py").write_text(
        f"{GOOD_APP}\nimport sys, time\n"
        "if 'gunicorn' in sys.modules: print('waiting for a database', flush=True); time.sleep(900)\n"
    )

    result = call(tmp_path, "up", "--app", "silent:app", "--timeout", "4s")

    assert result.returncode == 5
    assert "error: silent:app: was not ready within 4 s (no answer at http://127.0.0.1:" in result.stderr
    assert "waiting for a database" in result.stderr
    assert_nothing_left(tmp_path)


def test_a_target_that_is_not_there_is_named_as_the_broken_link(tmp_path: Path, free_port: int) -> None:
    result = call(tmp_path, "up", "--target", f"127.0.0.1:{free_port}", "--timeout", "15s")

    assert result.returncode == 8
    assert f"its metrics cannot be read (http://127.0.0.1:{free_port}/metrics does not respond" in result.stderr
    assert_nothing_left(tmp_path)


def test_all_ports_of_a_range_busy(tmp_path: Path) -> None:
    (tmp_path / "good.py").write_text(GOOD_APP)
    (tmp_path / "kubeglass.yaml").write_text("apps:\n  - {module: 'good:app', port: 65535}\n")
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 65535))
        busy.listen()
        result = call_here(tmp_path, "up")

    assert result.returncode == 6
    assert errors_in(result.stderr) == [
        "error: app: no free port (all of 65535-65535 are in use on 127.0.0.1); "
        "stop what listens there, or choose another port in kubeglass.yaml"
    ]
    assert_nothing_left(tmp_path)


def test_a_state_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / ".kubeglass").write_text("in the way")

    result = call_here(tmp_path, "up", "--demo")

    assert result.returncode == 7
    assert f"error: {tmp_path / '.kubeglass'}: cannot be written" in result.stderr


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param("#!/bin/sh\necho otelcol version 0.1.0\n", "is version 0.1.0, not 0.155", id="wrong version"),
        pytest.param("not a program", "is not a program for this machine", id="not a program"),
    ],
)
def test_an_engine_on_path_that_will_not_do(tmp_path: Path, content: str, reason: str) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "otelcol"
    program.write_text(content)
    program.chmod(0o755)
    shutil.copy(program, folder / "prometheus")
    environment = {**os.environ, "PATH": str(folder), "XDG_CACHE_HOME": str(tmp_path / "cache")}

    result = call_here(tmp_path, "up", "--demo", "--source", "path", env=environment)

    assert result.returncode == 4
    assert "otelcol 0.155.0: cannot be installed" in result.stderr
    assert reason in result.stderr
    assert_nothing_left(tmp_path)


@pytest.mark.parametrize("command", ["status", "down", "open", "logs"])
def test_where_nothing_runs_the_other_commands_say_so(tmp_path: Path, command: str) -> None:
    result = call_here(tmp_path, command)

    assert result.returncode == 7
    assert "kubeglass up --demo" in result.stderr
