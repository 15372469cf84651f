"""An Ingress that nobody would serve, or somebody else serves, is named before anything is applied."""

from __future__ import annotations

from typing import Any

import pytest

from kubeglass.deploy.api.errors import ForbiddenError
from kubeglass.deploy.api.objects import labels_for
from kubeglass.deploy.preparation.ingress import API, check_ingresses
from kubeglass.errors import ClusterError
from tests.unit.deploy.fake_cluster import FakeCluster, make_object

HOST = "shop.example.com"


def check(cluster: Any, objects: list[dict[str, Any]]) -> list[str]:
    return check_ingresses(cluster, objects, pipeline="shops")


def make_ingress(name: str = "shop", *, host: str = HOST, **spec: Any) -> dict[str, Any]:
    paths = [{"path": spec.pop("path", "/"), "pathType": spec.pop("path_type", "Prefix")}]
    about = {"namespace": spec.pop("namespace", "shops")}
    notes = spec.pop("annotations", {})
    rules = [{"host": host, "http": {"paths": paths}}]
    item = make_object("Ingress", name, api_version=API, spec={"rules": rules, **spec}, **about)
    item["metadata"]["annotations"] = notes
    return item


def make_cluster(*present: dict[str, Any], classes: str = "traefik", default: str = "traefik") -> FakeCluster:
    cluster = FakeCluster()
    for name in classes.split():
        item = make_object("IngressClass", name, api_version=API)
        is_default = "true" if name == default else "false"
        item["metadata"]["annotations"] = {"ingressclass.kubernetes.io/is-default-class": is_default}
        cluster.put(item)
    for item in present:
        cluster.put(item)
    return cluster


OTHER = make_ingress("old", namespace="theirs", ingressClassName="traefik")


@pytest.mark.parametrize(
    ("ingress", "cluster"),
    [
        (make_ingress(), make_cluster()),
        (make_ingress(ingressClassName="nginx"), make_cluster(classes="traefik nginx")),
        # What controllers read that are older than the field.
        (make_ingress(annotations={"kubernetes.io/ingress.class": "nginx"}), make_cluster(classes="", default="")),
        # Itself, another host, a part of the host, another controller.
        (make_ingress(), make_cluster(make_ingress())),
        (make_ingress(host="page.example.com"), make_cluster(OTHER)),
        (make_ingress(), make_cluster(make_ingress("api", path="/api"))),
        (make_ingress(), make_cluster(make_ingress("front", path_type="Exact"))),
        (make_ingress(ingressClassName="nginx"), make_cluster(OTHER, classes="traefik nginx")),
    ],
)
def test_what_will_be_served_raises_no_doubt(ingress: dict[str, Any], cluster: FakeCluster) -> None:
    assert check(cluster, [ingress]) == []


@pytest.mark.parametrize(
    ("classes", "found"), [("traefik nginx", "haproxy; there is nginx, traefik"), ("", "haproxy; there are no classes")]
)
def test_a_class_that_does_not_exist_is_refused_with_those_that_do(classes: str, found: str) -> None:
    with pytest.raises(ClusterError) as caught:
        check(make_cluster(classes=classes), [make_ingress(ingressClassName="haproxy")])

    assert str(caught.value).startswith(f"ingress/shop: names an IngressClass that does not exist ({found}); ")


@pytest.mark.parametrize(
    ("classes", "said"),
    [
        ("traefik", "the cluster has no default IngressClass (there is traefik); set its class_name"),
        ("", "the cluster has no default IngressClass (there are no classes); install an ingress controller"),
    ],
)
def test_without_a_default_class_the_missing_name_is_a_doubt(classes: str, said: str) -> None:
    (doubt,) = check(make_cluster(classes=classes, default=""), [make_ingress()])

    assert doubt == f"ingress/shop: perhaps nobody serves it: {said}"


def test_a_host_that_leads_elsewhere_is_refused() -> None:
    with pytest.raises(ClusterError) as caught:
        check(make_cluster(OTHER), [make_ingress()])

    assert str(caught.value) == (
        "ingress/shop: must not share its host (shop.example.com leads to ingress/old of namespace theirs); choose "
        "another host, or delete that one: kubectl -n theirs delete ingress old"
    )


def test_a_host_that_somebody_else_claimed_later_stops_no_deployment() -> None:
    (doubt,) = check(make_cluster(OTHER, make_ingress()), [make_ingress()])

    assert doubt.startswith("ingress/shop: shares its host (shop.example.com leads to ingress/old of namespace theirs)")


def test_a_missing_certificate_is_named_with_the_command() -> None:
    (doubt,) = check_ingresses(
        make_cluster(), [make_ingress(tls=[{"hosts": [HOST], "secretName": "shop-tls"}])], pipeline="shops"
    )

    assert doubt.startswith("ingress/shop: secret/shop-tls does not exist in namespace shops")
    assert doubt.endswith("kubectl -n shops create secret tls shop-tls --cert=FILE --key=FILE")


@pytest.mark.parametrize(
    "note", ["cert-manager.io/cluster-issuer", "traefik.ingress.kubernetes.io/router.tls.certresolver"]
)
def test_a_certificate_that_is_still_to_be_issued_is_not_missing(note: str) -> None:
    tls = [{"hosts": [HOST], "secretName": "shop-tls"}]

    assert check(make_cluster(), [make_ingress(tls=tls, annotations={note: "letsencrypt"})]) == []


def test_a_certificate_that_is_there_is_not_missing() -> None:
    cluster = make_cluster(make_object("Secret", "shop-tls", namespace="shops"))

    assert check(cluster, [make_ingress(tls=[{"hosts": [HOST], "secretName": "shop-tls"}])]) == []


def test_what_may_not_be_read_is_not_held_against_it() -> None:
    class Strict(FakeCluster):
        def list_objects(self, *args: Any, **kwargs: Any) -> list[dict[str, Any]]:
            raise ForbiddenError("ingressclass list", {"code": 403})

        def get(self, key: object) -> dict[str, Any] | None:
            raise ForbiddenError(str(key), {"code": 403})

    tls = [{"hosts": [HOST], "secretName": "shop-tls"}]

    assert check(Strict(), [make_ingress(ingressClassName="lost", tls=tls)]) == []


def test_without_an_ingress_nothing_is_read() -> None:
    class Closed(FakeCluster):
        def list_objects(self, *args: Any, **kwargs: Any) -> list[dict[str, Any]]:
            raise AssertionError("nothing to look for")

    assert check(Closed(), [make_object("Service", "shop")]) == []


def test_an_ingress_of_the_pipeline_that_is_no_longer_rendered_gives_way() -> None:
    earlier = make_ingress(namespace="before", ingressClassName="traefik")
    earlier["metadata"]["labels"] = labels_for("shops")

    assert check(make_cluster(earlier), [make_ingress()]) == []
