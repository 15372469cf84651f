"""``kubeglass deploy`` and ``undeploy``, step by step, and how their progress is shown."""

from __future__ import annotations

import os
import platform
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kubeglass.cli.cluster_options import load_cluster_pipeline
from kubeglass.cli.context import images_folder
from kubeglass.cli.output import Output
from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.api.objects import KubernetesObject, ObjectKey
from kubeglass.deploy.existing.annotations import list_annotated, watched_workloads
from kubeglass.deploy.existing.check import check_existing
from kubeglass.deploy.ownership.managed_fields import find_kubectl_applied
from kubeglass.deploy.ownership.replicas import missing_metrics
from kubeglass.deploy.preparation.host_path import MISSING, find_obstacle
from kubeglass.deploy.preparation.ingress import check_ingresses
from kubeglass.deploy.preparation.pin import pin_images
from kubeglass.deploy.preparation.queue_folder import place_queue
from kubeglass.deploy.preparation.scraped_namespaces import require_namespaces
from kubeglass.deploy.preparation.volume_size import keep_volumes
from kubeglass.deploy.release.addresses import find_addresses
from kubeglass.deploy.release.annotating import take_off
from kubeglass.deploy.release.apply import Applied, Change
from kubeglass.deploy.release.created_secrets import fill_secrets, require_variables
from kubeglass.deploy.release.deploy import Release, deploy, preview, rehearse
from kubeglass.deploy.release.installed import find_installed
from kubeglass.deploy.release.inventory import find_left
from kubeglass.deploy.release.rehearsal import check
from kubeglass.deploy.release.removal import undeploy
from kubeglass.deploy.rollout.status import Progress, State
from kubeglass.deploy.rollout.wait import Clock
from kubeglass.deploy.verify.verification import Verified, verify
from kubeglass.errors import ClusterError
from kubeglass.images.store import list_archives
from kubeglass.model.pipeline import Pipeline
from kubeglass.render.engine_versions import unknown_versions
from kubeglass.render.kubernetes.created_secrets import CreatedSecret, name_secrets
from kubeglass.render.kubernetes.manifests import build
from kubeglass.render.kubernetes.names import PAGE_SECRET_KEY, deployed_apps, missing_grafana
from kubeglass.render.plan import compose


