"""Why a target is down, in plain words, and nothing where it is not certain."""

from __future__ import annotations

from typing import Any, cast

import pytest

from kubeglass.deploy.causes.cause import Cause
from kubeglass.deploy.verify.checks import DeployedPipeline
from kubeglass.deploy.verify.target_diagnosis import TargetDiagnosis
from kubeglass.model.load import parse_pipeline
from kubeglass.observe.prometheus import Prometheus, Target
from tests.unit.deploy.fake_cluster import FakeCluster, make_pod, make_ready

PIPELINE = parse_pipeline("apps: [{name: blog, existing: deployment/blogs/blog, metrics_port: 8000}]")
URL = "http://10.0.0.2:8000/metrics"


def make_cluster() -> FakeCluster:
    cluster = FakeCluster()
    collector = make_ready(make_pod("c-1"))
    collector["metadata"] |= {"namespace": "observability", "labels": {"app.kubernetes.io/name": "otel-collector"}}
    collector["spec"]["nodeName"] = "one"
    cluster.put(collector)
    return cluster


def make_blog(**container: Any) -> dict[str, Any]:
    pod = make_pod("blog-1", **container)
    pod["metadata"]["namespace"] = "blogs"
    pod["spec"] |= {"nodeName": "one"}
    pod["spec"]["containers"][0]["ports"] = [{"containerPort": 5000, "name": "http"}, {"containerPort": 9000}]
    pod["status"]["podIP"] = "10.0.0.2"
    return pod


def make_diagnosis(cluster: FakeCluster, *targets: Target) -> TargetDiagnosis:
    deployed = DeployedPipeline(cluster, PIPELINE, cast(Prometheus, None))
    return TargetDiagnosis(deployed, 0.0, lambda _, collector: list(targets))


def diagnose(error: str, *policies: dict[str, Any]) -> Cause | None:
    cluster = make_cluster()
    for policy in policies:
        cluster.put(policy)
    target = Target({"job": "blog", "instance": "10.0.0.2:8000"}, URL, error)
    return make_diagnosis(cluster, target).find({"blog": [make_blog()]})


@pytest.mark.parametrize(
    ("error", "words", "fix"),
    [
        ("server returned HTTP status 404 Not Found", "answers 404", "correct 'metrics_path'"),
        ("server returned HTTP status 401 Unauthorized", "answers 401: it wants credentials", "set metrics_auth"),
        ("server returned HTTP status 403 Forbidden", "answers 403: it wants credentials", "set metrics_auth"),
        ("server returned HTTP status 400 Bad Request", "may want TLS", "prometheus.io/scheme: https"),
        ("server returned HTTP status 500 Internal Server Error", "answers 500", "kubeglass logs --cluster blog"),
        (
            f'Get "{URL}": dial tcp 10.0.0.2:8000: connect: connection refused',
            "nothing listens there, or only at 127.0.0.1",
            "declared: 5000 named http, 9000",
        ),
        (f'Get "{URL}": context deadline exceeded', "within the scrape's timeout of", "raise scrape.timeout"),
        (f'Get "{URL}": dial tcp 10.0.0.2:8000: connect: no route to host', "cannot be reached", "network plugin"),
        (f'Get "{URL}": EOF', "closes the connection", "metrics_port"),
        (
            f'Get "{URL}": net/http: HTTP/1.x transport connection broken: malformed HTTP response "\\x15\\x03"',
            "TLS",
            "scrape_tls",
        ),
        (f'Get "{URL}": http: server gave HTTP response to HTTPS client', "answers plain HTTP", "remove the pods'"),
        (f'Get "{URL}": tls: failed to verify certificate: x509: unknown authority', "x509: unknown", "scrape_tls"),
        (
            'received unsupported Content-Type "text/html; charset=utf-8" and no fallback_scrape_protocol specified',
            "answers with text/html; charset=utf-8, which is not a text of metrics",
            "correct 'metrics_path'",
        ),
        (
            'expected a valid start token, got "<" ("INVALID") while parsing: "<"',
            "not a text of metrics",
            "metrics_path",
        ),
    ],
)
def test_a_scrapes_error_is_said_in_plain_words(error: str, words: str, fix: str) -> None:
    cause = diagnose(error)

    assert cause is not None
    assert cause.message.startswith(f"blog: pod blog-1 at {URL} ")
    assert words in cause.message
    assert fix in cause.hint
    assert cause.evidence == (f"the scrape's error: {error}",)


DENY = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "deny", "namespace": "blogs"},
    "spec": {"podSelector": {}},
}


@pytest.mark.parametrize("error", ["context deadline exceeded", "connect: connection refused"])
def test_a_policy_that_keeps_the_collector_out_is_named_with_the_rule_to_add(error: str) -> None:
    cause = diagnose(error, DENY)

    assert cause is not None
    assert "NetworkPolicy deny of blogs selects it and does not admit the collector" in cause.message
    assert cause.hint.startswith("add to spec.ingress of NetworkPolicy deny: {from: [{namespaceSelector:")
    assert "ports: [{port: 8000" in cause.hint


def test_an_answer_is_not_blamed_on_a_policy() -> None:
    cause = diagnose("server returned HTTP status 404 Not Found", DENY)

    assert cause is not None
    assert "NetworkPolicy" not in cause.message


@pytest.mark.parametrize("error", ["", "something that nobody knows"])
def test_what_is_not_known_is_not_said(error: str) -> None:
    assert diagnose(error) is None


def test_a_pod_that_crashes_is_named_before_its_scrape() -> None:
    crashed = {"waiting": {"reason": "CrashLoopBackOff"}}
    pod = make_blog(state=crashed, lastState={"terminated": {"reason": "Error", "exitCode": 3}}, restartCount=2)

    cause = make_diagnosis(make_cluster()).find({"blog": [pod]})

    assert cause is not None
    assert cause.message == "blog: pod blog-1, container app: CrashLoopBackOff: Error, exit code 3, 2 restarts"


def test_another_port_of_the_pod_that_is_up_leaves_it_uncertain() -> None:
    broken = Target({"job": "blog", "instance": "10.0.0.2:8000"}, URL, "server returned HTTP status 404")
    working = Target({"job": "blog", "instance": "10.0.0.2:9000"}, URL, "")

    assert make_diagnosis(make_cluster(), broken, working).find({"blog": [make_blog()]}) is None


def test_an_answer_must_last_before_it_ends_the_wait() -> None:
    target = Target({"job": "blog", "instance": "10.0.0.2:8000"}, URL, "server returned HTTP status 404 Not Found")
    diagnosis = make_diagnosis(make_cluster(), target)
    down = {"blog": [make_blog()]}

    assert diagnosis.find_lasting(down, 4.0) is None
    assert diagnosis.find_lasting(down, 9.0) is not None
