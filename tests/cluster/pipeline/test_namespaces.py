"""Apps in several namespaces: each with all that belongs to it, and one that moves to another loses no count."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from kubeglass import __version__
from tests.cluster.pipeline.stand import APP, Stand

BANK = "bank"
#: What is in a namespace of apps and was made by kubeglass.
KINDS = "deployments,services,poddisruptionbudgets,networkpolicies,roles,rolebindings"


@pytest.fixture(scope="module")
def spread(stand: Stand) -> Iterator[Stand]:
    """A deployed pipeline with the shop in one namespace and a second app in another; the shop moves to a third."""
    definition = stand.folder / "kubeglass.yaml"
    bank = f"""apps:
  - name: {BANK}
    module: shop:create_app()
    image: localhost/kubeglass/{APP}:{__version__}
    namespace: {stand.name}-bank
    replicas: 1
    resources: {{requests: {{cpu: 50m, memory: 96Mi}}, limits: {{memory: 256Mi}}}}
"""
    definition.write_text(definition.read_text().replace("apps:\n", bank))
    said = stand.kubeglass("deploy")
    assert "deployed and verified" in said.stdout
    yield stand
    stand.cluster.kubectl(
        "delete", "namespace", f"{stand.name}-bank", f"{stand.name}-moved", "--wait=false", "--ignore-not-found"
    )


def owned(stand: Stand, namespace: str) -> set[str]:
    """Return the objects of kubeglass in a namespace."""
    words = ("--namespace", namespace, "--selector", "app.kubernetes.io/managed-by=kubeglass", "--output", "name")
    return {line.rpartition("/")[2] for line in stand.cluster.kubectl("get", KINDS, *words).splitlines()}


def places(stand: Stand) -> set[tuple[str, str]]:
    """Return job and namespace of every app that is up."""
    series = stand.query('up{job=~"bank|python-app"} == 1')
    return {(labels["job"], labels["k8s_namespace_name"]) for labels, _ in series}


def test_each_app_has_all_of_its_own_in_its_namespace(spread: Stand) -> None:
    role = f"kubeglass:{spread.name}:otel-collector"

    assert owned(spread, spread.apps) == {APP, role}
    assert owned(spread, f"{spread.name}-bank") == {BANK, role}
    assert places(spread) == {(APP, spread.apps), (BANK, f"{spread.name}-bank")}


def test_everything_that_reads_the_cluster_finds_both(spread: Stand) -> None:
    (status,) = json.loads(spread.kubeglass("status", "--cluster", "--json").stdout)["pipelines"]
    logs = spread.kubeglass("logs", "--cluster", BANK)
    difference = spread.kubeglass("deploy", "--diff")

    parts = {(part["object"], part["namespace"]) for part in status["parts"]}
    assert {(f"deployment/{APP}", spread.apps), (f"deployment/{BANK}", f"{spread.name}-bank")} <= parts
    assert status["healthy"]
    assert logs.stdout
    assert difference.stdout == "no difference\n"


def test_an_app_moves_under_traffic_and_no_count_is_lost(spread: Stand) -> None:
    definition = spread.folder / "kubeglass.yaml"
    moved = f"{spread.name}-moved"
    definition.write_text(definition.read_text().replace(f"name: {APP}\n", f"name: {APP}\n    namespace: {moved}\n"))
    # Nothing is left that would keep the old namespace scraped.
    definition.write_text(definition.read_text().replace(f"  app_namespace: {spread.apps}\n", ""))
    before = spread.counted()

    difference = spread.kubeglass("deploy", "--diff")
    with spread.traffic() as totals:
        said = spread.kubeglass("deploy")

    takes = f"takes over nodePort {spread.node_port} of service/{APP} in namespace {spread.apps}"
    assert takes in difference.stdout
    assert takes in said.stderr
    assert "deployed and verified" in said.stdout
    spread.expect_reconciled(totals, before)
    assert spread.ask("/") == 200
    assert owned(spread, spread.apps) == set()
    assert owned(spread, moved) == {APP, f"kubeglass:{spread.name}:otel-collector"}
    assert (APP, moved) in places(spread)
