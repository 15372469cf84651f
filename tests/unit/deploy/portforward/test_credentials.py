"""Port-forwards use the kubeconfig's credentials: its authority, client certificates and tokens, over real TLS."""

from __future__ import annotations

import base64
import json
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.portforward.backend import Backend
from kubeglass.deploy.portforward.forward import PortForward
from kubeglass.errors import ClusterError
from tests.unit.deploy.fake_cluster import make_pod
from tests.unit.deploy.portforward.fake_kubelet import PORT_OF_THE_POD, FakeKubelet
from tests.unit.deploy.portforward.test_forward import LARGE, Pod, connect, exchange, read_all

BACKEND = Backend(make_pod("viewer-1"), PORT_OF_THE_POD)


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an authority, and a certificate signed by it for the server and one for the user."""
    folder = tmp_path_factory.mktemp("pki")
    key = ("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl(folder, *key, "-x509", "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=authority", "-days", "1")
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1")
    for name in ("server", "user"):
        openssl(folder, *key, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        signing = ("-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "1", "-extfile", "names")
        openssl(folder, "x509", "-req", "-in", f"{name}.csr", *signing, "-out", f"{name}.crt")
    return folder


def openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def pod() -> Iterator[Pod]:
    pod = Pod()
    with pod.listener:
        yield pod


def make_tls(pki: Path, *, demand_certificate: bool) -> ssl.SSLContext:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=pki / "ca.crt")
    tls.load_cert_chain(pki / "server.crt", pki / "server.key")
    tls.verify_mode = ssl.CERT_REQUIRED if demand_certificate else ssl.CERT_NONE
    return tls


def encode(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()


def use_kubeconfig(
    monkeypatch: pytest.MonkeyPatch, folder: Path, server: str, user: Mapping[str, object], authority: Path
) -> None:
    config: dict[str, Any] = {
        "current-context": "test",
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        "clusters": [{"name": "test", "cluster": {"server": server, "certificate-authority-data": encode(authority)}}],
        "users": [{"name": "test", "user": user}],
    }
    (folder / "kubeconfig").write_text(json.dumps(config))
    monkeypatch.setenv("KUBECONFIG", str(folder / "kubeconfig"))


@pytest.mark.parametrize("credential", ["certificate", "token"])
def test_both_directions_flow_at_once_with_the_users_credential(
    credential: str, pki: Path, pod: Pod, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kubelet = FakeKubelet(pod.port, token="secret" if credential == "token" else "")
    tls = make_tls(pki, demand_certificate=credential == "certificate")
    certificate = {"client-certificate-data": encode(pki / "user.crt"), "client-key-data": encode(pki / "user.key")}
    user = {"token": "secret"} if credential == "token" else certificate

    with kubelet.listen(tls) as address:
        use_kubeconfig(monkeypatch, tmp_path, address, user, pki / "ca.crt")
        with Cluster.connect() as cluster, PortForward(cluster, lambda: BACKEND, report=print) as forward:
            for _ in range(3):
                with connect(forward) as client, pod.accept() as server:
                    assert exchange(client, server) == (LARGE, LARGE)


def test_an_authentication_plugin_is_asked_once_for_all_connections(
    pki: Path, pod: Pod, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin = tmp_path / "plugin"
    plugin.write_text(f'#!/bin/sh\necho asked >> {tmp_path}/asked\necho \'{{"status": {{"token": "secret"}}}}\'\n')
    plugin.chmod(0o755)
    user = {"exec": {"apiVersion": "client.authentication.k8s.io/v1beta1", "command": str(plugin)}}

    with FakeKubelet(pod.port, token="secret").listen(make_tls(pki, demand_certificate=False)) as address:
        use_kubeconfig(monkeypatch, tmp_path, address, user, pki / "ca.crt")
        with Cluster.connect() as cluster, PortForward(cluster, lambda: BACKEND, report=print) as forward:
            for _ in range(2):
                with connect(forward) as client, pod.accept() as server:
                    client.sendall(b"here")
                    assert read_all(server, 4) == b"here"

    assert (tmp_path / "asked").read_text().splitlines() == ["asked"]


def test_many_connections_that_end_at_any_moment_do_not_disturb_each_other(
    pki: Path, pod: Pod, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[ClusterError] = []

    with FakeKubelet(pod.port, token="secret").listen(make_tls(pki, demand_certificate=False)) as address:
        use_kubeconfig(monkeypatch, tmp_path, address, {"token": "secret"}, pki / "ca.crt")
        with Cluster.connect() as cluster, PortForward(cluster, lambda: BACKEND, report=told.append) as forward:
            for number in range(20):
                with connect(forward) as abandoned, pod.accept() as server:
                    server.sendall(LARGE[:100_000])
                    abandoned.recv(1)
                with connect(forward) as client, pod.accept() as server:
                    client.sendall(f"{number:04}".encode())
                    assert read_all(server, 4) == f"{number:04}".encode()

    assert told == []


@pytest.mark.parametrize(
    ("user", "authority", "wrong"),
    [
        ({"token": "stale"}, "ca.crt", "the cluster does not accept these credentials"),
        ({"token": "secret"}, "user.crt", "certificate verify failed"),
    ],
)
def test_a_credential_that_is_not_accepted_is_reported(
    user: dict[str, str],
    authority: str,
    wrong: str,
    pki: Path,
    pod: Pod,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[ClusterError] = []

    with FakeKubelet(pod.port, token="secret").listen(make_tls(pki, demand_certificate=False)) as address:
        use_kubeconfig(monkeypatch, tmp_path, address, user, pki / authority)
        with (
            Cluster.connect() as cluster,
            PortForward(cluster, lambda: BACKEND, report=told.append) as forward,
            connect(forward) as client,
        ):
            assert read_all(client) == b""

    assert wrong in told[0].message
