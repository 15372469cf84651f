"""After a failed deployment is fixed as its hint says, the next one succeeds and does not report the old failure."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.cluster.pipeline.stand import APP, KUBEGLASS, Stand

#: Among those that take long, so it does not begin last.
pytestmark = pytest.mark.timeout(400)

SECRET = "    secret_env: {TOKEN: {secret: {name: token, key: value}}}\n"


@pytest.fixture
def defined(deployed: Stand) -> Stand:
    """A healthy pipeline, with its definition restored."""
    deployed.define()
    return deployed


def change(stand: Stand, old: str, new: str) -> None:
    definition = stand.folder / "kubeglass.yaml"
    text = definition.read_text()
    assert old in text
    definition.write_text(text.replace(old, new))


def test_a_changed_release_is_verified_under_traffic(defined: Stand) -> None:
    """While old pods with high counts are still terminating."""
    defined.define(release="under traffic")

    with defined.traffic():
        result = defined.kubeglass("deploy")

    assert "probes: 5 probes counted" in result.stderr
    assert "deployed and verified" in result.stdout


def test_an_image_that_was_loaded_meanwhile_is_tried_at_once(defined: Stand) -> None:
    deployment = defined.get("deployment", APP, namespace=defined.apps)
    present = deployment["spec"]["template"]["spec"]["containers"][0]["image"]
    late = f"localhost/late-{defined.name}:1"
    change(defined, "    module:", f"    image: {late}\n    module:")
    failed = defined.kubeglass("deploy", "--no-verify", check=False)
    assert "ErrImageNeverPull" in failed.stderr

    defined.cluster.run_on_node(["ctr", "--namespace", "k8s.io", "images", "tag", present, late])
    again = defined.kubeglass("deploy", "--no-verify")

    assert "deleted to be recreated, because it was stuck" in again.stderr
    seconds = re.search(r"deployed in ([\d.]+) s", again.stdout)
    assert seconds
    assert float(seconds[1]) < 30


def test_a_secret_that_was_made_meanwhile_is_found_at_once(defined: Stand) -> None:
    change(defined, "    workers: 2\n", f"    workers: 2\n{SECRET}")
    failed = defined.kubeglass("deploy", "--no-verify", check=False)
    assert f"secret/token in namespace {defined.apps}: does not exist, and pods read it" in failed.stderr
    assert " changed" not in failed.stderr

    kubectl = defined.cluster.kubectl
    kubectl("create", "secret", "generic", "token", "--from-literal=value=x", "--namespace", defined.apps)
    again = defined.kubeglass("deploy", "--no-verify")

    assert "deployed in" in again.stdout


def test_a_secret_that_only_this_machine_has_is_created_on_demand(defined: Stand) -> None:
    """As the refusal says; a new value replaces the pods, and no value is printed."""

    def deploy(token: str, *options: str) -> subprocess.CompletedProcess[str]:
        words: list[str | Path] = [KUBEGLASS, "deploy", "--no-verify", "--create-secrets", *options]
        result = defined.cluster.run(words, cwd=defined.folder, environment={"SHOP_TOKEN": token})
        assert token not in result.stdout + result.stderr
        return result

    def read_token() -> str:
        shell = ["exec", "--namespace", defined.apps, f"deployment/{APP}", "--", "python3", "-c"]
        return defined.cluster.kubectl(*shell, "import os; print(os.environ['TOKEN'])").strip()

    change(defined, "    workers: 2\n", "    workers: 2\n    secret_env: {TOKEN: {env: SHOP_TOKEN}}\n")
    refused = defined.kubeglass("deploy", check=False)
    assert "apps[0].secret_env.TOKEN: names no Secret" in refused.stderr
    assert "--create-secrets" in refused.stderr

    deploy("first-token")
    assert read_token() == "first-token"
    assert deploy("first-token", "--diff").stdout.strip() == "no difference"

    deploy("second-token")
    assert read_token() == "second-token"

    defined.define()
    assert f"secret/{APP}-env deleted" in defined.kubeglass("deploy", "--no-verify").stderr


def test_a_change_of_the_environment_alone_fixes_what_it_broke(defined: Stand) -> None:
    change(defined, "SHOP_LATENCY: '0'", "SHOP_LATENCY: 'never'")
    failed = defined.kubeglass("deploy", "--no-verify", check=False)
    assert "could not convert string to float" in failed.stderr

    # Image and annotations do not change: only the environment tells new pods from old ones.
    defined.define(release="2")
    again = defined.kubeglass("deploy", "--no-verify")

    assert "deployed in" in again.stdout


def test_a_pod_that_fits_on_no_node_ends_with_the_schedulers_message(defined: Stand) -> None:
    change(
        defined, "requests: {cpu: 50m, memory: 96Mi}, limits: {memory: 256Mi}", "requests: {cpu: '1000', memory: 96Mi}"
    )
    failed = defined.kubeglass("deploy", "--no-verify", "--timeout", "120", check=False)
    defined.define()
    defined.kubeglass("deploy", "--no-verify")

    assert failed.returncode == 9
    assert "0/1 nodes are available: 1 Insufficient cpu" in failed.stderr
    assert "asks for more cpu than any node has" in failed.stderr
    assert "ask for less (resources.requests in kubeglass.yaml)" in failed.stderr
    assert "event FailedScheduling" in failed.stderr


def test_storage_that_the_cluster_lacks_is_named_and_another_class_mends_it(stand: Stand) -> None:
    home = f"{stand.name}-stored"
    definition = stand.folder / "kubeglass.yaml"
    text = definition.read_text().replace("storage_class: local-path", "storage_class: absent")
    text = text.replace(f"app_namespace: {stand.apps}", f"app_namespace: {home}")
    definition.write_text(text.replace(f"node_port: {stand.node_port}", f"node_port: {stand.node_port + 1}"))
    try:
        failed = stand.kubeglass("deploy", "--no-verify", "--namespace", home, "--timeout", "120", check=False)
        change(stand, "storage_class: absent", "storage_class: local-path")
        mended = stand.kubeglass("deploy", "--no-verify", "--namespace", home)
    finally:
        stand.kubeglass("undeploy", "--purge", "--namespace", home)
        stand.define()

    assert "statefulset/prometheus: cannot become ready" in failed.stderr
    assert 'storageclass.storage.k8s.io "absent" not found' in failed.stderr
    assert "cluster.storage_class" in failed.stderr
    assert "data-prometheus-0 is recreated, since it holds nothing" in mended.stderr
    assert "deployed in" in mended.stdout
