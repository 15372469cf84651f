"""Check, before anything is applied, that apps which kubeglass did not make are there and have a port to scrape."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.api.errors import ForbiddenError
from kubeglass.deploy.api.objects import KubernetesObject, ObjectKey
from kubeglass.deploy.existing.ports import find_ports, list_ports
from kubeglass.deploy.existing.workload import count_wanted, find_workload, list_existing, workload_key
from kubeglass.errors import ClusterError
from kubeglass.model.pipeline import Pipeline
from kubeglass.model.sections.app import App
from kubeglass.model.sections.existing import ExistingPods

#: How many names or ports are shown.
MOST_SHOWN = 5


def check_existing(cluster: Cluster, pipeline: Pipeline) -> list[str]:
    """Return what is worth knowing about them; who may not read them gets no check.

    Raises:
        ClusterError: one does not exist, or has no port to scrape.
    """
    notes: list[str] = []
    for app in pipeline.apps:
        if app.existing is not None:
            try:
                notes += _check(cluster, app, app.existing)
            except ForbiddenError as error:
                notes.append(f"app {app.name}: not looked at, because {error.found or error.message}")
    return notes


def _check(cluster: Cluster, app: App, existing: ExistingPods) -> Iterator[str]:
    where = f"app {app.name}"
    if cluster.get(ObjectKey("v1", "Namespace", existing.namespace)) is None:
        hint = "correct 'existing', or deploy the app first"
        raise ClusterError(where, f"its namespace {existing.namespace} does not exist", hint=hint)
    key = workload_key(existing)
    template: KubernetesObject
    if key is None:
        pods = list_existing(cluster, existing)
        if not pods:
            yield f"{where}: no pod in {existing.namespace} has the labels {existing.selector} now"
            return
        template = pods[0]
    else:
        workload = find_workload(cluster, existing)
        if workload is None:
            raise _missing(cluster, where, key)
        template = workload["spec"]["template"]
        if not count_wanted(cluster, existing):
            yield f"{where}: {key} of {existing.namespace} has no pods now; they are scraped once there are some"
    if not find_ports(app, template):
        raise _no_port(app, existing, template)


def _missing(cluster: Cluster, where: str, key: ObjectKey) -> ClusterError:
    there = cluster.list_objects(key.api_version, key.kind, namespace=key.namespace)
    names = sorted(item["metadata"]["name"] for item in there)
    close = get_close_matches(key.name, names, n=1, cutoff=0.6)
    shown = ", ".join(names[:MOST_SHOWN]) + (" …" if len(names) > MOST_SHOWN else "")
    return ClusterError(
        where,
        f"{key} does not exist in namespace {key.namespace}",
        found=f"{key.kind.lower()}s there: {shown or 'none'}",
        hint=f"did you mean {close[0]}?" if close else "correct 'existing', or deploy the app first",
    )


def _no_port(app: App, existing: ExistingPods, template: KubernetesObject) -> ClusterError:
    declared = list(dict.fromkeys(list_ports(template)))[:MOST_SHOWN]
    found = ", ".join(f"{number} named {name}" if name else str(number) for number, name in declared)
    if isinstance(app.metrics_port, str):
        wrong = f"no container of {existing.pods} has a port named {app.metrics_port}"
    else:
        wrong = f"none of the ports of {existing.pods} is known to serve metrics"
    example = declared[0][1] or declared[0][0] if declared else 8000
    return ClusterError(
        f"app {app.name}",
        wrong,
        found=f"ports: {found or 'none declared'}",
        hint=f"name the port that serves its metrics: 'metrics_port: {example}'",
    )
