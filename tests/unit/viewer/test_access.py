"""Beyond loopback the page asks for its password; everywhere it checks the name it is called by."""

from __future__ import annotations

from pathlib import Path

import httpx2
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.testclient import TestClient

from kubeglass.viewer.access import AccessRules
from kubeglass.viewer.server import ViewerSettings, build_server

PASSWORD = "päss:word"
NODE = "10.0.0.7:30300"


def serve(
    settings: ViewerSettings,
    *,
    peer: str,
    password: str | None = PASSWORD,
    names: tuple[str, ...] = (),
    secure: tuple[str, ...] = (),
) -> TestClient:
    """The page as it listens in a pod, asked by ``peer``."""
    file = settings.dashboards.parent / "password"
    if password is not None:
        file.write_text(password)
    everywhere = ViewerSettings(
        prometheus_url=settings.prometheus_url,
        dashboards=settings.dashboards,
        static=settings.static,
        host="0.0.0.0",
        allowed_hosts=("127.0.0.1", "localhost", "[::1]", *names, *secure),
        secure_hosts=secure,
        password_file=file,
    )
    client = httpx2.AsyncClient(transport=httpx2.MockTransport(lambda _: httpx2.Response(500)))
    return TestClient(build_server(everywhere, client), base_url=f"http://{NODE}", client=(peer, 50000))


def test_a_stranger_is_asked_for_the_password(settings: ViewerSettings) -> None:
    response = serve(settings, peer="10.0.0.9").get("/api/dashboards")

    assert response.status_code == 401
    assert response.headers["www-authenticate"] == 'Basic realm="kubeglass", charset="UTF-8"'
    assert "content-security-policy" in response.headers


@pytest.mark.parametrize("path", ["/", "/d/shop-a", "/api/dashboards", "/api/datasource", "/favicon.svg"])
def test_nothing_is_served_without_the_password(settings: ViewerSettings, path: str) -> None:
    page = serve(settings, peer="10.0.0.9")

    assert page.get(path).status_code == 401
    assert page.get(path, auth=("me", PASSWORD)).status_code == 200


@pytest.mark.parametrize(
    "credentials",
    [
        "Basic",
        "Basic ",
        "Basic bWU6d3Jvbmc=",
        "Basic !!!",
        "Basic bWU=",
        "Bearer päss:word".encode(),
        "Basic ä".encode(),
    ],
)
def test_wrong_credentials_are_refused(settings: ViewerSettings, credentials: str) -> None:
    page = serve(settings, peer="10.0.0.9")

    assert page.get("/", headers={"Authorization": credentials}).status_code == 401


def test_the_kubelet_asks_for_health_without_a_password(settings: ViewerSettings) -> None:
    assert serve(settings, peer="10.0.0.1").get("/healthz").status_code == 200


def test_a_plain_request_to_a_name_with_a_certificate_is_redirected_before_the_password(
    settings: ViewerSettings,
) -> None:
    page = serve(settings, peer="10.0.0.9", secure=("page.test",))
    plain = {"Host": "page.test:8000", "X-Forwarded-Proto": "http"}

    response = page.get("/d/shop-a?from=now-1h", headers=plain, follow_redirects=False)

    assert response.status_code == 307
    assert response.headers["location"] == "https://page.test/d/shop-a?from=now-1h"


@pytest.mark.parametrize(
    "headers",
    [{"Host": "page.test", "X-Forwarded-Proto": "https"}, {"Host": "page.test"}, {"X-Forwarded-Proto": "http"}],
)
def test_other_requests_are_not_redirected(settings: ViewerSettings, headers: dict[str, str]) -> None:
    page = serve(settings, peer="10.0.0.9", secure=("page.test",))

    assert page.get("/", headers=headers, follow_redirects=False).status_code == 401


def test_a_port_forward_needs_no_password(settings: ViewerSettings) -> None:
    page = serve(settings, peer="127.0.0.1")

    assert page.get("/api/dashboards", headers={"Host": "127.0.0.1:3000"}).status_code == 200
    assert page.get("/api/dashboards", headers={"Host": "localhost:41234"}).status_code == 200


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded"])
def test_a_proxy_beside_the_page_is_no_port_forward(settings: ViewerSettings, header: str) -> None:
    page = serve(settings, peer="127.0.0.1")

    assert page.get("/", headers={"Host": "127.0.0.1:3000", header: "for=10.0.0.9"}).status_code == 401
    assert page.get("/", headers={"Host": NODE}).status_code == 401


def test_a_forged_host_opens_nothing(settings: ViewerSettings) -> None:
    assert serve(settings, peer="10.0.0.9").get("/", headers={"Host": "127.0.0.1:3000"}).status_code == 401


@pytest.mark.parametrize("password", [None, "", "\n"])
def test_without_a_password_everybody_else_is_refused_with_what_to_do(
    settings: ViewerSettings, password: str | None
) -> None:
    response = serve(settings, peer="10.0.0.9", password=password).get("/", auth=("me", ""))

    assert response.status_code == 403
    assert "kubeglass open --cluster viewer" in response.text
    assert "--password-file" in response.text


def test_a_password_set_later_opens_the_page_without_a_restart(settings: ViewerSettings) -> None:
    page = serve(settings, peer="10.0.0.9", password=None)
    assert page.get("/", auth=("me", PASSWORD)).status_code == 403

    (settings.dashboards.parent / "password").write_text(f"{PASSWORD}\n")

    assert page.get("/", auth=("me", PASSWORD)).status_code == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("[fd00::7]:30300", 200),
        ("page.example.com", 200),
        ("PAGE.example.com:80", 200),
        ("a.corp.example", 200),
        ("corp.example", 400),
        ("rebound.example", 400),
        ("10.0.0.7.example", 400),
        ("[fd00::7", 400),
        ("", 400),
    ],
)
def test_names_are_checked_and_addresses_are_not(settings: ViewerSettings, host: str, status: int) -> None:
    page = serve(settings, peer="10.0.0.9", names=("page.example.com", "*.corp.example"))

    assert page.get("/", headers={"Host": host}, auth=("me", PASSWORD)).status_code == status


@example(host=b"localhost", authorization="Basic ä".encode())
@given(host=st.binary(max_size=40), authorization=st.binary(max_size=40))
def test_any_header_gets_a_response(host: bytes, authorization: bytes) -> None:
    rules = AccessRules("0.0.0.0", ("localhost",), Path(__file__))
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "query_string": b"",
        "headers": [(b"host", host), (b"authorization", authorization)],
        "client": ("10.0.0.9", 1),
        "server": ("10.0.0.7", 3000),
    }

    refusal = rules.refuse(Request(scope))

    assert refusal is not None
    assert refusal.status_code in {400, 401}
