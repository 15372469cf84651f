"""Under traffic, an earlier rendering is upgraded and a definition's options are taken back: no count is lost."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from kubeglass.render.kubernetes.names import PIPELINE, VERSIONS
from tests.cluster.bed.waiting import wait_until
from tests.cluster.pipeline.stand import APP, Stand
from tests.cluster.pipeline.test_faults import pod_names, wait_until_ready
from tests.cluster.pipeline.test_manifests import DOCUMENTED, FURTHER

#: Among those that take longest, so it begins first.
pytestmark = pytest.mark.timeout(600)
PREVIOUS = Path(__file__).parents[1] / "previous"
#: What deploy itself makes, and a StatefulSet's controller; neither is rendered.
NOT_RENDERED = {"configmap/kubeglass-inventory", "secret/viewer-password", "persistentvolumeclaim/data-prometheus-0"}
#: Part of the stand's definition, and what a later one has in its place.
LATER = {
    "    replicas: 2\n": "    autoscale: {min: 3, max: 4}\n    ingress: {host: shop.example.com, tls: shop-tls}\n",
    "RELEASE: '1'": "RELEASE: '2', MORE: '1'",
    "scrape: {": "  - {name: second, module: 'shop:create_app()', image: 'localhost/kubeglass/python-app:0.1.0',"
    " workers: 1, env: {SHOP_LATENCY: '0'}, resources: {requests: {cpu: 20m}}}\nscrape: {",
    "collector:\n": "collector:\n  scrape_namespaces: [default]\n",
    "storage: {": "storage: {retention: {time: 20d, size: 8GB}, placement: {priority_class: system-cluster-critical}, ",
    "cluster:\n": "cluster:\n  viewer: {ingress: {host: page.example.com}}\n",
}


def write_later(stand: Stand) -> None:
    """Write a later definition, with more apps and options."""
    stand.define()
    path = stand.folder / "kubeglass.yaml"
    text = path.read_text()
    for part, instead in LATER.items():
        assert part in text
        text = text.replace(part, instead, 1)
    path.write_text(text)


def read_marks(stand: Stand) -> dict[str, dict[str, str]]:
    """Read the labels and annotations of everything that belongs to the pipeline, as ``kind/name``."""
    kinds = ",".join([*VERSIONS, "Secret"])
    said = stand.cluster.kubectl("get", kinds, "--all-namespaces", f"--selector={PIPELINE}={stand.name}", "-o", "json")
    found = json.loads(said)["items"] + stand.get("persistentvolumeclaims")["items"]
    marks = {}
    for item in found:
        template = item.get("spec", {}).get("template", {}).get("metadata", {})
        parts = (item["metadata"], template)
        marks[f"{item['kind'].lower()}/{item['metadata']['name']}"] = {
            name: value
            for part in parts
            for name, value in {**part.get("labels", {}), **part.get("annotations", {})}.items()
        }
    return marks


def read_rendered(stand: Stand) -> set[str]:
    """Return what the present definition renders, as ``kind/name``."""
    stand.kubeglass("render", "--to", "kubernetes")
    texts = [(stand.folder / "manifests" / name).read_text() for name in (*DOCUMENTED, *FURTHER)]
    found = re.findall(r"^kind: (\w+)\nmetadata:\n  name: (\S+)$", "".join(texts), re.MULTILINE)
    return {f"{kind.lower()}/{name}" for kind, name in found}


def expect_nothing_left_over(stand: Stand) -> None:
    assert set(read_marks(stand)) == read_rendered(stand) | NOT_RENDERED


@pytest.fixture(scope="module")
def previous(stand: Stand) -> list[Path]:
    """The previous release's rendering, for this stand's namespaces and port."""
    folder = stand.folder / "previous"
    folder.mkdir()
    for name in (*DOCUMENTED, *FURTHER):
        text = re.sub(r"\bprevious\b", stand.name, (PREVIOUS / name).read_text())
        (folder / name).write_text(text.replace("31098", str(stand.node_port)))
    return [folder / name for name in (*DOCUMENTED, *FURTHER)]


@pytest.fixture(scope="module")
def earlier(stand: Stand, previous: list[Path]) -> Stand:
    """The previous release's rendering, applied with kubectl."""
    for file in previous:
        stand.cluster.kubectl("apply", "--filename", file)
    wait_until_ready(stand, "deployment", APP, stand.apps)
    wait_until_ready(stand, "daemonset", "otel-collector", stand.name)
    wait_until_ready(stand, "statefulset", "prometheus", stand.name)
    # No more than one: while Prometheus is behind, further ones would be counted only after a test has begun.
    wait_until(lambda: stand.ask("/") == 200, "the NodePort")
    wait_until(lambda: stand.counted() >= 1, "a counted request")
    return stand


