"""``/api/prometheus``: reads what the page asks, refuses what it has no business with, passes the rest on."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import Response

from kubeglass.viewer.endpoints import Endpoint, find_endpoint
from kubeglass.viewer.fault import QueryFault
from kubeglass.viewer.upstream import Upstream

FORM = "application/x-www-form-urlencoded"


class QueryProxy:
    """Answers ``/api/prometheus/api/v1/*``.

    Args:
        upstream: asks Prometheus.
        request_bytes: longest query string and body accepted, together.
    """

    def __init__(self, upstream: Upstream, request_bytes: int) -> None:
        self._upstream = upstream
        self._request_bytes = request_bytes

    async def answer(self, request: Request) -> Response:
        """Pass one query on, or say in Prometheus's shape why not."""
        try:
            endpoint = find_endpoint(request.path_params["path"])
            if endpoint is None:
                raise QueryFault(404, "not_found", "the page's server does not offer that endpoint of Prometheus")
            parameters = _check_parameters(endpoint, await self._read_parameters(request))
            answer = await self._upstream.ask(endpoint, parameters, accepts_gzip=_accepts_gzip(request))
        except QueryFault as fault:
            return fault.response()
        return Response(answer.content, answer.status, {"Cache-Control": "no-store"} | answer.headers)

    async def _read_parameters(self, request: Request) -> bytes:
        encoded = bytearray(request.url.query.encode())
        if request.method == "POST":
            if request.headers.get("content-type", FORM).partition(";")[0].strip().lower() != FORM:
                raise QueryFault(415, "bad_data", f"the body of a query must be {FORM}")
            encoded += b"&"
            async for chunk in request.stream():
                encoded += chunk
                self._check_length(encoded)
        self._check_length(encoded)
        return bytes(encoded)

    def _check_length(self, encoded: bytearray) -> None:
        if len(encoded) > self._request_bytes:
            raise QueryFault(
                413, "bad_data", f"the query is longer than {self._request_bytes} bytes; write a shorter one"
            )


def _check_parameters(endpoint: Endpoint, encoded: bytes) -> str:
    """Return the parameters url-encoded anew, so that Prometheus reads exactly what was checked."""
    try:
        pairs = parse_qsl(encoded.decode("ascii"), keep_blank_values=True, errors="strict")
    except ValueError as error:
        raise QueryFault(400, "bad_data", "the parameters are not url-encoded UTF-8") from error
    if refused := endpoint.refused(name for name, _ in pairs):
        raise QueryFault(400, "bad_data", f"{endpoint.path} does not take the parameter {', '.join(refused)}")
    return urlencode(pairs)


def _accepts_gzip(request: Request) -> bool:
    return "gzip" in request.headers.get("accept-encoding", "")
