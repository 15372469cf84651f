"""The pipeline as it is on the cluster, as far as checks need it: its definition may be elsewhere, or newer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kubeglass.deploy.api.objects import KubernetesObject
from kubeglass.model.duration import parse_duration
from kubeglass.model.parts import COLLECTOR
from kubeglass.model.pipeline import Pipeline
from kubeglass.model.sections.app import App
from kubeglass.model.yaml.document import YamlSyntaxError
from kubeglass.model.yaml.reader import read_document
from kubeglass.render.kubernetes.names import COMPONENT
from kubeglass.render.otelcol.existing import read_existing

_SCRAPED, _PORT = "prometheus.io/scrape", "prometheus.io/port"


def read_pipeline(namespace: str, objects: Iterable[KubernetesObject]) -> Pipeline:
    """Read apps, intervals and namespaces from the objects of the pipeline of ``namespace``."""
    objects = list(objects)
    workloads = [item for item in objects if "template" in item.get("spec", {}) and _component_of(item) == "app"]
    apps = tuple(app for item in workloads if (app := _read_app(item)) is not None)
    receivers = dict(_read_receivers(objects))
    apps += tuple(app for job in _scrape_jobs(receivers) if (app := read_existing(job)) is not None)
    scrape, collector, cluster = Pipeline().scrape, Pipeline().collector, Pipeline().cluster
    intervals = [_read_interval(job, "scrape_interval", scrape.interval) for job in _scrape_jobs(receivers)]
    kubelet = receivers.get("kubelet_stats")
    changes = {
        "enabled": kubelet is not None or not receivers,
        "interval": _read_interval(kubelet or {}, "collection_interval", collector.kubelet.interval),
    }
    return Pipeline().model_copy(
        update={
            "apps": apps,
            "scrape": scrape.model_copy(update={"interval": max(intervals, default=scrape.interval)}),
            "collector": collector.model_copy(update={"kubelet": collector.kubelet.model_copy(update=changes)}),
            "cluster": cluster.model_copy(update={"namespace": namespace}),
        }
    )


def _component_of(item: KubernetesObject) -> str:
    return str((item["metadata"].get("labels") or {}).get(COMPONENT, ""))


def _read_app(item: KubernetesObject) -> App | None:
    """Read an app from its workload; None if the collector is not asked to scrape it."""
    notes = (item["spec"]["template"]["metadata"].get("annotations")) or {}
    if notes.get(_SCRAPED) != "true" or not str(notes.get(_PORT, "")).isdecimal():
        return None
    about = item["metadata"]
    known = {"name": about["name"], "namespace": about["namespace"], "replicas": item["spec"].get("replicas", 1)}
    return App().model_copy(update={**known, "metrics_port": int(notes[_PORT])})


def _read_receivers(objects: Iterable[KubernetesObject]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Read the receivers from the collector's ConfigMap; nothing if somebody has made it unreadable."""
    for item in objects:
        if item["kind"] != "ConfigMap" or not item["metadata"]["name"].startswith(COLLECTOR):
            continue
        for text in (item.get("data") or {}).values():
            try:
                document = read_document(text).data
            except YamlSyntaxError:
                continue
            receivers = document.get("receivers") if isinstance(document, dict) else None
            yield from (receivers if isinstance(receivers, dict) else {}).items()


def _scrape_jobs(receivers: Mapping[str, Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for name, settings in receivers.items():
        if name.partition("/")[0] == "prometheus":
            yield from (settings.get("config") or {}).get("scrape_configs") or []


def _read_interval(settings: Mapping[str, Any], key: str, default: float) -> float:
    try:
        return parse_duration(settings.get(key))
    except ValueError:
        return default
