"""The collector's queue stays where it is, and is shared with nobody."""

from __future__ import annotations

from typing import Any, NoReturn

import pytest

from kubeglass.deploy.api.errors import ForbiddenError
from kubeglass.deploy.preparation.queue_folder import place_queue
from kubeglass.errors import ClusterError
from tests.unit.deploy.fake_cluster import FakeCluster, make_object

OLD, NEW = "/var/lib/kubeglass/otelcol", "/var/lib/kubeglass/shop/otelcol"


def make_collector(folder: str, *, namespace: str = "shop") -> dict[str, Any]:
    volumes = [{"name": "config"}, {"name": "queue", "hostPath": {"path": folder, "type": "DirectoryOrCreate"}}]
    spec = {"template": {"spec": {"volumes": volumes}}}
    return make_object("DaemonSet", "otel-collector", api_version="apps/v1", namespace=namespace, spec=spec)


class ForbiddenCluster(FakeCluster):
    """Lets nobody list anything in all namespaces."""

    def list_objects(self, *_: object, **__: object) -> NoReturn:
        raise ForbiddenError("daemonset list", {"code": 403})


def make_cluster(*daemon_sets: dict[str, Any], may_list: bool = True) -> FakeCluster:
    cluster = FakeCluster() if may_list else ForbiddenCluster()
    for item in daemon_sets:
        cluster.put(item)
    return cluster


def place(cluster: FakeCluster, *, chosen: bool = False) -> tuple[str, str]:
    """Place the rendered collector's queue; return its folder and what is said about it."""
    others = [make_object("ConfigMap", "config")]
    (daemon_set, *left), said = place_queue(cluster, [make_collector(NEW), *others], chosen=chosen)
    assert left == others
    return daemon_set["spec"]["template"]["spec"]["volumes"][1]["hostPath"]["path"], said


@pytest.mark.parametrize("present", [(), (NEW,), (f"{NEW}/",)])
def test_there_is_nothing_to_say_about_a_new_queue_or_one_in_its_place(present: tuple[str, ...]) -> None:
    assert place(make_cluster(*map(make_collector, present))) == (NEW, "")


def test_the_queue_of_an_earlier_version_stays_where_it_is() -> None:
    folder, said = place(make_cluster(make_collector(OLD)))

    assert folder == OLD
    assert said == f"the collector's queue stays in {OLD}; to move it, set cluster.queue_path: {NEW}"


def test_the_queue_moves_where_the_definition_says() -> None:
    folder, said = place(make_cluster(make_collector(OLD)), chosen=True)

    assert folder == NEW
    assert said == f"the collector's queue moves to {NEW}; what is not sent yet stays in {OLD}"


def test_the_queue_leaves_a_folder_that_another_pipeline_uses() -> None:
    folder, said = place(make_cluster(make_collector(OLD), make_collector(OLD, namespace="other")))

    assert (folder, said.partition(";")[0]) == (NEW, f"the collector's queue moves to {NEW}")


@pytest.mark.parametrize("chosen", [True, False])
def test_a_folder_of_another_pipeline_is_refused(chosen: bool) -> None:
    with pytest.raises(ClusterError) as caught:
        place(make_cluster(make_collector(f"{NEW}/", namespace="other")), chosen=chosen)

    assert f"({NEW} is used by daemonset/otel-collector of namespace other)" in str(caught.value)
    assert "cluster.queue_path" in caught.value.hint


def test_who_may_not_look_into_other_namespaces_may_deploy() -> None:
    assert place(make_cluster(make_collector(OLD), may_list=False))[0] == OLD
