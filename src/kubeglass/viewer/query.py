"""``/api/prometheus``: checks the page's queries and forwards them to Prometheus, limited in time, size and number."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import Response

from kubeglass.http import AsyncClient, TimeoutException, TransportError
from kubeglass.http import Request as HttpRequest
from kubeglass.viewer.endpoints import Endpoint, QueryError, find_endpoint

log = logging.getLogger(__name__)

FORM = "application/x-www-form-urlencoded"
_PASSED_HEADERS = ("content-type", "content-encoding")


@dataclass(frozen=True, slots=True)
class ProxyLimits:
    """Limits of queries.

    Args:
        request_bytes: maximum length of query string or body.
        response_bytes: maximum length of a response as Prometheus sends it (compressed if the browser accepts gzip).
        seconds: deadline for the whole response.
        connections: maximum number of concurrent queries; others wait, within ``seconds``.
    """

    request_bytes: int = 64 * 1024
    response_bytes: int = 32 * 1024 * 1024
    seconds: float = 30.0
    connections: int = 16


class QueryProxy:
    """Serves ``/api/prometheus/api/v1/*`` from one Prometheus.

    Args:
        address: base address of Prometheus, without a trailing slash.
        client: the HTTP client; the caller closes it.
        limits: limits of queries.
    """

    def __init__(self, address: str, client: AsyncClient, limits: ProxyLimits) -> None:
        self._address = address
        self._client = client
        self._limits = limits
        self._turns = asyncio.Semaphore(limits.connections)
        self._responds = True

    async def respond(self, request: Request) -> Response:
        """Forward one query, or respond with an error in Prometheus's format."""
        try:
            endpoint = find_endpoint(request.path_params["path"])
            if endpoint is None:
                raise QueryError(404, "not_found", "the page's server does not serve that Prometheus endpoint")
            parameters = _check_parameters(endpoint, await self._read_parameters(request))
            return await self._ask(self._build_request(endpoint, parameters, request))
        except QueryError as error:
            return error.response()

    async def _read_parameters(self, request: Request) -> bytes:
        encoded = bytearray(request.url.query.encode())
        if request.method == "POST":
            if request.headers.get("content-type", FORM).partition(";")[0].strip().lower() != FORM:
                raise QueryError(415, "bad_data", f"the body of a query must be {FORM}")
            encoded += b"&"
            async for chunk in request.stream():
                encoded += chunk
                self._check_length(encoded)
        self._check_length(encoded)
        return bytes(encoded)

    def _check_length(self, encoded: bytearray) -> None:
        longest = self._limits.request_bytes
        if len(encoded) > longest:
            raise QueryError(413, "bad_data", f"the query is longer than {longest} bytes; write a shorter one")

    def _build_request(self, endpoint: Endpoint, parameters: str, request: Request) -> HttpRequest:
        url = f"{self._address}/api/v1/{endpoint.path}"
        encoding = "gzip" if "gzip" in request.headers.get("accept-encoding", "") else "identity"
        headers = {"Accept": "application/json", "Accept-Encoding": encoding}
        if endpoint.method == "GET":
            return self._client.build_request("GET", f"{url}?{parameters}", headers=headers)
        headers["Content-Type"] = FORM
        return self._client.build_request("POST", url, headers=headers, content=parameters)

    async def _ask(self, request: HttpRequest) -> Response:
        """Send one query, within the limits."""
        seconds = self._limits.seconds
        try:
            async with asyncio.timeout(seconds), self._turns:
                response = await self._exchange(request)
        except (TimeoutError, TimeoutException) as error:
            message = f"Prometheus did not finish within {seconds:g} s; query a shorter range or fewer series"
            raise QueryError(504, "timeout", message) from error
        except TransportError as error:
            self._note_availability(responds=False)
            message = f"Prometheus at {self._address} does not respond; it may be starting, or see its log ({error})"
            raise QueryError(502, "unavailable", message) from error
        self._note_availability(responds=True)
        return response

    async def _exchange(self, request: HttpRequest) -> Response:
        """Pass on Prometheus's response as it is: compressed content stays compressed."""
        response = await self._client.send(request, stream=True)
        try:
            if not response.headers.get("content-type", "").startswith("application/json"):
                message = f"the server at {self._address} is not a ready Prometheus (status {response.status_code})"
                raise QueryError(502, "unavailable", message)
            content = bytearray()
            async for chunk in response.aiter_raw():
                content += chunk
                if len(content) > self._limits.response_bytes:
                    message = f"the response is longer than {self._limits.response_bytes} bytes; query fewer series"
                    raise QueryError(502, "too_large", message)
        finally:
            await response.aclose()
        passed = {name: response.headers[name] for name in _PASSED_HEADERS if name in response.headers}
        return Response(bytes(content), response.status_code, {"Cache-Control": "no-store"} | passed)

    def _note_availability(self, *, responds: bool) -> None:
        """Log changes only, not each query."""
        if responds != self._responds:
            self._responds = responds
            level, what = (logging.INFO, "responds again") if responds else (logging.WARNING, "does not respond")
            log.log(level, "Prometheus at %s %s", self._address, what)


def _check_parameters(endpoint: Endpoint, encoded: bytes) -> str:
    """Return the parameters, URL-encoded again, so that Prometheus reads exactly what was checked."""
    try:
        pairs = parse_qsl(encoded.decode("ascii"), keep_blank_values=True, errors="strict")
    except ValueError as error:
        raise QueryError(400, "bad_data", "the parameters are not url-encoded UTF-8") from error
    if refused := endpoint.refused(name for name, _ in pairs):
        raise QueryError(400, "bad_data", f"{endpoint.path} does not take the parameter {', '.join(refused)}")
    return urlencode(pairs)
