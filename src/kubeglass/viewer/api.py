"""``/api``: the dashboards, the data source and the health of the page's server."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from kubeglass.model.parts import DATASOURCE_NAME, DATASOURCE_TYPE, DATASOURCE_UID

log = logging.getLogger(__name__)

#: Grafana's own limits on a dashboard's uid.
_UID = re.compile(r"[a-zA-Z0-9_-]{1,40}")
_NO_CACHE = {"Cache-Control": "no-cache"}


class Api:
    """Serves the page's own data.

    Args:
        folder: folder of ``<uid>.json`` dashboards, read at each request, so changes show on reload; it may be created
            after the server starts.
        time_interval: scrape interval as Prometheus writes it, Grafana's ``jsonData.timeInterval``.
    """

    def __init__(self, folder: Path, time_interval: str) -> None:
        self._folder = folder
        self._time_interval = time_interval

    async def list_dashboards(self, _request: Request) -> Response:
        """Respond with ``[{uid, title, tags}]`` ordered by title; other files are skipped and logged."""
        return JSONResponse(await run_in_threadpool(self._describe_all), headers=_NO_CACHE)

    def _describe_all(self) -> list[dict[str, Any]]:
        entries = [entry for path in self._folder.glob("*.json") if (entry := _describe(path))]
        return sorted(entries, key=lambda entry: (entry["title"], entry["uid"]))

    async def read_dashboard(self, request: Request) -> Response:
        """Respond with one dashboard's JSON as it is on disk."""
        uid = request.path_params["uid"]
        path = self._folder / f"{uid}.json"
        try:
            content = await run_in_threadpool(path.read_bytes) if _UID.fullmatch(uid) else None
        except OSError:
            content = None
        if content is None:
            return JSONResponse({"error": "there is no dashboard with that uid"}, 404, _NO_CACHE)
        return Response(content, headers=_NO_CACHE, media_type="application/json")

    async def describe_datasource(self, _request: Request) -> Response:
        """Respond with ``{uid, name, type, timeInterval}``."""
        source = {"uid": DATASOURCE_UID, "name": DATASOURCE_NAME, "type": DATASOURCE_TYPE}
        return JSONResponse(source | {"timeInterval": self._time_interval}, headers=_NO_CACHE)

    async def respond_healthy(self, _request: Request) -> Response:
        """Respond that the server runs; Prometheus may be down."""
        return PlainTextResponse("ok\n", headers={"Cache-Control": "no-store"})


def _describe(path: Path) -> dict[str, Any] | None:
    try:
        document = json.loads(path.read_bytes())
        return {"uid": path.stem, "title": str(document["title"]), "tags": list(document.get("tags", []))}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        log.warning("%s: is not a dashboard (%s); it is not listed", path, error)
        return None
