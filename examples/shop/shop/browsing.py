"""Looking around: the front page, lists, product pages, search."""

from __future__ import annotations

from flask import Blueprint, Response, abort, request

from shop.answers import answer, as_products
from shop.database import get_connection
from shop.metrics import SEARCH_RESULTS
from shop.outside import wait_for

views = Blueprint("browsing", __name__)

PAGE_SIZE = 8


@views.get("/")
def home() -> Response:
    """Show what is on offer today."""
    wait_for("catalogue")
    rows = get_connection().execute("SELECT * FROM products ORDER BY stock DESC LIMIT 4")
    return answer("products.html", title="Welcome", products=as_products(rows))


@views.get("/products")
def products() -> Response:
    """Show one page of the catalogue, of one department if asked for."""
    wait_for("catalogue")
    page = max(request.args.get("page", 1, type=int), 1)
    category = request.args.get("category", "%")
    rows = get_connection().execute(
        "SELECT * FROM products WHERE category LIKE ? ORDER BY id LIMIT ? OFFSET ?",
        (category, PAGE_SIZE, (page - 1) * PAGE_SIZE),
    )
    return answer("products.html", title="Products", products=as_products(rows))


@views.get("/products/<int:product_id>")
def product(product_id: int) -> Response:
    """Show one product."""
    wait_for("catalogue")
    found = as_products(get_connection().execute("SELECT * FROM products WHERE id = ?", (product_id,)))
    if not found:
        abort(404)
    return answer("product.html", product=found[0])


@views.get("/search")
def search() -> Response:
    """Find products by a part of their name or by department."""
    wait_for("search")
    words = request.args.get("q", "").strip()
    pattern = f"%{words}%"
    rows = get_connection().execute(
        "SELECT * FROM products WHERE name LIKE ? OR category LIKE ? ORDER BY name", (pattern, pattern)
    )
    found = as_products(rows)
    SEARCH_RESULTS.observe(len(found))
    return answer("products.html", title=f"Results for “{words}”", products=found)
