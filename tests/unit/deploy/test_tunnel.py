"""A Service at an address of this machine, through an API server that answers from this test."""

from __future__ import annotations

import socket
from collections.abc import Callable

import httpx2
import pytest

from kubeglass.deploy.cluster import Cluster
from kubeglass.deploy.tunnel import Tunnel
from kubeglass.errors import PortError
from kubeglass.observe.prometheus import Prometheus


def make_cluster(answer: Callable[[httpx2.Request], httpx2.Response]) -> Cluster:
    connection = httpx2.Client(transport=httpx2.MockTransport(answer), base_url="https://cluster.test:6443")
    return Cluster(connection, context="test", address="https://cluster.test:6443")


def test_a_query_reaches_the_service_through_the_api_server() -> None:
    paths: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        paths.append(f"{request.url.path}?{request.url.params['query']}")
        result = [{"metric": {"job": "shop"}, "value": [1, "2"]}]
        return httpx2.Response(200, json={"status": "success", "data": {"resultType": "vector", "result": result}})

    with Tunnel(make_cluster(answer), "watch", "prometheus") as tunnel, Prometheus(tunnel.url) as prometheus:
        value = prometheus.value('up{job="shop"}')

    assert value == 2.0
    assert paths == ['/api/v1/namespaces/watch/services/http:prometheus:http/proxy/api/v1/query?up{job="shop"}']


def test_statuses_and_headers_come_through() -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(404, text="no such page", headers={"X-Kind": "test"})

    with Tunnel(make_cluster(answer), "watch", "viewer") as tunnel:
        got = httpx2.get(f"{tunnel.url}/absent", trust_env=False)

    assert (got.status_code, got.text, got.headers["x-kind"]) == (404, "no such page", "test")


def test_a_body_is_passed_on() -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, content=request.content + request.headers["content-type"].encode())

    with Tunnel(make_cluster(answer), "watch", "viewer") as tunnel:
        got = httpx2.post(f"{tunnel.url}/q", content=b"x=1 ", headers={"Content-Type": "text/plain"}, trust_env=False)

    assert got.text == "x=1 text/plain"


def test_a_cluster_that_is_gone_is_a_bad_gateway() -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("refused")

    with Tunnel(make_cluster(answer), "watch", "viewer") as tunnel:
        assert httpx2.get(tunnel.url, trust_env=False).status_code == 502


def test_a_page_under_another_name_may_not_use_our_credentials() -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200)

    with Tunnel(make_cluster(answer), "watch", "viewer") as tunnel:
        got = httpx2.get(tunnel.url, headers={"Host": "attacker.example:80"}, trust_env=False)

    assert got.status_code == 403


def test_a_port_that_is_taken_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortError, match=f"port {port}: is taken"):
            Tunnel(make_cluster(lambda request: httpx2.Response(200)), "watch", "viewer", port=port)
