"""The cart and the till."""

from __future__ import annotations

import secrets
import time
from typing import Any

from flask import Blueprint, Response, abort, make_response, redirect, request, url_for

from shop.answers import answer, as_products, wants_json
from shop.database import get_connection, transaction
from shop.metrics import CART_ITEMS, CHECKOUT_FAILURES, ORDER_VALUE, ORDERS, PAYMENTS
from shop.orders import EmptyCartError, Order, SoldOutError, place_order
from shop.outside import happens, wait_for
from shop.restocking import report_stock

views = Blueprint("buying", __name__)

COOKIE = "cart"
DECLINED = 0.06


@views.get("/cart")
def cart() -> Response:
    """Show what is in the cart."""
    rows = get_connection().execute(
        "SELECT products.*, quantity FROM cart_items JOIN products ON products.id = product_id WHERE cart = ?",
        (request.cookies.get(COOKIE, ""),),
    )
    return answer("cart.html", items=as_products(rows), payments=PAYMENTS)


@views.post("/cart")
def add_to_cart() -> Response:
    """Put articles into the cart; a customer without one gets one."""
    product_id = request.form.get("product", type=int)
    quantity = request.form.get("quantity", 1, type=int)
    connection = get_connection()
    if (
        not connection.execute("SELECT 1 FROM products WHERE id = ?", (product_id,)).fetchone()
        or not 0 < quantity < 100
    ):
        abort(400, "give a product and a quantity from 1 to 99")
    name = request.cookies.get(COOKIE) or secrets.token_urlsafe(12)
    with transaction(connection):
        connection.execute(
            "INSERT INTO cart_items VALUES (?, ?, ?, ?) "
            "ON CONFLICT DO UPDATE SET quantity = quantity + excluded.quantity, changed = excluded.changed",
            (name, product_id, quantity, time.time()),
        )
    response = _answer_or_redirect("buying.cart", status=201, product=product_id, quantity=quantity)
    response.set_cookie(COOKIE, name, httponly=True, samesite="Lax")
    return response


@views.post("/checkout")
def checkout() -> Response:
    """Turn the cart into an order, unless the payment is declined or an article is sold out."""
    payment = request.form.get("payment", "card")
    if payment not in PAYMENTS:
        abort(400, f"pay by one of {', '.join(PAYMENTS)}")
    wait_for("payment")
    if happens(DECLINED):
        return _refuse(402, "declined", "The payment was declined.")
    try:
        order = place_order(get_connection(), request.cookies.get(COOKIE, ""), payment)
    except EmptyCartError:
        return _refuse(400, "empty_cart", "The cart is empty.")
    except SoldOutError as error:
        return _refuse(409, "sold_out", f"{error} is sold out.")
    _count(order)
    return _answer_or_redirect("buying.order", status=201, order_id=order.id)


@views.get("/orders/<int:order_id>")
def order(order_id: int) -> Response:
    """Confirm an order."""
    row = get_connection().execute("SELECT * FROM orders WHERE id = ?", (order_id,)).fetchone()
    if row is None:
        abort(404)
    return answer("order.html", order=dict(row) | {"value": f"{row['value_cents'] / 100:.2f}"})


def _count(order: Order) -> None:
    ORDERS.labels(order.payment).inc()
    ORDER_VALUE.observe(order.value_cents / 100)
    CART_ITEMS.observe(order.items)
    report_stock(get_connection())


def _refuse(status: int, reason: str, words: str) -> Response:
    CHECKOUT_FAILURES.labels(reason).inc()
    return answer("message.html", status, message=words)


def _answer_or_redirect(endpoint: str, *, status: int, **content: Any) -> Response:
    """Send browsers on to the page that shows what they did, and tell apps where it is."""
    values = {"order_id": content["order_id"]} if "order_id" in content else {}
    if wants_json():
        return answer("message.html", status, location=url_for(endpoint, **values), **content)
    return make_response(redirect(url_for(endpoint, **values), 303))
