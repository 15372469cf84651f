"""Relabelling rules for apps that are on the cluster already: which pods are theirs, and where these expose metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kubeglass.model.sections.app import App
from kubeglass.model.sections.existing import Controller, ExistingPods
from kubeglass.render.otelcol.exporters import literal
from kubeglass.render.otelcol.targets import META, annotation, relabel, sanitize

#: Beginning of the name of each app's scrape job.
JOB = "existing"
_OWNER = (f"{META}controller_kind", f"{META}controller_name")
#: A Deployment's ReplicaSet is named after it and a hash without '-', so no other Deployment's matches.
_HASH = "-[a-z0-9]+"
_OWNERS = {
    Controller.DEPLOYMENT: f"ReplicaSet;{{}}{_HASH}",
    Controller.STATEFUL_SET: "StatefulSet;{}",
    Controller.DAEMON_SET: "DaemonSet;{}",
}


def choose_existing(action: str, pods: ExistingPods) -> dict[str, Any]:
    """Keep or drop the pods."""
    if pods.kind is None:
        labels, values = [f"{META}label_{sanitize(key)}" for key in pods.labels], ";".join(pods.labels.values())
    else:
        labels, values = list(_OWNER), _OWNERS[pods.kind].format(pods.name)
    regex = f"{pods.namespace};{values}".replace(".", r"\.")
    return relabel(action, ["__meta_kubernetes_namespace", *labels], regex=regex)


def read_existing(job: Mapping[str, Any]) -> App | None:
    """Read the app back from its scrape job; None if the job is another, or somebody has changed it."""
    try:
        kind, _, name = job["job_name"].partition("/")
        (discovery,) = job["kubernetes_sd_configs"]
        rules = job["relabel_configs"]
        notes = {rule["target_label"]: rule["replacement"] for rule in rules if rule.get("source_labels") == []}
        known = {"name": name, "existing": _read_pods(discovery, rules)}
        if port := notes.get(annotation("port")):
            known["metrics_port"] = int(port) if port.isdecimal() else port
        if path := notes.get(annotation("path")):
            known["metrics_path"] = path.replace("$$$$", "$")
        return App.model_validate(known) if kind == JOB else None
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        return None


def _read_pods(discovery: Mapping[str, Any], rules: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    (namespace,) = discovery["namespaces"]["names"]
    selector = discovery["selectors"][0].get("label", "")
    if selector:
        return {"namespace": namespace, "labels": dict(each.split("=", 1) for each in selector.split(","))}
    _, owner, name = rules[0]["regex"].replace(r"\.", ".").split(";")
    kind = next(kind for kind, words in _OWNERS.items() if words.startswith(f"{owner};"))
    return {"namespace": namespace, "kind": kind, "name": name.removesuffix(_HASH)}


def annotate(app: App) -> list[dict[str, Any]]:
    """Have what the definition says take the place of the pods' annotations; what it leaves open stays theirs."""
    notes = {"scrape": "true"}
    if "metrics_port" in app.model_fields_set:
        notes["port"] = str(app.metrics_port)
    if "metrics_path" in app.model_fields_set:
        notes["path"] = literal(literal(app.metrics_path))
    return [relabel("replace", [], replacement=value, target_label=annotation(name)) for name, value in notes.items()]


def name_job(app: App) -> dict[str, Any]:
    """Name the job after the app, whatever its pods' labels say."""
    return relabel("replace", [], replacement=app.name, target_label="job")
