"""What ended on purpose is never Down; what failed, and what fell silent with its collector, is."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder

from kubeglass.dashboards.overview.build import build
from kubeglass.dashboards.queries import panel_queries
from kubeglass.model.load import load_pipeline
from kubeglass.model.parts import COLLECTOR
from tests.cluster.bed.waiting import wait_until
from tests.cluster.pipeline.stand import APP, Stand

#: Among those that take long, so it does not begin last.
pytestmark = pytest.mark.timeout(400)

DOWN, UP = 0.0, 1.0
#: Seconds within which the panel shows a silent collector, and a target that never answers.
SILENT, UNREACHABLE = 20, 75
#: An app that no longer answers, although its pod runs.
MUTE = "mute"
#: Answers so many scrapes, stays for some seconds and exits with a code.
SERVE = """
import http.server, os, sys, threading, time
scraped = threading.Semaphore(0)
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.end_headers()
        self.wfile.write(b"x 1\\n")
        scraped.release()
server = http.server.HTTPServer(("", 8000), Page)
threading.Thread(target=server.serve_forever, daemon=True).start()
scrapes, staying, code = map(int, sys.argv[1:])
for _ in range(scrapes):
    scraped.acquire()
server.shutdown()
server.server_close()
time.sleep(staying)
os._exit(code)
"""


def expression(stand: Stand) -> str:
    """Return the panel's query about apps."""
    pipeline = load_pipeline(stand.folder / "kubeglass.yaml")
    queries = panel_queries(json.loads(JSONEncoder().encode(build(pipeline))), scrape_interval=1.0)
    return next(query.expr for query in queries if query.panel_title == "App status")


def of_stand(stand: Stand) -> str:
    """Match what the stand's own apps have, apart from the mute one: others run on the same cluster."""
    return f'k8s_namespace_name="{stand.apps}", job!="{MUTE}"'


def addresses(stand: Stand, matchers: str) -> set[str]:
    """Return the instances of the last half hour."""
    return {labels["instance"] for labels, _ in stand.query(f"last_over_time(up{{{matchers}}}[30m])")}


def tiles(stand: Stand, matchers: str = "") -> dict[str, float]:
    """Read the panel: the state of each instance of the stand's own apps."""
    own = addresses(stand, matchers or of_stand(stand))
    return {labels["instance"]: state for labels, state in stand.query(expression(stand)) if labels["instance"] in own}


def running(stand: Stand) -> set[str]:
    """Return the instances of the shop's pods, apart from those that are being deleted."""
    pods = stand.get("pods", namespace=stand.apps)["items"]
    own = [
        pod for pod in pods if pod["metadata"]["name"].startswith(APP) and "deletionTimestamp" not in pod["metadata"]
    ]
    return {f"{pod['status']['podIP']}:9464" for pod in own if pod["status"].get("podIP")}


def expect_up(stand: Stand) -> None:
    """Wait until the panel shows the running pods as Up, and no other tile."""
    wait_until(lambda: tiles(stand) == dict.fromkeys(running(stand), UP), "the running pods alone to be shown, as Up")


@contextmanager
def none_down(stand: Stand) -> Iterator[None]:
    """Evaluate the panel for every second of the block afterwards, and fail if what had been up was Down in any."""
    start = time.time()
    yield
    expect_up(stand)
    # Samples of the last second may be on their way.
    down = f"({expression(stand)}) == {DOWN:g} and on (instance) max_over_time(up[5m]) == 1"
    found = stand.query(f"count_over_time(({down})[{round(time.time() - start)}s:1s] offset 1s)")
    own = addresses(stand, of_stand(stand))
    assert {labels["instance"]: seconds for labels, seconds in found if labels["instance"] in own} == {}


def make_pod(stand: Stand, name: str, *, scrapes: int, staying: int = 0, code: int = 0) -> dict[str, Any]:
    """Describe a pod that is scraped, and ends by itself, in the image and with the rights of the shop's."""
    shop = stand.get("deployment", APP, namespace=stand.apps)["spec"]["template"]["spec"]
    container = {key: shop["containers"][0][key] for key in ("image", "imagePullPolicy", "securityContext")}
    container |= {"name": "main", "command": ["python3", "-c", SERVE, *map(str, (scrapes, staying, code))]}
    annotations = {"prometheus.io/scrape": "true", "prometheus.io/port": "8000"}
    spec = {"restartPolicy": "Never", "terminationGracePeriodSeconds": 1, "containers": [container]}
    return {
        "metadata": {"labels": {"app": name}, "annotations": annotations},
        "spec": spec | {"securityContext": shop["securityContext"]},
    }


