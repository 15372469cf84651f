"""One SQLite file for all workers: stock, carts, orders."""

from __future__ import annotations

import getpass
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from flask import Flask, current_app, g

from shop.catalogue import PRODUCTS

SCHEMA = """
CREATE TABLE IF NOT EXISTS products (
    id INTEGER PRIMARY KEY, name TEXT, category TEXT, price_cents INTEGER, shelf INTEGER, stock INTEGER
);
CREATE TABLE IF NOT EXISTS cart_items (
    cart TEXT, product_id INTEGER, quantity INTEGER, changed REAL,
    PRIMARY KEY (cart, product_id)
);
CREATE TABLE IF NOT EXISTS orders (
    id INTEGER PRIMARY KEY, payment TEXT, value_cents INTEGER, items INTEGER, placed REAL
);
CREATE TABLE IF NOT EXISTS restocking (only_row INTEGER PRIMARY KEY CHECK (only_row = 1), last REAL);
INSERT OR IGNORE INTO restocking VALUES (1, 0);
"""


def default_path() -> Path:
    """Name a file in this user's own part of the temporary folder; its content is of no worth."""
    folder = Path(tempfile.gettempdir()) / f"shop-{getpass.getuser()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / "shop.sqlite"


def connect(path: str) -> sqlite3.Connection:
    """Open the database; statements commit at once unless inside :func:`transaction`."""
    connection = sqlite3.connect(path, timeout=10, isolation_level=None)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA synchronous = OFF")
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Do all of it or nothing, and let no other worker change what was read."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def get_connection() -> sqlite3.Connection:
    """Return this request's connection."""
    if "connection" not in g:
        g.connection = connect(current_app.config["DATABASE"])
    connection: sqlite3.Connection = g.connection
    return connection


def init_app(app: Flask) -> None:
    """Create what is missing and close each request's connection at its end."""
    # Several workers start at once; whoever comes second finds everything done.
    with closing(connect(app.config["DATABASE"])) as connection, transaction(connection):
        for statement in SCHEMA.split(";"):
            connection.execute(statement)
        rows = [(p.id, p.name, p.category, p.price_cents, p.shelf, p.shelf) for p in PRODUCTS]
        connection.executemany("INSERT OR IGNORE INTO products VALUES (?, ?, ?, ?, ?, ?)", rows)
    app.teardown_appcontext(_close_connection)


def _close_connection(_error: BaseException | None) -> None:
    if "connection" in g:
        g.pop("connection").close()
