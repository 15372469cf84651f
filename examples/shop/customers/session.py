"""One customer's connection to the shop, cookies included; nothing is retried, so every request is counted once."""

from __future__ import annotations

import http.client
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit

from customers.journeys import Reply, Step

#: Seconds after which a customer gives up waiting for an answer.
PATIENCE = 15.0


class Session:
    """Sends requests and remembers cookies.

    Args:
        url: the shop's address.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host = parts.hostname or "127.0.0.1"
        self._port = parts.port or 80
        self._prefix = parts.path.rstrip("/")
        self._cookies: dict[str, str] = {}

    def send(self, step: Step) -> Reply:
        """Send one request and read the whole answer.

        Raises:
            OSError: no connection, or it broke; the shop may or may not have seen the request.
            http.client.HTTPException: the answer was no HTTP or incomplete.
        """
        body = None if step.form is None else urlencode(step.form)
        # A connection for each request: a kept one could close just as it is used, and nobody could tell whether
        # the request counted.
        connection = http.client.HTTPConnection(self._host, self._port, timeout=PATIENCE)
        try:
            connection.request("GET" if body is None else "POST", self._prefix + step.path, body, self._headers(body))
            response = connection.getresponse()
            response.read()
        finally:
            connection.close()
        self._keep_cookies(response.headers.get_all("Set-Cookie", []))
        return Reply(response.status, response.headers.get("Location", ""))

    def _headers(self, body: str | None) -> dict[str, str]:
        headers = {"Accept": "text/html", "User-Agent": "shop-customer", "Connection": "close"}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if self._cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        return headers

    def _keep_cookies(self, lines: list[str]) -> None:
        for line in lines:
            for name, morsel in SimpleCookie(line).items():
                self._cookies[name] = morsel.value
