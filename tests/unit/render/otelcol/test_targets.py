"""Which ports of which pods are scraped, and as which container: the rules, applied as Prometheus applies them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pytest

from kubeglass.model.load import parse_pipeline
from kubeglass.render.otelcol.config import build_cluster

META = "__meta_kubernetes_pod_"
Port = tuple[int, str] | tuple[int, str, str]

DATABASE: Sequence[Port] = [(5432, "postgres")]


def discover(containers: dict[str, Sequence[Port]], labels: dict[str, str], **annotations: str) -> list[dict[str, str]]:
    """Return the targets of one pod, as https://prometheus.io/docs/prometheus/latest/configuration/configuration/#pod."""
    pod = {"__scheme__": "http", f"{META}phase": "Running", f"{META}annotation_prometheus_io_scrape": "true"}
    pod |= {f"{META}annotation_prometheus_io_{name}": value for name, value in annotations.items()}
    pod |= {f"{META}label_{re.sub('[^a-zA-Z0-9]', '_', name)}": value for name, value in labels.items()}
    targets = []
    for container, ports in containers.items():
        about = {**pod, f"{META}container_name": container, f"{META}container_init": "false"}
        for number, name, *protocol in ports:
            port = {"number": str(number), "name": name, "protocol": protocol[0] if protocol else "TCP"}
            declared = {f"{META}container_port_{key}": value for key, value in port.items()}
            targets.append({**about, **declared, "__address__": f"10.0.0.1:{number}"})
        if not ports:
            targets.append({**about, "__address__": "10.0.0.1"})
    return targets


def apply(rules: list[dict[str, Any]], target: dict[str, str]) -> dict[str, str] | None:
    """Return the target's labels after the rules; None if it is dropped."""
    labels = dict(target)
    for rule in rules:
        joined = ";".join(labels.get(label, "") for label in rule.get("source_labels", ()))
        match = re.fullmatch(rule.get("regex", "(.*)"), joined)
        wanted = labels.get(rule.get("target_label", ""), "")
        match rule["action"]:
            case "replace" if match:
                template = rule.get("replacement", "$$1").replace("$$", "\\")
                labels[rule["target_label"]] = match.expand(template)
            case "keep" if not match:
                return None
            case "drop" if match:
                return None
            case "keepequal" if joined != wanted:
                return None
            case "labeldrop":
                labels = {name: value for name, value in labels.items() if not re.fullmatch(rule["regex"], name)}
    return labels


def scrape(
    containers: dict[str, Sequence[Port]], labels: dict[str, str] | None = None, **annotations: str
) -> dict[str, str]:
    """Return the address of each target that is scraped, and the container that it is named after."""
    document = build_cluster(parse_pipeline("cluster: {namespace: watch}"))
    job = document["receivers"]["prometheus"]["config"]["scrape_configs"][0]
    scraped = {}
    for target in discover(containers, labels or {}, **annotations):
        if left := apply(job["relabel_configs"], target):
            # Prometheus keeps one of equal targets, with the discovered labels of the last.
            url = f"{left['__scheme__']}://{left['__address__']}"
            seen = {name: value for name, value in left.items() if not name.startswith("__meta_")}
            scraped[f"{url} {sorted(seen.items())}"] = (url, target[f"{META}container_name"])
    assert len(scraped) == len(dict(scraped.values())), "one address is scraped twice"
    return dict(scraped.values())


@pytest.mark.parametrize("port", ["metrics", "9464"])
@pytest.mark.parametrize("names", [("app", "db"), ("db", "app")])
def test_a_declared_port_is_scraped_as_its_own_container(port: str, names: tuple[str, str]) -> None:
    containers: dict[str, Sequence[Port]] = {"app": [(8000, "http"), (9464, "metrics")], "db": DATABASE}

    assert scrape({name: containers[name] for name in names}, port=port) == {"http://10.0.0.1:9464": "app"}


@pytest.mark.parametrize("ports", [[], [(8000, "http")], [(8000, "")], [(8000, "http"), (9464, "metrics")]])
def test_a_port_by_number_is_scraped_once_whether_it_is_declared_or_not(ports: Sequence[Port]) -> None:
    assert scrape({"app": ports}, port="9464") == {"http://10.0.0.1:9464": "app"}


def test_a_port_by_number_that_no_container_declares_is_scraped_once() -> None:
    assert list(scrape({"app": [(8000, "http")], "log": []}, port="9464")) == ["http://10.0.0.1:9464"]


def test_a_database_is_scraped_only_if_it_is_asked_for() -> None:
    assert scrape({"app": [(8000, "")], "db": [(5432, "")]}) == {"http://10.0.0.1:8000": "app"}
    assert scrape({"app": [(8000, "")], "db": [(5432, "")]}, port="5432") == {"http://10.0.0.1:5432": "db"}


def test_a_port_by_a_name_that_no_container_has_is_not_scraped() -> None:
    assert scrape({"app": [(8000, "http")], "log": []}, port="metrics") == {}


@pytest.mark.parametrize("name", ["metrics", "prom", "http-metrics", "metrics-http", "telemetry", "prometheus", ""])
def test_without_a_port_those_that_speak_metrics_are_scraped(name: str) -> None:
    ports: list[Port] = [(8000, "http"), (9000, "grpc"), (9464, name), (8125, "metrics-in", "UDP")]

    assert scrape({"app": ports, "db": DATABASE, "log": []}) == {"http://10.0.0.1:9464": "app"}


def test_the_scheme_follows_the_annotation() -> None:
    assert scrape({"app": [(9464, "metrics")]}, scheme="https") == {"https://10.0.0.1:9464": "app"}


@pytest.mark.parametrize(
    ("manager", "instance", "scraped"),
    [("kubeglass", "watch", True), ("kubeglass", "other", False), ("Helm", "other", True)],
)
def test_pods_of_another_pipeline_are_left_to_it(manager: str, instance: str, scraped: bool) -> None:
    labels = {"app.kubernetes.io/managed-by": manager, "app.kubernetes.io/instance": instance}

    assert bool(scrape({"app": [(9464, "metrics")]}, labels)) is scraped
