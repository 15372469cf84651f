"""The ports of files that are rendered before anything runs: each part has its own, the same on every machine."""

from __future__ import annotations

from kubeglass.model.local import ChosenPorts, usual_ports
from kubeglass.model.sections.app import App


def test_apps_on_the_default_port_get_one_each() -> None:
    ports = usual_ports([App(name="a", module="a:b"), App(name="b", module="a:b")])

    assert ports.apps == {"a": 8000, "b": 8001}


def test_a_port_that_was_asked_for_is_given_to_nobody_else() -> None:
    ports = usual_ports([App(name="a", module="a:b"), App(name="b", module="a:b", port=8000)])

    assert ports.apps == {"b": 8000, "a": 8001}


def test_no_app_gets_the_port_of_a_part() -> None:
    ports = usual_ports([App(name="a", module="a:b", port=9090), App(name="far", target="127.0.0.1:1")])

    assert ports.apps == {"a": 9091}


def test_a_chosen_port_is_given_to_nobody_else() -> None:
    ports = usual_ports([App(name="a", module="a:b")], ChosenPorts(page=9090, otlp=8000))

    assert (ports.viewer, ports.otelcol_otlp) == (9090, 8000)
    assert (ports.prometheus, ports.apps["a"]) == (9091, 8001)
