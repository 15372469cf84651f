"""Changes that Kubernetes refuses in place: done by a new object where that loses nothing, else refused as a whole."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kubeglass.deploy.release.immutable import IMMUTABLE
from kubeglass.render.kubernetes.names import COMPONENT
from tests.cluster.bed.cluster import Cluster
from tests.cluster.bed.waiting import wait_until
from tests.cluster.pipeline.releasing import release
from tests.cluster.pipeline.stand import APP, Stand
from tests.cluster.pipeline.test_faults import pod_names

APPS, RBAC = "apps/v1", "rbac.authorization.k8s.io/v1"
POD = {"containers": [{"name": "app", "image": "localhost/absent:1"}], "restartPolicy": "Always"}
TEMPLATE = {"metadata": {"labels": {"app": "a", "tier": "web"}}, "spec": POD}
SELECTOR = {"matchLabels": {"app": "a"}}
STATEFUL = {"replicas": 0, "selector": SELECTOR, "template": TEMPLATE, "serviceName": "a"}
DEPLOYMENT = {"replicas": 0, "selector": SELECTOR, "template": TEMPLATE}
DAEMONS = {
    "selector": SELECTOR,
    "template": {**TEMPLATE, "spec": {**POD, "nodeSelector": {"kubernetes.io/os": "none"}}},
}
PORTS = [{"port": 80, "protocol": "TCP"}]
JOB = {"suspend": True, "template": {**TEMPLATE, "spec": {**POD, "restartPolicy": "Never"}}}
ROLE = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "view"}
CLUSTER_ROLE = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"}


def claim(storage: str, storage_class: str = "local-path") -> dict[str, Any]:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": storage}}}
    return {"metadata": {"name": "data"}, "spec": {**spec, "storageClassName": storage_class}}


@dataclass(frozen=True)
class Row:
    """One row of the table: an object before and after, and the field that cannot change."""

    kind: str
    version: str
    before: dict[str, Any]
    after: dict[str, Any]
    field: str

    @property
    def name(self) -> str:
        """A separate name, so that all rows are deployed at once."""
        return f"{self.kind}-{self.field}".lower().replace(".", "-")

    def make(self, content: dict[str, Any]) -> dict[str, Any]:
        """Make the object with this content."""
        return make(self.kind, self.version, content, self.name)


def make(kind: str, version: str, content: dict[str, Any], name: str) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}, **content}


def change_spec(kind: str, version: str, spec: dict[str, Any], field: str, **change: Any) -> Row:
    return Row(kind, version, {"spec": spec}, {"spec": {**spec, **change}}, field)


OTHER_SELECTOR = {"matchLabels": {"tier": "web"}}
OTHER_POD = {**POD, "restartPolicy": "Never", "containers": [{"name": "app", "image": "localhost/absent:2"}]}
BALANCER = {"ports": PORTS, "type": "LoadBalancer", "loadBalancerClass": "a.test/b"}
WITH_CLAIM = {**STATEFUL, "volumeClaimTemplates": [claim("1Gi")]}
UNBOUND = claim("1Gi")["spec"]
ROWS = [
    change_spec("StatefulSet", APPS, STATEFUL, "spec.serviceName", serviceName="b"),
    change_spec("StatefulSet", APPS, STATEFUL, "spec.podManagementPolicy", podManagementPolicy="Parallel"),
    change_spec("StatefulSet", APPS, STATEFUL, "spec.selector", selector=OTHER_SELECTOR),
    change_spec("StatefulSet", APPS, WITH_CLAIM, "spec.volumeClaimTemplates", volumeClaimTemplates=[claim("2Gi")]),
    change_spec("Deployment", APPS, DEPLOYMENT, "spec.selector", selector=OTHER_SELECTOR),
    change_spec("DaemonSet", APPS, DAEMONS, "spec.selector", selector=OTHER_SELECTOR),
    change_spec("Service", "v1", {"ports": PORTS}, "spec.clusterIP", clusterIP="None"),
    change_spec("Service", "v1", BALANCER, "spec.loadBalancerClass", loadBalancerClass="a.test/c"),
    change_spec("Job", "batch/v1", JOB, "spec.template", template={**TEMPLATE, "spec": OTHER_POD}),
    # One that is bound is tried with its pod below.
    change_spec("PersistentVolumeClaim", "v1", UNBOUND, "spec.resources", resources={"requests": {"storage": "2Gi"}}),
    Row("RoleBinding", RBAC, {"roleRef": CLUSTER_ROLE}, {"roleRef": ROLE}, "roleRef"),
    Row("ConfigMap", "v1", {"immutable": True, "data": {"a": "1"}}, {"immutable": True, "data": {"a": "2"}}, "data"),
    Row("ConfigMap", "v1", {"immutable": True, "data": {"a": "1"}}, {"data": {"a": "1"}}, "immutable"),
    Row("Secret", "v1", {"immutable": True, "data": {"a": "MQ=="}}, {"immutable": True, "data": {"a": "Mg=="}}, "data"),
    Row("Secret", "v1", {"type": "Opaque"}, {"type": "example.com/other"}, "type"),
]
BESIDE = make("ConfigMap", "v1", {"data": {"x": "1"}}, "beside")


@dataclass(frozen=True)
class Changed:
    """What deploying all rows before, after and again said, and the uid of each object before and after."""

    first: str
    second: str
    third: str
    before: dict[str, str]
    after: dict[str, str]


@pytest.fixture(scope="module")
def changed(cluster: Cluster) -> Iterator[Changed]:
    """All rows of the table, deployed and changed."""
    namespace = f"test-{secrets.token_hex(4)}"
    cluster.kubectl("create", "namespace", namespace)
    first = release(cluster, namespace, [BESIDE, *(row.make(row.before) for row in ROWS)])
    before = read_uids(cluster, namespace)
    second = release(cluster, namespace, [BESIDE, *(row.make(row.after) for row in ROWS)])
    after = read_uids(cluster, namespace)
    third = release(cluster, namespace, [BESIDE, *(row.make(row.after) for row in ROWS)])
    yield Changed(first, second, third, before, after)
    cluster.kubectl("delete", "namespace", namespace, "--wait=false")


def read_uids(cluster: Cluster, namespace: str) -> dict[str, str]:
    kinds = ",".join(sorted({row.kind for row in ROWS}))
    items = json.loads(cluster.kubectl("get", kinds, "--namespace", namespace, "--output", "json"))["items"]
    return {f"{item['kind'].lower()}/{item['metadata']['name']}": item["metadata"]["uid"] for item in items}


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_an_object_with_an_immutable_field_changed_is_recreated(changed: Changed, row: Row) -> None:
    key = f"{row.kind.lower()}/{row.name}"

    assert f"{key} created" in changed.first, changed.first
    assert f"{key} recreated {row.field} cannot be changed" in changed.second, changed.second
    assert changed.before[key] != changed.after[key]
    assert f"{key} unchanged" in changed.third, changed.third


def test_what_did_not_change_stays(changed: Changed) -> None:
    assert "configmap/beside unchanged" in changed.second
    assert changed.before["configmap/beside"] == changed.after["configmap/beside"]


@pytest.fixture
def cluster_wide(cluster: Cluster, namespace: str) -> Iterator[list[Row]]:
    """Rows of kinds without a namespace, removed after the test."""
    view, edit = ({**CLUSTER_ROLE, "name": name} for name in ("view", "edit"))
    yield [
        Row("ClusterRoleBinding", RBAC, {"roleRef": view}, {"roleRef": edit}, "roleRef"),
        Row("PriorityClass", "scheduling.k8s.io/v1", {"value": 1}, {"value": 2}, "value"),
    ]
    for kind in ("clusterrolebinding", "priorityclass"):
        cluster.kubectl("delete", kind, namespace, "--ignore-not-found")


def test_an_object_of_the_whole_cluster_is_recreated_too(
    cluster: Cluster, namespace: str, cluster_wide: list[Row]
) -> None:
    before, after = (
        [make(row.kind, row.version, content, namespace) for row, content in zip(cluster_wide, contents, strict=True)]
        for contents in ([row.before for row in cluster_wide], [row.after for row in cluster_wide])
    )
    release(cluster, namespace, before)
    said = release(cluster, namespace, after)

    for row in cluster_wide:
        assert f"{row.kind.lower()}/{namespace} recreated {row.field} cannot be changed" in said, said
    assert {row.kind for row in (*ROWS, *cluster_wide)} == set(IMMUTABLE), "every kind of the table is tried"


def test_nothing_is_changed_when_anything_is_refused(cluster: Cluster, namespace: str) -> None:
    objects = [
        make("ConfigMap", "v1", {"data": {"x": "1"}}, "first"),
        make("Service", "v1", {"spec": {"ports": [{"port": 0}]}}, "invalid"),
        make("ConfigMap", "v1", {"data": {"x": "1"}}, "theirs"),
        make("ConfigMap", "v1", {"data": {"x": "1"}}, "others"),
        make("Deployment", APPS, {"spec": {**DEPLOYMENT, "selector": {"matchLabels": {"app": "other"}}}}, "mismatch"),
    ]
    for name in ("theirs", "others"):
        cluster.kubectl("create", "configmap", name, "--namespace", namespace)

    said = release(cluster, namespace, objects)

    for wrong in ("service/invalid", "configmap/theirs", "configmap/others", "deployment/mismatch"):
        assert f"{wrong}" in said, said
    assert " created" not in said
    left = json.loads(cluster.kubectl("get", "configmaps,services,deployments", "-n", namespace, "-o", "json"))
    names = sorted(item["metadata"]["name"] for item in left["items"])
    assert names == ["kube-root-ca.crt", "others", "theirs"]


def test_a_first_deployment_that_would_fail_half_way_makes_no_namespace(cluster: Cluster, namespace: str) -> None:
    port = cluster.kubectl(
        "create",
        "service",
        "nodeport",
        "taken",
        "--tcp=80",
        "-n",
        namespace,
        "-o",
        "jsonpath={.spec.ports[0].nodePort}",
    )
    home = f"{namespace}-new"
    spec = {"type": "NodePort", "ports": [{"port": 80, "nodePort": int(port)}]}

    said = release(cluster, home, [make("Namespace", "v1", {}, home), make("Service", "v1", {"spec": spec}, "a")])

    assert "service/a" in said, said
    assert "provided port is already allocated" in said
    assert f"nodePort {port} belongs to service/taken in namespace {namespace}; choose another node_port" in said
    assert home not in cluster.kubectl("get", "namespaces", "-o", "name")


def make_store(storage: str, storage_class: str) -> dict[str, Any]:
    """Make a StatefulSet whose pod has a volume, though no image."""
    spec = {**STATEFUL, "replicas": 1, "volumeClaimTemplates": [claim(storage, storage_class)]}
    return make("StatefulSet", APPS, {"spec": spec}, "store")


def read(cluster: Cluster, namespace: str, what: str, path: str) -> str:
    return cluster.kubectl("get", what, "--namespace", namespace, "--output", f"jsonpath={{{path}}}", check=False)


def wait_until_bound(cluster: Cluster, namespace: str) -> None:
    wait_until(lambda: read(cluster, namespace, "pvc/data-store-0", ".status.phase") == "Bound", "a bound claim")


def test_a_volume_is_expanded_around_its_running_pod_and_never_shrinks(cluster: Cluster, namespace: str) -> None:
    release(cluster, namespace, [make_store("1Gi", "expandable")])
    wait_until_bound(cluster, namespace)
    pod = read(cluster, namespace, "pod/store-0", ".metadata.uid")

    said = release(cluster, namespace, [make_store("2Gi", "expandable")])
    shrunk = release(cluster, namespace, [make_store("1Gi", "expandable")])

    assert "data-store-0 is expanded from 1Gi to 2Gi" in said, said
    assert read(cluster, namespace, "pvc/data-store-0", ".status.capacity.storage") == "2Gi"
    assert read(cluster, namespace, "pod/store-0", ".metadata.uid") == pod
    assert read(cluster, namespace, "pod/store-0", ".metadata.ownerReferences[0].uid") == read(
        cluster, namespace, "statefulset/store", ".metadata.uid"
    )
    assert "a volume cannot shrink (it is 2Gi, not 1Gi); set storage.volume: 2Gi to keep the volume as it is" in shrunk
    assert read(cluster, namespace, "pvc/data-store-0", ".spec.resources.requests.storage") == "2Gi"


def test_a_claim_of_a_missing_class_is_made_anew_of_one_that_exists(cluster: Cluster, namespace: str) -> None:
    release(cluster, namespace, [make_store("1Gi", "absent")])
    wait_until(lambda: read(cluster, namespace, "pvc/data-store-0", ".status.phase") == "Pending", "a claim")

    said = release(cluster, namespace, [make_store("1Gi", "local-path")])
    wait_until_bound(cluster, namespace)
    other = release(cluster, namespace, [make_store("1Gi", "absent")])

    assert "data-store-0 is recreated, since it holds nothing" in said, said
    assert "its storage class is local-path, not absent" in other, other
    assert "set cluster.storage_class: local-path to keep it" in other
    assert f"kubectl delete persistentvolumeclaim/data-store-0 --namespace {namespace}" in other


EDITABLE: dict[str, Any] = {
    "containers": [
        {
            "name": "app",
            "image": "localhost/absent:1",
            "env": [
                {"name": "PLAIN", "value": "1"},
                {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "shop", "key": "token"}}},
                {"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
            ],
            "livenessProbe": {"tcpSocket": {"port": 8000}, "periodSeconds": 10},
            "lifecycle": {"preStop": {"sleep": {"seconds": 5}}},
        }
    ],
    "volumes": [{"name": "data", "emptyDir": {"sizeLimit": "1Gi"}}],
}
#: What somebody writes by hand over it: each value excludes what is rendered.
BY_HAND = {
    "env[1]": {"name": "TOKEN", "value": "by-hand"},
    "env[2]": {"name": "NODE", "valueFrom": {"configMapKeyRef": {"name": "shop", "key": "node"}}},
    "livenessProbe": {"httpGet": {"path": "/", "port": 8000}, "periodSeconds": 10},
    "lifecycle": {"preStop": {"exec": {"command": ["true"]}}},
}
CONTAINER_PATH = "/spec/template/spec/containers/0"


def edit_by_hand(cluster: Cluster, namespace: str) -> None:
    """Edit a Deployment as ``kubectl edit`` does: fields change in place, under another manager."""
    paths = {f"{CONTAINER_PATH}/{name.replace('[', '/').rstrip(']')}": value for name, value in BY_HAND.items()}
    paths["/spec/template/spec/volumes/0"] = {"name": "data", "hostPath": {"path": "/tmp"}}
    paths["/spec/template/spec/containers/0/env/3"] = {"name": "MINE", "value": "1"}
    operations = [{"op": "replace", "path": path, "value": value} for path, value in paths.items()]
    operations[-1]["op"] = "add"
    words = ["--namespace", namespace, "--type=json", "--field-manager=kubectl-edit", "--patch", json.dumps(operations)]
    cluster.kubectl("patch", "deployment", "edited", *words)


def test_what_was_edited_by_hand_is_a_conflict_and_gives_way_when_forced(cluster: Cluster, namespace: str) -> None:
    spec = {**DEPLOYMENT, "template": {**TEMPLATE, "spec": EDITABLE}}
    objects = [make("Deployment", APPS, {"spec": spec}, "edited"), BESIDE]
    cluster.kubectl("create", "secret", "generic", "shop", "--from-literal=token=1", "--namespace", namespace)
    release(cluster, namespace, objects)
    edit_by_hand(cluster, namespace)

    refused = release(cluster, namespace, objects)
    between = json.loads(cluster.kubectl("get", "deployment", "edited", "-n", namespace, "-o", "json"))
    forced = release(cluster, namespace, objects, force=True)
    after = json.loads(cluster.kubectl("get", "deployment", "edited", "-n", namespace, "-o", "json"))
    again = release(cluster, namespace, objects)

    assert "other field managers own fields that kubeglass sets" in refused, refused
    assert '.env[name="TOKEN"].value (conflict with "kubectl-edit")' in refused, refused
    assert between["spec"]["template"]["spec"]["containers"][0]["env"][1] == BY_HAND["env[1]"]
    assert "deployment/edited changed" in forced, forced
    container = after["spec"]["template"]["spec"]["containers"][0]
    assert container["env"][:2] == EDITABLE["containers"][0]["env"][:2]
    assert container["env"][2]["valueFrom"].keys() == {"fieldRef"}
    assert container["env"][3] == {"name": "MINE", "value": "1"}, "what contradicts nothing stays"
    assert "httpGet" not in container["livenessProbe"]
    assert container["lifecycle"]["preStop"].keys() == {"sleep"}
    assert after["spec"]["template"]["spec"]["volumes"] == EDITABLE["volumes"]
    assert after["metadata"]["generation"] == between["metadata"]["generation"] + 1
    assert "deployment/edited unchanged" in again, again


def test_a_changed_secret_starts_new_pods_and_a_missing_one_is_said_before_anything_is_changed(
    cluster: Cluster, namespace: str
) -> None:
    pod = {"containers": [{"name": "app", "image": "localhost/absent:1", "env": EDITABLE["containers"][0]["env"][1:2]}]}
    objects = [BESIDE, make("Deployment", APPS, {"spec": {**DEPLOYMENT, "template": {**TEMPLATE, "spec": pod}}}, "a")]
    secret = ["--namespace", namespace, "create", "secret", "generic", "shop"]
    option = f"--namespace {namespace}"

    missing = release(cluster, namespace, objects)
    nothing = cluster.kubectl("get", "deployment,configmap/beside", "-n", namespace, "--ignore-not-found", check=False)
    cluster.kubectl(*secret, "--from-literal=other=1")
    incomplete = release(cluster, namespace, objects)
    cluster.kubectl("delete", "secret", "shop", "--namespace", namespace)
    cluster.kubectl(*secret, "--from-literal=token=1")
    first, same = release(cluster, namespace, objects), release(cluster, namespace, objects)
    cluster.kubectl("patch", "secret", "shop", "--namespace", namespace, "--patch", '{"stringData": {"token": "2"}}')
    changed = release(cluster, namespace, objects)

    assert f"secret/shop in namespace {namespace}: does not exist, and pods read it; create it: " in missing, missing
    assert f"kubectl create secret generic shop {option} --from-literal=token=VALUE" in missing
    assert "beside" not in nothing
    assert "lacks 'token', which pods read; add it: kubectl patch secret/shop" in incomplete, incomplete
    assert "deployment/a created" in first
    assert "deployment/a unchanged" in same
    assert "deployment/a changed" in changed
    assert read(cluster, namespace, "deployment/a", ".metadata.generation") == "2"


def test_a_strategy_that_the_server_defaulted_gives_way(cluster: Cluster, namespace: str) -> None:
    release(cluster, namespace, [make("Deployment", APPS, {"spec": DEPLOYMENT}, "a")])
    recreated = {**DEPLOYMENT, "strategy": {"type": "Recreate"}}

    said = release(cluster, namespace, [make("Deployment", APPS, {"spec": recreated}, "a")])

    assert "deployment/a changed" in said, said
    assert read(cluster, namespace, "deployment/a", ".spec.strategy") == '{"type":"Recreate"}'


def write_dashboard(folder: Path, uid: str, size: int) -> None:
    """Write a dashboard whose text kubectl's copy cannot make smaller."""
    panel = {"id": 1, "type": "text", "title": "x", "options": {"content": "x" * size}}
    (folder / f"{uid}.json").write_text(json.dumps({"uid": uid, "title": uid, "panels": [panel]}))


