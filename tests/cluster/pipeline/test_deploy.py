"""``kubeglass deploy`` on a real cluster: verified, repeatable and undone, with the cause when it fails."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cluster.pipeline.stand import APP, Stand


def test_a_deployment_is_verified_link_by_link(stand: Stand) -> None:
    result = stand.kubeglass("deploy")

    assert "deployed and verified" in result.stdout
    assert stand.url in result.stdout
    for subject in ("targets: python-app: 2 up", "kubelet: metrics of 1 node", "probes: 5 probes", "panels: "):
        assert subject in result.stderr


def test_verification_appears_in_none_of_the_apps_own_numbers(deployed: Stand) -> None:
    assert deployed.query(
        f'sum(kubeglass_probe_requests_total{{job="{APP}",k8s_namespace_name="{deployed.apps}"}}) >= 5'
    )
    # Each collector scrapes every annotated pod, those of the pipelines of other tests too.
    assert deployed.query(f'http_requests_total{{job="{APP}",k8s_namespace_name="{deployed.apps}"}}') == []


def test_deploying_again_changes_nothing(deployed: Stand) -> None:
    result = deployed.kubeglass("deploy", "--no-verify")

    assert " unchanged" in result.stdout
    assert "created" not in result.stdout
    assert "changed," not in result.stdout.replace("unchanged", "")


def test_a_diff_of_nothing_is_nothing(deployed: Stand) -> None:
    assert deployed.kubeglass("deploy", "--diff").stdout.strip() == "no difference"


def test_a_diff_shows_what_a_change_would_do_and_does_nothing(deployed: Stand) -> None:
    deployed.define(replicas=3)

    text = deployed.kubeglass("deploy", "--diff").stdout
    deployed.define()

    assert "-  replicas: 2\n+  replicas: 3\n" in text
    assert deployed.get("deployment", APP, namespace=deployed.apps)["spec"]["replicas"] == 2


def test_the_state_of_each_part_is_shown(deployed: Stand) -> None:
    (status,) = json.loads(deployed.kubeglass("status", "--cluster", "--json").stdout)["pipelines"]
    parts = status["parts"]

    assert {part["state"] for part in parts} == {"ready"}
    assert {link["state"] for link in status["data"]} == {"works"}
    assert {"deployment/python-app", "daemonset/otel-collector", "statefulset/prometheus", "deployment/viewer"} <= {
        part["object"] for part in parts
    }


def test_what_a_deployment_made_and_somebody_deleted_is_named(deployed: Stand) -> None:
    role = f"kubeglass:{deployed.name}:otel-collector"
    deployed.cluster.kubectl("delete", "clusterrolebinding", role)

    result = deployed.kubeglass("status", "--cluster", check=False)
    deployed.kubeglass("deploy", "--no-verify")

    assert result.returncode == 9
    assert f"clusterrolebinding/{role}: somebody deleted it; run kubeglass deploy" in result.stdout


def test_an_unknown_part_is_refused_with_the_known_ones(deployed: Stand) -> None:
    result = deployed.kubeglass("open", "--cluster", "kibana", check=False)

    assert result.returncode == 2
    assert "its parts: otel-collector, prometheus, python-app, viewer" in result.stderr


def test_an_empty_namespace_holds_no_pipeline(stand: Stand) -> None:
    result = stand.kubeglass("status", "--cluster", "--namespace", "default", check=False)

    assert result.returncode == 7
    assert "namespace default: has no kubeglass pipeline" in result.stderr


def test_the_node_port_answers_and_hides_the_metrics(deployed: Stand) -> None:
    assert deployed.ask("/") == 200
    assert deployed.ask("/metrics") == 404


def test_the_kubelet_is_read_with_its_certificate_verified(deployed: Stand) -> None:
    config = deployed.get("configmap", "otel-collector-config")["data"]["config.yaml"]
    nodes = [labels["k8s_node_name"] for labels, _ in deployed.query("k8s_node_memory_working_set_bytes")]

    assert "ca_file: /var/run/secrets/kubernetes.io/serviceaccount/ca.crt" in config
    assert "insecure_skip_verify" not in config
    assert nodes == [deployed.cluster.node_name]


def test_the_node_itself_is_measured_through_two_of_its_folders(deployed: Stand) -> None:
    pods = deployed.get("daemonset", "otel-collector")["spec"]["template"]["spec"]
    mounted = [volume["hostPath"]["path"] for volume in pods["volumes"] if "hostPath" in volume]
    memory = sum(value for _, value in deployed.query("system_memory_usage_bytes"))
    (total,) = (line.split()[1] for line in Path("/proc/meminfo").read_text().splitlines() if "MemTotal" in line)

    assert mounted == [f"/var/lib/kubeglass/{deployed.name}/otelcol", "/proc", "/sys"]
    assert memory == pytest.approx(float(total) * 1024, rel=0.2)


def test_two_replicas_are_two_targets(deployed: Stand) -> None:
    up = deployed.query(f'up{{job="{APP}",k8s_namespace_name="{deployed.apps}"}}')

    assert [value for _, value in up] == [1, 1]
    assert len({labels["k8s_pod_name"] for labels, _ in up}) == 2


def test_what_is_no_longer_rendered_is_pruned(deployed: Stand) -> None:
    definition = deployed.folder / "kubeglass.yaml"
    definition.write_text(definition.read_text() + "  viewer: {enabled: false}\n")

    result = deployed.kubeglass("deploy", "--no-verify")
    deployed.define()

    assert "deployment/viewer deleted" in result.stderr
    assert "viewer" not in {item["metadata"]["name"] for item in deployed.get("deployments")["items"]}


def test_fields_that_somebody_else_took_over_are_named(deployed: Stand) -> None:
    kubectl = deployed.cluster.kubectl
    kubectl("scale", "deployment", APP, "--namespace", deployed.apps, "--replicas", "1")

    refused = deployed.kubeglass("deploy", "--no-verify", check=False)
    taken = deployed.kubeglass("deploy", "--no-verify", "--force-conflicts")

    assert refused.returncode == 9
    assert ".spec.replicas" in refused.stderr
    assert "--force-conflicts" in refused.stderr
    assert "deployment/python-app changed" in taken.stderr


def test_a_missing_image_ends_the_wait_with_the_cause(deployed: Stand) -> None:
    definition = deployed.folder / "kubeglass.yaml"
    definition.write_text(definition.read_text().replace("module:", "image: localhost/absent:1\n    module:"))

    result = deployed.kubeglass("deploy", check=False)
    deployed.define()

    assert result.returncode == 9
    assert "ErrImageNeverPull" in result.stderr
    assert 'Container image "localhost/absent:1" is not present with pull policy of Never' in result.stderr
    deployed.kubeglass("deploy", "--no-verify")


def test_a_crash_shows_the_last_log_lines_of_the_process(deployed: Stand) -> None:
    definition = deployed.folder / "kubeglass.yaml"
    definition.write_text(definition.read_text().replace("shop:create_app()", "shop:no_such_factory()"))

    result = deployed.kubeglass("deploy", check=False)
    deployed.define()

    assert result.returncode == 9
    assert "no_such_factory" in result.stderr.partition("cannot become ready")[2]
    deployed.kubeglass("deploy", "--no-verify")


def test_what_somebody_else_made_is_left_alone(deployed: Stand) -> None:
    home = f"{deployed.name}-theirs"
    kubectl = deployed.cluster.kubectl
    kubectl("create", "namespace", home)
    kubectl("create", "configmap", "prometheus-config", "--namespace", home)
    definition = deployed.folder / "kubeglass.yaml"
    text = definition.read_text().replace(f"app_namespace: {deployed.apps}", f"app_namespace: {home}")
    definition.write_text(text.replace(str(deployed.node_port), str(deployed.node_port + 1)))

    result = deployed.kubeglass("deploy", "--namespace", home, check=False)
    deployed.kubeglass("undeploy", "--namespace", home, "--purge")
    deployed.define()
    left = kubectl("get", "configmap", "--namespace", home, "--output", "name").split()
    kubectl("delete", "namespace", home, "--wait=false")

    assert result.returncode == 9
    assert f"configmap/prometheus-config in namespace {home}: already exists" in result.stderr
    assert left == ["configmap/kube-root-ca.crt", "configmap/prometheus-config"]


def test_undeploying_keeps_the_samples_and_deploying_again_finds_them(deployed: Stand) -> None:
    before = deployed.counted()

    removed = deployed.kubeglass("undeploy")
    gone = deployed.get("pods")["items"] + deployed.get("pods", namespace=deployed.apps)["items"]
    claims = [item["metadata"]["name"] for item in deployed.get("pvc")["items"]]
    deployed.kubeglass("deploy")

    assert "undeployed: " in removed.stdout
    assert gone == []
    assert claims == ["data-prometheus-0"]
    assert deployed.counted() >= before > 0


def test_purging_leaves_nothing_and_a_second_time_says_so(deployed: Stand) -> None:
    deployed.kubeglass("undeploy", "--purge")
    again = deployed.kubeglass("undeploy", "--purge")

    left = deployed.cluster.kubectl("get", "namespaces,clusterroles,clusterrolebindings", "--output", "name")
    assert "nothing from kubeglass is in namespace" in again.stdout
    assert deployed.name not in left
