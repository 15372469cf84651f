"""Receivers: what the collector reads, locally and on each node of a cluster."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

from kubeglass.model.duration import format_duration
from kubeglass.model.frameworks import add_labels
from kubeglass.model.local import LocalSettings
from kubeglass.model.parts import (
    HEARTBEAT,
    LOOPBACK,
    MANAGED_BY,
    OTLP_GRPC_PORT,
    OTLP_PORT,
    PIPELINE,
    TARGETS_PORT,
    TELEMETRY_PORT_NAME,
)
from kubeglass.model.pipeline import Pipeline
from kubeglass.model.sections.app import App
from kubeglass.model.sections.collector import HostScraper
from kubeglass.model.sections.existing import ExistingPods
from kubeglass.model.sections.secret import SecretKey
from kubeglass.render.otelcol.existing import JOB, annotate, choose_existing, name_job
from kubeglass.render.otelcol.exporters import literal
from kubeglass.render.otelcol.targets import FORGET, META, annotation, choose_port, keep_own, relabel

#: Where a DaemonSet's pod mounts its node's files.
HOST_ROOT = "/hostfs"
#: What every scraper but ``filesystem`` reads.
KERNEL_FOLDERS = ("/proc", "/sys")


def scrape_apps(pipeline: Pipeline, settings: LocalSettings) -> dict[str, Any]:
    """Scrape every app on this machine: those kubeglass runs, and targets.

    An app that only a cluster can run (it has an image and no module) has no port here, and is left out.
    """
    ports = settings.ports.apps
    jobs = [
        {
            "job_name": app.name,
            **_scrape_times(pipeline),
            "metrics_path": literal(app.metrics_path),
            **_identify(app),
            "static_configs": [{"targets": [app.target or f"{LOOPBACK}:{ports[app.name]}"]}],
            **({"metric_relabel_configs": add_labels("$$1")} if app.target else {}),
        }
        for app in pipeline.apps
        if app.target is not None or app.name in ports
    ]
    itself = {"static_configs": [{"targets": [f"{LOOPBACK}:{settings.ports.otelcol_telemetry}"]}]}
    return _prometheus([*jobs, _heartbeat(itself, pipeline)])


def receive_pushes(settings: LocalSettings) -> dict[str, Any]:
    """Receive metrics that apps on this machine push over OTLP/HTTP; ``service.name`` becomes the job."""
    return {"protocols": {"http": {"endpoint": f"{LOOPBACK}:{settings.ports.otelcol_otlp}"}}}


def receive_from_pods() -> dict[str, Any]:
    """Receive metrics that pods push over OTLP to the collector of their node."""
    ports = {"grpc": OTLP_GRPC_PORT, "http": OTLP_PORT}
    # An IPv6 address must be in brackets here, an IPv4 address may be.
    return {"protocols": {name: {"endpoint": f"[${{env:K8S_POD_IP}}]:{port}"} for name, port in ports.items()}}


#: Where a DaemonSet's pod mounts what scrapes over TLS need.
TLS_DIRECTORY = PurePosixPath("/etc/otelcol-tls")


def scrape_pods(pipeline: Pipeline) -> dict[str, Any]:
    """Scrape the annotated pods of the collector's own node, so that a DaemonSet reads each pod once."""
    guarded = [app for app in pipeline.apps if not app.is_only_scraped and app.metrics_auth is not None]
    others = [_choose_pods("drop", app, pipeline) for app in guarded]
    others += [choose_existing("drop", pods) for pods in pipeline.existing_pods if pipeline.scrapes(pods.namespace)]
    # In a separate job, so that no pod receives the token in clear text.
    schemes = {"http": {}, "https": _secure(pipeline)} if pipeline.collector.scrape_tls else {"": {}}
    jobs = []
    for scheme, secured in schemes.items():
        chosen = [relabel("keep", ["__scheme__"], regex=scheme)] if scheme else []
        name = "kubernetes-pods-https" if secured else "kubernetes-pods"
        jobs.append(_scrape_job(name, others, pipeline, chosen) | secured)
    for app in guarded:
        # One job for each, so that no other pod receives its credentials.
        jobs.append(_scrape_job(f"kubernetes-pods/{app.name}", [_choose_pods("keep", app, pipeline)], pipeline))
        jobs[-1] |= _identify(app)
    jobs += [_scrape_existing(app, app.existing, pipeline) for app in pipeline.apps if app.existing is not None]
    port = ["__meta_kubernetes_pod_ip", "__meta_kubernetes_pod_container_port_name"]
    itself = relabel("keep", port, regex=f"${{env:K8S_POD_IP}};{TELEMETRY_PORT_NAME}")
    found = _prometheus([*jobs, _heartbeat({**_find_pods(pipeline), "relabel_configs": [itself]}, pipeline)])
    # Its log does not say why a scrape failed. On the loopback: reached only by who may forward a port of the pod.
    return found | {"api_server": {"enabled": True, "server_config": {"endpoint": f"{LOOPBACK}:{TARGETS_PORT}"}}}