def test_large_dashboards_are_split_so_that_kubectl_applies_them(
    cluster: Cluster, namespace: str, tmp_path: Path
) -> None:
    stand = Stand(cluster, tmp_path, namespace, 31097)
    stand.define()
    boards = tmp_path / "boards"
    boards.mkdir()
    definition = tmp_path / "kubeglass.yaml"
    definition.write_text(definition.read_text() + "dashboards: {folders: [boards]}\n")
    for uid, size in (("one", 150_000), ("two", 150_000), ("three", 258_000)):
        write_dashboard(boards, uid, size)

    stand.kubeglass("render", "--to", "kubernetes")
    applied = cluster.kubectl("apply", "--dry-run=server", "--filename", tmp_path / "manifests" / "viewer.yaml")
    write_dashboard(boards, "four", 340_000)
    refused = stand.kubeglass("render", "--to", "kubernetes", check=False)

    assert [line for line in applied.splitlines() if line.startswith("configmap/viewer-dashboards-3 created")]
    assert refused.returncode == 3
    assert "has a file that is too large for it (four.json: 340 kB, at most 260 kB as kubectl apply counts" in (
        refused.stderr
    )


@pytest.fixture
def rewritten(deployed: Stand) -> Stand:
    """A pipeline whose app was made with another selector, and so belongs to a Deployment that can never be ours."""
    app = deployed.get("deployment", APP, namespace=deployed.apps)
    deployed.cluster.kubectl("delete", "deployment", APP, "--namespace", deployed.apps, "--cascade=orphan")
    labels = app["spec"]["template"]["metadata"]["labels"]
    app["spec"]["selector"] = {"matchLabels": {COMPONENT: labels[COMPONENT], **app["spec"]["selector"]["matchLabels"]}}
    app["metadata"] = {name: app["metadata"][name] for name in ("name", "namespace", "labels")}
    deployed.cluster.kubectl("create", "--filename=-", stdin=json.dumps(app))
    return deployed


