"""Pipelines are found by their labels, as far as the credentials allow."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from kubeglass.deploy.api.errors import error_for
from kubeglass.deploy.api.objects import EARLIER_PIPELINE, ObjectKey, key_of
from kubeglass.deploy.release.installed import find_pipelines, read_installed
from kubeglass.deploy.release.inventory import store_inventory
from kubeglass.render.kubernetes.names import PIPELINE
from tests.unit.deploy.fake_cluster import FakeCluster, make_deployment, make_object


@dataclass
class GuardedCluster(FakeCluster):
    """Lets lists be read in some namespaces only, and some kinds nowhere."""

    allowed: set[str] = field(default_factory=set)
    denied: set[str] = field(default_factory=set)

    def list_objects(
        self, api_version: str, kind: str, *, namespace: str = "", selector: str = "", fields: str = ""
    ) -> list[dict[str, Any]]:
        if namespace not in self.allowed or kind in self.denied:
            raise error_for(kind, {"code": 403, "message": "forbidden"})
        return super().list_objects(api_version, kind, namespace=namespace, selector=selector, fields=fields)


def make_pipeline(cluster: FakeCluster, namespace: str) -> ObjectKey:
    item = make_deployment("viewer")
    item["metadata"] |= {"namespace": namespace}
    item["metadata"]["labels"][PIPELINE] = namespace
    return cluster.put(item)


def test_every_pipeline_is_found_and_strangers_are_not() -> None:
    cluster = FakeCluster()
    make_pipeline(cluster, "one")
    make_pipeline(cluster, "two")
    theirs = make_deployment("theirs")
    theirs["metadata"]["labels"] = {PIPELINE: "helm", "app.kubernetes.io/managed-by": "Helm"}
    cluster.put(theirs)

    assert find_pipelines(cluster) == ["one", "two"]


def test_a_pipeline_of_an_earlier_version_is_found() -> None:
    cluster = FakeCluster()
    key = make_pipeline(cluster, "shop")
    labels = cluster.objects[key]["metadata"]["labels"]
    labels[EARLIER_PIPELINE] = labels.pop(PIPELINE)

    assert find_pipelines(cluster) == ["shop"]
    assert set(read_installed(cluster, "shop").objects) == {key}


def test_what_is_of_another_pipeline_in_the_same_namespace_is_left_out() -> None:
    cluster = FakeCluster()
    ours = cluster.put(make_object("Service", "ours", namespace="apps", pipeline="shop"))
    cluster.put(make_object("Service", "theirs", namespace="apps", pipeline="other"))

    assert set(read_installed(cluster, "shop").objects) == {ours}


def test_the_storages_claim_counts_although_it_names_no_pipeline() -> None:
    cluster = FakeCluster()
    for namespace in ("shop", "other"):
        claim = make_object("PersistentVolumeClaim", "data", namespace=namespace)
        del claim["metadata"]["labels"][PIPELINE]
        cluster.put(claim)

    assert [key.namespace for key in read_installed(cluster, "shop").objects] == ["shop"]


def test_samples_and_a_namespace_alone_are_no_pipeline() -> None:
    cluster = FakeCluster()
    cluster.put(make_object("PersistentVolumeClaim", "data"))
    cluster.put(make_object("Namespace", "shop", namespace=""))

    assert not read_installed(cluster, "shop").exists


def test_what_a_deployment_made_and_somebody_deleted_is_missing() -> None:
    cluster = FakeCluster()
    there = cluster.put(make_object("ConfigMap", "there"))
    gone = ObjectKey("rbac.authorization.k8s.io/v1", "ClusterRole", "gone")
    store_inventory(cluster, [there, gone, ObjectKey("v1", "Secret", "not-looked-at", "shop")], "shop")

    installed = read_installed(cluster, "shop")

    assert (set(installed.objects), set(installed.missing), installed.unseen) == ({there}, {gone}, ())


def test_someone_who_may_look_at_one_namespace_sees_it_and_is_told_what_not() -> None:
    cluster = GuardedCluster(allowed={"shop"}, denied={"Role"})
    there, role = cluster.put(make_object("Service", "there")), make_object("Role", "role")
    elsewhere = make_object("Service", "elsewhere", namespace="apps")
    store_inventory(cluster, [there, key_of(role), key_of(elsewhere)], "shop")

    installed = read_installed(cluster, "shop", ["Service", "Role", "ClusterRole"])

    assert set(installed.objects) == {there}
    assert installed.missing == frozenset(), "what cannot be seen is not said to be gone"
    assert installed.unseen == ("services", "roles", "clusterroles", "namespaces other than apps, shop")
