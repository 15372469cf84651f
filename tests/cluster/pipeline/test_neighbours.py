"""Two pipelines share the namespace of their apps: neither overwrites nor deletes the other's objects."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cluster.bed.waiting import wait_until
from tests.cluster.pipeline.conftest import remove
from tests.cluster.pipeline.stand import APP, Stand

#: Among those that take long, so it does not begin last.
pytestmark = pytest.mark.timeout(400)

OTHER_APP = "other-app"


@pytest.fixture(scope="module")
def neighbour(deployed: Stand) -> Iterator[Stand]:
    """A second pipeline in a namespace of its own, whose apps share the first one's namespace."""
    folder = deployed.folder / "neighbour"
    folder.mkdir()
    stand = Stand(deployed.cluster, folder, f"{deployed.name}-b", deployed.node_port + 1)
    yield stand
    remove(stand)


def define(neighbour: Stand, shared: str, app: str) -> None:
    neighbour.define(replicas=1)
    definition = neighbour.folder / "kubeglass.yaml"
    text = definition.read_text().replace(f"app_namespace: {neighbour.apps}", f"app_namespace: {shared}")
    image = "localhost/kubeglass/python-app:1"
    definition.write_text(text.replace(f"name: {APP}\n", f"name: {app}\n    image: {image}\n"))


def image_of(stand: Stand, app: str, namespace: str) -> str:
    deployment = stand.get("deployment", app, namespace=namespace)
    return str(deployment["spec"]["template"]["spec"]["containers"][0]["image"])


def test_an_app_of_the_other_pipeline_is_not_overwritten(deployed: Stand, neighbour: Stand) -> None:
    define(neighbour, deployed.apps, APP)
    before = deployed.get("deployment", APP, namespace=deployed.apps)["metadata"]["generation"]

    refused = neighbour.kubeglass("deploy", check=False)
    shown = neighbour.kubeglass("deploy", "--diff", check=False)

    for said in (refused, shown):
        assert said.returncode == 9
        assert f"belongs to the pipeline of namespace {deployed.name}; rename it here" in said.stderr
    assert deployed.get("deployment", APP, namespace=deployed.apps)["metadata"]["generation"] == before
    assert deployed.ask("/") == 200


def test_its_queue_may_not_share_the_others_folder(deployed: Stand, neighbour: Stand) -> None:
    define(neighbour, deployed.apps, OTHER_APP)
    definition = neighbour.folder / "kubeglass.yaml"
    folder = f"/var/lib/kubeglass/{deployed.name}/otelcol"
    definition.write_text(f"{definition.read_text()}  queue_path: {folder}\n")

    refused = neighbour.kubeglass("deploy", check=False)

    assert refused.returncode == 9
    assert f"({folder} is used by daemonset/otel-collector of namespace {deployed.name})" in refused.stderr
    assert "set cluster.queue_path to a folder that no other pipeline uses" in refused.stderr


def test_under_another_name_it_lives_beside_the_first(deployed: Stand, neighbour: Stand) -> None:
    define(neighbour, deployed.apps, OTHER_APP)
    definition = neighbour.folder / "kubeglass.yaml"
    present = image_of(deployed, APP, deployed.apps)
    definition.write_text(definition.read_text().replace("localhost/kubeglass/python-app:1", present))

    neighbour.kubeglass("deploy")

    assert (deployed.ask("/"), neighbour.ask("/")) == (200, 200)


def test_neither_scrapes_the_others_app(deployed: Stand, neighbour: Stand) -> None:
    def scraped(stand: Stand) -> set[str]:
        """Return the jobs that a pipeline scrapes in the apps' namespace."""
        return {labels["job"] for labels, _ in stand.query(f'up{{k8s_namespace_name="{deployed.apps}"}}')}

    wait_until(lambda: bool(scraped(neighbour)), "a scrape")

    assert (scraped(deployed), scraped(neighbour)) == ({APP}, {OTHER_APP})


def test_purging_the_first_keeps_the_shared_namespace_and_the_other_app(deployed: Stand, neighbour: Stand) -> None:
    purged = deployed.kubeglass("undeploy", "--purge")

    assert f"namespace/{deployed.apps} kept, because it still contains objects that others made (" in purged.stderr
    assert f"namespace/{deployed.name} deleted" in purged.stderr
    assert neighbour.ask("/") == 200
    left = deployed.get("deployments", namespace=deployed.apps)["items"]
    assert [item["metadata"]["name"] for item in left] == [OTHER_APP]


def test_purging_the_second_leaves_nothing_of_either(deployed: Stand, neighbour: Stand) -> None:
    neighbour.kubeglass("undeploy", "--purge")

    for kind in ("deployments", "services", "networkpolicies", "poddisruptionbudgets"):
        assert deployed.get(kind, namespace=deployed.apps)["items"] == []
