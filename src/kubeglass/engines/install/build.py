"""Build a distribution's programs from source modules, each checked against the committed ``go.sum``."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from itertools import count
from pathlib import Path

from kubeglass.engines.engine import Distribution, GoBuild
from kubeglass.engines.install.go import Go, find_go, needed_version, run_go
from kubeglass.engines.install.progress import Phase, Progress
from kubeglass.engines.install.source import Unavailable
from kubeglass.engines.platform import Platform

GIB = 1024**3

#: :meth:`Progress.step` of one distribution.
Step = Callable[..., None]


def require_space(needs: Iterable[tuple[Path, float]]) -> None:
    """Check that each file system has room for what will be written to it.

    Args:
        needs: folders, which need not exist, and the GiB that will be written to each.

    Raises:
        Unavailable: one has too little.
    """
    totals: dict[int, tuple[Path, float]] = {}
    for folder, gib in needs:
        existing = next(path for path in (folder, *folder.parents) if path.exists())
        device = existing.stat().st_dev
        _, before = totals.get(device, (existing, 0.0))
        totals[device] = (existing, before + gib)
    for folder, gib in totals.values():
        free = shutil.disk_usage(folder).free / GIB
        if free < gib:
            raise Unavailable(
                f"the disk of {folder} has {free:.1f} GiB free, and needs {gib:.1f} GiB",
                hint="free some space, or move GOCACHE, GOMODCACHE, GOTMPDIR and XDG_CACHE_HOME to another disk",
            )


#: Room for the programs themselves, beside the caches, in GiB.
PROGRAMS_GIB = 0.3


def build_programs(
    distribution: Distribution, staging: Path, progress: Progress, platform: Platform | None = None
) -> None:
    """Build into the folder ``staging``.

    Args:
        distribution: what to build.
        staging: receives the programs.
        progress: receives the steps.
        platform: another platform than this machine's; Go needs nothing of it.

    Raises:
        Unavailable: no Go, no room, no connection, or go failed.
    """
    build = distribution.build
    if build is None:
        raise Unavailable(f"{distribution.title} cannot be built from source")
    go = find_go(needed_version(build.sources / "go.mod"))
    target = {"GOOS": platform.os, "GOARCH": platform.arch} if platform else {}
    step = partial(progress.step, distribution.name, expected_seconds=build.usual_seconds)
    answer = run_go(go, ["env", "-json", "GOCACHE", "GOMODCACHE", "GOTMPDIR"], cwd=build.sources)
    caches = {name: Path(folder) for name, folder in json.loads(answer).items() if folder}
    pending = _list_pending(build, go, caches["GOMODCACHE"], target, step)
    compiled_gib = build.cache_gib * min(len(pending) / build.compiled_packages, 1.0)
    # While go runs, its temporary folder holds a copy of what it compiled, and the programs.
    temporary_gib = compiled_gib + PROGRAMS_GIB
    require_space([(staging, PROGRAMS_GIB), (caches["GOCACHE"], compiled_gib), (_temporary(caches), temporary_gib)])
    _compile(build, go, staging, pending, target, step)


def _list_pending(build: GoBuild, go: Go, modules: Path, target: Mapping[str, str], step: Step) -> set[str]:
    """Download the modules if necessary, and return the packages that are not compiled yet."""
    arguments = ["list", "-deps", "-trimpath", "-tags", build.tags, "-f", "{{if .Stale}}{{.ImportPath}}{{end}}"]
    arguments += build.packages
    try:
        # Offline first: if all modules are cached, neither the network nor disk space is needed.
        return set(run_go(go, arguments, cwd=build.sources, extra_environment={**target, "GOPROXY": "off"}).split())
    except Unavailable:
        require_space([(modules, build.modules_gib)])
    fetched = count(1)

    def report(line: str) -> None:
        if line.startswith("go: downloading "):
            module = line.removeprefix("go: downloading ")
            step(Phase.FETCH, module, fraction=min(next(fetched) / build.modules, 1.0))

    return set(run_go(go, arguments, cwd=build.sources, extra_environment=target, on_line=report).split())


def _compile(build: GoBuild, go: Go, staging: Path, pending: set[str], target: Mapping[str, str], step: Step) -> None:
    compiled = count(1)
    programs = {*build.packages, *(package for package in pending if package.startswith("kubeglass/"))}

    def report(line: str) -> None:
        if line in pending:
            step(Phase.LINK if line in programs else Phase.COMPILE, line, fraction=next(compiled) / len(pending))

    arguments = ["build", "-v", "-trimpath", "-buildvcs=false", "-tags", build.tags, "-ldflags", build.ldflags]
    arguments += ["-o", f"{staging}/", *build.packages]
    run_go(go, arguments, cwd=build.sources, extra_environment=target, on_line=report)


def _temporary(caches: Mapping[str, Path]) -> Path:
    """Find the folder that go compiles and links in: https://pkg.go.dev/cmd/go#hdr-Environment_variables."""
    return caches.get("GOTMPDIR") or Path(os.environ.get("TMPDIR") or "/tmp")  # noqa: S108  # as Go itself does
