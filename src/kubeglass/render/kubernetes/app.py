"""``python-app.yaml`` and ``python-nodeport-svc.yaml``: each app as a Deployment with a Service."""

from __future__ import annotations

import math
from pathlib import PurePosixPath
from typing import Any

from kubeglass.catalog import PROBE_PATH
from kubeglass.model.parts import INSTRUMENT_VARIABLE, METRICS_FOLDER_VARIABLE, METRICS_PREFIX_VARIABLE
from kubeglass.model.pipeline import Pipeline
from kubeglass.model.sections.app import App, Autoscale, HostPath
from kubeglass.model.sections.placement import NODE_NAME, Placement
from kubeglass.render.kubernetes import source
from kubeglass.render.kubernetes.names import app_image, deployed_apps, describe, metadata
from kubeglass.render.kubernetes.pods import (
    IMAGE_USER,
    START_SECONDS,
    TMP,
    container_security_context,
    empty_volume,
    http_probe,
    place,
    pod_security_context,
    port_of,
    resources_of,
    secret_variable,
    select,
    service,
    tcp_probe,
    template_of,
)

CONTAINER = "app"
#: Folder of the workers' metric files, in memory: they are written at every request.
METRICS_DIR = "/run/metrics"
#: Folder of an app's source in its container.
SOURCE_DIR = "/app"
#: Where gunicorn 25.1 and later puts its control socket; by default in the home folder, which cannot be written. See
#: `control_socket` in its settings; as an option, earlier versions would refuse it.
RUNTIME_VARIABLE = "XDG_RUNTIME_DIR"
#: Seconds gunicorn gives requests in flight.
GRACE_SECONDS = 30

#: Seconds between two looks of a collector for new pods: ``reloader`` in prometheus/prometheus/scrape/manager.go.
DISCOVERY_SECONDS = 5.0

#: Seconds of low load before pods are removed, and between one removal and the next.
CALM_SECONDS = 300
REMOVAL_SECONDS = 60


def build(pipeline: Pipeline) -> list[dict[str, Any]]:
    """Build each app's Deployment, PodDisruptionBudget and autoscaler, after the ConfigMaps with its source."""
    apps = deployed_apps(pipeline)
    installing = dict.fromkeys(pipeline.namespace_of(app) for app in apps if app.install)
    return [
        *map(source.build_library, installing),
        *(
            item
            for app in apps
            for item in (*source.build_source(app, pipeline.namespace_of(app)), *_workload(app, pipeline))
        ),
    ]


def build_services(pipeline: Pipeline) -> list[dict[str, Any]]:
    """Build a Service for each app, inside the cluster or also on every node's port."""
    return [
        service(app.name, "app", pipeline.namespace_of(app), port=80, node_port=app.node_port)
        for app in deployed_apps(pipeline)
    ]


def _workload(app: App, pipeline: Pipeline) -> list[dict[str, Any]]:
    scraped = {
        "prometheus.io/scrape": "true",
        "prometheus.io/port": str(app.metrics_port),
        "prometheus.io/path": app.metrics_path,
    }
    fixed = app.fixed_replicas
    deployment = {
        # Whoever else sets the number would find it changed back at every apply.
        **({} if fixed is None else {"replicas": fixed}),
        "selector": select(app.name),
        # A new pod is ready before an old one goes.
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
        "template": template_of(app.name, "app", _pod(app, pipeline), scraped | source.source_hash(app)),
    }
    # One at a time: a node can always be drained, and an app with several replicas stays available.
    budget = {"maxUnavailable": 1, "selector": select(app.name)}
    about = metadata(app.name, "app", pipeline.namespace_of(app))
    return [
        describe("Deployment", about, spec=deployment),
        describe("PodDisruptionBudget", about, spec=budget),
        *([describe("HorizontalPodAutoscaler", about, spec=_scaling(app, app.autoscale))] if app.autoscale else []),
    ]


def _scaling(app: App, autoscale: Autoscale) -> dict[str, Any]:
    shares = {"cpu": autoscale.cpu, "memory": autoscale.memory}
    return {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": app.name},
        "minReplicas": autoscale.min,
        "maxReplicas": autoscale.max,
        "metrics": [_measure(name, share) for name, share in shares.items() if share is not None],
        "behavior": {
            # Up as Kubernetes does by default: at once, by four pods or to twice as many every 15 seconds. Down only
            # after a calm, and at most half at a time: the rest must take over what these served.
            "scaleDown": {
                "stabilizationWindowSeconds": CALM_SECONDS,
                "selectPolicy": "Max",
                "policies": [
                    {"type": "Percent", "value": 50, "periodSeconds": REMOVAL_SECONDS},
                    {"type": "Pods", "value": 1, "periodSeconds": REMOVAL_SECONDS},
                ],
            },
        },
    }


def _measure(name: str, share: int) -> dict[str, Any]:
    # Of the app's container alone: one that a mesh adds to the pod may request nothing, and then a pod has no share.
    resource = {"name": name, "container": CONTAINER, "target": {"type": "Utilization", "averageUtilization": share}}
    return {"type": "ContainerResource", "containerResource": resource}


