"""How apps are named, how each one runs, and which ports they use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kubeglass.model.parts import COLLECTOR, GRAFANA, HEARTBEAT, PROMETHEUS, VIEWER
from kubeglass.model.pipeline import Pipeline
from kubeglass.model.problem import Loc, Problem, format_loc
from kubeglass.model.sections.app import App
from kubeglass.model.sections.ingress import Ingress

#: Names of the pipeline's own processes and scrape jobs.
RESERVED_NAMES = ("otelcol", COLLECTOR, HEARTBEAT, PROMETHEUS, VIEWER, GRAFANA)

#: Keys of an app that kubeglass runs, and keys of an app that it only scrapes.
WAYS = ("module", "image", "host_path", "source", "install")
OF_TARGETS = ("name", "target", "metrics_path", "metrics_auth", "metrics_prefix", "metrics")
OF_EXISTING = ("existing", "metrics_port", *OF_TARGETS)


def names(pipeline: Pipeline) -> Iterator[Problem]:
    """Find duplicate names, as a name is the ``job`` label, and names of parts of the pipeline."""
    known: set[str] = set()
    for index, app in enumerate(pipeline.apps):
        loc = ("apps", index, "name")
        if app.name in known:
            hint = "it is the job of the app's metrics, in whatever namespace the app is"
            yield Problem(loc, "must be unique among the apps", found=f"found '{app.name}' again", hint=hint)
        if app.name in RESERVED_NAMES:
            hint = f"reserved: {', '.join(RESERVED_NAMES)}"
            yield Problem(loc, "is reserved for a part of the pipeline", found=f"found '{app.name}'", hint=hint)
        known.add(app.name)


def ways_to_run(pipeline: Pipeline) -> Iterator[Problem]:
    """Find apps that do not say exactly once whether kubeglass runs or only scrapes them."""
    for index, app in enumerate(pipeline.apps):
        yield from _ways_of_one(app, ("apps", index))


def _ways_of_one(app: App, loc: Loc) -> Iterator[Problem]:
    if app.is_only_scraped:
        yield from _contradictions(app, loc)
    elif app.module is None and app.image is None:
        hint = (
            "add 'module: package:app' to run it, 'image:' to run it on a cluster, 'target: host:port' to scrape it, or"
            " 'existing: deployment/namespace/name' to scrape it on a cluster"
        )
        yield Problem(loc, "does not say how it runs", hint=hint)
    if app.host_path is not None and app.module is None and not app.is_only_scraped:
        yield Problem((*loc, "host_path"), "needs 'module'", hint="name the module in the mounted source", at_key=True)


def _contradictions(app: App, loc: Loc) -> Iterator[Problem]:
    """Find the keys of an app that kubeglass only scrapes which would be for one that it runs."""
    way, known = ("target", OF_TARGETS) if app.target is not None else ("existing", OF_EXISTING)
    other = ["existing"] if app.target is not None and app.existing is not None else []
    for key in (*other, *WAYS):
        if getattr(app, key):
            hint = f"keep '{way}' to scrape a running app, or '{key}' {_WHY.get(key, 'to have kubeglass run it')}"
            yield Problem((*loc, key), f"conflicts with '{way}'", hint=hint, at_key=True)
    for key in sorted(app.model_fields_set - {*known, *WAYS, *other}):
        wrong = f"has no effect with '{way}', which kubeglass does not run"
        yield Problem((*loc, key), wrong, hint="remove it", at_key=True)


_WHY = {"existing": "for pods of the cluster"}


def sources(pipeline: Pipeline) -> Iterator[Problem]:
    """Find apps whose source comes from two places, or whose image does."""
    for index, app in enumerate(pipeline.apps):
        loc: Loc = ("apps", index)
        if app.source and app.host_path is not None:
            yield Problem((*loc, "source"), "conflicts with 'host_path'", hint="keep one", at_key=True)
        if app.install is not None and app.image is not None:
            hint = "name a plain Python image in 'install.image', or remove 'install'"
            yield Problem((*loc, "install"), "conflicts with 'image'", hint=hint, at_key=True)
        if app.install is not None and not app.source and app.host_path is None and not app.is_only_scraped:
            hint = "add 'source: [.]', or 'host_path'"
            yield Problem((*loc, "install"), "needs the app's source", hint=hint, at_key=True)
        if app.source and app.install is None and app.image is None and not app.is_only_scraped:
            hint = "add 'install: {}' for a plain Python image, or name an 'image' that has its packages"
            yield Problem((*loc, "source"), "needs an image", hint=hint, at_key=True)
        if app.source and app.module is None and not app.is_only_scraped:
            yield Problem((*loc, "source"), "needs 'module'", hint="name the module in the source", at_key=True)


def node_ports(pipeline: Pipeline) -> Iterator[Problem]:
    """Find NodePorts used twice."""
    uses: list[tuple[Loc, int | str | None]] = [
        (("apps", index, "node_port"), app.node_port) for index, app in enumerate(pipeline.apps)
    ]
    uses.append((("cluster", "grafana", "node_port"), pipeline.cluster.grafana.node_port))
    uses.append((("cluster", "viewer", "node_port"), pipeline.cluster.viewer.node_port))
    return _repeated(uses)


def ingress_hosts(pipeline: Pipeline) -> Iterator[Problem]:
    """Find host names used twice: a controller would send requests to either."""
    cluster = pipeline.cluster
    uses: list[tuple[Loc, Ingress | None]] = [
        (("apps", index, "ingress", "host"), app.ingress) for index, app in enumerate(pipeline.apps)
    ]
    uses.append((("cluster", "grafana", "ingress", "host"), cluster.grafana.ingress))
    uses.append((("cluster", "viewer", "ingress", "host"), cluster.viewer.ingress))
    return _repeated((loc, ingress.host) for loc, ingress in uses if ingress is not None)


def local_ports(pipeline: Pipeline) -> Iterator[Problem]:
    """Find ports that two parts on this machine ask for; a part that asks for none gets a free one."""
    chosen = pipeline.local.ports
    uses: list[tuple[Loc, int | str | None]] = [
        (("apps", index, "port"), app.port) for index, app in enumerate(pipeline.apps) if _asks_for_a_port(app)
    ]
    uses += [(("local", "ports", name), getattr(chosen, name)) for name in ("page", "prometheus", "otlp")]
    return _repeated(uses)


def targets(pipeline: Pipeline) -> Iterator[Problem]:
    """Find metrics that would be scraped twice: two targets at one address, or a target that kubeglass runs."""
    first: dict[tuple[str, str], Loc] = {
        (f"127.0.0.1:{app.port}", app.metrics_path): ("apps", index, "port")
        for index, app in enumerate(pipeline.apps)
        if _asks_for_a_port(app)
    }
    for index, app in enumerate(pipeline.apps):
        if app.target is not None:
            loc: Loc = ("apps", index, "target")
            other = first.setdefault((app.target.lower().replace("localhost:", "127.0.0.1:"), app.metrics_path), loc)
            if other != loc:
                wrong = f"must not be the address of {format_loc(other)}"
                yield Problem(loc, wrong, found=f"found '{app.target}' again")


def existing_pods(pipeline: Pipeline) -> Iterator[Problem]:
    """Find pods that would be scraped for two apps."""
    uses = (
        (("apps", index, "existing"), f"{app.existing.pods} of {app.existing.namespace}")
        for index, app in enumerate(pipeline.apps)
        if app.existing is not None
    )
    return _repeated(uses)


def metrics_ports(pipeline: Pipeline) -> Iterator[Problem]:
    """Find apps whose Service would expose their metrics, and ports that are named before they exist."""
    for index, app in enumerate(pipeline.apps):
        if not app.is_only_scraped and app.metrics_port == app.port:
            wrong = "must differ from 'port', so that the app's Service does not expose metrics"
            yield Problem(("apps", index, "metrics_port"), wrong, found=f"both are {app.port}")
        if isinstance(app.metrics_port, str) and app.existing is None:
            hint = "give the number"
            wrong = "must be a number; only with 'existing' do pods have named ports already"
            yield Problem(("apps", index, "metrics_port"), wrong, found=f"found '{app.metrics_port}'", hint=hint)


def _asks_for_a_port(app: App) -> bool:
    return app.module is not None and "port" in app.model_fields_set


def _repeated(uses: Iterable[tuple[Loc, int | str | None]]) -> Iterator[Problem]:
    first: dict[int | str, Loc] = {}
    for loc, value in uses:
        if value is not None and (other := first.setdefault(value, loc)) != loc:
            yield Problem(loc, f"must differ from {format_loc(other)}", found=f"found {value}")
