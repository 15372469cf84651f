"""What a customer does in the shop: each journey asks for one thing after another and looks at the answers."""

from __future__ import annotations

import random
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field

#: Products in the catalogue; higher numbers are links that went stale.
PRODUCTS = 24
WORDS = ("mug", "wool", "travel", "pen", "garden", "steel", "office", "kettle", "lamp", "blanket", "unicorn")
CATEGORIES = ("kitchen", "office", "travel", "garden", "home")
PAYMENTS = ("card", "card", "card", "paypal", "paypal", "invoice")

UNKNOWN_ROUTE = "<unmatched>"


@dataclass(frozen=True, slots=True)
class Step:
    """One request.

    Args:
        route: the route it is meant for, with placeholders, as the shop's metrics name it.
        path: the address below the shop's.
        form: what is posted; none means GET.
    """

    route: str
    path: str
    form: Mapping[str, str] | None = field(default=None)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a journey sees of an answer.

    Args:
        status: HTTP status code.
        location: where a redirect leads, or empty.
    """

    status: int
    location: str = ""


Journey = Generator[Step, Reply, None]


def browse(rng: random.Random) -> Journey:
    """Look around, department by department, and leave."""
    yield Step("/", "/")
    for _ in range(rng.randint(1, 3)):
        yield Step("/products", f"/products?category={rng.choice(CATEGORIES)}")
        yield from look_at(rng, rng.randint(1, PRODUCTS))


def search(rng: random.Random) -> Journey:
    """Search, once or more often, and look at something."""
    for _ in range(rng.randint(1, 3)):
        yield Step("/search", f"/search?q={rng.choice(WORDS)}")
    yield from look_at(rng, rng.randint(1, PRODUCTS))


def buy(rng: random.Random) -> Journey:
    """Find something, put it into the cart and mostly pay for it."""
    yield from search(rng) if rng.random() < 0.5 else browse(rng)
    for _ in range(rng.randint(1, 4)):
        form = {"product": str(rng.randint(1, PRODUCTS)), "quantity": str(rng.choice((1, 1, 1, 2, 2, 3, 5)))}
        reply = yield Step("/cart", "/cart", form)
        if reply.status == 303:
            yield Step("/cart", "/cart")
    if rng.random() < 0.75:
        yield from pay(rng)


def pay(rng: random.Random) -> Journey:
    """Go to the till; a declined payment is tried once more."""
    for _ in range(2):
        reply = yield Step("/checkout", "/checkout", {"payment": rng.choice(PAYMENTS)})
        if reply.status == 303:
            yield Step("/orders/<int:order_id>", reply.location)
        if reply.status != 402:
            return


def look_at(rng: random.Random, product: int) -> Journey:
    """Open a product's page and sometimes what belongs to it."""
    yield Step("/products/<int:product_id>", f"/products/{product}")
    if rng.random() < 0.30:
        yield Step("/products/<int:product_id>/reviews", f"/products/{product}/reviews")
    if rng.random() < 0.15:
        yield Step("/products/<int:product_id>/recommendations", f"/products/{product}/recommendations")


def follow_stale_link(rng: random.Random) -> Journey:
    """Come by an old link: a product that is gone, or a page that never was."""
    if rng.random() < 0.5:
        yield Step("/products/<int:product_id>", f"/products/{rng.randint(1000, 9999)}")
    else:
        yield Step(UNKNOWN_ROUTE, f"/sale/{rng.randint(1, 100000)}")
    if rng.random() < 0.3:
        yield Step("/", "/")


_JOURNEYS = (browse, search, buy, follow_stale_link)
_WEIGHTS = (40, 25, 28, 7)


def choose_journey(rng: random.Random) -> Journey:
    """Begin what the next customer came for."""
    (journey,) = rng.choices(_JOURNEYS, _WEIGHTS)
    return journey(rng)