def test_a_diff_of_the_upgrade_mentions_kubectl_and_changes_nothing(earlier: Stand) -> None:
    before = earlier.get("deployment", APP, namespace=earlier.apps)["metadata"]["generation"]

    result = earlier.kubeglass("deploy", "--diff", check=False)

    assert "objects were applied by kubectl; deploy takes over their fields" in result.stderr
    assert "# deployment/retired" in result.stdout
    assert earlier.get("deployment", APP, namespace=earlier.apps)["metadata"]["generation"] == before


def test_upgrading_under_traffic_loses_no_count(earlier: Stand) -> None:
    old = set(pod_names(earlier, APP, earlier.apps))
    before = earlier.counted()

    with earlier.traffic() as totals:
        result = earlier.kubeglass("deploy")
        wait_until(lambda: not old & set(pod_names(earlier, APP, earlier.apps)), "the end of the old pods")

    assert "objects were applied by kubectl; deploy takes over their fields" in result.stderr
    assert f"the collector's queue stays in /var/lib/kubeglass/{earlier.name}; to move it, set " in result.stderr
    assert "deployed and verified" in result.stdout
    assert "probes: 5 probes counted for " in result.stderr
    earlier.expect_reconciled(totals, before)


def test_what_only_the_previous_release_rendered_is_gone(earlier: Stand) -> None:
    expect_nothing_left_over(earlier)
    marks = read_marks(earlier).items()
    left = {key: [name for name in names if name.startswith("kubeglass.dev/")] for key, names in marks}
    assert not any(left.values()), left


def test_fields_that_kubectl_applied_belong_to_kubeglass_now(earlier: Stand) -> None:
    said = earlier.cluster.kubectl(
        "get", "deployment", APP, "--namespace", earlier.apps, "--show-managed-fields", "--output=yaml"
    )

    assert "kubectl-client-side-apply" not in said
    assert " unchanged" in earlier.kubeglass("deploy", "--no-verify").stdout


def test_deploying_the_older_definition_again_takes_every_option_back_without_losing_a_count(earlier: Stand) -> None:
    before = earlier.counted()

    with earlier.traffic() as totals:
        write_later(earlier)
        forward = earlier.kubeglass("deploy")
        earlier.define()
        difference = earlier.kubeglass("deploy", "--diff")
        back = earlier.kubeglass("deploy")

    assert "deployed and verified" in forward.stdout
    assert "deployed and verified" in back.stdout
    assert "-  replicas: 3\n+  replicas: 2\n" in difference.stdout
    earlier.expect_reconciled(totals, before)
    expect_nothing_left_over(earlier)
    assert "no difference" in earlier.kubeglass("deploy", "--diff").stdout


def test_the_previous_rendering_can_be_applied_again_without_losing_a_count(
    earlier: Stand, previous: list[Path]
) -> None:
    old = set(pod_names(earlier, APP, earlier.apps))
    before = earlier.counted()
    words = ["apply", "--server-side", "--force-conflicts", "--field-manager=kubeglass"]
    *others, app = sorted(previous, key=lambda file: file.name == "python-app.yaml")

    with earlier.traffic() as totals:
        for file in others:
            earlier.cluster.kubectl(*words, "--filename", file)
        # kubectl does not wait as deploy does: only a running collector scrapes the last counts of a pod that ends.
        wait_until_ready(earlier, "statefulset", "prometheus", earlier.name)
        wait_until_ready(earlier, "daemonset", "otel-collector", earlier.name)
        earlier.cluster.kubectl(*words, "--filename", app)
        wait_until(lambda: not old & set(pod_names(earlier, APP, earlier.apps)), "the end of the newer pods")

    earlier.expect_reconciled(totals, before)
    assert "deployed and verified" in earlier.kubeglass("deploy").stdout
    expect_nothing_left_over(earlier)


def test_a_collector_that_would_not_accept_its_configuration_is_refused_before_anything_changes(earlier: Stand) -> None:
    earlier.define(release="3")
    path = earlier.folder / "kubeglass.yaml"
    path.write_text(
        path.read_text().replace("source: local", "source: local, collector: 'localhost/collector:0.130.1'")
    )
    before = earlier.get("deployment", APP, namespace=earlier.apps)["metadata"]["generation"]

    refused = earlier.kubeglass("deploy", check=False)

    assert refused.returncode == 3
    assert "is too old for what kubeglass renders for OpenTelemetry Collector (0.130.1, at least " in refused.stderr
    assert earlier.get("deployment", APP, namespace=earlier.apps)["metadata"]["generation"] == before
