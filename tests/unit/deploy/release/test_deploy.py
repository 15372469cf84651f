"""A release is remembered before it is applied and pruned after it is ready, and undone in order."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import pytest

from kubeglass.deploy.api.objects import KubernetesObject, ObjectKey, key_of
from kubeglass.deploy.release.apply import Applied, Change
from kubeglass.deploy.release.deploy import Release, deploy, preview, rehearse
from kubeglass.deploy.release.inventory import read_inventory
from kubeglass.deploy.release.removal import undeploy
from kubeglass.errors import ClusterError
from kubeglass.render.kubernetes.names import PIPELINE
from tests.unit.deploy.fake_cluster import (
    FakeClock,
    FakeCluster,
    make_deployment,
    make_object,
    make_pod,
    put_deployment,
)

HOME = "shop"
SECRET = ObjectKey("v1", "Secret", "grafana-admin", HOME)


def make_namespace(name: str = HOME) -> dict[str, Any]:
    item = make_object("Namespace", name)
    del item["metadata"]["namespace"]
    return item


def make_release(*names: str, deployment: str = "shop") -> Release:
    maps = [make_object("ConfigMap", name) for name in names]
    return Release(HOME, [make_deployment(deployment, ready=1), *maps, make_namespace()])


def run(cluster: FakeCluster, release: Release) -> list[Applied]:
    told: list[Applied] = []
    deploy(cluster, release, timeout=5, clock=FakeClock(), tell=told.append, report=lambda progress: None)
    return told


def remove(cluster: FakeCluster, *, purge: bool = False) -> list[str]:
    told: list[Applied] = []
    undeploy(cluster, HOME, purge=purge, timeout=5, clock=FakeClock(), tell=told.append)
    return [str(applied.key) for applied in told]


def names_of(cluster: FakeCluster, kind: str) -> set[str]:
    return {key.name for key in cluster.objects if key.kind == kind}


def test_objects_are_applied_in_order_and_remembered() -> None:
    cluster = FakeCluster()

    told = run(cluster, make_release("a"))

    assert [str(applied.key) for applied in told] == ["namespace/shop", "configmap/a", "deployment/shop"]
    assert read_inventory(cluster, HOME) == {applied.key for applied in told}


def test_a_release_that_would_be_refused_changes_nothing_and_names_every_refusal() -> None:
    cluster = FakeCluster()
    cluster.put(make_namespace())
    for name in ("b", "c"):
        theirs = make_object("ConfigMap", name)
        theirs["metadata"]["labels"] = {}
        cluster.put(theirs)
    before = dict(cluster.objects)

    with pytest.raises(ClusterError, match="configmap/b in namespace shop: already exists") as refused:
        run(cluster, make_release("a", "b", "c"))

    assert [line.partition(":")[0] for line in refused.value.details] == ["configmap/c in namespace shop"]
    assert cluster.objects == before


@pytest.mark.parametrize("is_refused", [True, False])
def test_a_number_of_pods_changes_hands_only_once_nothing_is_refused(*, is_refused: bool) -> None:
    cluster = FakeCluster()
    release = make_release("b")
    run(cluster, release)
    (deployment,) = (item for key, item in cluster.objects.items() if key.kind == "Deployment")
    owned = {"manager": "kubeglass", "operation": "Apply", "fieldsV1": {"f:spec": {"f:replicas": {}}}}
    deployment["metadata"] |= {"managedFields": [owned], "resourceVersion": "1"}
    rendered = make_deployment("shop", ready=1)
    del rendered["spec"]["replicas"]
    left_open = Release(HOME, [rendered, *release.objects[1:]])
    if is_refused:
        theirs = make_object("ConfigMap", "b")
        theirs["metadata"]["labels"] = {}
        cluster.put(theirs)
    calls = len(cluster.calls)

    with pytest.raises(ClusterError) if is_refused else nullcontext():
        run(cluster, left_open)

    assert ("patch" in {verb for verb, _ in cluster.calls[calls:]}) is not is_refused


def test_a_preview_shows_the_number_of_pods_that_comes_back_when_the_autoscaler_goes() -> None:
    cluster = FakeCluster()
    release = make_release()
    run(cluster, release)
    (deployment,) = (item for key, item in cluster.objects.items() if key.kind == "Deployment")
    deployment["spec"] = {**deployment["spec"], "replicas": 3}
    cluster.put(make_object("HorizontalPodAutoscaler", "shop", api_version="autoscaling/v2"))

    text, steps = preview(cluster, release)

    assert "-  replicas: 3\n+  replicas: 1\n" in text
    assert [step.change for step in steps if step.key.kind == "Deployment"] == [Change.CHANGED]


def test_a_release_that_fails_half_way_is_remembered_whole() -> None:
    class Failing(FakeCluster):
        def apply(self, item: KubernetesObject, *, dry_run: bool = False, **options: Any) -> dict[str, Any]:
            if item["metadata"]["name"] == "b" and not dry_run:
                raise ClusterError("configmap/b", "the API server refused")
            return super().apply(item, dry_run=dry_run, **options)

    cluster = Failing()

    with pytest.raises(ClusterError, match="configmap/b: the API server refused"):
        run(cluster, make_release("a", "b"))

    assert {key.name for key in read_inventory(cluster, HOME)} == {"shop", "a", "b"}


def make_collector(image: str, *, ready: int = 1) -> dict[str, Any]:
    status = {"desiredNumberScheduled": 1, "updatedNumberScheduled": ready, "numberAvailable": ready}
    template = {"spec": {"containers": [{"name": "otelcol", "image": image}]}}
    spec = {"selector": {"matchLabels": {"app": "collector"}}, "template": template}
    return make_object("DaemonSet", "collector", api_version="apps/v1", spec=spec, status=status)


def test_a_changed_collector_is_back_before_any_app_is_replaced() -> None:
    cluster, told = FakeCluster(), list[Applied]()
    run(cluster, Release(HOME, [make_collector("old"), make_deployment(ready=1), make_namespace()]))
    changed = make_collector("new", ready=0)
    seen: list[list[str]] = []

    def become_ready() -> None:
        seen.append([str(applied.key) for applied in told])
        cluster.put(make_collector("new"))

    release = Release(HOME, [make_deployment(ready=1), changed, make_namespace()])
    clock = FakeClock({1: become_ready})
    deploy(cluster, release, timeout=5, clock=clock, tell=told.append, report=lambda progress: None)

    assert seen == [["namespace/shop", "daemonset/collector"]]
    assert [str(applied.key) for applied in told] == ["namespace/shop", "daemonset/collector", "deployment/shop"]


def test_what_is_no_longer_rendered_goes_once_the_rest_is_ready() -> None:
    cluster = FakeCluster()
    run(cluster, make_release("a", "b"))

    told = run(cluster, make_release("a"))

    assert [str(applied.key) for applied in told if applied.change is Change.DELETED] == ["configmap/b"]
    assert "b" not in {key.name for key in read_inventory(cluster, HOME)}


def test_what_kubectl_applied_goes_too_once_it_is_no_longer_rendered_and_samples_and_strangers_stay() -> None:
    cluster = FakeCluster()
    cluster.put(make_deployment("retired", ready=1))
    cluster.put(make_object("PersistentVolumeClaim", "data"))
    cluster.put(make_object("ConfigMap", "of-another", pipeline="other"))
    theirs = make_object("ConfigMap", "theirs")
    theirs["metadata"]["labels"] = {PIPELINE: HOME}
    cluster.put(theirs)

    text, _ = preview(cluster, make_release("a"))
    told = run(cluster, make_release("a"))

    assert "# deployment/retired is no longer rendered and would be deleted" in text
    assert [str(applied.key) for applied in told if applied.change is Change.DELETED] == ["deployment/retired"]
    assert text.count("no longer rendered") == 1


def test_nothing_is_pruned_when_the_rollout_fails() -> None:
    cluster = FakeCluster()
    run(cluster, make_release("a", "b"))
    broken = Release(HOME, [make_deployment("shop", ready=0), make_namespace()])
    cluster.put(make_deployment("shop", ready=0))

    with pytest.raises(ClusterError, match="is not complete"):
        run(cluster, broken)

    assert {"a", "b"} <= names_of(cluster, "ConfigMap")


def test_grafana_gets_a_password_of_its_own_once() -> None:
    cluster = FakeCluster()

    run(cluster, make_release(deployment="grafana"))
    first = cluster.objects[SECRET]
    run(cluster, make_release(deployment="grafana"))

    assert len(first["stringData"]["password"]) >= 24
    assert cluster.objects[SECRET] is first
    assert SECRET in read_inventory(cluster, HOME)


def test_the_password_is_there_before_grafana() -> None:
    told = [str(applied.key) for applied in run(FakeCluster(), make_release("a", deployment="grafana"))]

    assert told == ["namespace/shop", "secret/grafana-admin", "configmap/a", "deployment/grafana"]


def test_a_preview_shows_the_password_masked() -> None:
    text, _ = preview(FakeCluster(), make_release(deployment="grafana"))

    assert "password: " in text
    assert "(masked)" in text
    assert "stringData" not in text


@pytest.mark.parametrize("has_namespace", [True, False])
def test_a_rehearsal_includes_the_password(has_namespace: bool) -> None:
    cluster = FakeCluster()
    if has_namespace:
        cluster.put(make_namespace())
    told: list[Applied] = []

    rehearse(cluster, make_release(deployment="grafana"), told.append)

    assert Applied(SECRET, Change.CREATED) in told
    assert SECRET not in cluster.objects


def test_no_grafana_no_password() -> None:
    cluster = FakeCluster()

    run(cluster, make_release())

    assert SECRET not in cluster.objects


def test_a_password_of_somebody_else_stays_theirs() -> None:
    cluster = FakeCluster()
    theirs = make_object("Secret", "grafana-admin", data={"password": "eA=="})
    theirs["metadata"]["labels"] = {}
    cluster.put(theirs)

    run(cluster, make_release(deployment="grafana"))
    remove(cluster, purge=True)

    assert cluster.objects[SECRET] == theirs


def test_undeploying_removes_users_before_what_they_use_and_keeps_data() -> None:
    cluster = FakeCluster()
    run(cluster, make_release("a"))
    claim = make_object("PersistentVolumeClaim", "data")
    cluster.put(claim)

    removed = remove(cluster)

    assert removed == ["deployment/shop", "configmap/a"]
    assert names_of(cluster, "PersistentVolumeClaim") == {"data"}
    assert names_of(cluster, "Namespace") == {HOME}


def test_purging_later_still_knows_what_was_made() -> None:
    cluster = FakeCluster()
    run(cluster, make_release("a"))
    claim = make_object("PersistentVolumeClaim", "data")
    # As a StatefulSet's controller makes it, from a template that may never change.
    del claim["metadata"]["labels"][PIPELINE]
    cluster.put(claim)
    remove(cluster)

    removed = remove(cluster, purge=True)

    assert removed == ["persistentvolumeclaim/data", "namespace/shop"]
    assert cluster.objects == {}


def test_what_was_applied_without_us_is_undone_by_its_labels_and_nothing_else_is() -> None:
    cluster = FakeCluster()
    put_deployment(cluster)
    cluster.put(make_object("PersistentVolumeClaim", "data"))
    cluster.put(make_object("ConfigMap", "of-another", pipeline="other"))
    theirs = make_object("ConfigMap", "theirs")
    theirs["metadata"]["labels"] = {PIPELINE: HOME}
    cluster.put(theirs)

    removed = remove(cluster)

    assert removed == ["deployment/shop"]


def test_a_namespace_that_the_apps_have_left_stays_until_it_is_purged() -> None:
    cluster = FakeCluster()
    run(cluster, Release(HOME, [make_namespace(), make_namespace("left")]))

    assert run(cluster, Release(HOME, [make_namespace()]))[-1].change is Change.UNCHANGED
    assert names_of(cluster, "Namespace") == {HOME, "left"}
    assert remove(cluster, purge=True) == ["namespace/left", "namespace/shop"]


def test_a_namespace_that_was_there_before_stays() -> None:
    cluster = FakeCluster()
    theirs = make_namespace()
    theirs["metadata"]["labels"] = {}
    cluster.put(theirs)

    run(cluster, make_release("a"))
    remove(cluster, purge=True)

    assert cluster.objects == {key_of(theirs): theirs}


def test_pods_that_were_stuck_are_recreated_and_their_past_is_forgotten() -> None:
    class Controlled(FakeCluster):
        def delete(self, key: ObjectKey, *, orphan: bool = False) -> bool:
            is_there = super().delete(key)
            put_deployment(self, ready=1)
            return is_there

    cluster = Controlled()
    cluster.objects[put_deployment(cluster)]["metadata"]["labels"] = {}
    stuck = cluster.put(make_pod(state={"waiting": {"reason": "ErrImageNeverPull", "message": "not present"}}))

    told: list[Applied] = []
    release = Release(HOME, [make_namespace()])
    deploy(cluster, release, timeout=5, clock=FakeClock(), tell=told.append, report=lambda progress: None)
    assert stuck in cluster.objects, "a pod of no workload of the release is left alone"

    put_deployment(cluster)
    release = Release(HOME, [make_namespace(), make_deployment()])
    deploy(cluster, release, timeout=5, clock=FakeClock(), tell=told.append, report=lambda progress: None)

    assert told[-1] == Applied(stuck, Change.RETRIED)


def test_a_namespace_that_holds_what_others_made_is_kept_and_says_what() -> None:
    cluster = FakeCluster()
    run(cluster, make_release("a"))
    theirs = make_object("ConfigMap", "theirs", pipeline="other")
    cluster.put(theirs)
    told: list[Applied] = []

    assert undeploy(cluster, HOME, purge=True, timeout=5, clock=FakeClock(), tell=told.append)

    assert told[-1] == Applied(key_of(make_namespace()), Change.HELD, "configmap/theirs")
    assert key_of(theirs) in cluster.objects
    cluster.delete(key_of(theirs))
    assert remove(cluster, purge=True) == ["namespace/shop"]
    assert cluster.objects == {}


def test_undeploying_nothing_reports_so() -> None:
    assert undeploy(FakeCluster(), HOME, purge=False, timeout=1, clock=FakeClock(), tell=print) is False


def test_a_preview_names_what_is_new_and_what_would_go() -> None:
    cluster = FakeCluster()
    run(cluster, make_release("a", "b"))
    calls = len(cluster.calls)

    text, _ = preview(cluster, make_release("a", "c"))

    assert "configmap/c (new)" in text
    assert "# configmap/b is no longer rendered and would be deleted" in text
    assert {verb for verb, _ in cluster.calls[calls:]} == {"dry-run"}


def test_a_rehearsal_tries_and_stores_nothing() -> None:
    cluster = FakeCluster()
    cluster.put(make_namespace())
    told: list[Applied] = []

    rehearse(cluster, make_release("a"), told.append)

    assert {verb for verb, _ in cluster.calls} == {"dry-run"}
    assert [applied.change for applied in told] == [Change.UNCHANGED, Change.CREATED, Change.CREATED]


def test_a_rehearsal_before_the_namespace_exists_tries_everything_in_another_under_no_known_name() -> None:
    cluster = FakeCluster()
    told: list[Applied] = []

    rehearse(cluster, make_release("a"), told.append)

    tried = [key for _, key in cluster.calls if key.kind != "Namespace"]
    assert {key.namespace for key in tried} == {"default"}
    assert all(key.name.startswith("kubeglass-trial-") for key in tried)
    assert {applied.change for applied in told} == {Change.CREATED}
    assert cluster.objects == {}
