"""The demo shop: what customers see, and that its own numbers are right."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client import REGISTRY
from shop import buying, create_app, database, extras
from shop.catalogue import PRODUCTS
from shop.database import connect
from shop.restocking import DELIVER_EVERY, report_stock, restock

from kubeglass.model.load import load_pipeline

EXAMPLE = Path(__file__).parents[3] / "examples" / "shop"


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """One shop for all tests: an application registers its metrics once a process."""
    return create_app(tmp_path_factory.mktemp("shop") / "shop.sqlite", latency=0)


@pytest.fixture
def customer(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[FlaskClient]:
    """A customer of a freshly stocked shop on a lucky day: nothing is declined, nothing fails."""
    monkeypatch.setattr(buying, "DECLINED", 0)
    monkeypatch.setattr(extras, "REVIEWS_FAIL", 0)
    monkeypatch.setattr(extras, "REVIEWS_BUSY", 0)
    with closing(connect(app.config["DATABASE"])) as connection:
        connection.execute("UPDATE products SET stock = shelf")
    with app.test_client() as client:
        yield client


def value(name: str, **labels: str) -> float:
    found = REGISTRY.get_sample_value(name, labels)
    assert found is not None, name
    return found


def test_pages_a_customer_looks_at(customer: FlaskClient) -> None:
    for path in ("/", "/products", "/products?category=home", "/products/1", "/search?q=mug", "/cart"):
        response = customer.get(path)

        assert response.status_code == 200
        assert response.content_type.startswith("text/html")


def test_apps_get_json(customer: FlaskClient) -> None:
    response = customer.get("/products/1", headers={"Accept": "application/json"})

    assert response.get_json()["product"]["name"] == PRODUCTS[0].name


@pytest.mark.parametrize("path", ["/products/9999", "/orders/999999", "/no-such-page"])
def test_what_is_not_there_is_not_found(customer: FlaskClient, path: str) -> None:
    assert customer.get(path).status_code == 404


def test_order_is_counted_valued_and_taken_off_the_shelf(customer: FlaskClient) -> None:
    product = PRODUCTS[0]
    orders, total = value("shop_orders_total", payment="card"), value("shop_order_value_usd_sum")

    assert customer.post("/cart", data={"product": "1", "quantity": "3"}).status_code == 303
    bought = customer.post("/checkout", data={"payment": "card"})

    assert bought.status_code == 303
    assert f"${3 * product.price_cents / 100:.2f}" in customer.get(bought.location).text
    assert value("shop_orders_total", payment="card") == orders + 1
    assert value("shop_order_value_usd_sum") - total == pytest.approx(3 * product.price_cents / 100)
    assert value("shop_stock_level", product=product.name) == product.shelf - 3


def test_declined_payment_keeps_the_cart(customer: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buying, "DECLINED", 1)
    before = value("shop_checkout_failures_total", reason="declined")
    customer.post("/cart", data={"product": "2"})

    assert customer.post("/checkout").status_code == 402
    assert PRODUCTS[1].name in customer.get("/cart").text
    assert value("shop_checkout_failures_total", reason="declined") == before + 1


def test_nobody_gets_more_than_the_shelf_holds(customer: FlaskClient) -> None:
    customer.post("/cart", data={"product": "24", "quantity": "99"})

    assert customer.post("/checkout").status_code == 409


def test_empty_cart_and_unknown_payment_are_refused(customer: FlaskClient) -> None:
    assert customer.post("/checkout").status_code == 400
    assert customer.post("/checkout", data={"payment": "shells"}).status_code == 400


@pytest.mark.parametrize("form", [{}, {"product": "9999"}, {"product": "1", "quantity": "0"}, {"product": "x"}])
def test_nonsense_does_not_enter_the_cart(customer: FlaskClient, form: dict[str, str]) -> None:
    assert customer.post("/cart", data=form).status_code == 400


def test_search_counts_what_it_found(customer: FlaskClient) -> None:
    before = value("shop_search_results_sum")

    customer.get("/search?q=wool")

    assert value("shop_search_results_sum") == before + 2


def test_reviews_fail_in_two_ways(customer: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    assert customer.get("/products/1/reviews").status_code == 200

    monkeypatch.setattr(extras, "REVIEWS_BUSY", 1)
    assert customer.get("/products/1/reviews").status_code == 503

    monkeypatch.setattr(extras, "REVIEWS_FAIL", 1)
    assert customer.get("/products/1/reviews").status_code == 500


def test_low_shelves_are_filled_and_only_once_a_delivery(tmp_path: Path) -> None:
    path = create_database(tmp_path)
    with closing(connect(path)) as connection:
        connection.execute("UPDATE products SET stock = 0 WHERE id = 1")
        now = 1_000_000.0

        assert restock(connection, now)
        assert not restock(connection, now + DELIVER_EVERY / 2)
        assert restock(connection, now + DELIVER_EVERY)

        report_stock(connection)
        assert value("shop_stock_level", product=PRODUCTS[0].name) == PRODUCTS[0].shelf


def create_database(folder: Path) -> str:
    shop = Flask("shop")
    shop.config["DATABASE"] = str(folder / "shop.sqlite")
    database.init_app(shop)
    return str(shop.config["DATABASE"])


def test_every_metric_the_demo_charts_exists(customer: FlaskClient) -> None:
    customer.get("/")
    with closing(connect(customer.application.config["DATABASE"])) as connection:
        report_stock(connection)
    families = {family.name for family in REGISTRY.collect()}
    (app,) = load_pipeline(EXAMPLE / "kubeglass.yaml").apps

    assert {metric.name.removesuffix("_total") for metric in app.metrics} <= families


WORKER = """
import sys
from flask import Flask
from shop import database
app = Flask("worker")
app.config["DATABASE"] = sys.argv[1]
print("ready", flush=True)
sys.stdin.readline()
database.init_app(app)
"""


def test_workers_that_start_at_once_all_find_the_database_ready(tmp_path: Path) -> None:
    for attempt in range(5):
        command = [sys.executable, "-c", WORKER, str(tmp_path / f"{attempt}.sqlite")]
        workers = [
            subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=EXAMPLE, text=True
            )
            for _ in range(6)
        ]
        for worker in workers:
            assert worker.stdout is not None
            worker.stdout.readline()
        for worker in workers:
            assert worker.stdin is not None
            worker.stdin.write("\n")
            worker.stdin.flush()

        assert [worker.communicate()[1] for worker in workers] == [""] * len(workers)
