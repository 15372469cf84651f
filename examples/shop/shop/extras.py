"""Around the products: recommendations, which are slow, and reviews, which sometimes fail."""

from __future__ import annotations

from flask import Blueprint, Response, abort

from shop.answers import answer, as_products
from shop.database import get_connection
from shop.outside import happens, wait_for

views = Blueprint("extras", __name__)

REVIEWS_FAIL = 0.07
REVIEWS_BUSY = 0.03


class ReviewsError(RuntimeError):
    """The reviews system gave nonsense, and nobody thought of that: a 500."""


@views.get("/products/<int:product_id>/recommendations")
def recommendations(product_id: int) -> Response:
    """Show what goes well with a product, once the model has thought about it."""
    wait_for("recommendations")
    rows = get_connection().execute(
        "SELECT other.* FROM products AS this JOIN products AS other USING (category) "
        "WHERE this.id = ? AND other.id <> this.id LIMIT 3",
        (product_id,),
    )
    return answer("products.html", title="Goes well with it", products=as_products(rows))


@views.get("/products/<int:product_id>/reviews")
def reviews(product_id: int) -> Response:
    """Show what customers say, if the reviews system is in the mood."""
    wait_for("reviews")
    if happens(REVIEWS_FAIL):
        raise ReviewsError("the answer has no field 'stars'")
    if happens(REVIEWS_BUSY):
        abort(503)
    stars = 3 + product_id % 3
    return answer("message.html", product=product_id, stars=stars, message=f"{stars} of 5 stars")
