"""The way to a cluster: paths, queries and errors, against a server that answers as an API server does."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.api.errors import (
    ConflictError,
    ForbiddenError,
    KubeconfigError,
    RefusedError,
    UnreachableClusterError,
)
from kubeglass.deploy.api.objects import ObjectKey, path_of
from kubeglass.errors import ClusterError
from tests.unit.deploy.fake_cluster import make_object

DEPLOYMENT = ObjectKey("apps/v1", "Deployment", "shop", "demo")


def make_cluster(answer: Callable[[httpx2.Request], httpx2.Response]) -> Cluster:
    connection = httpx2.Client(transport=httpx2.MockTransport(answer), base_url="https://cluster.test:6443")
    return Cluster(connection, context="test", address="https://cluster.test:6443")


def refuse(code: int, message: str, **details: Any) -> Callable[[httpx2.Request], httpx2.Response]:
    status = {"kind": "Status", "code": code, "message": message, "details": details}
    return lambda request: httpx2.Response(code, json=status)


@pytest.mark.parametrize(
    ("key", "path"),
    [
        (ObjectKey("v1", "Pod", "a", "demo"), "/api/v1/namespaces/demo/pods/a"),
        (ObjectKey("v1", "Namespace", "demo"), "/api/v1/namespaces/demo"),
        (DEPLOYMENT, "/apis/apps/v1/namespaces/demo/deployments/shop"),
        (
            ObjectKey("networking.k8s.io/v1", "NetworkPolicy", "", "demo"),
            "/apis/networking.k8s.io/v1/namespaces/demo/networkpolicies",
        ),
        (
            ObjectKey("rbac.authorization.k8s.io/v1", "ClusterRole", "a"),
            "/apis/rbac.authorization.k8s.io/v1/clusterroles/a",
        ),
        (
            ObjectKey("policy/v1", "PodDisruptionBudget", "a", "d"),
            "/apis/policy/v1/namespaces/d/poddisruptionbudgets/a",
        ),
    ],
)
def test_an_object_has_its_path(key: ObjectKey, path: str) -> None:
    assert path_of(key) == path


def test_a_kind_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ClusterError, match="is of an unknown kind"):
        path_of(ObjectKey("v1", "Widget", "a"))


def test_an_apply_names_its_manager_and_sends_the_object_as_it_is() -> None:
    requests: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        requests.append(request)
        return httpx2.Response(200, json=json.loads(request.content))

    item = make_object("ConfigMap", "a", namespace="demo", data={"x": "1"})
    result = make_cluster(answer).apply(item, namespace="other", dry_run=True)

    assert result == item
    assert requests[0].method == "PATCH"
    assert requests[0].headers["content-type"] == "application/apply-patch+yaml"
    assert requests[0].url.path == "/api/v1/namespaces/demo/configmaps/a"
    assert dict(requests[0].url.params) == {"fieldManager": "kubeglass", "force": "false", "dryRun": "All"}


def test_a_missing_object_is_none() -> None:
    assert make_cluster(refuse(404, "not found")).get(DEPLOYMENT) is None
    assert make_cluster(refuse(404, "not found")).delete(DEPLOYMENT) is False


def test_items_of_a_list_know_their_kind() -> None:
    items = [{"metadata": {"name": "a"}}]
    cluster = make_cluster(lambda request: httpx2.Response(200, json={"items": items}))

    assert cluster.list_objects("v1", "Pod", namespace="demo", selector="app=shop") == [
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}
    ]


def test_lists_and_logs_are_narrowed_by_the_server() -> None:
    asked: list[httpx2.QueryParams] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.url.params)
        return httpx2.Response(200, json={"items": []})

    cluster = make_cluster(answer)
    cluster.list_objects("v1", "Event", namespace="demo", fields="involvedObject.uid=u")
    cluster.read_log(ObjectKey("v1", "Pod", "a", "demo"), "app", lines=7, since_seconds=1.2)

    assert asked[0]["fieldSelector"] == "involvedObject.uid=u"
    assert (asked[1]["tailLines"], asked[1]["sinceSeconds"]) == ("7", "2")


def test_a_conflict_names_the_managers_and_the_fields() -> None:
    cause = {"reason": "FieldManagerConflict", "message": 'conflict with "kubectl"', "field": ".data.x"}
    cluster = make_cluster(refuse(409, "Apply failed with 1 conflict", causes=[cause]))

    with pytest.raises(ConflictError, match=r"--force-conflicts.*\.data\.x \(conflict with \"kubectl\"\)"):
        cluster.apply(make_object("ConfigMap", "a"), namespace="demo")


def test_a_missing_right_says_which() -> None:
    message = 'deployments.apps "shop" is forbidden: User "jane" cannot get resource "deployments"'

    with pytest.raises(ForbiddenError, match='User "jane" cannot get'):
        make_cluster(refuse(403, message)).get(DEPLOYMENT)


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (
            'configmaps "rules" is forbidden: exceeded quota: small, requested: count/configmaps=1, used:'
            " count/configmaps=1, limited: count/configmaps=1",
            r"ResourceQuota small has no room for it .*kubectl edit resourcequota small",
        ),
        (
            'configmaps "rules" is forbidden: unable to create new content because it is being terminated',
            "its namespace is being deleted",
        ),
        ('admission webhook "a.example.com" denied the request: no', "a rule of the cluster does not admit it"),
    ],
)
def test_what_a_namespace_does_not_admit_is_no_missing_right(message: str, said: str) -> None:
    with pytest.raises(RefusedError, match=said) as caught:
        make_cluster(refuse(403, message)).apply(make_object("ConfigMap", "rules"), namespace="demo")

    assert not isinstance(caught.value, ForbiddenError)


def test_messages_of_the_api_server_are_passed_on() -> None:
    message = "spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated"

    with pytest.raises(RefusedError, match="provided port is already allocated"):
        make_cluster(refuse(422, message)).apply(make_object("Service", "a"), namespace="demo")


def test_a_response_that_is_not_a_status_is_shown() -> None:
    cluster = make_cluster(lambda request: httpx2.Response(502, text="bad gateway of a proxy"))

    with pytest.raises(RefusedError, match="bad gateway of a proxy"):
        cluster.get(DEPLOYMENT)


def test_an_unreachable_cluster_is_reported_with_the_context() -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("Connection refused")

    with pytest.raises(UnreachableClusterError, match=r"Connection refused.*context test"):
        make_cluster(answer).get(DEPLOYMENT)


def test_a_log_is_read_line_by_line() -> None:
    cluster = make_cluster(lambda request: httpx2.Response(200, text=f"one\n{request.url.params['previous']}\n"))

    assert cluster.read_log(ObjectKey("v1", "Pod", "a", "demo"), "app", lines=10, previous=True) == ["one", "true"]


def test_a_kubeconfig_that_is_not_there_says_where_k3s_keeps_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "absent"))

    with pytest.raises(KubeconfigError, match=r"/etc/rancher/k3s/k3s.yaml"), Cluster.connect():
        pass


def test_an_unknown_context_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text("clusters: []\ncontexts: []\nusers: []\n")
    monkeypatch.setenv("KUBECONFIG", str(file))

    with pytest.raises(KubeconfigError, match="Context 'staging' not found"), Cluster.connect("staging"):
        pass


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        (
            'deployments.apps "a" is forbidden: User "x" cannot patch resource "deployments" in API group',
            ForbiddenError,
        ),
        ('persistentvolumeclaims "a" is forbidden: only dynamically provisioned pvc can be resized', RefusedError),
        ('pods "a" is forbidden: exceeded quota: small, requested: pods=1', RefusedError),
        ('admission webhook "policy.example.com" denied the request: no', RefusedError),
    ],
)
def test_a_policy_that_refuses_is_no_missing_right(message: str, kind: type[RefusedError]) -> None:
    with pytest.raises(RefusedError) as refused:
        make_cluster(refuse(403, message)).apply(make_object("ConfigMap", "a"), namespace="shop")

    assert type(refused.value) is kind


def test_a_refusal_of_a_stand_in_names_the_object_that_the_user_knows() -> None:
    with pytest.raises(RefusedError) as refused:
        make_cluster(refuse(422, "trial is invalid", causes=[{"field": "spec", "message": "wrong"}])).patch(
            DEPLOYMENT, []
        )

    about = refused.value.about("service/shop", "shop is invalid")

    assert about.message == "service/shop: the API server refused (shop is invalid)"
    assert about.is_invalid
    assert [field.path for field in about.fields] == ["spec"]
