"""With a port of their own, the metrics are shown there and nowhere else."""

from __future__ import annotations

import socket

import pytest
from flask import Flask
from prometheus_client import CollectorRegistry
from werkzeug.middleware.proxy_fix import ProxyFix

from kubeglass.flask import instrument
from kubeglass.instrument.metrics_endpoint import PORT_VARIABLE, port_of


@pytest.mark.parametrize(("port", "status"), [("8000", 404), ("9464", 200)])
def test_metrics_are_shown_at_their_own_port_alone(monkeypatch: pytest.MonkeyPatch, port: str, status: int) -> None:
    monkeypatch.setenv(PORT_VARIABLE, "9464")
    app = Flask("shop")
    instrument(app, registry=CollectorRegistry())

    answer = app.test_client().get("/metrics", environ_overrides={"SERVER_PORT": port}, headers={"Host": "shop:9464"})

    assert answer.status_code == status


def test_without_a_port_of_their_own_they_are_shown_at_every_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PORT_VARIABLE, raising=False)
    app = Flask("shop")
    instrument(app, registry=CollectorRegistry())

    assert app.test_client().get("/metrics").status_code == 200


@pytest.mark.parametrize("header", ["X-Forwarded-Host", "X-Forwarded-Port"])
def test_no_header_makes_another_port_the_metrics_own(monkeypatch: pytest.MonkeyPatch, header: str) -> None:
    monkeypatch.setenv(PORT_VARIABLE, "9464")
    app = Flask("shop")
    instrument(app, registry=CollectorRegistry())
    app.wsgi_app = ProxyFix(app.wsgi_app, x_host=1, x_port=1)  # type: ignore[method-assign]
    value = "shop:9464" if header.endswith("Host") else "9464"

    answer = app.test_client().get("/metrics", environ_overrides={"SERVER_PORT": "8000"}, headers={header: value})

    assert answer.status_code == 404


def test_behind_a_proxy_the_metrics_are_shown_at_their_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PORT_VARIABLE, "9464")
    app = Flask("shop")
    instrument(app, registry=CollectorRegistry())
    app.wsgi_app = ProxyFix(app.wsgi_app, x_host=1)  # type: ignore[method-assign]

    answer = app.test_client().get(
        "/metrics", environ_overrides={"SERVER_PORT": "9464"}, headers={"X-Forwarded-Host": "shop.example"}
    )

    assert answer.status_code == 200


class TestTheSocketKnows:
    def test_the_port_it_is_bound_to(self) -> None:
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            port = listening.getsockname()[1]

            assert port_of({"gunicorn.socket": listening, "SERVER_PORT": "9464"}) == str(port)

    def test_that_it_has_none(self) -> None:
        with socket.socket(socket.AF_UNIX) as unix:
            assert port_of({"gunicorn.socket": unix, "SERVER_PORT": "9464"}) == ""

    def test_nothing_once_it_is_closed(self) -> None:
        closed = socket.socket()
        closed.close()

        assert port_of({"werkzeug.socket": closed, "SERVER_PORT": "9464"}) == ""
