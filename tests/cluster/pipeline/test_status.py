"""What ``status``, ``logs`` and ``undeploy`` see of a pipeline that kubectl applied, without an inventory."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.bed.namespaces import enter
from tests.cluster.bed.waiting import wait_until
from tests.cluster.pipeline.stand import APP, ASK, KUBEGLASS, Stand
from tests.cluster.pipeline.test_faults import pod_names, wait_until_ready
from tests.cluster.pipeline.test_manifests import DOCUMENTED, FURTHER

DEPLOYMENT = f"deployment/{APP}"
#: On a busy machine an app's import is slow, and its stacks are dumped into the log.
EVERY_LINE = ("--lines", "5000")

#: Among those that take longest, so it begins first.
pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def applied(stand: Stand) -> Stand:
    """The manifests applied with kubectl; the pipeline delivers, and the definition is gone."""
    stand.kubeglass("render", "--to", "kubernetes")
    for name in (*DOCUMENTED, *FURTHER):
        stand.cluster.kubectl("apply", "--filename", stand.folder / "manifests" / name)
    for kind, name, namespace in (
        ("deployment", APP, stand.apps),
        ("daemonset", "otel-collector", stand.name),
        ("statefulset", "prometheus", stand.name),
        ("deployment", "viewer", stand.name),
    ):
        wait_until_ready(stand, kind, name, namespace)
    (stand.folder / "kubeglass.yaml").unlink()
    return stand


def read_status(stand: Stand, code: int) -> dict[str, Any]:
    result = stand.kubeglass("status", "--cluster", "--namespace", stand.name, "--json", check=False)
    assert result.returncode == code, result.stdout + result.stderr
    (pipeline,) = json.loads(result.stdout)["pipelines"]
    return dict(pipeline)


def find_part(status: dict[str, Any], name: str) -> dict[str, Any]:
    (part,) = (part for part in status["parts"] if part["object"] == name)
    return dict(part)


def settled(stand: Stand) -> bool:
    return stand.kubeglass("status", "--cluster", "--namespace", stand.name, check=False).returncode == 0


def test_a_healthy_pipeline_is_shown_by_its_namespace_alone(applied: Stand) -> None:
    wait_until(lambda: settled(applied), "data of every part")

    said = applied.kubeglass("status", "--cluster", "--namespace", applied.name).stdout
    status = read_status(applied, 0)

    for line in ("targets: python-app: 2 up, otel-collector: 1 up", "kubelet: metrics of 1 node", "collector: "):
        assert line in said
    assert status["healthy"] is True
    assert {link["state"] for link in status["data"]} == {"works"}
    part = find_part(status, DEPLOYMENT)
    assert (part["namespace"], part["state"], part["ready"], part["wanted"]) == (applied.apps, "ready", 2, 2)
    assert find_part(status, "persistentvolumeclaim/data-prometheus-0")["state"] == "ready"


def test_it_is_found_with_neither_a_definition_nor_a_namespace(applied: Stand) -> None:
    result = applied.kubeglass("status", "--cluster", "--json", check=False)

    assert applied.name in {pipeline["namespace"] for pipeline in json.loads(result.stdout)["pipelines"]}


def test_with_a_part_that_cannot_start_it_gives_the_cause_and_what_to_do(applied: Stand) -> None:
    applied.cluster.kubectl("set", "image", DEPLOYMENT, "app=localhost/absent:1", "--namespace", applied.apps)
    wait_until(lambda: "ErrImageNeverPull" in str(find_part(read_status(applied, 9), DEPLOYMENT)), "the cause")

    part = find_part(read_status(applied, 9), DEPLOYMENT)
    shown = applied.kubeglass("status", "--cluster", "--namespace", applied.name, check=False)
    applied.cluster.kubectl("rollout", "undo", DEPLOYMENT, "--namespace", applied.apps)
    wait_until_ready(applied, "deployment", APP, applied.apps)

    assert part["state"] == "failed"
    assert "kubeglass images load" in part["cause"]["hint"]
    assert shown.returncode == 9
    assert "ErrImageNeverPull" in shown.stdout
    assert "is not healthy" in shown.stderr


def test_changes_are_printed_as_lines_until_ctrl_c(applied: Stand) -> None:
    with started(applied, "status", "--cluster", "--namespace", applied.name, "--watch") as (seen, process):
        wait_until(lambda: "kubelet: metrics of 1 node" in seen.read_text(), "the first state")
        applied.cluster.kubectl("scale", "deployment/viewer", "--replicas=0", "--namespace", applied.name)
        wait_until(lambda: "0 of 0 replicas ready" in seen.read_text(), "the change")
        process.send_signal(signal.SIGINT)
        code = process.wait(timeout=30)
    applied.cluster.kubectl("scale", "deployment/viewer", "--replicas=1", "--namespace", applied.name)
    wait_until_ready(applied, "deployment", "viewer", applied.name)

    assert code == 130
    assert seen.read_text().count("kubelet: metrics of 1 node") == 1


@contextmanager
def started(stand: Stand, *arguments: str) -> Iterator[tuple[Path, subprocess.Popen[bytes]]]:
    """Run kubeglass in the background, with what it prints in a file."""
    seen = stand.folder / "seen"
    environment = {**os.environ, "KUBECONFIG": str(stand.cluster.kubeconfig), "BROWSER": "true"}
    with seen.open("w") as stream:
        process = subprocess.Popen(
            [*enter(stand.cluster.pid), str(KUBEGLASS), *arguments], cwd=stand.folder, env=environment, stdout=stream
        )
    try:
        yield seen, process
    finally:
        process.kill()
        process.wait()


def test_someone_who_may_only_view_sees_what_that_allows_and_what_is_missing(applied: Stand, tmp_path: Path) -> None:
    environment = {"KUBECONFIG": str(write_viewer(applied, tmp_path))}
    command: list[str | Path] = [KUBEGLASS, "status", "--cluster", "--namespace", applied.name]

    result = applied.cluster.run(command, cwd=tmp_path, environment=environment, check=False)
    searching = applied.cluster.run(command[:3], cwd=tmp_path, environment=environment, check=False)
    applied.cluster.kubectl("delete", "serviceaccount/guest", "rolebinding/guest", "--namespace", applied.name)

    assert result.returncode == 0, result.stderr
    assert "daemonset/otel-collector" in result.stdout
    assert "data: not checked: " in result.stdout
    assert "lack the right" in result.stdout
    assert "clusterroles" in result.stdout
    assert searching.returncode == 2
    assert "may not search every namespace; name the pipeline's with --namespace" in searching.stderr


def write_viewer(stand: Stand, folder: Path) -> Path:
    """Write the kubeconfig of an account that may view the pipeline's own namespace."""
    kubectl, place = stand.cluster.kubectl, ("--namespace", stand.name)
    kubectl("create", "serviceaccount", "guest", *place)
    kubectl("create", "rolebinding", "guest", "--clusterrole=view", f"--serviceaccount={stand.name}:guest", *place)
    token = kubectl("create", "token", "guest", *place).strip()
    file = folder / "kubeconfig"
    file.write_text(stand.cluster.kubeconfig.read_text())
    kubectl("config", "set-credentials", "guest", f"--token={token}", f"--kubeconfig={file}")
    kubectl("config", "set-context", "--current", "--user=guest", f"--kubeconfig={file}")
    return file


