"""Turning a cart into an order, all of it or nothing."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass

from shop.database import transaction


class EmptyCartError(Exception):
    """There is nothing to order."""


class SoldOutError(Exception):
    """The shelf holds less than the cart; the message is the product's name."""


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it was placed.

    Args:
        id: its number.
        payment: means of payment.
        value_cents: total in US cents.
        items: articles in it.
    """

    id: int
    payment: str
    value_cents: int
    items: int


def place_order(connection: sqlite3.Connection, cart: str, payment: str) -> Order:
    """Take the cart's articles off the shelf and note the order.

    Raises:
        EmptyCartError: the cart holds nothing.
        SoldOutError: an article is not there in that number; nothing has changed.
    """
    with transaction(connection):
        rows = connection.execute(
            "SELECT products.*, quantity FROM cart_items JOIN products ON products.id = product_id WHERE cart = ?",
            (cart,),
        ).fetchall()
        if not rows:
            raise EmptyCartError
        for row in rows:
            if row["stock"] < row["quantity"]:
                raise SoldOutError(row["name"])
            connection.execute("UPDATE products SET stock = stock - ? WHERE id = ?", (row["quantity"], row["id"]))
        value = sum(row["price_cents"] * row["quantity"] for row in rows)
        items = sum(row["quantity"] for row in rows)
        connection.execute("DELETE FROM cart_items WHERE cart = ?", (cart,))
        number = connection.execute(
            "INSERT INTO orders (payment, value_cents, items, placed) VALUES (?, ?, ?, ?)",
            (payment, value, items, time.time()),
        ).lastrowid
    return Order(number or 0, payment, value, items)
