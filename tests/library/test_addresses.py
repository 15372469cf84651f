"""The metrics away from the public port: an address of their own, a port of their own, a token."""

from __future__ import annotations

import http.client
import socket
from contextlib import suppress
from pathlib import Path

import pytest

from tests.library.conftest import StartGunicorn
from tests.library.samples import Samples
from tests.library.server import CUT_OFF, KINDS, ROUTE, Gunicorn, all_at_once, free_port, wait_until

TOKEN = {"Authorization": "Bearer of-great-secrecy"}


def read_unix(path: Path) -> str:
    """Scrape a unix socket."""
    connection = http.client.HTTPConnection("localhost", timeout=10)
    connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.sock.connect(str(path))
        connection.request("GET", "/metrics")
        return connection.getresponse().read().decode()
    finally:
        connection.close()


class Apart:
    """A server whose metrics have an address of their own.

    Args:
        kind: which workers.
        start: starts servers.
        socket_path: of a unix socket, or None for a port.
    """

    def __init__(self, kind: str, start: StartGunicorn, socket_path: Path | None = None) -> None:
        self._socket_path = socket_path
        self._port = free_port() if socket_path is None else 0
        address = f"unix:{socket_path}" if socket_path else f"127.0.0.1:{self._port}"
        name = kind + ("-unix" if socket_path else "")
        self.server: Gunicorn = start(name, *KINDS[kind], "--workers=2", environment={"TEST_METRICS_ADDRESS": address})

    def read(self) -> Samples | None:
        """Scrape the address, None while nobody answers there."""
        with suppress(*CUT_OFF):
            if self._socket_path is not None:
                return Samples(read_unix(self._socket_path))
            return Samples(self.server.get("/metrics", address=f"http://127.0.0.1:{self._port}"))
        return None

    def outlive(self) -> Samples:
        """Send requests before and after every worker was killed, and return what the address says at last."""
        self.server.wait()
        self.server.wait_for_workers(2)
        self.server.send(10)
        wait_until(self.read, "the address answers")
        self.server.kill_workers()
        self.server.send(10)
        wait_until(self.read, "another worker answers at the address")
        found = self.read()
        assert found is not None
        return found


@pytest.fixture(scope="module")
def apart(start_shared: StartGunicorn, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Apart]:
    """A server of each kind, and one with a unix socket."""
    socket_path = tmp_path_factory.mktemp("socket") / "metrics.sock"
    servers = {kind: Apart(kind, start_shared) for kind in KINDS}
    return {**servers, "unix": Apart("gthread", start_shared, socket_path)}


@pytest.fixture(scope="module")
def survived(apart: dict[str, Apart]) -> dict[str, Samples]:
    """What each says after its workers were killed."""
    return all_at_once(lambda kind: apart[kind].outlive(), apart)


@pytest.mark.parametrize("kind", [*KINDS, "unix"])
def test_metrics_at_an_address_of_their_own_outlive_the_worker_that_serves_them(
    survived: dict[str, Samples], apart: dict[str, Apart], kind: str
) -> None:
    assert survived[kind].total("http_requests_total", endpoint=ROUTE) == 20
    assert survived[kind].total("sold_things_total") == 20
    assert "Not Found" in apart[kind].server.get("/metrics")


class Guarded:
    """A server that listens at two ports and shows its metrics at the second, to those who have the token."""

    def __init__(self, start: StartGunicorn, folder: Path) -> None:
        self._port = free_port()
        file = folder / "token"
        file.write_text("of-great-secrecy\n")
        environment = {"KUBEGLASS_METRICS_PORT": str(self._port), "KUBEGLASS_METRICS_TOKEN_FILE": str(file)}
        self.server: Gunicorn = start(
            "guarded", f"--bind=127.0.0.1:{self._port}", "--workers=2", environment=environment
        )
        self.server.wait()

    def get(self, path: str, headers: dict[str, str] | None = None) -> str:
        """Ask at the metrics' own port."""
        return self.server.get(path, headers=headers, address=f"http://127.0.0.1:{self._port}")


@pytest.fixture(scope="module")
def guarded(start_shared: StartGunicorn, tmp_path_factory: pytest.TempPathFactory) -> Guarded:
    """One for all tests here."""
    return Guarded(start_shared, tmp_path_factory.mktemp("guarded"))


def test_of_two_ports_only_the_chosen_one_shows_metrics(guarded: Guarded) -> None:
    guarded.server.send(5)

    shown = Samples(guarded.get("/metrics", TOKEN))

    assert shown.total("http_requests_total", endpoint=ROUTE) == 5
    assert guarded.server.get("/metrics", headers=TOKEN) == "not found\n"


def test_no_header_of_a_clients_opens_the_public_port(guarded: Guarded) -> None:
    port = str(guarded._port)
    spoofed = {**TOKEN, "Host": f"127.0.0.1:{port}", "X-Forwarded-Port": port, "Forwarded": f"host=shop:{port}"}

    assert guarded.server.get("/metrics", headers=spoofed) == "not found\n"


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer guess"}, {"Authorization": "Basic of-great-secrecy"}]
)
def test_without_the_token_no_metrics_are_shown(guarded: Guarded, headers: dict[str, str]) -> None:
    assert guarded.get("/metrics", headers) == "a bearer token is needed\n"


def test_the_token_is_in_no_log(guarded: Guarded) -> None:
    guarded.get("/metrics", TOKEN)

    assert "of-great-secrecy" not in guarded.server.log.read_text()