def test_its_parts_can_be_opened(applied: Stand) -> None:
    with started(applied, "open", "--cluster", "--namespace", applied.name, "prometheus") as (seen, _):
        wait_until(lambda: "http://127.0.0.1:" in seen.read_text(), "the address")
        url = seen.read_text().strip()
        answer = applied.cluster.run([sys.executable, "-c", ASK, f"{url}/-/ready"])

    assert answer.stdout.strip() == "200"


def test_logs_of_several_pods_say_whose_they_are(applied: Stand) -> None:
    names = {name.removeprefix("pod/") for name in pod_names(applied, APP, applied.apps)}

    said = applied.kubeglass("logs", "--cluster", "--namespace", applied.name, "app", *EVERY_LINE).stdout.splitlines()
    alone = applied.kubeglass("logs", "--cluster", "--namespace", applied.name, "prometheus", "--lines", "3").stdout

    assert {line.partition(" | ")[0].strip() for line in said} == names
    assert "Listening at" in "\n".join(said)
    assert len(alone.splitlines()) == 3
    assert " | " not in alone


def test_following_shows_what_is_written_and_the_pods_that_come(applied: Stand) -> None:
    (pod, *_) = pod_names(applied, APP, applied.apps)
    with started(applied, "logs", "--cluster", "--namespace", applied.name, APP, "--follow", *EVERY_LINE) as (
        seen,
        process,
    ):
        wait_until(lambda: "Listening at" in seen.read_text(), "the last lines")
        applied.cluster.kubectl("delete", pod, "--namespace", applied.apps, "--wait=false")
        wait_until(lambda: len({line.partition(" | ")[0] for line in seen.read_text().splitlines()}) == 3, "a new pod")
        process.send_signal(signal.SIGINT)
        code = process.wait(timeout=30)

    assert code == 130


