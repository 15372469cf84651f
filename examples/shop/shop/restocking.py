"""The background of the shop: a thread in each worker fills the shelves and clears away what nobody wants any more."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from contextlib import closing

from flask import Flask

from shop.database import connect, transaction
from shop.metrics import STOCK_LEVEL

log = logging.getLogger(__name__)

#: Seconds between two looks at the shelves, and between two deliveries for the whole shop.
LOOK_EVERY = 1.0
DELIVER_EVERY = 20.0
#: Shelves at or below this share of their size are filled up.
LOW = 0.35
FORGET_CART_AFTER = 900.0
FORGET_ORDER_AFTER = 3600.0


def report_stock(connection: sqlite3.Connection) -> None:
    """Set the stock gauge of every product from the database."""
    for row in connection.execute("SELECT name, stock FROM products"):
        STOCK_LEVEL.labels(row["name"]).set(row["stock"])


def restock(connection: sqlite3.Connection, now: float) -> bool:
    """Fill low shelves and forget old carts and orders, if the last delivery is long enough ago.

    Args:
        connection: the shop's database.
        now: seconds since the epoch.

    Returns:
        Whether it was due; with several workers only one of them finds it so.
    """
    with transaction(connection):
        due = connection.execute(
            "UPDATE restocking SET last = :now WHERE last <= :now - :every", {"now": now, "every": DELIVER_EVERY}
        ).rowcount
        if due:
            connection.execute("UPDATE products SET stock = shelf WHERE stock <= shelf * ?", (LOW,))
            connection.execute("DELETE FROM cart_items WHERE changed < ?", (now - FORGET_CART_AFTER,))
            connection.execute("DELETE FROM orders WHERE placed < ?", (now - FORGET_ORDER_AFTER,))
    return bool(due)


class Restocking:
    """Starts the thread with the first request: it then lives in the worker, even if the app was loaded in its parent.

    Args:
        database: path of the shop's database.
    """

    def __init__(self, database: str) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._started = False

    def init_app(self, app: Flask) -> None:
        """Start with ``app``'s first request."""
        app.before_request(self.start)

    def start(self) -> None:
        """Start the thread unless it runs."""
        with self._lock:
            if not self._started:
                self._started = True
                threading.Thread(target=self._run, name="restocking", daemon=True).start()

    def _run(self) -> None:
        pause = threading.Event()
        with closing(connect(self._database)) as connection:
            while True:
                try:
                    restock(connection, time.time())
                    report_stock(connection)
                except sqlite3.Error:
                    log.exception("restocking failed; trying again")
                pause.wait(LOOK_EVERY)
