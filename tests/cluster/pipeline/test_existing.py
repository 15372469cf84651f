"""Apps that kubeglass did not make are watched like its own, and nothing of theirs changes."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder

from kubeglass.dashboards.overview.build import build
from kubeglass.dashboards.queries import panel_queries
from kubeglass.model.load import load_pipeline
from tests.cluster.bed.waiting import wait_until
from tests.cluster.pipeline.foreign_apps import build_image, write_manifest
from tests.cluster.pipeline.stand import ASK, Stand
from tests.cluster.pipeline.test_gone import UP, tiles

APPS = """\
apps:
  - {{name: blog, existing: deployment/{theirs}/blog, metrics_port: http}}
  - {{name: items, existing: {{namespace: {theirs}, labels: {{app: api-pods}}}}}}
objectives:
  - {{app: blog, availability: 99.9%}}
"""
#: Halts the server; process 1, which nothing in its container could halt, is the pod's own.
STOP = """
import os, pathlib, signal
for line in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
    if b"uvicorn" in line.read_bytes() and line.parent.name != str(os.getpid()):
        os.kill(int(line.parent.name), signal.SIGSTOP)
"""
#: Nothing of these is exposed by either library.
NOT_EXPOSED = {"Requests in progress"}


@pytest.fixture(scope="module")
def theirs(stand: Stand) -> Iterator[str]:
    """The namespace of two apps that somebody else applied, annotated nowhere."""
    name = f"{stand.name}-theirs"
    stand.cluster.import_image(build_image(stand.folder).path)
    stand.cluster.kubectl("create", "namespace", name)
    stand.cluster.kubectl("apply", "--namespace", name, "--filename=-", stdin=write_manifest())
    stand.cluster.kubectl("rollout", "status", "deployment/blog", "--namespace", name, "--timeout=120s")
    stand.cluster.kubectl("rollout", "status", "statefulset/api", "--namespace", name, "--timeout=120s")
    yield name
    stand.cluster.kubectl("delete", "namespace", name, "--wait=false")


def look(stand: Stand, theirs: str) -> dict[str, Any]:
    """Return what their owners, and nobody else, may change."""
    found = {"namespace": stand.get("namespace", theirs)["metadata"]}
    for kind, name in (("deployment", "blog"), ("statefulset", "api")):
        words = ("get", kind, name, "--namespace", theirs, "--output=json", "--show-managed-fields")
        item = json.loads(stand.cluster.kubectl(*words))
        # Their controllers write the status.
        item.pop("status")
        item["metadata"].pop("resourceVersion")
        managers = [(entry["manager"], entry["operation"]) for entry in item["metadata"].pop("managedFields")]
        found[name] = item | {"managers": sorted(managers)}
    pods = stand.get("pods", namespace=theirs)["items"]
    found["pods"] = sorted((pod["metadata"]["uid"], json.dumps(pod["metadata"].get("annotations"))) for pod in pods)
    return found


@pytest.fixture(scope="module")
def before(stand: Stand, theirs: str) -> dict[str, Any]:
    """What was theirs before the deployment."""
    return look(stand, theirs)


@pytest.fixture(scope="module")
def watched(stand: Stand, theirs: str, before: dict[str, Any]) -> Stand:
    """A pipeline that watches nothing but their apps."""
    assert before
    definition = stand.folder / "kubeglass.yaml"
    rest = definition.read_text()[definition.read_text().index("scrape:") :]
    definition.write_text(APPS.format(theirs=theirs) + rest)
    result = stand.kubeglass("deploy")
    assert "targets: blog: 1 up, items: 1 up" in result.stderr
    return stand


def ask(stand: Stand, theirs: str, name: str, path: str, times: int = 1) -> None:
    """Send requests to the pod of an app."""
    pods = stand.get("pods", namespace=theirs)["items"]
    (pod,) = (pod for pod in pods if pod["metadata"]["name"].startswith(name))
    port = pod["spec"]["containers"][0]["ports"][0]["containerPort"]
    for _ in range(times):
        stand.cluster.run([sys.executable, "-c", ASK, f"http://{pod['status']['podIP']}:{port}{path}"], check=False)


def counted(stand: Stand, matchers: str) -> float:
    return sum(value for _, value in stand.query(f"sum(http_requests_total{{{matchers}}})"))


def test_each_request_is_counted_once_by_route_and_status(watched: Stand, theirs: str) -> None:
    ask(watched, theirs, "blog", "/posts/1", times=3)
    ask(watched, theirs, "blog", "/posts/2", times=2)
    ask(watched, theirs, "blog", "/fail", times=2)
    ask(watched, theirs, "api", "/items/1", times=4)

    wanted = {
        'job="blog", endpoint="post", status="200"': 5,
        'job="blog", status=~"5.."': 2,
        'job="blog"': 7,
        'job="items", endpoint="/items/{number}", status=~"2.."': 4,
        'job="items"': 4,
    }
    wait_until(lambda: {each: counted(watched, each) for each in wanted} == wanted, "the requests to be counted")
    assert watched.query('django_http_requests_by_view_transport_method_total{job="blog", view="post"} == 5')
    (labels, _), *_ = watched.query('http_requests_total{job="items", handler="/items/{number}"} == 4')
    assert (labels["k8s_namespace_name"], labels["k8s_pod_name"], labels["k8s_container_name"]) == (
        theirs,
        "api-0",
        "api",
    )


def test_every_panel_shows_what_they_expose(watched: Stand, theirs: str) -> None:
    pipeline = load_pipeline(watched.folder / "kubeglass.yaml")
    queries = panel_queries(json.loads(JSONEncoder().encode(build(pipeline))), scrape_interval=1.0)

    def empty() -> set[str]:
        ask(watched, theirs, "blog", "/posts/1")
        ask(watched, theirs, "blog", "/fail")
        ask(watched, theirs, "api", "/items/1")
        return {query.panel_title for query in queries if not watched.query(query.expr)}

    wait_until(lambda: empty() == NOT_EXPOSED, "data on the panels", timeout_s=60)
    recorded = (
        'job:http_requests_errors:ratio_rate5m{job="blog"} > 0',
        'job_endpoint:http_request_duration_seconds:p95_rate5m{job="items"} > 0',
    )
    wait_until(lambda: all(watched.query(query) for query in recorded), "the recording rules")


def test_a_wrong_path_is_named_at_once_with_the_answer(watched: Stand) -> None:
    definition = watched.folder / "kubeglass.yaml"
    text = definition.read_text()
    definition.write_text(text.replace("metrics_port: http}", "metrics_port: http, metrics_path: /nothing}"))
    failed = watched.kubeglass("deploy", check=False)
    status = watched.kubeglass("status", "--cluster", check=False)
    definition.write_text(text)
    watched.kubeglass("deploy")

    assert (failed.returncode, status.returncode) == (9, 9)
    for shown in (failed.stderr, status.stdout):
        assert "blog: 0 of 1 up" in shown
        assert ":8000/nothing answers 404" in shown
        assert "correct 'metrics_path'" in shown


def test_status_shows_them_and_their_log(watched: Stand) -> None:
    shown = watched.kubeglass("status", "--cluster").stdout
    log = watched.kubeglass("logs", "--cluster", "blog").stdout

    assert "targets: blog: 1 up, items: 1 up" in shown
    assert "deployment/blog" in shown
    assert "Listening at: http://0.0.0.0:8000" in log


def test_nothing_of_theirs_has_changed(watched: Stand, theirs: str, before: dict[str, Any]) -> None:
    assert look(watched, theirs) == before


def notes_of(stand: Stand, theirs: str) -> dict[str, str]:
    template = stand.get("deployment", "blog", namespace=theirs)["spec"]["template"]
    notes = template["metadata"].get("annotations") or {}
    return {name: value for name, value in notes.items() if name.startswith("prometheus.io/")}


def patch_port(stand: Stand, theirs: str, port: str | None) -> None:
    change = json.dumps({"spec": {"template": {"metadata": {"annotations": {"prometheus.io/port": port}}}}})
    owner = ("--field-manager=their-tool", "--type=merge", f"--patch={change}")
    stand.cluster.kubectl("patch", "deployment/blog", "--namespace", theirs, *owner)


def test_annotations_of_others_are_not_overwritten(watched: Stand, theirs: str) -> None:
    patch_port(watched, theirs, "1")
    refused = watched.kubeglass("deploy", "--annotate", "--dry-run", check=False)
    patch_port(watched, theirs, None)

    assert refused.returncode == 9
    assert "deployment/blog: other field managers own fields that kubeglass sets" in refused.stderr
    assert 'conflict with "their-tool"' in refused.stderr
    assert "--force-conflicts" in refused.stderr


def test_they_are_annotated_if_asked_and_stay_so(watched: Stand, theirs: str) -> None:
    shown = watched.kubeglass("deploy", "--annotate", "--diff")
    assert f"# deployment/blog of namespace {theirs}: restarts its pods" in shown.stdout
    assert notes_of(watched, theirs) == {}

    done = watched.kubeglass("deploy", "--annotate")
    wanted = {"prometheus.io/scrape": "true", "prometheus.io/port": "8000", "prometheus.io/path": "/metrics"}
    assert notes_of(watched, theirs) == wanted
    assert "deployment/blog changed (only its prometheus.io annotations; restarts its pods)" in done.stderr
    assert "app items: not annotated, because its pods are found by labels" in done.stderr
    assert "targets: blog: 1 up, items: 1 up" in done.stderr

    again = watched.kubeglass("deploy", "--diff")
    assert "no difference" in again.stdout
    scraped = f'count by (job) ({{__name__="up", k8s_namespace_name="{theirs}"}} == 1)'
    assert {labels["job"] for labels, _ in watched.query(scraped)} == {"blog", "items"}


def of_theirs(theirs: str) -> str:
    return f'k8s_namespace_name="{theirs}"'


def test_a_rollout_shows_nothing_down_and_a_dead_app_alerts(watched: Stand, theirs: str) -> None:
    about = ("deployment/blog", "--namespace", theirs)
    watched.cluster.kubectl("rollout", "restart", *about)
    watched.cluster.kubectl("rollout", "status", *about)
    wait_until(lambda: list(tiles(watched, of_theirs(theirs)).values()) == [UP, UP], "two tiles, both Up")

    # It runs on and answers no more.
    watched.cluster.kubectl("exec", "--namespace", theirs, "api-0", "--", "python3", "-c", STOP)

    alert = 'ALERTS{alertname="TargetDown", job="items"}'
    wait_until(lambda: bool(watched.query(alert)), "the alert about the app")


def test_removal_leaves_them_alone(watched: Stand, theirs: str) -> None:
    pod = watched.get("pod", "api-0", namespace=theirs)["metadata"]["uid"]

    gone = watched.kubeglass("undeploy", "--purge")

    assert "deployment/blog changed (only its prometheus.io annotations; restarts its pods)" in gone.stderr
    assert notes_of(watched, theirs) == {}
    assert watched.get("pod", "api-0", namespace=theirs)["metadata"]["uid"] == pod
    assert watched.get("roles,rolebindings", namespace=theirs)["items"] == []
    assert watched.get("deployment", "blog", namespace=theirs)["spec"]["replicas"] == 1
