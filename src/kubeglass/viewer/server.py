"""The page's server: its settings, routes and middleware."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp

from kubeglass.errors import PortError
from kubeglass.http import AsyncClient, make_async_client
from kubeglass.model.parts import LOOPBACK, VIEWER_PORT
from kubeglass.viewer.access import HEALTH_PATH, LOOPBACK_NAMES, Access, AccessRules
from kubeglass.viewer.api import Api
from kubeglass.viewer.page import Page, PageFiles, SecurityHeaders
from kubeglass.viewer.query import ProxyLimits, QueryProxy

log = logging.getLogger(__name__)

#: The page that ``viewer-ui`` builds; absent in a checkout before the first build.
STATIC_FOLDER = Path(__file__).parent / "static"


@dataclass(frozen=True, slots=True)
class ViewerSettings:
    """Where the page server listens, what it serves and which Prometheus it queries.

    Args:
        prometheus_url: base address of Prometheus, without a trailing slash.
        dashboards: folder of ``<uid>.json`` files, read at each request.
        host: address to listen on.
        port: TCP port; 0 lets the system choose.
        time_interval: the data source's scrape interval as Prometheus writes it, the page's smallest step.
        allowed_hosts: names accepted in the ``Host`` header.
        secure_hosts: those of them that a proxy serves over HTTPS.
        password_file: holds the password required beyond loopback; None refuses everybody there.
        static: folder of the built page.
        limits: limits of queries.
    """

    prometheus_url: str
    dashboards: Path
    host: str = LOOPBACK
    port: int = VIEWER_PORT
    time_interval: str = "15s"
    allowed_hosts: tuple[str, ...] = LOOPBACK_NAMES
    secure_hosts: tuple[str, ...] = ()
    password_file: Path | None = None
    static: Path = STATIC_FOLDER
    limits: ProxyLimits = field(default_factory=ProxyLimits)


def build_server(settings: ViewerSettings, client: AsyncClient) -> ASGIApp:
    """Assemble the ASGI application; ``client`` is closed when it shuts down."""

    @asynccontextmanager
    async def close_client(_app: Starlette) -> AsyncIterator[None]:
        async with client:
            yield

    app = Starlette(routes=_routes(settings, client), middleware=_middleware(settings), lifespan=close_client)
    # Outermost, so that responses to internal errors have the headers too.
    return SecurityHeaders(app)


def _routes(settings: ViewerSettings, client: AsyncClient) -> list[BaseRoute]:
    proxy = QueryProxy(settings.prometheus_url, client, settings.limits)
    api = Api(settings.dashboards, settings.time_interval)
    page = Page(settings.static)
    return [
        Route("/", page.read),
        Route("/d/{rest:path}", page.read),
        Route(HEALTH_PATH, api.respond_healthy),
        Route("/api/dashboards", api.list_dashboards),
        Route("/api/dashboards/{uid}", api.read_dashboard),
        Route("/api/datasource", api.describe_datasource),
        Route("/api/prometheus/api/v1/{path:path}", proxy.respond, methods=["GET", "POST"]),
        Mount("/", PageFiles(settings.static)),
    ]


def _middleware(settings: ViewerSettings) -> list[Middleware]:
    """From the outside in."""
    rules = AccessRules(settings.host, settings.allowed_hosts, settings.password_file, settings.secure_hosts)
    return [
        Middleware(Access, rules=rules),
        # Level 4 takes a third of level 9's time for a few percent more bytes.
        Middleware(GZipMiddleware, minimum_size=1024, compresslevel=4),
    ]


def run_server(settings: ViewerSettings) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        PortError: the address cannot be listened on.
    """
    listener = _listen(settings)
    port = listener.getsockname()[1]
    log.info("page at http://%s:%d, Prometheus at %s", settings.host, port, settings.prometheus_url)
    app = build_server(settings, make_async_client(timeout_seconds=settings.limits.seconds))
    config = uvicorn.Config(
        app,
        http="h11",
        loop="asyncio",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        h11_max_incomplete_event_size=settings.limits.request_bytes + 16 * 1024,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=2,
    )
    uvicorn.Server(config).run(sockets=[listener])


def _listen(settings: ViewerSettings) -> socket.socket:
    try:
        return socket.create_server((settings.host, settings.port), reuse_port=False)
    except OSError as error:
        raise PortError(
            f"{settings.host}:{settings.port}",
            "cannot be listened on",
            found=os.strerror(error.errno) if error.errno else str(error),
            hint="stop what listens there, or give another --port",
        ) from error
