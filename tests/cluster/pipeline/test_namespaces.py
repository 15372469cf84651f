"""Apps in several namespaces, of which one moves without losing a count, and jobs there that push what they count."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from ruamel.yaml import YAML

from kubeglass import __version__
from tests.cluster.bed.layout import REPOSITORY
from tests.cluster.bed.waiting import wait_until
from tests.cluster.pipeline.stand import APP, Stand

#: Among those that take long, so it does not begin last.
pytestmark = pytest.mark.timeout(400)

BANK = "bank"
#: Counts rows and pushes them once, as the SDKs do: https://opentelemetry.io/docs/specs/otlp/#otlphttp
PUSH = """
import json, os, sys, time, urllib.request
rows, now = sys.argv[1] if len(sys.argv) > 1 else "1", str(time.time_ns())
pairs = [pair.split("=") for pair in os.environ["OTEL_RESOURCE_ATTRIBUTES"].split(",")]
about = {"service.name": os.environ["OTEL_SERVICE_NAME"], **dict(pairs)}
point = {"asInt": rows, "startTimeUnixNano": now, "timeUnixNano": now}
total = {"aggregationTemporality": 2, "isMonotonic": True, "dataPoints": [point]}
resource = {"attributes": [{"key": key, "value": {"stringValue": value}} for key, value in about.items()]}
scope = {"scope": {"name": "report"}, "metrics": [{"name": "report.rows", "sum": total}]}
body = json.dumps({"resourceMetrics": [{"resource": resource, "scopeMetrics": [scope]}]}).encode()
url = os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] + "/v1/metrics"
request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
print(urllib.request.urlopen(request, timeout=10).status)
"""
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


def read_example() -> dict[str, Any]:
    """Return the documented CronJob."""
    page = (REPOSITORY / "docs" / "cluster" / "jobs.md").read_text()
    (text,) = re.findall(r"```yaml\n(.+?)```", page, re.DOTALL)
    example: dict[str, Any] = YAML(typ="safe").load(text)
    return example


def make_report(stand: Stand) -> dict[str, Any]:
    """Return the documented CronJob in the bank's namespace, with the bank's image and its own arguments."""
    namespace = f"{stand.name}-bank"
    bank = stand.get("deployment", BANK, namespace=namespace)["spec"]["template"]["spec"]["containers"][0]
    example = read_example()
    example["metadata"]["namespace"] = namespace
    example["spec"]["suspend"] = True
    (container,) = example["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    container |= {"image": bank["image"], "command": ["python3", "-c", PUSH]}
    container["env"][0]["value"] = container["env"][0]["value"].replace("observability", stand.name)
    return example


def run_job(stand: Stand, name: str, spec: dict[str, Any], rows: int) -> None:
    """Run a Job that counts so many rows to its end."""
    namespace = f"{stand.name}-bank"
    spec["template"]["spec"]["containers"][0]["args"] = [str(rows)]
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name, "namespace": namespace}, "spec": spec}
    stand.cluster.kubectl("create", "--filename", "-", stdin=json.dumps(job))
    stand.cluster.kubectl("wait", "--for=condition=Complete", f"job/{name}", "--namespace", namespace, "--timeout=60s")


def scale_prometheus(stand: Stand, replicas: int) -> None:
    about = ("--namespace", stand.name, f"--replicas={replicas}")
    stand.cluster.kubectl("scale", "statefulset/prometheus", *about)
    stand.cluster.kubectl("rollout", "status", "statefulset/prometheus", "--namespace", stand.name)


def rows_by(stand: Stand, label: str) -> dict[str, float]:
    """Return the rows of all runs by a label, as the documentation sums them up."""
    counted = stand.query(f'sum by ({label}) (max_over_time(report_rows_total{{job="report"}}[1h]))')
    return {labels.get(label, ""): rows for labels, rows in counted}


def test_what_jobs_push_arrives_exactly_also_while_prometheus_is_away(spread: Stand) -> None:
    report = make_report(spread)
    spread.cluster.kubectl("create", "--filename", "-", stdin=json.dumps(report))
    scheduled = f"report-{int(time.time() // 60)}"

    run_job(spread, "first", report["spec"]["jobTemplate"]["spec"], 40)
    trigger = ("create", "job", scheduled, "--from=cronjob/report", "--namespace", f"{spread.name}-bank")
    spread.cluster.kubectl(*trigger)
    scale_prometheus(spread, 0)
    run_job(spread, "second", report["spec"]["jobTemplate"]["spec"], 500)
    scale_prometheus(spread, 1)

    wanted = {"first": 40.0, "second": 500.0, scheduled: 1.0}
    wait_until(lambda: rows_by(spread, "k8s_job_name") == wanted, f"all rows (now {rows_by(spread, 'k8s_job_name')})")
    assert rows_by(spread, "k8s_cronjob_name") == {"": 540.0, "report": 1.0}
    assert rows_by(spread, "k8s_node_name") == {spread.cluster.node_name: 541.0}
    instances = spread.query(
        "max by (instance, k8s_pod_name, k8s_namespace_name) (last_over_time(report_rows_total[1h]))"
    )
    assert {labels["instance"] == labels["k8s_pod_name"] for labels, _ in instances} == {True}
    assert {labels["k8s_namespace_name"] for labels, _ in instances} == {f"{spread.name}-bank"}
    assert spread.query('last_over_time(up{job="report"}[1h])') == [], "nothing that could be Down"


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
