"""Asks Prometheus, bounded in time, size and number, and tells a Prometheus that is down from one that refuses."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

from kubeglass.http import AsyncClient, Request, TimeoutException, TransportError
from kubeglass.viewer.endpoints import Endpoint
from kubeglass.viewer.fault import QueryFault
from kubeglass.viewer.settings import ProxyLimits

log = logging.getLogger(__name__)

_PASSED_HEADERS = ("content-type", "content-encoding")


@dataclass(frozen=True, slots=True)
class Answer:
    """What Prometheus said, as it said it: compressed content stays compressed."""

    status: int
    headers: dict[str, str]
    content: bytes


class Upstream:
    """One Prometheus.

    Args:
        address: its base address, without a trailing slash.
        client: what to ask with; the caller closes it.
        limits: bounds of one question.
    """

    def __init__(self, address: str, client: AsyncClient, limits: ProxyLimits) -> None:
        self._address = address
        self._client = client
        self._limits = limits
        self._turns = asyncio.Semaphore(limits.connections)
        self._answers = True

    async def ask(self, endpoint: Endpoint, parameters: str, *, accepts_gzip: bool) -> Answer:
        """Ask one question.

        Args:
            endpoint: where, already checked.
            parameters: what, url-encoded and checked.
            accepts_gzip: let Prometheus compress, as the browser will unpack it.

        Raises:
            QueryFault: no usable answer within the limits.
        """
        try:
            async with asyncio.timeout(self._limits.seconds), self._turns:
                answer = await self._exchange(self._build_request(endpoint, parameters, accepts_gzip=accepts_gzip))
        except (TimeoutError, TimeoutException) as error:
            message = (
                f"Prometheus did not finish within {self._limits.seconds:g} s; ask for a shorter range or less series"
            )
            raise QueryFault(504, "timeout", message) from error
        except TransportError as error:
            self._note_availability(answers=False)
            message = f"Prometheus at {self._address} does not answer; it may be starting, or see its log ({error})"
            raise QueryFault(502, "unavailable", message) from error
        self._note_availability(answers=True)
        return answer

    def _build_request(self, endpoint: Endpoint, parameters: str, *, accepts_gzip: bool) -> Request:
        url = f"{self._address}/api/v1/{endpoint.path}"
        headers = {"Accept": "application/json", "Accept-Encoding": "gzip" if accepts_gzip else "identity"}
        if endpoint.method == "GET":
            return self._client.build_request("GET", f"{url}?{parameters}", headers=headers)
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        return self._client.build_request("POST", url, headers=headers, content=parameters)

    async def _exchange(self, request: Request) -> Answer:
        response = await self._client.send(request, stream=True)
        try:
            if not response.headers.get("content-type", "").startswith("application/json"):
                message = f"what answers at {self._address} is not a ready Prometheus (status {response.status_code})"
                raise QueryFault(502, "unavailable", message)
            content = bytearray()
            async for chunk in response.aiter_raw():
                content += chunk
                if len(content) > self._limits.response_bytes:
                    message = f"the answer is longer than {self._limits.response_bytes} bytes; ask for less series"
                    raise QueryFault(502, "too_large", message)
        finally:
            await response.aclose()
        passed = {name: response.headers[name] for name in _PASSED_HEADERS if name in response.headers}
        return Answer(response.status_code, passed, bytes(content))

    def _note_availability(self, *, answers: bool) -> None:
        """Log a change once, not each of the page's many queries."""
        if answers != self._answers:
            self._answers = answers
            log.log(
                logging.INFO if answers else logging.WARNING,
                "Prometheus at %s %s",
                self._address,
                "answers again" if answers else "does not answer",
            )