def set_retention(stand: Stand, size: str) -> None:
    definition = stand.folder / "kubeglass.yaml"
    definition.write_text(definition.read_text().replace("storage: {", f"storage: {{retention: {{size: {size}}}, "))


def test_objects_are_recreated_around_their_pods_under_traffic_without_losing_a_count(rewritten: Stand) -> None:
    pods = pod_names(rewritten, APP, rewritten.apps)
    volume = rewritten.get("pvc", "data-prometheus-0")["spec"]["volumeName"]
    before = rewritten.counted()
    set_retention(rewritten, "10GB")

    difference = rewritten.kubeglass("deploy", "--diff", "--force-conflicts")
    with rewritten.traffic() as totals:
        result = rewritten.kubeglass("deploy", "--force-conflicts")

    for said in (difference.stdout, result.stderr):
        assert "spec.volumeClaimTemplates cannot be changed; its pods stay and belong to the new one" in said
        assert "data-prometheus-0 keeps its nominal 8Gi" in said
        assert "spec.selector cannot be changed; its pods stay and belong to the new one" in said
    assert "deployed and verified" in result.stdout
    assert pod_names(rewritten, APP, rewritten.apps) == pods
    assert rewritten.get("pvc", "data-prometheus-0")["spec"]["volumeName"] == volume
    rewritten.expect_reconciled(totals, before)


def read_versions(stand: Stand) -> list[str]:
    """Read the version of what each object asks for, without its status."""
    items = stand.get("statefulsets,configmaps")["items"]
    return [item["metadata"].get("generation", item["metadata"]["resourceVersion"]) for item in items]


def test_another_storage_class_is_refused_before_anything_is_touched(deployed: Stand) -> None:
    definition = deployed.folder / "kubeglass.yaml"
    text = definition.read_text()
    definition.write_text(text.replace("storage_class: local-path", "storage_class: expandable").replace("'1'", "'2'"))
    before = read_versions(deployed)

    said = [deployed.kubeglass("deploy", *options, check=False) for options in ([], ["--dry-run"], ["--diff"])]
    definition.write_text(text)

    assert [result.returncode for result in said] == [9, 9, 9]
    assert len({result.stderr.partition("error:")[2] for result in said}) == 1
    assert "persistentvolumeclaim/data-prometheus-0: a volume with samples stays what it is" in said[0].stderr
    assert "set cluster.storage_class: local-path to keep it" in said[0].stderr
    assert read_versions(deployed) == before
    assert "deployed" in deployed.kubeglass("deploy", "--no-verify").stdout
