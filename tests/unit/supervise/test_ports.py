"""Ports of a run are kept from other runs, and free again however the run ends."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kubeglass.errors import PortError
from kubeglass.model.local import ChosenPorts, Local, LocalPorts
from kubeglass.model.pipeline import Pipeline
from kubeglass.model.sections.app import App
from kubeglass.supervise.ports import PortClaims, extend_ports, plan_ports

CLAIM_AND_WAIT = """
import sys, time
from pathlib import Path
from kubeglass.supervise.ports import PortClaims
with PortClaims(Path(sys.argv[1])) as claims:
    print(claims.claim(8000), flush=True)
    time.sleep(600)
"""


def ignore(_: str) -> None:
    """Hear nothing."""


def test_a_port_is_claimed_once(tmp_path: Path) -> None:
    with PortClaims(tmp_path / "ports") as claims:
        assert claims.claim(8000)
        assert not claims.claim(8000)
        assert claims.claim(8001)


def test_another_run_does_not_get_it_until_the_first_is_over(tmp_path: Path) -> None:
    folder = tmp_path / "ports"
    with PortClaims(folder) as later:
        with PortClaims(folder) as first:
            first.claim(8000)
            assert not later.claim(8000)

        assert later.claim(8000)


def test_a_killed_run_leaves_its_ports_free(tmp_path: Path) -> None:
    folder = tmp_path / "ports"
    command = [sys.executable, "-c", CLAIM_AND_WAIT, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other, PortClaims(folder) as claims:
        assert other.stdout is not None
        assert other.stdout.readline() == "True\n"
        assert not claims.claim(8000)

        other.kill()
        other.wait()

        assert claims.claim(8000)


def test_a_folder_that_cannot_be_used_costs_nothing(tmp_path: Path) -> None:
    (tmp_path / "ports").write_text("in the way")

    with PortClaims(tmp_path / "ports") as claims:
        assert claims.claim(8000)
        assert not claims.claim(8000), "another part of this run has it"


def test_a_link_that_somebody_laid_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "precious"
    (tmp_path / "ports").mkdir()
    (tmp_path / "ports" / "8000").symlink_to(target)

    with PortClaims(tmp_path / "ports") as claims:
        claims.claim(8000)

    assert not target.exists()


@pytest.fixture
def claims(tmp_path: Path) -> Iterator[PortClaims]:
    """Claims of a run that no other run of this machine knows."""
    with PortClaims(tmp_path / "ports") as claims:
        yield claims


def usual(ports: list[int]) -> LocalPorts:
    viewer, prometheus, otlp, health, telemetry = ports
    return LocalPorts(viewer, prometheus, otlp, health, telemetry)


def test_free_ports_are_taken_as_they_are(claims: PortClaims, free_ports: Callable[[int], list[int]]) -> None:
    *usual_ports, app_port = free_ports(6)

    notes: list[str] = []
    shop = App(name="shop", module="shop:app", port=app_port)

    found = plan_ports([shop], claims, notes.append, usual=usual(usual_ports))

    assert notes == []
    assert found == replace(usual(usual_ports), apps={"shop": app_port})


def test_a_busy_port_moves_and_it_is_said(claims: PortClaims, free_ports: Callable[[int], list[int]]) -> None:
    ports = free_ports(5)
    notes: list[str] = []
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", ports[0]))
        busy.listen()
        found = plan_ports([], claims, notes.append, usual=usual(ports))

    assert found.viewer > ports[0]
    assert notes == [f"viewer: port {ports[0]} is in use, using {found.viewer}"]


def test_two_apps_that_want_the_same_port_get_two(claims: PortClaims, free_ports: Callable[[int], list[int]]) -> None:
    *ports, port = free_ports(6)

    found = plan_ports(
        [App(name=name, module="m:app", port=port) for name in ("one", "two")], claims, ignore, usual=usual(ports)
    )

    assert found.apps["one"] == port
    assert found.apps["two"] > port


def test_a_range_without_a_free_port_is_an_error_that_names_it(claims: PortClaims) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 65535))
        busy.listen()
        with pytest.raises(PortError, match=r"viewer: no free port \(all of 65535-65535 are in use"):
            plan_ports([], claims, ignore, usual=LocalPorts(viewer=65535))


def test_an_app_that_runs_keeps_its_port_and_a_new_one_gets_another(
    claims: PortClaims, free_ports: Callable[[int], list[int]]
) -> None:
    (port,) = free_ports(1)
    shop, blog = (App(name=name, module=f"{name}:app", port=port) for name in ("shop", "blog"))
    running = LocalPorts(apps={"shop": port})
    notes: list[str] = []

    with socket.create_server(("127.0.0.1", port)):
        found = extend_ports(running, claims, notes.append, Pipeline(apps=(shop,)), Pipeline(apps=(blog, shop)))

    assert found.apps["shop"] == port
    assert found.apps["blog"] > port
    assert notes == [f"blog: port {port} is in use, using {found.apps['blog']}"]


def test_an_app_that_would_like_another_port_moves(claims: PortClaims, free_ports: Callable[[int], list[int]]) -> None:
    before, after = free_ports(2)
    shop = App(name="shop", module="shop:app", port=before)

    moved = shop.model_copy(update={"port": after})
    found = extend_ports(
        LocalPorts(apps={"shop": before}), claims, ignore, Pipeline(apps=(shop,)), Pipeline(apps=(moved,))
    )

    assert found.apps == {"shop": after}


def test_a_chosen_port_that_is_busy_is_an_error_that_names_the_process(
    claims: PortClaims, free_ports: Callable[[int], list[int]]
) -> None:
    (port,) = free_ports(1)
    holder = rf"page: port {port} is in use \(by .*python.*, pid {os.getpid()}\); stop what uses it, or choose another"

    with socket.create_server(("127.0.0.1", port)), pytest.raises(PortError, match=holder):
        plan_ports([], claims, ignore, ChosenPorts(page=port))


def test_a_chosen_port_that_another_run_keeps_is_an_error(
    claims: PortClaims, tmp_path: Path, free_ports: Callable[[int], list[int]]
) -> None:
    (port,) = free_ports(1)

    with PortClaims(tmp_path / "ports") as other, PortClaims(tmp_path / "ports") as own:
        assert other.claim(port)
        with pytest.raises(PortError, match=r"otlp: port \d+ is in use \(by another run of kubeglass\)"):
            plan_ports([], own, ignore, ChosenPorts(otlp=port))


def test_the_usual_port_of_one_part_can_be_chosen_for_another(
    claims: PortClaims, free_ports: Callable[[int], list[int]]
) -> None:
    ports = free_ports(5)

    found = plan_ports([], claims, ignore, ChosenPorts(page=ports[1]), usual(ports))

    assert found.viewer == ports[1]
    assert found.prometheus > ports[1]


def test_a_part_moves_to_the_port_that_a_reload_chooses(
    claims: PortClaims, free_ports: Callable[[int], list[int]]
) -> None:
    before, after = free_ports(2)
    wanted = Pipeline(local=Local(ports=ChosenPorts(prometheus=after)))

    running = LocalPorts(prometheus=before)
    moved = extend_ports(running, claims, ignore, Pipeline(), wanted)

    assert moved == replace(running, prometheus=after)
    assert extend_ports(moved, claims, ignore, wanted, wanted) == moved
