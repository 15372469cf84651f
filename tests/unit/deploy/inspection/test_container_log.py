"""Logs of pods are merged by time, and a restart, a crash or a new pod loses none of it."""

from __future__ import annotations

from typing import Any

from kubeglass.deploy.api.objects import ObjectKey
from kubeglass.deploy.inspection.container_log import WorkloadLogs
from tests.unit.deploy.fake_cluster import FakeClock, FakeCluster, make_pod, put_deployment

SHOP = ObjectKey("apps/v1", "Deployment", "shop", "shop")


def stamp(second: int) -> str:
    return f"2026-01-01T00:00:{second:02}.000000000Z"


def make_logs(**pods: Any) -> tuple[WorkloadLogs, FakeCluster, list[str]]:
    """Make the logs of one workload with these pods, each with the fields of its container's status."""
    cluster, told = FakeCluster(), list[str]()
    put_deployment(cluster)
    for name, status in pods.items():
        cluster.put(make_pod(name, **status))
    return WorkloadLogs(cluster, [SHOP], FakeClock(), told.append), cluster, told


def test_the_last_lines_of_each_pod_are_merged_by_time() -> None:
    logs, cluster, _ = make_logs(a={}, b={})
    cluster.logs["a", "app"] = [f"{stamp(second)} {second}" for second in (2, 4, 5)]
    cluster.logs["b", "app"] = [f"{stamp(second)} {second}" for second in (1, 3)]

    lines = logs.read_last(2)

    assert [(line.name, line.text) for line in lines] == [("b", "1"), ("b", "3"), ("a", "4"), ("a", "5")]
    assert logs.names == ["a", "b"]


def test_a_node_in_another_time_zone_is_in_order() -> None:
    logs, cluster, _ = make_logs(a={}, b={})
    cluster.logs["a", "app"] = ["2026-01-01T01:00:01.123456789+01:00 first"]
    cluster.logs["b", "app"] = [f"{stamp(2)} second"]

    lines = logs.read_last(10)

    assert [line.text for line in lines] == ["first", "second"]
    assert lines[0].stamp == "2026-01-01T00:00:01.123456789Z"


def test_of_a_container_with_nothing_to_say_since_its_restart_the_run_before_is_shown() -> None:
    ended = {"terminated": {"reason": "OOMKilled", "exitCode": 137}}
    logs, cluster, told = make_logs(a={"restartCount": 1, "lastState": ended})
    cluster.previous_logs["a", "app"] = [f"{stamp(1)} last words"]

    lines = logs.read_last(10)

    assert [line.text for line in lines] == ["last words"]
    assert told == [
        "a: logged nothing since its restart; this is its run before, which ended with OOMKilled, exit code 137"
    ]


def test_the_run_before_can_be_asked_for() -> None:
    logs, cluster, _ = make_logs(a={"restartCount": 1})
    cluster.logs["a", "app"] = [f"{stamp(2)} now"]
    cluster.previous_logs["a", "app"] = [f"{stamp(1)} before"]

    assert [line.text for line in logs.read_last(10, previous=True)] == ["before"]


def test_following_shows_each_line_once_with_new_pods_and_last_words() -> None:
    logs, cluster, _ = make_logs(a={})
    cluster.logs["a", "app"] = [f"{stamp(1)} one"]
    logs.read_last(10)

    cluster.logs["a", "app"].append(f"{stamp(2)} two")
    cluster.put(make_pod("b"))
    cluster.logs["b", "app"] = [f"{stamp(3)} from the start"]
    first = logs.read_new()
    # It ends between two reads and starts again.
    cluster.put(make_pod("a", restartCount=1))
    cluster.previous_logs["a", "app"] = [*cluster.logs["a", "app"], f"{stamp(4)} last words"]
    cluster.logs["a", "app"] = [f"{stamp(5)} again"]
    second = logs.read_new()

    assert [line.text for line in first] == ["two", "from the start"]
    assert [line.text for line in second] == ["last words", "again"]


def test_a_container_that_prepared_the_pod_is_shown_only_if_it_failed() -> None:
    logs, cluster, _ = make_logs()
    for name, code in (("a", 0), ("b", 1)):
        pod = make_pod(name)
        ended = {"terminated": {"exitCode": code}}
        pod["status"]["initContainerStatuses"] = [{"name": "install", "restartCount": 0, "state": ended}]
        cluster.put(pod)
        cluster.logs[name, "install"] = [f"{stamp(1)} installing {name}"]

    lines = logs.read_last(10)

    assert [(line.name, line.text) for line in lines] == [("b install", "installing b")]
    assert logs.names == ["a", "b install", "b app"]