def scrape_secrets(pipeline: Pipeline) -> dict[PurePosixPath, SecretKey]:
    """Map each file that scrapes over TLS need, in the collector's pod, to the key of the Secret that holds it."""
    tls = pipeline.collector.scrape_tls
    keys = {"ca": tls.ca, "certificate": tls.certificate, "key": tls.key, "token": tls.token} if tls else {}
    return {TLS_DIRECTORY / name: key for name, key in keys.items() if key is not None}


def read_kubelet(pipeline: Pipeline) -> dict[str, Any]:
    """Read the node's own kubelet by IP, since a node's name is not always in DNS."""
    kubelet = pipeline.collector.kubelet
    settings: dict[str, Any] = {
        "collection_interval": format_duration(kubelet.interval),
        "auth_type": "serviceAccount",
        "endpoint": "https://${env:K8S_NODE_IP}:10250",
        "node": "${env:K8S_NODE_NAME}",
        "metric_groups": [group.value for group in kubelet.groups],
        # Off by default; the only metric that shows a container's restart.
        "metrics": {"container.uptime": {"enabled": True}},
    }
    if kubelet.insecure_skip_verify:
        return settings | {"insecure_skip_verify": True}
    # K3s signs the kubelet's certificate with the CA that every ServiceAccount carries.
    return settings | {"ca_file": literal(kubelet.ca_file)}


def read_host(pipeline: Pipeline, *, root: str = "") -> dict[str, Any]:
    """Measure the machine itself, whose root file system is mounted at ``root`` when the collector is in a pod."""
    host = pipeline.collector.host_metrics
    settings: dict[str, Any] = {"collection_interval": format_duration(host.interval)}
    if root:
        settings["root_path"] = root
    scrapers = node_scrapers(pipeline) if root else host.scrapers
    return settings | {"scrapers": {scraper.value: {} for scraper in scrapers}}


def node_scrapers(pipeline: Pipeline) -> tuple[HostScraper, ...]:
    """Return the scrapers that can measure the node from a pod.

    ``/proc/net`` shows each process its own network namespace, so a pod would report its own; the kubelet reports the
    node's (group ``node``).
    """
    host = pipeline.collector.host_metrics
    return tuple(scraper for scraper in host.scrapers if host.enabled and scraper is not HostScraper.NETWORK)


def host_folders(pipeline: Pipeline) -> dict[str, str]:
    """Map mount point to folder of the node for host metrics: only /proc and /sys if they suffice."""
    scrapers = node_scrapers(pipeline)
    if HostScraper.FILESYSTEM in scrapers:
        return {HOST_ROOT: "/"}
    return {f"{HOST_ROOT}{folder}": folder for folder in KERNEL_FOLDERS if scrapers}


def _scrape_times(pipeline: Pipeline) -> dict[str, str]:
    scrape = pipeline.scrape
    return {"scrape_interval": format_duration(scrape.interval), "scrape_timeout": format_duration(scrape.longest)}


def _prometheus(scrape_configs: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "config": {"scrape_configs": scrape_configs},
        # Without it, the first scrape waits five seconds for service discovery.
        "discovery_reload_on_startup": True,
        # Scrape once more at shutdown, for what was counted since the last scrape.
        "scrape_on_shutdown": True,
    }


def _heartbeat(itself: dict[str, Any], pipeline: Pipeline) -> dict[str, Any]:
    """Have the collector scrape itself and keep nothing but ``up``.

    It takes the way of every app's samples, and on a cluster is found like every pod, so it shows that all that works.
    """
    nothing = relabel("drop", ["__name__"], regex=".+")
    return {"job_name": HEARTBEAT, **_scrape_times(pipeline), **itself, "metric_relabel_configs": [nothing]}


