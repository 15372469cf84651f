"""A part with a host name gets an Ingress, and everything that must know its address does."""

from __future__ import annotations

from typing import Any

import pytest

from kubeglass.errors import ConfigError
from kubeglass.model.load import parse_pipeline
from kubeglass.render.kubernetes import manifests
from kubeglass.render.plan import compose

TEXT = """\
apps:
  - name: shop
    module: shop:app
    ingress:
      host: shop.example.com
      tls: shop-tls
      class_name: traefik
      annotations: {cert-manager.io/cluster-issuer: letsencrypt}
cluster:
  namespace: watch
  app_namespace: shops
  viewer: {ingress: {host: page.example.com}}
  grafana: {ingress: {host: grafana.example.com, tls: grafana-tls}}
"""


def objects_of(text: str = TEXT) -> list[dict[str, Any]]:
    pipeline = parse_pipeline(text)
    return [item for items in manifests.build(pipeline, compose(pipeline)).values() for item in items]


def one(kind: str, name: str, text: str = TEXT) -> dict[str, Any]:
    (found,) = [item for item in objects_of(text) if (item["kind"], item["metadata"]["name"]) == (kind, name)]
    return found


def test_an_app_is_served_at_its_host_with_its_certificate() -> None:
    ingress = one("Ingress", "shop")

    assert ingress["apiVersion"] == "networking.k8s.io/v1"
    assert ingress["metadata"]["namespace"] == "shops"
    assert ingress["metadata"]["annotations"] == {"cert-manager.io/cluster-issuer": "letsencrypt"}
    assert ingress["spec"]["ingressClassName"] == "traefik"
    assert ingress["spec"]["tls"] == [{"hosts": ["shop.example.com"], "secretName": "shop-tls"}]
    (rule,) = ingress["spec"]["rules"]
    backend = {"service": {"name": "shop", "port": {"name": "http"}}}
    assert rule == {
        "host": "shop.example.com",
        "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]},
    }


def test_pages_are_served_in_the_pipelines_namespace_by_the_default_controller() -> None:
    ingress = one("Ingress", "viewer")

    assert ingress["metadata"]["namespace"] == "watch"
    assert "tls" not in ingress["spec"]
    assert "ingressClassName" not in ingress["spec"]


def test_the_port_an_ingress_names_is_the_services() -> None:
    for name in ("shop", "viewer", "grafana"):
        assert [port["name"] for port in one("Service", name)["spec"]["ports"]] == ["http"]


def test_the_page_knows_that_it_has_a_certificate() -> None:
    text = TEXT.replace("host: page.example.com", "host: page.example.com, tls: page-tls")
    (viewer,) = one("Deployment", "viewer", text)["spec"]["template"]["spec"]["containers"]

    assert "--secure-host=page.example.com" in viewer["args"]
    assert "--allow-host=page.example.com" not in viewer["args"]


def test_the_pages_know_their_host() -> None:
    (viewer,) = one("Deployment", "viewer")["spec"]["template"]["spec"]["containers"]
    (grafana,) = one("Deployment", "grafana")["spec"]["template"]["spec"]["containers"]

    assert "--allow-host=page.example.com" in viewer["args"]
    assert {"name": "GF_SERVER_ROOT_URL", "value": "https://grafana.example.com/"} in grafana["env"]


@pytest.mark.parametrize("name", ["viewer", "grafana"])
def test_a_policy_lets_the_controller_in(name: str) -> None:
    assert one("NetworkPolicy", name)["spec"]["ingress"] == [{"ports": [{"port": 3000, "protocol": "TCP"}]}]


def test_without_a_host_there_is_no_ingress() -> None:
    assert "Ingress" not in {item["kind"] for item in objects_of("apps: [{name: shop, module: 'shop:app'}]\n")}


@pytest.mark.parametrize("host", ["shop.example.com", "page.example.com"])
def test_a_host_used_twice_is_refused(host: str) -> None:
    with pytest.raises(ConfigError, match=f"found {host}"):
        parse_pipeline(TEXT.replace("grafana.example.com", host))


@pytest.mark.parametrize("host", ["Shop.example.com", "shop_1.example.com", "https://shop.example.com", "shop:80", ""])
def test_what_is_no_host_name_is_refused(host: str) -> None:
    with pytest.raises(ConfigError, match="must be a lower-case host name"):
        parse_pipeline(TEXT.replace("host: shop.example.com", f"host: '{host}'"))
