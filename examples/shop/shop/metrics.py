"""The shop's own numbers, made with prometheus_client as any application would."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

PAYMENTS = ("card", "invoice", "paypal")
REFUSALS = ("declined", "empty_cart", "sold_out")

ORDERS = Counter("shop_orders_total", "Orders placed, by means of payment.", ["payment"])
CHECKOUT_FAILURES = Counter("shop_checkout_failures_total", "Checkouts that led to no order, by reason.", ["reason"])
ORDER_VALUE = Histogram(
    "shop_order_value_usd",
    "Value of an order in US dollars.",
    buckets=(10, 25, 50, 75, 100, 150, 250, 500, 1000),
)
CART_ITEMS = Histogram("shop_cart_items", "Articles in a cart at checkout.", buckets=(1, 2, 3, 4, 5, 8, 13, 21))
SEARCH_RESULTS = Histogram("shop_search_results", "Products found by a search.", buckets=(0, 1, 2, 3, 5, 8, 13, 21))
# All workers set this gauge from the one database, so the value set last is the true one; a sum or a maximum over
# workers would mix in what a worker saw minutes ago.
STOCK_LEVEL = Gauge("shop_stock_level", "Articles on the shelf.", ["product"], multiprocess_mode="mostrecent")

# Every series exists from the start, at 0: a rate misses the first event of a counter that appears with it.
for _payment in PAYMENTS:
    ORDERS.labels(_payment)
for _reason in REFUSALS:
    CHECKOUT_FAILURES.labels(_reason)