def _pod(app: App, pipeline: Pipeline) -> dict[str, Any]:
    mounted = app.host_path
    user = (mounted.user, mounted.group) if mounted else (IMAGE_USER, IMAGE_USER)
    last_scrape = _last_scrape_seconds(pipeline)
    spread = {
        "maxSkew": 1,
        "topologyKey": NODE_NAME,
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": select(app.name),
    }
    return {
        # The app does not use the API server.
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": pod_security_context(*user),
        "terminationGracePeriodSeconds": last_scrape + GRACE_SECONDS + 5,
        "topologySpreadConstraints": [spread],
        **place(_placement(app, pipeline)),
        **_install(app, pipeline),
        "containers": [_container(app, pipeline, last_scrape)],
        "volumes": [
            empty_volume("metrics", "64Mi", in_memory=True),
            empty_volume("tmp", "256Mi"),
            *([_source_volume(mounted)] if mounted else []),
            *([source.source_volume(app)] if app.source else []),
            *(source.install_volumes() if app.install else []),
        ],
    }


def _install(app: App, pipeline: Pipeline) -> dict[str, Any]:
    if app.install is None:
        return {}
    policy = pipeline.cluster.pull_policy.value
    return {"initContainers": [source.install_container(app, _source_mounts(app), policy, SOURCE_DIR)]}


def _placement(app: App, pipeline: Pipeline) -> Placement:
    placement = app.placement.over(pipeline.cluster.placement)
    if app.host_path is None or app.host_path.node is None:
        return placement
    selector = {**placement.node_selector, NODE_NAME: app.host_path.node}
    return placement.model_copy(update={"node_selector": selector})


def _last_scrape_seconds(pipeline: Pipeline) -> int:
    """Seconds that a terminating pod waits for the scrape of its final counts.

    Two scrapes, as one may fail; or one, if a collector that has just started has to find the pod first.
    """
    interval = pipeline.scrape.interval
    return math.ceil(interval + max(interval, DISCOVERY_SECONDS)) + 1


def _container(app: App, pipeline: Pipeline, last_scrape: int) -> dict[str, Any]:
    return {
        "name": CONTAINER,
        "image": app_image(app),
        "imagePullPolicy": pipeline.cluster.pull_policy.value,
        "command": _command(app),
        "workingDir": SOURCE_DIR,
        "env": _environment(app),
        "ports": [port_of("http", app.port), port_of("metrics", app.metrics_port_number)],
        # Workers serve metrics only once the app is imported; gunicorn accepts connections before that. Neither probe
        # is a request to the app, so none is counted.
        "startupProbe": http_probe(_probed_path(app), "metrics", period=1, failures=START_SECONDS),
        # When all threads are busy, other replicas should answer, but this one must not be restarted: so liveness
        # needs no worker.
        "readinessProbe": http_probe(_probed_path(app), "metrics", period=10, timeout=5),
        "livenessProbe": tcp_probe("metrics", period=15, failures=4),
        # The Service drops the pod at once, while the collector still scrapes it.
        "lifecycle": {"preStop": {"exec": {"command": ["python3", "-c", f"import time; time.sleep({last_scrape})"]}}},
        "resources": resources_of(app.resources),
        "securityContext": container_security_context(),
        "volumeMounts": [
            {"name": "metrics", "mountPath": METRICS_DIR},
            TMP,
            *_source_mounts(app),
            *([source.PACKAGES_MOUNT] if app.install else []),
        ],
    }


def _probed_path(app: App) -> str:
    # The kubelet has no credentials; the library responds there to everybody.
    return app.metrics_path if app.metrics_auth is None else PROBE_PATH


def _command(app: App) -> list[str]:
    return [
        "python3",
        "-m",
        "gunicorn",
        f"--bind=0.0.0.0:{app.port}",
        # The workers listen here too, and expose metrics only here (KUBEGLASS_METRICS_PORT).
        f"--bind=0.0.0.0:{app.metrics_port}",
        f"--workers={app.workers}",
        f"--threads={app.threads}",
        f"--graceful-timeout={GRACE_SECONDS}",
        "--worker-tmp-dir=/dev/shm",
        # Kubernetes would replace $(NAME): https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
        (app.module or "app:app").replace("$(", "$$("),
    ]


def _environment(app: App) -> list[dict[str, Any]]:
    own = {*app.env, *app.secret_env}
    return [
        {"name": INSTRUMENT_VARIABLE, "value": "1"},
        {"name": "KUBEGLASS_METRICS_PORT", "value": str(app.metrics_port)},
        {"name": METRICS_FOLDER_VARIABLE, "value": METRICS_DIR},
        *([source.PACKAGES_VARIABLE] if app.install else []),
        *([] if RUNTIME_VARIABLE in own else [{"name": RUNTIME_VARIABLE, "value": TMP["mountPath"]}]),
        *([{"name": METRICS_PREFIX_VARIABLE, "value": app.metrics_prefix}] if app.metrics_prefix else []),
        *({"name": name, "value": value} for name, value in app.env.items()),
        *(secret_variable(name, source) for name, source in app.secret_env.items()),
    ]


def _source_volume(mounted: HostPath) -> dict[str, Any]:
    path = PurePosixPath(mounted.path)
    kind = "File" if path.suffix else "Directory"
    return {"name": "source", "hostPath": {"path": str(path), "type": kind}}


def _source_mounts(app: App) -> list[dict[str, Any]]:
    if app.host_path is None:
        return [{"name": "source", "mountPath": SOURCE_DIR, "readOnly": True}] if app.source else []
    path = PurePosixPath(app.host_path.path)
    where = f"{SOURCE_DIR}/{path.name}" if path.suffix else SOURCE_DIR
    return [{"name": "source", "mountPath": where, "readOnly": True}]