class RolloutOutput:
    """Prints each change of a deployment once."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._said: dict[ObjectKey, Progress] = {}
        self._changes: dict[ObjectKey, Change] = {}

    def applied(self, applied: Applied) -> None:
        """Print one object; an unchanged one is only counted."""
        # A deployment of two stages applies most objects twice.
        self._changes.setdefault(applied.key, applied.change)
        if applied.change is not Change.UNCHANGED:
            self._changes[applied.key] = applied.change
            detail = f" ({applied.detail})" if applied.detail else ""
            self._output.note(f"  {applied.key} {applied.change.value}{detail}")

    def progress(self, progress: Mapping[ObjectKey, Progress]) -> None:
        """Print what objects wait for when it changes; an object that is ready at once prints nothing."""
        for key, now in progress.items():
            before = self._said.get(key)
            if now != before and (before or now.state is not State.READY):
                word = "waits " if now.state is State.WAITING else ""
                self._output.note(f"  {key} {word}{now.message}")
            self._said[key] = now

    def verified(self, verified: Verified) -> None:
        """Print one verified link."""
        self._output.note(f"  {verified.subject}: {verified.detail} ({verified.seconds:.1f} s)")

    @property
    def summary(self) -> str:
        """The number of objects created, changed and so on."""
        return (
            ", ".join(f"{count} {change.value}" for change, count in Counter(self._changes.values()).items())
            or "nothing to do"
        )


#: Every node serves it; those of a large cluster would fill the screen.
MOST_NODES = 5


@dataclass(frozen=True, slots=True)
class DeployOptions:
    """The options of ``kubeglass deploy``; ``kubeglass deploy --help`` explains them."""

    file: Path | None
    context: str | None
    namespace: str | None
    timeout: float
    dry_run: bool
    diff: bool
    force: bool
    verify: bool
    create_secrets: bool
    annotate: bool


def run_deploy(options: DeployOptions) -> None:
    """Diff, rehearse or run a deployment.

    Raises:
        ConfigError: the definition is invalid.
        ClusterError: the cluster refused, or the rollout or its verification failed.
    """
    pipeline, created = _load(options)
    objects = _render(pipeline)
    output = Output()
    shown = RolloutOutput(output)
    with Cluster.connect(options.context) as cluster:
        filled = fill_secrets(cluster, created, os.environ, pipeline=pipeline.cluster.namespace)
        output.note(f"context {cluster.context}, namespace {pipeline.cluster.namespace}, {cluster.address}")
        pinned = [*_fit(cluster, pipeline, objects, output.note), *filled]
        annotated = list_annotated(cluster, pipeline, output.note) if options.annotate else []
        release = Release(pipeline.cluster.namespace, pinned, options.force, annotated, watched_workloads(pipeline))
        kubectls = find_kubectl_applied(cluster, pinned, pipeline=release.namespace)
        if kubectls:
            output.note(f"{len(kubectls)} objects were applied by kubectl; deploy takes over their fields")
        if options.diff:
            difference, steps = preview(cluster, release)
            output.say(difference.rstrip("\n") or "no difference")
            check(steps)
            return
        check_host_paths(pipeline, output)
        for said in (missing_grafana(pipeline), unknown_versions(pipeline), missing_metrics(cluster, objects)):
            if said:
                output.note(said)
        if options.dry_run:
            rehearse(cluster, release, shown.applied)
            output.say(f"dry run: {shown.summary}")
            return
        seconds = _deploy(cluster, pipeline, _stages(cluster, pipeline, release), options, shown)
        word = "deployed and verified" if options.verify else "deployed"
        output.say(f"{word} in {seconds:.1f} s: {shown.summary}")
        _say_addresses(cluster, objects, output)
        for key in release.password_keys:
            output.note(_explain_password(key))


def _load(options: DeployOptions) -> tuple[Pipeline, list[CreatedSecret]]:
    pipeline = load_cluster_pipeline(options.file, options.namespace)
    if not options.create_secrets:
        return pipeline, []
    pipeline, created = name_secrets(pipeline)
    require_variables(created, os.environ)
    return pipeline, created


def _render(pipeline: Pipeline) -> list[KubernetesObject]:
    return [item for items in build(pipeline, compose(pipeline)).values() for item in items]


def _fit(
    cluster: Cluster, pipeline: Pipeline, objects: Sequence[KubernetesObject], note: Callable[[str], None]
) -> list[KubernetesObject]:
    """Fit the objects to what runs there, and note what is kept or moved."""
    require_namespaces(cluster, pipeline)
    doubts = [
        *check_existing(cluster, pipeline),
        *check_ingresses(cluster, objects, pipeline=pipeline.cluster.namespace),
    ]
    placed, queue = place_queue(cluster, objects, chosen=pipeline.cluster.queue_path is not None)
    kept, volumes = keep_volumes(cluster, placed, chosen=pipeline.storage.volume is not None)
    for said in filter(None, (*doubts, queue, *volumes)):
        note(said)
    return pin_images(cluster, kept, list_archives(images_folder()).values())


def _stages(cluster: Cluster, pipeline: Pipeline, release: Release) -> list[Release]:
    """Return what is deployed, one after the other.

    A namespace that the last app leaves is scraped until its pods have ended, or their last counts would be lost.
    """
    scraped = pipeline.scraped_namespaces
    left = find_left(cluster, find_installed(cluster, release.namespace), release.keys)
    unscraped = [name for name in left if scraped and name not in scraped]
    if not unscraped:
        return [release]
    before = pipeline.scraping(unscraped)
    secrets = [item for item in release.objects if item["kind"] == "Secret"]
    fitted = _fit(cluster, before, _render(before), lambda _: None)
    return [replace(release, objects=[*fitted, *secrets]), release]


def run_undeploy(file: Path | None, context: str | None, namespace: str | None, *, timeout: float, purge: bool) -> None:
    """Delete what deployments created.

    Raises:
        ConfigError: the definition is invalid.
        ClusterError: the cluster refused, or an object is not deleted in time.
    """
    pipeline = load_cluster_pipeline(file, namespace, deployed=True)
    home = pipeline.cluster.namespace
    output, clock = Output(), Clock()
    shown = RolloutOutput(output)
    with Cluster.connect(context) as cluster:
        output.note(f"context {cluster.context}, namespace {home}, {cluster.address}")
        take_off(cluster, pipeline=home, tell=shown.applied)
        if not undeploy(cluster, home, purge=purge, timeout=timeout, clock=clock, tell=shown.applied):
            output.say(f"nothing from kubeglass is in namespace {home}")
            return
    output.say(f"undeployed: {shown.summary}")
    if purge:
        output.note(f"the collectors' queues stay on the nodes, in {pipeline.cluster.queue_folder}")
    else:
        output.note("stored samples are kept; kubeglass undeploy --purge deletes them")


def check_host_paths(pipeline: Pipeline, output: Output) -> None:
    """Check sources mounted from the node, if the node is this machine.

    Raises:
        ClusterError: a pod could not read its source; the hint is the command to run.
    """
    for app in deployed_apps(pipeline):
        if app.host_path is None or app.host_path.node not in {None, platform.node()}:
            continue
        try:
            obstacle = find_obstacle(app.host_path)
        except PermissionError as error:
            who = f"user {app.host_path.user}, group {app.host_path.group}"
            output.note(f"app {app.name}: cannot inspect {error.filename} ({error.strerror}); {who} must read it")
            continue
        # Without a node name the source may be on another machine.
        if obstacle and (app.host_path.node is not None or obstacle.wrong != MISSING):
            found = f"{obstacle.path} {obstacle.wrong}"
            raise ClusterError(f"app {app.name}", "its pod cannot use its source", found=found, hint=obstacle.fix)


def _deploy(
    cluster: Cluster, pipeline: Pipeline, stages: Sequence[Release], options: DeployOptions, shown: RolloutOutput
) -> float:
    clock = Clock()
    started = clock.now()
    for stage in stages:
        deploy(cluster, stage, timeout=options.timeout, clock=clock, tell=shown.applied, report=shown.progress)
    if options.verify:
        verify(cluster, pipeline, timeout=options.timeout, clock=clock, tell=shown.verified)
    return clock.now() - started


def _explain_password(key: ObjectKey) -> str:
    read = f"kubectl -n {key.namespace} get {key} -o jsonpath='{{.data.{PAGE_SECRET_KEY}}}' | base64 -d"
    return f"the password to sign in with is in {key}: {read}"


def _say_addresses(cluster: Cluster, objects: Sequence[KubernetesObject], output: Output) -> None:
    rows = []
    for name, urls in find_addresses(cluster, objects).items():
        more = f", and on {len(urls) - MOST_NODES} more nodes" if len(urls) > MOST_NODES else ""
        rows.append([name, ", ".join(urls[:MOST_NODES]) + more or f"kubeglass open --cluster {name}"])
    output.table(["PART", "ADDRESS"], rows)
