"""With a port of their own, the metrics are shown there and nowhere else."""

from __future__ import annotations

import pytest
from flask import Flask
from prometheus_client import CollectorRegistry

from kubeglass.flask import instrument
from kubeglass.instrument.page import PORT_VARIABLE


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
