"""An app and the page under host names: Traefik, as K3s runs it, serves what the rendered Ingresses ask for."""

from __future__ import annotations

import json
import sys
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.bed.layout import NODE_IP
from tests.cluster.bed.optional import install_traefik
from tests.cluster.bed.waiting import wait_until
from tests.cluster.pipeline.stand import APP, Stand
from tests.cluster.pipeline.stranger import make_tls_secrets

SECRET = "shop-tls"
PRODUCT = "/products/<int:product_id>"

#: Asks an address for a path of a host, as often as said; prints the last status, headers and body. The certificate
#: must be the host's, signed by the given authority.
ASK = """
import http.client, json, socket, ssl, sys
address, host, path, authority, times, headers = json.loads(sys.argv[1])
statuses = []
for _ in range(times):
    connection = http.client.HTTPConnection(address, 443 if authority else 80, timeout=10)
    connection.connect()
    if authority:
        context = ssl.create_default_context(cafile=authority)
        connection.sock = context.wrap_socket(connection.sock, server_hostname=host)
    connection.request("GET", path, headers={"Host": host, **headers})
    answer = connection.getresponse()
    statuses.append(answer.status)
    body = answer.read().decode(errors="replace")
    connection.close()
print(json.dumps({"statuses": statuses, "headers": dict(answer.getheaders()), "body": body}))
"""


@dataclass(frozen=True, slots=True)
class Site:
    """A stand whose app and page have host names."""

    stand: Stand
    said: str

    @property
    def shop(self) -> str:
        """The app's host name, served over TLS."""
        return f"shop.{self.stand.name}.example"

    @property
    def page(self) -> str:
        """The page's host name, served over TLS."""
        return f"page.{self.stand.name}.example"

    @property
    def authority(self) -> Path:
        """The certificate of the authority that signed the app's."""
        return self.stand.folder / "tls" / "ca.crt"

    def ask(
        self, host: str, path: str = "/", *, tls: bool = True, times: int = 1, headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """Ask the node for a path of a host."""
        question = json.dumps([NODE_IP, host, path, str(self.authority) if tls else "", times, headers or {}])
        answer = self.stand.cluster.run([sys.executable, "-c", ASK, question], check=False)
        return json.loads(answer.stdout) if answer.returncode == 0 else {"statuses": [0], "body": answer.stderr}

    def status(self, host: str, path: str = "/", *, tls: bool = True) -> int:
        """Ask once, and return the status."""
        return int(self.ask(host, path, tls=tls)["statuses"][-1])


def define(stand: Stand, host: str, *, more: str = "") -> None:
    stand.define()
    path = stand.folder / "kubeglass.yaml"
    ingress = f"    ingress: {{host: {host}, tls: {SECRET}{more}}}\n"
    text = path.read_text().replace("    workers: 2\n", f"    workers: 2\n{ingress}")
    path.write_text(f"{text}  viewer: {{ingress: {{host: page.{stand.name}.example, tls: {SECRET}}}}}\n")


@pytest.fixture(scope="module")
def site(stand: Stand) -> Site:
    """A deployed pipeline, whose certificate somebody put into its namespaces before."""
    install_traefik(stand.cluster)
    homes = [stand.name, stand.apps]
    for namespace in homes:
        stand.cluster.kubectl("create", "namespace", namespace)
    make_tls_secrets(stand, homes, name=SECRET, server=f"*.{stand.name}.example")
    define(stand, f"shop.{stand.name}.example")
    result = stand.kubeglass("deploy")
    return Site(stand, result.stdout + result.stderr)


def test_the_app_answers_at_its_host_with_its_certificate(site: Site) -> None:
    wait_until(lambda: site.status(site.shop) == 200, "the app's host")

    assert f"https://{site.shop}" in site.said
    assert "Shop" in site.ask(site.shop)["body"]


def test_another_host_is_nobodys(site: Site) -> None:
    assert site.status(f"other.{site.stand.name}.example", tls=False) == 404


def test_every_request_is_counted_at_its_route(site: Site) -> None:
    statuses = site.ask(site.shop, "/products/1", times=40)["statuses"]

    def counted() -> dict[str, float]:
        found = site.stand.query(f'sum by (endpoint) (http_requests_total{{k8s_namespace_name="{site.stand.apps}"}})')
        return {labels["endpoint"]: value for labels, value in found}

    assert statuses == [200] * 40
    wait_until(lambda: counted().get(PRODUCT, 0) >= 40, "the last request")
    assert counted()[PRODUCT] == 40


def test_metrics_are_out_of_reach(site: Site) -> None:
    assert site.status(site.shop, "/metrics") == 404


def test_the_page_asks_for_its_password(site: Site) -> None:
    secret = site.stand.get("secret", "viewer-password")["data"]["password"]
    basic = {"Authorization": f"Basic {b64encode(b'me:' + b64decode(secret)).decode()}"}
    wait_until(lambda: site.status(site.page) == 401, "the page's host")

    shown = site.ask(site.page, headers=basic)
    dashboards = site.ask(site.page, "/api/dashboards", headers=basic)

    assert f"https://{site.page}" in site.said
    assert (shown["statuses"], dashboards["statuses"]) == ([200], [200])
    assert "<title>" in shown["body"]


def test_the_page_asks_nobody_over_plain_http(site: Site) -> None:
    plain = site.ask(site.page, "/d/any", tls=False)

    assert plain["statuses"] == [307]
    assert plain["headers"]["Location"] == f"https://{site.page}/d/any"


def test_a_visitor_cannot_pretend_to_be_local(site: Site) -> None:
    assert site.ask(site.page, headers={"X-Forwarded-For": "127.0.0.1"})["statuses"] == [401]


def test_the_controller_is_no_target_though_it_is_annotated(site: Site) -> None:
    pods = site.stand.get("pods", namespace="kube-system")["items"]
    annotated = [pod for pod in pods if pod["metadata"].get("annotations", {}).get("prometheus.io/scrape") == "true"]

    scraped = {labels.get("k8s_namespace_name") for labels, _ in site.stand.query("up")}

    assert annotated
    assert site.stand.apps in scraped
    assert "kube-system" not in scraped


def test_the_state_shows_the_address_that_the_name_must_lead_to(site: Site) -> None:
    shown = site.stand.kubeglass("status", "--cluster").stdout

    assert f"https://{site.shop} (at {NODE_IP})" in shown
    assert f"https://{site.page} (at {NODE_IP})" in shown


def test_the_default_class_is_no_difference(site: Site) -> None:
    assert site.stand.get("ingress", APP, namespace=site.stand.apps)["spec"]["ingressClassName"] == "traefik"
    assert site.stand.kubeglass("deploy", "--diff").stdout.strip() == "no difference"


def test_a_class_that_does_not_exist_and_a_host_of_another_are_refused(site: Site) -> None:
    stand, taken = site.stand, f"taken.{site.stand.name}.example"
    rule = f"--rule={taken}/*=viewer:http"
    stand.cluster.kubectl("create", "ingress", "other", "--namespace", stand.name, rule)

    define(stand, site.shop, more=", class_name: nginx")
    unknown = stand.kubeglass("deploy", check=False)
    define(stand, taken)
    shared = stand.kubeglass("deploy", check=False)

    assert (unknown.returncode, shared.returncode) == (9, 9)
    assert "names an IngressClass that does not exist (nginx; there is traefik)" in unknown.stderr
    assert f"must not share its host ({taken} leads to ingress/other of namespace {stand.name})" in shared.stderr
    assert site.status(site.shop) == 200