def _scrape_job(
    name: str, pods: list[dict[str, Any]], pipeline: Pipeline, targets: Sequence[dict[str, Any]] = ()
) -> dict[str, Any]:
    return {
        "job_name": name,
        **_scrape_times(pipeline),
        **_find_pods(pipeline),
        "relabel_configs": [*pods, *_relabel_pods(pipeline), *_JOB_OF_LABELS, *targets, FORGET],
    }


def _scrape_existing(app: App, pods: ExistingPods, pipeline: Pipeline) -> dict[str, Any]:
    """Scrape the pods of an app that is on the cluster already; the definition's words go before their annotations."""
    job = {
        "job_name": f"{JOB}/{app.name}",
        **_scrape_times(pipeline),
        **_find_pods(pipeline, pods.namespace, label=pods.selector),
        "relabel_configs": [
            *([choose_existing("keep", pods)] if pods.kind else []),
            *annotate(app),
            *_relabel_pods(pipeline),
            name_job(app),
            FORGET,
        ],
        "metric_relabel_configs": add_labels("$$1"),
    }
    if pipeline.collector.scrape_tls:
        # Without its token, which a pod without TLS would receive in clear text.
        job["tls_config"] = _secure(pipeline)["tls_config"]
    return job | _identify(app)


def _find_pods(pipeline: Pipeline, *only: str, label: str = "") -> dict[str, Any]:
    """Find the node's pods in the scraped namespaces; jobs that find them alike share one watch of each."""
    selector = {"role": "pod", "field": "spec.nodeName=${env:K8S_NODE_NAME}", **({"label": label} if label else {})}
    namespaces = list(only or pipeline.scraped_namespaces)
    where = {"namespaces": {"names": namespaces}} if namespaces else {}
    return {"kubernetes_sd_configs": [{"role": "pod", **where, "selectors": [selector]}]}


def _secure(pipeline: Pipeline) -> dict[str, Any]:
    """Say how pods are scraped over TLS; files, so that a renewed certificate is read again without a restart."""
    tls = pipeline.collector.scrape_tls
    assert tls is not None, "asked only with collector.scrape_tls"
    files = {path.name: str(path) for path in scrape_secrets(pipeline)}
    names = {"ca_file": "ca", "cert_file": "certificate", "key_file": "key"}
    settings: dict[str, Any] = {key: files[name] for key, name in names.items() if name in files}
    if tls.server_name:
        settings["server_name"] = tls.server_name
    if tls.insecure_skip_verify:
        settings["insecure_skip_verify"] = True
    token = {"authorization": {"type": "Bearer", "credentials_file": files["token"]}} if "token" in files else {}
    return {"tls_config": settings, **token}


def _choose_pods(action: str, app: App, pipeline: Pipeline) -> dict[str, Any]:
    labels = ["__meta_kubernetes_namespace", "__meta_kubernetes_pod_label_app_kubernetes_io_name"]
    return relabel(action, labels, regex=f"{pipeline.namespace_of(app)};{app.name}")


def _identify(app: App) -> dict[str, Any]:
    """Say who scrapes the app, with a secret that only the environment knows."""
    if app.metrics_auth is None:
        return {}
    # Two expansions always make text: of one alone, the receiver would take 0123 for a number.
    secret = f"${{env:{app.metrics_auth.secret.variable}}}${{env:KUBEGLASS_EMPTY:-}}"
    if app.metrics_auth.basic is not None:
        return {"basic_auth": {"username": literal(app.metrics_auth.basic.username), "password": secret}}
    return {"authorization": {"type": "Bearer", "credentials": secret}}


def _relabel_pods(pipeline: Pipeline) -> list[dict[str, Any]]:
    """Read the ``prometheus.io/*`` annotations of this pipeline's own pods and of strangers'."""
    return [
        relabel("keep", [annotation("scrape")], regex="true"),
        *keep_own(pipeline.cluster.namespace, PIPELINE, MANAGED_BY),
        relabel("drop", ["__meta_kubernetes_pod_phase"], regex="Succeeded|Failed"),
        relabel("drop", ["__meta_kubernetes_pod_container_init"], regex="true"),
        relabel("replace", [annotation("scheme")], regex="(https?)", target_label="__scheme__"),
        relabel("replace", [annotation("path")], regex="(.+)", target_label="__metrics_path__"),
        *choose_port(),
    ]


#: The job is the app, as in a local run; the last match wins, and an empty label changes nothing.
_JOB_OF_LABELS = tuple(
    relabel("replace", [f"{META}label_{label}"], regex="(.+)", target_label="job")
    for label in ("app", "k8s_app", "app_kubernetes_io_name")
)
