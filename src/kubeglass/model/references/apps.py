"""How apps are named, how each one runs, and which ports they use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kubeglass.model.parts import COLLECTOR, GRAFANA, PROMETHEUS, VIEWER
from kubeglass.model.pipeline import Pipeline
from kubeglass.model.problem import Loc, Problem
from kubeglass.model.sections.app import App

#: Names of the pipeline's own processes and scrape jobs.
RESERVED_NAMES = ("otelcol", COLLECTOR, PROMETHEUS, VIEWER, GRAFANA)

#: Keys of an app that kubeglass runs, and keys of an app that it only scrapes.
WAYS = ("module", "image", "host_path")
OF_TARGETS = ("name", "target", "metrics_path", "metrics_auth", "metrics_prefix", "metrics")


def repeated_names(pipeline: Pipeline) -> list[Problem]:
    """Find duplicate names; a name is the ``job`` label."""
    names = [app.name for app in pipeline.apps]
    return [
        Problem(("apps", index, "name"), "must be unique among the apps", found=f"found '{name}' again")
        for index, name in enumerate(names)
        if name in names[:index]
    ]


def reserved_names(pipeline: Pipeline) -> list[Problem]:
    """Find apps named like a part of the pipeline."""
    return [
        Problem(
            ("apps", index, "name"),
            "is reserved for a part of the pipeline",
            found=f"found '{app.name}'",
            hint=f"reserved: {', '.join(RESERVED_NAMES)}",
        )
        for index, app in enumerate(pipeline.apps)
        if app.name in RESERVED_NAMES
    ]


def ways_to_run(pipeline: Pipeline) -> list[Problem]:
    """Find apps that do not say exactly once whether kubeglass runs or only scrapes them."""
    return [problem for index, app in enumerate(pipeline.apps) for problem in _ways_of_one(app, ("apps", index))]


def _ways_of_one(app: App, loc: Loc) -> Iterator[Problem]:
    if app.target is not None:
        for key in WAYS:
            if getattr(app, key) is not None:
                hint = f"keep 'target' to scrape a running app, or '{key}' to have kubeglass run it"
                yield Problem((*loc, key), "conflicts with 'target'", hint=hint, at_key=True)
        for key in sorted(app.model_fields_set - {*OF_TARGETS, *WAYS}):
            wrong = "has no effect with 'target', which kubeglass does not run"
            yield Problem((*loc, key), wrong, hint="remove it", at_key=True)
    elif app.module is None and app.image is None:
        hint = (
            "add 'module: package:app' to run it, 'image:' to run it on a cluster, or 'target: host:port' to scrape it"
        )
        yield Problem(loc, "does not say how it runs", hint=hint)
    if app.host_path is not None and app.module is None and app.target is None:
        yield Problem((*loc, "host_path"), "needs 'module'", hint="name the module in the mounted source", at_key=True)


def node_ports(pipeline: Pipeline) -> list[Problem]:
    """Find NodePorts used twice."""
    used: list[tuple[Loc, int | None]] = [
        (("apps", index, "node_port"), app.node_port) for index, app in enumerate(pipeline.apps)
    ]
    used.append((("cluster", "grafana", "node_port"), pipeline.cluster.grafana.node_port))
    used.append((("cluster", "viewer", "node_port"), pipeline.cluster.viewer.node_port))
    return list(_repeated((loc, port) for loc, port in used if port is not None))


def local_ports(pipeline: Pipeline) -> list[Problem]:
    """Find ports that two parts on this machine ask for; whoever asks for none gets a free one."""
    used: list[tuple[Loc, int]] = [
        (("apps", index, "port"), app.port)
        for index, app in enumerate(pipeline.apps)
        if app.module is not None and "port" in app.model_fields_set
    ]
    chosen = pipeline.local.ports
    parts = {"page": chosen.page, "prometheus": chosen.prometheus, "otlp": chosen.otlp}
    used += [(("local", "ports", name), port) for name, port in parts.items() if port is not None]
    return list(_repeated(used))


def targets(pipeline: Pipeline) -> list[Problem]:
    """Find metrics that would be scraped twice: two targets at one address, or a target that kubeglass runs."""
    first: dict[tuple[str, str], str] = {
        (f"127.0.0.1:{app.port}", app.metrics_path): f"apps[{index}].port"
        for index, app in enumerate(pipeline.apps)
        if app.module is not None and "port" in app.model_fields_set
    }
    problems = []
    for index, app in enumerate(pipeline.apps):
        if app.target is None:
            continue
        page = (app.target.lower().replace("localhost:", "127.0.0.1:"), app.metrics_path)
        loc: Loc = ("apps", index, "target")
        if page in first:
            found = f"found '{app.target}' again"
            problems.append(Problem(loc, f"must not be the address of {first[page]}", found=found))
        first.setdefault(page, f"apps[{index}].target")
    return problems


def metrics_ports(pipeline: Pipeline) -> list[Problem]:
    """Find apps whose Service would expose their metrics."""
    return [
        Problem(
            ("apps", index, "metrics_port"),
            "must differ from 'port', so that the app's Service does not expose metrics",
            found=f"both are {app.port}",
        )
        for index, app in enumerate(pipeline.apps)
        if app.target is None and app.metrics_port == app.port
    ]


def _repeated(uses: Iterable[tuple[Loc, int]]) -> Iterator[Problem]:
    first: dict[int, Problem] = {}
    for loc, port in uses:
        if port in first:
            wrong = f"must differ from {first[port].path}"
            yield Problem(loc, wrong, found=f"found {port}")
        else:
            first[port] = Problem(loc, "")
