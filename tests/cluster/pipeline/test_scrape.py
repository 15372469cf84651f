"""Which pods a pipeline scrapes: those of its namespaces, at the right port, as the right container, over TLS too."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cluster.bed.waiting import wait_until
from tests.cluster.pipeline.stand import APP, Stand
from tests.cluster.pipeline.stranger import Stranger, make_tls_secrets

DATABASE = ((5432, "postgres"),)
SERVER = "metrics.example"
SECRET = "scraped"
TLS = f"""\
  scrape_tls:
    ca: {{name: {SECRET}, key: ca.crt}}
    certificate: {{name: {SECRET}, key: tls.crt}}
    key: {{name: {SECRET}, key: tls.key}}
    token: {{name: {SECRET}, key: token}}
    server_name: {SERVER}
"""

#: Each is one target, whose container is ``main``.
STRANGERS = (
    Stranger("by-name", 9501, {"port": "metrics"}, declared=((9501, "metrics"),), sidecar=DATABASE),
    Stranger("by-odd-name", 9502, {"port": "numbers"}, declared=((8000, "http"), (9502, "numbers"))),
    Stranger("by-number", 9503, {"port": "9503"}, declared=((9503, ""),), sidecar=DATABASE),
    Stranger("undeclared", 9504, {"port": "9504"}),
    Stranger("other-declared", 9505, {"port": "9505"}, declared=((8000, "http"),)),
    Stranger("no-port", 9506, declared=((8000, "http"), (9506, "http-metrics")), sidecar=DATABASE),
    Stranger("no-name", 9507, declared=((9507, ""),), sidecar=((5432, ""),)),
    Stranger("over-tls", 9508, {"port": "9508", "scheme": "https"}, secret=SECRET),
)
FAR = Stranger("far", 9510, {"port": "9510"})


@pytest.fixture(scope="module")
def namespaces(stand: Stand) -> Iterator[tuple[str, str]]:
    """Two namespaces of strangers, of which the first is to be scraped."""
    names = f"{stand.name}-near", f"{stand.name}-far"
    for name in names:
        stand.cluster.kubectl("create", "namespace", name)
    yield names
    stand.cluster.kubectl("delete", "namespace", *names, "--wait=false")


@pytest.fixture(scope="module")
def strangers(stand: Stand, namespaces: tuple[str, str]) -> str:
    """The namespace of the strangers that are to be scraped; a further one is in a namespace that is not named."""
    near, far = namespaces
    definition = stand.folder / "kubeglass.yaml"
    settings = f"collector:\n  scrape_namespaces: [{near}]\n{TLS}"
    definition.write_text(definition.read_text().replace("collector:\n", settings))
    stand.cluster.kubectl("create", "namespace", stand.name)
    make_tls_secrets(stand, [stand.name, near], name=SECRET, server=SERVER)
    stand.kubeglass("deploy")
    FAR.start(stand, far)
    for stranger in STRANGERS:
        stranger.start(stand, near)
    return near


def targets(stand: Stand, job: str) -> set[tuple[str, str, float]]:
    """Return the targets of one job: port, container, and whether it is up."""
    found = stand.query(f'up{{job="{job}"}}')
    return {
        (labels["instance"].rpartition(":")[2], labels.get("k8s_container_name", ""), value) for labels, value in found
    }


@pytest.mark.parametrize("stranger", STRANGERS, ids=lambda stranger: stranger.name)
def test_a_pod_is_one_target_at_its_port_and_names_its_container(
    stand: Stand, strangers: str, stranger: Stranger
) -> None:
    wanted = {(str(stranger.port), "main", 1.0)}

    wait_until(lambda: targets(stand, stranger.name) == wanted, f"scraping {stranger.name}")
    assert stand.query(f'stranger_count{{job="{stranger.name}",k8s_namespace_name="{strangers}"}}')


def test_a_pod_of_another_namespace_is_not_scraped(stand: Stand, strangers: str) -> None:
    stand.cluster.kubectl("wait", "--for=condition=Ready", "pod/far", "--namespace", strangers.replace("near", "far"))
    # Scrapes of pods that started after it arrive.
    wait_until(lambda: bool(targets(stand, STRANGERS[-1].name)), "a scrape")

    assert not targets(stand, FAR.name)


def test_a_namespace_that_does_not_exist_is_named_before_anything_changes(stand: Stand, strangers: str) -> None:
    definition = stand.folder / "kubeglass.yaml"
    known = definition.read_text()
    definition.write_text(known.replace(f"[{strangers}]", f"[{strangers}, {strangers}-lost]"))
    before = stand.get("daemonset", "otel-collector")["metadata"]["generation"]

    refused = stand.kubeglass("deploy", check=False)
    definition.write_text(known)

    assert refused.returncode == 9
    assert f"names namespaces that do not exist ({strangers}-lost); create them" in refused.stderr
    assert stand.get("daemonset", "otel-collector")["metadata"]["generation"] == before


def test_samples_have_every_label(stand: Stand, strangers: str) -> None:
    (labels, _), *_ = stand.query(f'up{{job="{APP}"}}')
    ours = f'k8s_namespace_name="{stand.apps}",k8s_container_name="app"'
    (measured, _), *_ = stand.query(f"container_memory_working_set_bytes{{{ours}}}")

    known = {"k8s_namespace_name": stand.apps, "k8s_container_name": "app", "k8s_deployment_name": APP}
    for found in (labels, measured):
        assert found | known == found
        assert found["k8s_pod_name"].startswith(APP)
        assert found["k8s_node_name"] == stand.cluster.node_name


def test_all_namespaces_are_scraped_if_that_is_asked_for(stand: Stand, strangers: str) -> None:
    definition = stand.folder / "kubeglass.yaml"
    definition.write_text(definition.read_text().replace(f"[{strangers}]", "all"))

    stand.kubeglass("deploy")

    wait_until(lambda: targets(stand, FAR.name) == {(str(FAR.port), "main", 1.0)}, f"scraping {FAR.name}")
    # Its own namespaces' Roles are no longer needed.
    roles = stand.cluster.kubectl("get", "roles", "--namespace", strangers, "--output=name")
    assert roles == ""