def create(stand: Stand, kind: str, name: str, item: dict[str, Any]) -> None:
    """Create an object in the apps' namespace."""
    about = item.pop("metadata", {}) | {"name": name, "namespace": stand.apps}
    document = {"apiVersion": "batch/v1" if kind == "Job" else "v1", "kind": kind, "metadata": about, **item}
    stand.cluster.kubectl("create", "--filename", "-", stdin=json.dumps(document))


def expect_scraped(stand: Stand, matchers: str, count: int) -> None:
    """Wait until so many targets have been up."""
    scraped = f"count(max by (job) (max_over_time(up{{{matchers}}}[5m])) == 1) == {count}"
    wait_until(lambda: bool(stand.query(scraped)), f"{count} targets to be scraped")


def delete_pod(stand: Stand, namespace: str, beginning: str, *options: str) -> None:
    """Delete the first pod of that name."""
    pods = stand.get("pods", namespace=namespace)["items"]
    name = next(pod["metadata"]["name"] for pod in pods if pod["metadata"]["name"].startswith(beginning))
    stand.cluster.kubectl("delete", "pod", name, "--namespace", namespace, *options)


def restart(stand: Stand) -> None:
    about = (f"deployment/{APP}", "--namespace", stand.apps)
    stand.cluster.kubectl("rollout", "restart", *about)
    stand.cluster.kubectl("rollout", "status", *about)


@pytest.fixture(scope="module")
def mute(deployed: Stand) -> str:
    """Matchers of an app that was scraped and soon stopped to answer; a minute later it must be Down."""
    create(deployed, "Pod", MUTE, make_pod(deployed, MUTE, scrapes=3, staying=3600))
    matchers = f'k8s_namespace_name="{deployed.apps}", job="{MUTE}"'
    expect_scraped(deployed, matchers, 1)
    return matchers


@pytest.mark.usefixtures("mute")
def test_a_rollout_a_deletion_and_a_smaller_scale_show_nothing_down(deployed: Stand) -> None:
    expect_up(deployed)
    with none_down(deployed):
        restart(deployed)
        delete_pod(deployed, deployed.apps, APP)
        delete_pod(deployed, deployed.apps, APP, "--grace-period=0", "--force")
        deployed.cluster.kubectl("scale", f"deployment/{APP}", "--replicas=1", "--namespace", deployed.apps)
        deployed.cluster.kubectl("scale", f"deployment/{APP}", "--replicas=2", "--namespace", deployed.apps)


def test_finished_jobs_are_not_down_whether_they_completed_or_failed(deployed: Stand) -> None:
    with none_down(deployed):
        for code, name in enumerate(("completing", "failing")):
            pod = make_pod(deployed, name, scrapes=3, code=code)
            create(deployed, "Job", name, {"spec": {"backoffLimit": 0, "template": pod}})
        expect_scraped(deployed, of_stand(deployed) + ', job=~"completing|failing"', 2)


def test_a_pod_that_ended_while_its_collector_was_away_is_gone_when_it_is_back(deployed: Stand) -> None:
    delete_pod(deployed, deployed.name, COLLECTOR, "--grace-period=0", "--force")
    delete_pod(deployed, deployed.apps, APP, "--grace-period=0", "--force")

    expect_up(deployed)


def test_a_pod_that_runs_and_no_longer_answers_is_down_until_it_is_deleted(deployed: Stand, mute: str) -> None:
    wait_until(lambda: list(tiles(deployed, mute).values()) == [DOWN], "the app to be Down", timeout_s=UNREACHABLE)

    deployed.cluster.kubectl("delete", "pod", MUTE, "--namespace", deployed.apps)

    wait_until(lambda: tiles(deployed, mute) == {}, "the deleted pod to be shown no more")


def test_whatever_a_silent_collector_scraped_is_down_until_it_is_back(deployed: Stand) -> None:
    expect_up(deployed)
    before = running(deployed)
    patch = '{"spec":{"template":{"spec":{"nodeSelector":%s}}}}'
    own = (f"daemonset/{COLLECTOR}", "--namespace", deployed.name, "--patch")
    deployed.cluster.kubectl("patch", *own, patch % '{"absent":"true"}')
    wait_until(
        lambda: not [p for p in deployed.get("pods")["items"] if p["metadata"]["name"].startswith(COLLECTOR)],
        "the collector to end",
    )

    wait_until(lambda: tiles(deployed) == dict.fromkeys(before, DOWN), "everything to be Down", timeout_s=SILENT)
    restart(deployed)
    deployed.cluster.kubectl("patch", *own, patch % '{"absent":null}')

    expect_up(deployed)
