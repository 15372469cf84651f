"""``/api/prometheus``: checks the page's queries and forwards them to Prometheus, bounded in time, size and number."""

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
from kubeglass.viewer.settings import ProxyLimits

log = logging.getLogger(__name__)

_PASSED_HEADERS = ("content-type", "content-encoding")


@dataclass(frozen=True, slots=True)
class UpstreamResponse:
    """Prometheus's response, unmodified: compressed content stays compressed."""

    status: int
    headers: dict[str, str]
    content: bytes


class Upstream:
    """One Prometheus.

    Args:
        address: its base address, without a trailing slash.
        client: the HTTP client; the caller closes it.
        limits: limits of one query.
    """

    def __init__(self, address: str, client: AsyncClient, limits: ProxyLimits) -> None:
        self._address = address
        self._client = client
        self._limits = limits
        self._turns = asyncio.Semaphore(limits.connections)
        self._responds = True

    async def ask(self, endpoint: Endpoint, parameters: str, *, accepts_gzip: bool) -> UpstreamResponse:
        """Send one query.

        Args:
            endpoint: a checked endpoint.
            parameters: checked parameters, URL-encoded.
            accepts_gzip: whether Prometheus may compress the response.

        Raises:
            QueryError: there is no usable response within the limits.
        """
        try:
            async with asyncio.timeout(self._limits.seconds), self._turns:
                response = await self._exchange(self._build_request(endpoint, parameters, accepts_gzip=accepts_gzip))
        except (TimeoutError, TimeoutException) as error:
            message = (
                f"Prometheus did not finish within {self._limits.seconds:g} s; query a shorter range or fewer series"
            )
            raise QueryError(504, "timeout", message) from error
        except TransportError as error:
            self._note_availability(responds=False)
            message = f"Prometheus at {self._address} does not respond; it may be starting, or see its log ({error})"
            raise QueryError(502, "unavailable", message) from error
        self._note_availability(responds=True)
        return response

    def _build_request(self, endpoint: Endpoint, parameters: str, *, accepts_gzip: bool) -> HttpRequest:
        url = f"{self._address}/api/v1/{endpoint.path}"
        headers = {"Accept": "application/json", "Accept-Encoding": "gzip" if accepts_gzip else "identity"}
        if endpoint.method == "GET":
            return self._client.build_request("GET", f"{url}?{parameters}", headers=headers)
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        return self._client.build_request("POST", url, headers=headers, content=parameters)

    async def _exchange(self, request: HttpRequest) -> UpstreamResponse:
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
        return UpstreamResponse(response.status_code, passed, bytes(content))

    def _note_availability(self, *, responds: bool) -> None:
        """Log changes only, not each query."""
        if responds != self._responds:
            self._responds = responds
            log.log(
                logging.INFO if responds else logging.WARNING,
                "Prometheus at %s %s",
                self._address,
                "responds again" if responds else "does not respond",
            )


FORM = "application/x-www-form-urlencoded"


class QueryProxy:
    """Serves ``/api/prometheus/api/v1/*``.

    Args:
        upstream: queries Prometheus.
        request_bytes: maximum length of query string and body together.
    """

    def __init__(self, upstream: Upstream, request_bytes: int) -> None:
        self._upstream = upstream
        self._request_bytes = request_bytes

    async def respond(self, request: Request) -> Response:
        """Forward one query, or respond with an error in Prometheus's format."""
        try:
            endpoint = find_endpoint(request.path_params["path"])
            if endpoint is None:
                raise QueryError(404, "not_found", "the page's server does not serve that Prometheus endpoint")
            parameters = _check_parameters(endpoint, await self._read_parameters(request))
            response = await self._upstream.ask(endpoint, parameters, accepts_gzip=_accepts_gzip(request))
        except QueryError as error:
            return error.response()
        return Response(response.content, response.status, {"Cache-Control": "no-store"} | response.headers)

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
        if len(encoded) > self._request_bytes:
            raise QueryError(
                413, "bad_data", f"the query is longer than {self._request_bytes} bytes; write a shorter one"
            )


def _check_parameters(endpoint: Endpoint, encoded: bytes) -> str:
    """Return the parameters, URL-encoded again, so that Prometheus reads exactly what was checked."""
    try:
        pairs = parse_qsl(encoded.decode("ascii"), keep_blank_values=True, errors="strict")
    except ValueError as error:
        raise QueryError(400, "bad_data", "the parameters are not url-encoded UTF-8") from error
    if refused := endpoint.refused(name for name, _ in pairs):
        raise QueryError(400, "bad_data", f"{endpoint.path} does not take the parameter {', '.join(refused)}")
    return urlencode(pairs)


def _accepts_gzip(request: Request) -> bool:
    return "gzip" in request.headers.get("accept-encoding", "")
