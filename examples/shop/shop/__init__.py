"""A small web shop to watch: catalogue, search, cart, checkout, and a few things that go wrong on purpose."""

from __future__ import annotations

import os
from pathlib import Path

from flask import Flask

from kubeglass.flask import instrument
from shop import browsing, buying, database, extras
from shop.restocking import Restocking


def create_app(database_path: str | Path | None = None, *, latency: float | None = None) -> Flask:
    """Build the shop.

    Args:
        database_path: the SQLite file all workers share; by default ``SHOP_DATABASE``, or a temporary file.
        latency: scale of the simulated waits on other systems, 0 for none; by default ``SHOP_LATENCY``, or 1.
    """
    app = Flask(__name__)
    app.config["DATABASE"] = str(database_path or os.environ.get("SHOP_DATABASE") or database.default_path())
    app.config["LATENCY"] = float(os.environ.get("SHOP_LATENCY", "1")) if latency is None else latency
    instrument(app)
    database.init_app(app)
    for views in (browsing.views, buying.views, extras.views):
        app.register_blueprint(views)
    Restocking(app.config["DATABASE"]).init_app(app)
    return app
