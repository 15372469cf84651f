"""One answer for two kinds of customers: a page for browsers, JSON for apps."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any

from flask import Response, jsonify, make_response, render_template, request


def wants_json() -> bool:
    """Say whether this customer prefers JSON to HTML."""
    accepted = request.accept_mimetypes
    return accepted["application/json"] > accepted["text/html"]


def answer(template: str, status: int = 200, **content: Any) -> Response:
    """Answer with ``content`` as JSON, or drawn by ``template``."""
    body = jsonify(content) if wants_json() else make_response(render_template(template, **content))
    body.status_code = status
    body.headers["Vary"] = "Accept"
    return body


def as_products(rows: Iterable[sqlite3.Row]) -> list[dict[str, Any]]:
    """Describe products the way templates and apps expect them."""
    return [dict(row) | {"price": f"{row['price_cents'] / 100:.2f}"} for row in rows]
