"""The command line of ``python -m kubeglass.viewer``."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from kubeglass.errors import UsageError
from kubeglass.viewer.__main__ import main, parse_settings

REQUIRED = ["--prometheus", "http://127.0.0.1:9090/", "--dashboards", "dashboards"]


def test_defaults_are_the_loopback_and_its_names() -> None:
    settings = parse_settings(REQUIRED)

    assert (settings.host, settings.port) == ("127.0.0.1", 3000)
    assert settings.prometheus_url == "http://127.0.0.1:9090"
    assert settings.dashboards == Path("dashboards")
    assert settings.allowed_hosts == ("127.0.0.1", "localhost", "[::1]")


def test_further_host_names_are_added() -> None:
    assert "viewer.test" in parse_settings([*REQUIRED, "--allow-host", "viewer.test"]).allowed_hosts


def test_a_secure_name_is_accepted_too() -> None:
    settings = parse_settings([*REQUIRED, "--secure-host", "Viewer.test"])

    assert settings.secure_hosts == ("viewer.test",)
    assert "viewer.test" in settings.allowed_hosts


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--port", "65536", "is not a TCP port (65536)"),
        ("--port", "-1", "is not a TCP port (-1)"),
        ("--port", "http", "is not a TCP port (http)"),
        ("--prometheus", "127.0.0.1:9090", "is not an HTTP address"),
        ("--prometheus", "ftp://127.0.0.1", "is not an HTTP address"),
        ("--prometheus", "http://", "is not an HTTP address"),
        ("--prometheus", "http://127.0.0.1:99999", "is not an HTTP address"),
        ("--prometheus", "http://127.0.0.1:9090/?a=b", "is not an HTTP address"),
        ("--prometheus", "http://me:secret@127.0.0.1", "must not contain a user name or password"),
        ("--time-interval", "15", "must be a duration with a unit"),
        ("--time-interval", "0s", "must be greater than zero"),
    ],
)
def test_value_that_makes_no_sense_is_one_line(option: str, value: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_settings([*REQUIRED, f"{option}={value}"])

    assert caught.value.message.startswith(f"{option}: ")
    assert words in caught.value.message
    assert "secret" not in caught.value.message


def test_bad_value_ends_with_the_usage_exit_code(caplog: pytest.LogCaptureFixture) -> None:
    code = main([*REQUIRED, "--port=none"])

    assert code == 2
    assert caplog.messages[-1].startswith("--port: ")


def test_busy_port_ends_with_the_port_exit_code(caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code = main([*REQUIRED, f"--port={port}"])

    assert code == 6
    assert f"127.0.0.1:{port}: cannot be listened on (Address already in use)" in caplog.text
