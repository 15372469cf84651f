"""The manifests: their files and order, how tightly pods are held, what may ask what, and what changes roll."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from ruamel.yaml import YAML

from kubeglass.errors import ConfigError
from kubeglass.model.load import parse_pipeline
from kubeglass.model.pipeline import Pipeline
from kubeglass.render.kubernetes.manifests import build
from kubeglass.render.plan import compose, render_kubernetes

FILES = [
    "otel-rbac-ns.yaml",
    "python-app.yaml",
    "python-nodeport-svc.yaml",
    "otel-collector-config.yaml",
    "otel-collector-daemonset.yaml",
    "prometheus.yaml",
    "grafana.yaml",
    "viewer.yaml",
    "network-policy.yaml",
    "kustomization.yaml",
]
TEXT = """
apps:
  - name: shop
    module: shop:app
    node_port: 30080
cluster:
  namespace: watch
  app_namespace: apps
"""


def objects_of(pipeline: Pipeline) -> list[dict[str, Any]]:
    return [item for items in build(pipeline, compose(pipeline)).values() for item in items]


def find(pipeline: Pipeline, kind: str, name: str) -> dict[str, Any]:
    return next(item for item in objects_of(pipeline) if (item["kind"], item["metadata"]["name"]) == (kind, name))


def pod_specs(pipeline: Pipeline) -> Iterator[tuple[str, dict[str, Any]]]:
    for item in objects_of(pipeline):
        if item["kind"] in {"Deployment", "DaemonSet", "StatefulSet"}:
            yield item["metadata"]["name"], item["spec"]["template"]["spec"]


@pytest.fixture
def pipeline() -> Pipeline:
    return parse_pipeline(TEXT)


def test_the_files_are_the_documented_ones_in_order(pipeline: Pipeline) -> None:
    files = render_kubernetes(pipeline)

    assert [str(file.path) for file in files] == FILES


def test_kustomize_applies_the_same_files_in_the_same_order(pipeline: Pipeline) -> None:
    kustomization = YAML(typ="safe").load(render_kubernetes(pipeline)[-1].content)

    assert kustomization["resources"] == FILES[:-1]


def test_every_file_reads_back_as_the_objects_it_was_made_from(pipeline: Pipeline) -> None:
    built = build(pipeline, compose(pipeline))

    for file in render_kubernetes(pipeline)[:-1]:
        assert list(YAML(typ="safe").load_all(StringIO(file.content))) == built[str(file.path)]


def test_the_same_pipeline_gives_the_same_bytes(pipeline: Pipeline) -> None:
    assert render_kubernetes(pipeline) == render_kubernetes(parse_pipeline(TEXT))


def test_every_object_says_whose_it_is_and_is_there_once(pipeline: Pipeline) -> None:
    items = objects_of(pipeline)
    keys = [(item["kind"], item["metadata"].get("namespace"), item["metadata"]["name"]) for item in items]

    assert {item["metadata"]["labels"]["app.kubernetes.io/managed-by"] for item in items} == {"kubeglass"}
    assert len(set(keys)) == len(keys)


def test_every_object_and_every_pod_names_its_pipeline(pipeline: Pipeline) -> None:
    items = objects_of(pipeline)
    templates = [item["spec"]["template"] for item in items if "template" in item.get("spec", {})]

    named = {item["metadata"]["labels"]["app.kubernetes.io/instance"] for item in [*items, *templates]}
    assert named == {pipeline.cluster.namespace}


def test_what_can_never_change_does_not_name_the_pipeline(pipeline: Pipeline) -> None:
    """An upgrade of what an earlier version made would be refused."""
    specs = [item.get("spec", {}) for item in objects_of(pipeline)]
    fixed = [spec[field] for spec in specs for field in ("selector", "volumeClaimTemplates") if field in spec]

    assert "app.kubernetes.io/instance" not in json.dumps(fixed)


def test_labels_and_annotations_are_under_no_domain_of_strangers(pipeline: Pipeline) -> None:
    items = objects_of(pipeline)
    templates = [item["spec"]["template"] for item in items if "template" in item.get("spec", {})]
    about = [item["metadata"] for item in [*items, *templates]]
    names = {name for each in about for field in ("labels", "annotations") for name in each.get(field, {})}

    domains = {name.partition("/")[0].removeprefix("pod-security.").removeprefix("app.") for name in names}
    assert domains == {"kubernetes.io", "prometheus.io", "checksum"}


def test_objects_are_small_enough_for_plain_apply(pipeline: Pipeline) -> None:
    assert max(len(json.dumps(item)) for item in objects_of(pipeline)) < 262144


@pytest.mark.parametrize("name", ["shop", "prometheus", "grafana", "viewer"])
def test_a_pod_keeps_to_the_restricted_level(pipeline: Pipeline, name: str) -> None:
    spec = dict(pod_specs(pipeline))[name]

    context = spec["securityContext"]
    assert context["runAsNonRoot"] is True
    assert context["runAsUser"] > 0
    assert context["runAsGroup"] > 0
    assert context["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not any("hostPath" in volume for volume in spec["volumes"])


def test_every_container_is_held_and_measured(pipeline: Pipeline) -> None:
    for name, spec in pod_specs(pipeline):
        for container in spec["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, name
            assert set(container["resources"]) == {"requests", "limits"}, name
            assert {"startupProbe", "readinessProbe", "livenessProbe"} <= set(container), name


def test_the_collector_is_the_one_exception_and_the_namespace_says_why(pipeline: Pipeline) -> None:
    collector = dict(pod_specs(pipeline))["otel-collector"]
    watch, apps = (find(pipeline, "Namespace", name)["metadata"] for name in ("watch", "apps"))

    assert collector["securityContext"]["runAsUser"] == 0
    assert [volume["hostPath"] for volume in collector["volumes"] if "hostPath" in volume] == [
        {"path": "/var/lib/kubeglass/watch/otelcol", "type": "DirectoryOrCreate"}
    ]
    assert watch["labels"]["pod-security.kubernetes.io/enforce"] == "privileged"
    assert "folder of the node" in watch["annotations"]["kubernetes.io/description"]
    assert apps["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_an_app_mounted_from_the_node_loosens_its_namespace_and_says_why() -> None:
    pipeline = parse_pipeline(TEXT.replace("node_port: 30080", "host_path: {path: /home/me/app.py, node: one}"))

    namespace = find(pipeline, "Namespace", "apps")["metadata"]
    spec = dict(pod_specs(pipeline))["shop"]

    assert namespace["labels"]["pod-security.kubernetes.io/enforce"] == "privileged"
    assert "shop is mounted from the node" in namespace["annotations"]["kubernetes.io/description"]
    assert spec["nodeSelector"] == {"kubernetes.io/hostname": "one"}
    assert spec["securityContext"]["runAsUser"] == 1000
    assert {"name": "source", "hostPath": {"path": "/home/me/app.py", "type": "File"}} in spec["volumes"]
    assert {"name": "source", "mountPath": "/app/app.py", "readOnly": True} in spec["containers"][0]["volumeMounts"]


def test_rights_are_read_only_and_name_no_secret_no_proxy_and_no_wildcard(pipeline: Pipeline) -> None:
    rules = [rule for item in objects_of(pipeline) for rule in item.get("rules", [])]
    resources = {resource for rule in rules for resource in rule["resources"]}

    assert resources == {"nodes/stats", "pods"}
    assert {verb for rule in rules for verb in rule["verbs"]} == {"get", "list", "watch"}
    assert {group for rule in rules for group in rule["apiGroups"]} == {""}


def rights_of_the_collector(text: str) -> list[tuple[str, list[str]]]:
    """Return the namespace of each of its roles, empty for the cluster, and the resources."""
    roles = [item for item in objects_of(parse_pipeline(text)) if item["metadata"]["name"].endswith(":otel-collector")]
    return [
        (item["metadata"].get("namespace", ""), [resource for rule in item["rules"] for resource in rule["resources"]])
        for item in roles
        if "rules" in item
    ]


@pytest.mark.parametrize(
    ("collector", "rights"),
    [
        ("{}", [("", ["nodes/stats"]), ("watch", ["pods"]), ("apps", ["pods"])]),
        ("{kubelet: {enabled: false}}", [("watch", ["pods"]), ("apps", ["pods"])]),
        (
            "{scrape_namespaces: [apps, more]}",
            [("", ["nodes/stats"]), ("watch", ["pods"]), ("apps", ["pods"]), ("more", ["pods"])],
        ),
        ("{scrape_namespaces: all}", [("", ["nodes/stats", "pods"])]),
        ("{scrape_namespaces: all, kubelet: {enabled: false}}", [("", ["pods"])]),
    ],
)
def test_the_collector_may_read_pods_only_where_it_scrapes_them(
    collector: str, rights: list[tuple[str, list[str]]]
) -> None:
    assert rights_of_the_collector(f"{TEXT}collector: {collector}") == rights


def test_only_what_asks_the_api_server_has_a_token(pipeline: Pipeline) -> None:
    with_token = {name for name, spec in pod_specs(pipeline) if spec.get("automountServiceAccountToken") is not False}

    assert with_token == {"otel-collector", "prometheus"}


def test_the_node_port_leads_to_the_app_and_not_to_its_metrics(pipeline: Pipeline) -> None:
    ports = find(pipeline, "Service", "shop")["spec"]["ports"]
    container = dict(pod_specs(pipeline))["shop"]["containers"][0]
    numbers = {port["name"]: port["containerPort"] for port in container["ports"]}

    assert [(port["nodePort"], port["targetPort"]) for port in ports] == [(30080, "http")]
    assert numbers == {"http": 8000, "metrics": 9464}


def test_the_pod_says_where_it_is_scraped(pipeline: Pipeline) -> None:
    annotations = find(pipeline, "Deployment", "shop")["spec"]["template"]["metadata"]["annotations"]

    assert annotations == {
        "prometheus.io/scrape": "true",
        "prometheus.io/port": "9464",
        "prometheus.io/path": "/metrics",
    }


def test_every_program_has_minutes_to_start_on_a_slow_node(pipeline: Pipeline) -> None:
    for name, spec in pod_specs(pipeline):
        probe = spec["containers"][0]["startupProbe"]
        assert probe["periodSeconds"] * probe["failureThreshold"] >= 180, name


def test_a_busy_app_is_taken_out_of_its_service_and_not_restarted(pipeline: Pipeline) -> None:
    container = dict(pod_specs(pipeline))["shop"]["containers"][0]

    assert "httpGet" in container["readinessProbe"]
    assert container["livenessProbe"]["tcpSocket"] == {"port": "metrics"}


def test_an_ending_pod_stays_for_two_scrapes_after_its_service_forgot_it(pipeline: Pipeline) -> None:
    spec = dict(pod_specs(pipeline))["shop"]
    command = spec["containers"][0]["lifecycle"]["preStop"]["exec"]["command"]

    assert command[-1] == "import time; time.sleep(11)"
    assert spec["terminationGracePeriodSeconds"] > 11 + 30


@pytest.mark.parametrize(("own", "value"), [("", "/tmp"), (", env: {XDG_RUNTIME_DIR: /mine}", "/mine")])
def test_gunicorn_puts_its_control_socket_where_it_may_write(own: str, value: str) -> None:
    pipeline = parse_pipeline(f"apps: [{{name: shop, module: 'a:b'{own}}}]")

    variables = dict(pod_specs(pipeline))["shop"]["containers"][0]["env"]

    assert [entry["value"] for entry in variables if entry["name"] == "XDG_RUNTIME_DIR"] == [value]


def test_an_ending_pod_stays_until_a_collector_that_has_just_started_finds_it() -> None:
    often = parse_pipeline(TEXT + "scrape: {interval: 1s}")

    command = dict(pod_specs(often))["shop"]["containers"][0]["lifecycle"]["preStop"]["exec"]["command"]

    assert command[-1] == "import time; time.sleep(7)"


@pytest.mark.parametrize(
    ("change", "rolled"),
    [
        ("scrape: {interval: 10s}", {"otel-collector", "prometheus", "grafana", "viewer", "shop"}),
        ("storage: {out_of_order: 1h}", {"prometheus"}),
        ("collector: {kubelet: {interval: 30s}}", {"otel-collector"}),
    ],
)
def test_a_change_rolls_the_pods_that_read_it(pipeline: Pipeline, change: str, rolled: set[str]) -> None:
    def templates(of: Pipeline) -> dict[str, Any]:
        return {
            item["metadata"]["name"]: item["spec"]["template"]
            for item in objects_of(of)
            if "template" in item.get("spec", {})
        }

    before, after = templates(pipeline), templates(parse_pipeline(TEXT + change))

    assert {name for name in before if before[name] != after[name]} == rolled


def test_nobody_reaches_prometheus_but_the_pipeline(pipeline: Pipeline) -> None:
    ingress = find(pipeline, "NetworkPolicy", "prometheus")["spec"]["ingress"]

    names = [peer["podSelector"]["matchLabels"]["app.kubernetes.io/name"] for peer in ingress[0]["from"]]
    assert names == ["otel-collector", "grafana", "viewer"]


@pytest.mark.parametrize("page", ["grafana", "viewer"])
def test_a_page_connects_to_prometheus_and_nowhere_else(pipeline: Pipeline, page: str) -> None:
    spec = find(pipeline, "NetworkPolicy", page)["spec"]
    names, prometheus = spec["egress"]

    assert spec["policyTypes"] == ["Ingress", "Egress"]
    assert names == {"ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]}
    assert prometheus["to"] == [{"podSelector": {"matchLabels": {"app.kubernetes.io/name": "prometheus"}}}]
    assert prometheus["ports"] == [{"port": 9090, "protocol": "TCP"}]


def test_prometheus_connects_to_the_collectors_and_the_api_server(pipeline: Pipeline) -> None:
    _, collectors, api_server = find(pipeline, "NetworkPolicy", "prometheus")["spec"]["egress"]

    assert collectors["ports"] == [{"port": 8888, "protocol": "TCP"}]
    assert {6443, 443} <= {port["port"] for port in api_server["ports"]}


@pytest.mark.parametrize("name", ["shop", "otel-collector"])
def test_apps_and_the_collector_may_connect_anywhere(pipeline: Pipeline, name: str) -> None:
    assert find(pipeline, "NetworkPolicy", name)["spec"]["policyTypes"] == ["Ingress"]


def test_the_metrics_are_for_the_collector_alone(pipeline: Pipeline) -> None:
    public, metrics = find(pipeline, "NetworkPolicy", "shop")["spec"]["ingress"]

    assert public == {"ports": [{"port": 8000, "protocol": "TCP"}]}
    assert metrics["ports"] == [{"port": 9464, "protocol": "TCP"}]
    assert metrics["from"][0]["podSelector"]["matchLabels"] == {"app.kubernetes.io/name": "otel-collector"}


@pytest.mark.parametrize(
    ("page", "secret", "needed"), [("grafana", "grafana-admin", True), ("viewer", "viewer-password", False)]
)
def test_a_page_reads_its_password_from_a_secret_that_no_file_holds(
    pipeline: Pipeline, page: str, secret: str, needed: bool
) -> None:
    spec = dict(pod_specs(pipeline))[page]
    (container,) = spec["containers"]
    (volume,) = [volume["secret"] for volume in spec["volumes"] if "secret" in volume]
    (folder,) = [mount["mountPath"] for mount in container["volumeMounts"] if mount["name"] == "password"]
    text = next(file.content for file in render_kubernetes(pipeline) if str(file.path) == f"{page}.yaml")

    assert [item for item in objects_of(pipeline) if item["kind"] == "Secret"] == []
    assert (volume["secretName"], not volume.get("optional")) == (secret, needed)
    assert f"{folder}/password" in json.dumps([container.get("args"), container.get("env")])
    assert f"kubectl -n watch create secret generic {secret}" in text


@pytest.mark.parametrize(("part", "kinds"), [("grafana", {"grafana.yaml"}), ("viewer", {"viewer.yaml"})])
def test_a_page_that_is_off_leaves_nothing_behind(part: str, kinds: set[str]) -> None:
    pipeline = parse_pipeline(f"{TEXT}  {part}: {{enabled: false}}\n")

    files = {str(file.path) for file in render_kubernetes(pipeline)}

    assert set(FILES) - files == kinds
    assert all(item["metadata"]["name"] != part for item in objects_of(pipeline))


def test_an_app_elsewhere_is_not_deployed() -> None:
    pipeline = parse_pipeline("apps: [{name: other, target: '10.0.0.1:9000'}]")

    assert "other" not in dict(pod_specs(pipeline))
    assert [str(file.path) for file in render_kubernetes(pipeline)] == [
        name for name in FILES if not name.startswith("python-")
    ]


def test_the_pod_is_told_its_metrics_prefix_and_the_rules_read_it() -> None:
    prefixed = parse_pipeline(TEXT.replace("node_port: 30080", "metrics_prefix: shop_"))
    container = dict(pod_specs(prefixed))["shop"]["containers"][0]

    assert {"name": "KUBEGLASS_METRICS_PREFIX", "value": "shop_"} in container["env"]
    assert any("shop_http_requests_total" in file.content for file in render_kubernetes(prefixed))


def test_secrets_come_by_name(pipeline: Pipeline) -> None:
    text = TEXT.replace("node_port: 30080", "secret_env: {API_TOKEN: {env: TOKEN, secret: {name: shop, key: token}}}")
    container = dict(pod_specs(parse_pipeline(text)))["shop"]["containers"][0]

    named = {entry["name"]: entry["valueFrom"] for entry in container["env"] if "valueFrom" in entry}
    assert named == {"API_TOKEN": {"secretKeyRef": {"name": "shop", "key": "token"}}}


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (TEXT.replace("node_port: 30080", "secret_env: {TOKEN: {env: T}}"), "apps[0].secret_env.TOKEN"),
        ("storage: {remote: {url: 'https://x.y', auth: {bearer: {env: T}}}}", "storage.remote.auth.bearer"),
        (
            "storage: {remote: {url: 'https://x.y', auth: {header: {name: key, value: {env: T}}}}}",
            "storage.remote.auth.header.value",
        ),
        (
            "storage: {remote: {url: 'https://x.y', auth: {basic: {username: me, password: {env: T}}}}}",
            "storage.remote.auth.basic.password",
        ),
    ],
)
def test_a_secret_without_a_place_on_the_cluster_is_refused(text: str, where: str) -> None:
    with pytest.raises(ConfigError) as error:
        render_kubernetes(parse_pipeline(text))

    assert error.value.message == (
        f"{where}: names no Secret, and a cluster cannot read it from anywhere else (found only 'env: T');"
        " add 'secret: {name: …, key: …}', or have `kubeglass deploy --create-secrets` make one"
    )
