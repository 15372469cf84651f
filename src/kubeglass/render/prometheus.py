"""Prometheus's configuration and rule files, for a local run and for a cluster."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from kubeglass.model.duration import format_duration
from kubeglass.model.frameworks import add_labels
from kubeglass.model.local import LocalSettings
from kubeglass.model.parts import COLLECTOR, LOOPBACK, PROMETHEUS, PROMETHEUS_PORT, TELEMETRY_PORT_NAME
from kubeglass.model.pipeline import Pipeline
from kubeglass.render.files import RenderedFile
from kubeglass.render.yaml import dump_yaml
from kubeglass.rules.registry import rule_groups
from kubeglass.rules.rule import AlertingRule, RecordingRule, evaluation_interval

PATH = PurePosixPath("prometheus/prometheus.yml")


def render(pipeline: Pipeline, settings: LocalSettings) -> list[RenderedFile]:
    """Render the configuration of a local run, and the rule files beside it."""
    rules = (RenderedFile(PATH.parent / "rules" / name, text) for name, text in rule_files(pipeline).items())
    return [RenderedFile(PATH, dump_yaml(build_local(pipeline, settings))), *rules]


def build_local(pipeline: Pipeline, settings: LocalSettings) -> dict[str, Any]:
    """Receive OTLP, and scrape the collector directly to see when it is down."""
    telemetry = f"{LOOPBACK}:{settings.ports.otelcol_telemetry}"
    jobs = [{"job_name": COLLECTOR, "static_configs": [{"targets": [telemetry]}]}]
    return {**_base_document(pipeline, rules="rules/*.yml"), "scrape_configs": jobs}


#: Where the pod finds its rule files.
RULES_DIRECTORY = "/etc/prometheus/rules"

#: Without these, series of two pods would collide; the uid is left out, as it changes with every restart.
PROMOTED_ATTRIBUTES = (
    "k8s.namespace.name",
    "k8s.pod.name",
    "k8s.container.name",
    "k8s.deployment.name",
    "k8s.statefulset.name",
    "k8s.daemonset.name",
    "k8s.job.name",
    "k8s.cronjob.name",
    "k8s.node.name",
    "k8s.volume.name",
)


def build_cluster(pipeline: Pipeline) -> dict[str, Any]:
    """Build the pod's configuration; its ServiceAccount must be allowed to list and watch pods of its namespace."""
    base = _base_document(pipeline, rules=f"{RULES_DIRECTORY}/*.yml", promoted=PROMOTED_ATTRIBUTES)
    itself = {"job_name": PROMETHEUS, "static_configs": [{"targets": [f"localhost:{PROMETHEUS_PORT}"]}]}
    # Every node's collector would scrape a target outside the cluster, so Prometheus does.
    targets = (
        {
            "job_name": app.name,
            "metrics_path": app.metrics_path,
            "static_configs": [{"targets": [app.target]}],
            "metric_relabel_configs": add_labels("$1"),
        }
        for app in pipeline.apps
        if app.target is not None
    )
    return {**base, "scrape_configs": [_collectors(pipeline), itself, *targets]}


def _collectors(pipeline: Pipeline) -> dict[str, Any]:
    selector = {"role": "pod", "label": f"app.kubernetes.io/name={COLLECTOR}"}
    return {
        "job_name": COLLECTOR,
        "kubernetes_sd_configs": [
            {"role": "pod", "namespaces": {"names": [pipeline.cluster.namespace]}, "selectors": [selector]}
        ],
        "relabel_configs": [
            {
                "action": "keep",
                "source_labels": ["__meta_kubernetes_pod_container_port_name"],
                "regex": TELEMETRY_PORT_NAME,
            },
            {"source_labels": ["__meta_kubernetes_pod_node_name"], "target_label": "k8s_node_name"},
        ],
    }


def _base_document(pipeline: Pipeline, *, rules: str, promoted: tuple[str, ...] = ()) -> dict[str, Any]:
    """Build everything but the scrape jobs.

    Args:
        pipeline: the definition.
        rules: pattern of the rule files, absolute or relative to the configuration file.
        promoted: OTLP resource attributes that become labels of every series.
    """
    # Prometheus scrapes only the pipeline itself; every 5 s is enough for that.
    interval = evaluation_interval(pipeline)
    timeout = min(interval, max(pipeline.scrape.longest, 5.0))
    storage = pipeline.storage
    otlp: dict[str, Any] = {"translation_strategy": "UnderscoreEscapingWithSuffixes"}
    if promoted:
        otlp["promote_resource_attributes"] = list(promoted)
    return {
        "global": {
            "scrape_interval": format_duration(interval),
            "scrape_timeout": format_duration(timeout),
            "evaluation_interval": format_duration(interval),
        },
        "otlp": otlp,
        "storage": {
            "tsdb": {
                # After an outage the collector delivers its queue while newer samples are already stored.
                "out_of_order_time_window": format_duration(storage.lateness),
                "retention": {"time": format_duration(storage.retention.time), "size": storage.retention.size},
            }
        },
        "rule_files": [rules],
    }


def rule_files(pipeline: Pipeline) -> dict[str, str]:
    """Return the text of every rule file by its name, one for each group."""
    files = {}
    for group in rule_groups(pipeline):
        rules = [_rule(rule) for rule in group.rules]
        document = {"name": group.name, "interval": format_duration(group.interval), "rules": rules}
        files[f"{group.name}.yml"] = dump_yaml({"groups": [document]})
    return files


def _rule(rule: RecordingRule | AlertingRule) -> dict[str, Any]:
    if isinstance(rule, RecordingRule):
        return {"record": rule.record, "expr": rule.expr}
    return {
        "alert": rule.alert,
        "expr": rule.expr,
        **({"for": format_duration(rule.hold)} if rule.hold else {}),
        "labels": {"severity": rule.severity.value, **rule.labels},
        "annotations": {"summary": rule.summary, "description": rule.description, "runbook": rule.runbook},
    }
