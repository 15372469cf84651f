"""No two parts listen on one port."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kubeglass.model.pipeline import Pipeline
from kubeglass.model.problem import Loc, Problem


def node_ports(pipeline: Pipeline) -> list[Problem]:
    """Find NodePorts used twice."""
    used: list[tuple[Loc, int | None]] = [
        (("apps", index, "node_port"), app.node_port) for index, app in enumerate(pipeline.apps)
    ]
    used.append((("cluster", "grafana", "node_port"), pipeline.cluster.grafana.node_port))
    used.append((("cluster", "viewer", "node_port"), pipeline.cluster.viewer.node_port))
    return list(_repeated((loc, port) for loc, port in used if port is not None))


def local_ports(pipeline: Pipeline) -> list[Problem]:
    """Find ports that two apps on this machine ask for; apps that ask for none get free ones."""
    return list(
        _repeated(
            (("apps", index, "port"), app.port)
            for index, app in enumerate(pipeline.apps)
            if app.module is not None and "port" in app.model_fields_set
        )
    )


def targets(pipeline: Pipeline) -> list[Problem]:
    """Find pages of metrics that two apps would count: two targets of one address, or a target that is an own app."""
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
            problems.append(Problem(loc, f"must not be the address of {first[page]} too", found=found))
        first.setdefault(page, f"apps[{index}].target")
    return problems


def metrics_ports(pipeline: Pipeline) -> list[Problem]:
    """Find apps whose metrics would be exposed together with the app."""
    return [
        Problem(
            ("apps", index, "metrics_port"),
            "must differ from 'port', so that metrics are not exposed with the app",
            found=f"both are {app.port}",
        )
        for index, app in enumerate(pipeline.apps)
        if app.target is None and app.metrics_port == app.port
    ]


def _repeated(uses: Iterable[tuple[Loc, int]]) -> Iterator[Problem]:
    first: dict[int, Problem] = {}
    for loc, port in uses:
        if port in first:
            wrong = f"must not be the port of {first[port].path} too"
            yield Problem(loc, wrong, found=f"found {port}")
        else:
            first[port] = Problem(loc, "")