#: Fails once with a word, and then, in the same pod, says nothing.
CRASH_ONCE = """
import os, time
if os.path.exists("/tmp/seen"):
    time.sleep(600)
open("/tmp/seen", "w").close()
print("last words", flush=True)
raise SystemExit(3)
"""


def test_of_a_container_with_nothing_to_say_since_its_crash_the_run_before_is_shown(applied: Stand) -> None:
    place = ("--namespace", applied.apps)
    path, command = "/spec/template/spec/containers/0/command", ["python3", "-c", CRASH_ONCE]
    patch = json.dumps([{"op": "replace", "path": path, "value": command}])
    applied.cluster.kubectl("patch", DEPLOYMENT, "--type=json", f"--patch={patch}", *place)
    words = ("logs", "--cluster", "--namespace", applied.name, APP)
    wait_until(lambda: "nothing since its restart" in applied.kubeglass(*words).stderr, "the restart")
    result = applied.kubeglass(*words)
    previous = applied.kubeglass(*words, "--previous")
    applied.cluster.kubectl("rollout", "undo", DEPLOYMENT, *place)
    wait_until_ready(applied, "deployment", APP, applied.apps)

    assert "this is its run before, which ended with Error, exit code 3" in result.stderr
    assert "last words" in result.stdout
    assert "last words" in previous.stdout


def test_an_unknown_name_is_refused_with_the_known_ones(applied: Stand) -> None:
    result = applied.kubeglass("logs", "--cluster", "--namespace", applied.name, "kibana", check=False)

    assert result.returncode == 2
    assert "kibana: is not part of this pipeline (its parts: otel-collector, prometheus, python-app, viewer)" in (
        result.stderr
    )


def test_undeploying_finds_it_too_and_leaves_what_is_not_its_own(applied: Stand) -> None:
    applied.cluster.kubectl("create", "configmap", "theirs", "--namespace", applied.apps)

    result = applied.kubeglass("undeploy", "--namespace", applied.name, "--purge")

    assert f"{DEPLOYMENT} deleted" in result.stderr
    assert f"namespace/{applied.name} deleted" in result.stderr
    assert f"namespace/{applied.apps} kept" in result.stderr
    assert applied.get("deployments", namespace=applied.apps)["items"] == []
    role = applied.cluster.kubectl("get", "clusterroles,clusterrolebindings", "--output", "name")
    assert f":{applied.name}:" not in role
    gone = applied.kubeglass("status", "--cluster", "--namespace", applied.name, check=False)
    assert gone.returncode == 7
    assert f"namespace {applied.name}: has no kubeglass pipeline" in gone.stderr
