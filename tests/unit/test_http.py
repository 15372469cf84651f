"""HTTP clients: what each one follows, goes through and refuses."""

from __future__ import annotations

import httpx2
import pytest

from kubeglass.http import HTTPError, first_hop, make_client, make_internet_client


def redirect_to(target: str) -> httpx2.MockTransport:
    def respond(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200 if request.url.path == "/there" else 302, headers={"Location": target})

    return httpx2.MockTransport(respond)


def get(url: str, *, redirected_to: str) -> int:
    transport = redirect_to(redirected_to)
    with make_internet_client(connect_seconds=1, read_seconds=1, transport=transport) as client:
        return client.get(url).status_code


def test_a_redirect_that_stays_on_https_is_followed() -> None:
    assert get("https://one.test/here", redirected_to="https://two.test/there") == 200
    assert get("https://one.test/here", redirected_to="/there") == 200


def test_a_redirect_from_http_to_https_is_followed() -> None:
    assert get("http://one.test/here", redirected_to="https://two.test/there") == 200


def test_a_redirect_from_https_to_http_is_refused() -> None:
    with pytest.raises(HTTPError, match="redirects from https to http"):
        get("https://one.test/here", redirected_to="http://two.test/there")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://host.test/x", ("host.test", 443)),
        ("http://host.test/x", ("proxy.test", 3128)),
        ("http://near.test:8080/x", ("near.test", 8080)),
    ],
)
def test_the_first_hop_is_the_proxy_of_the_scheme(
    monkeypatch: pytest.MonkeyPatch, url: str, expected: tuple[str, int]
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("http_proxy", "proxy.test:3128")
    monkeypatch.setenv("no_proxy", "near.test")

    assert first_hop(url) == expected


def test_a_local_client_ignores_the_shells_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.invalid:3128")

    with make_client() as client, pytest.raises(HTTPError, match="refused"):
        client.get("http://127.0.0.1:9/")
