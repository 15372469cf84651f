"""Build a distribution's programs from source modules, each checked against the committed ``go.sum``."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from kubeglass.engines.distribution import Distribution, GoBuild
from kubeglass.engines.install.go import Go, build_environment, find_go, needed_version, run_go
from kubeglass.engines.install.progress import Phase, Progress
from kubeglass.engines.install.source import Unavailable

GIB = 1024**3


def require_space(needs: Iterable[tuple[Path, float]]) -> None:
    """Check that each file system has room for what will be written to it.

    Args:
        needs: folders, which need not exist, and the GiB that will be written to each.

    Raises:
        Unavailable: one has too little.
    """
    totals: dict[int, tuple[Path, float]] = {}
    for folder, gib in needs:
        existing = _nearest_existing(folder)
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


def _nearest_existing(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder


#: Room for the programs themselves, beside the caches, in GiB.
PROGRAMS_GIB = 0.3


def build_programs(distribution: Distribution, staging: Path, progress: Progress) -> None:
    """Build into the folder ``staging``.

    Raises:
        Unavailable: no Go, no room, no connection, or go failed.
    """
    build = distribution.build
    if build is None:
        raise Unavailable(f"{distribution.title} cannot be built from source")
    go = find_go(needed_version(build.sources / "go.mod"))
    caches = _ask_caches(go)
    pending = _list_pending(distribution, build, go, caches, progress)
    compiled_gib = build.cache_gib * _share(len(pending), build)
    # While go runs, its temporary folder has a second copy of what it compiled, and the programs.
    temporary_gib = compiled_gib + PROGRAMS_GIB
    require_space([(staging, PROGRAMS_GIB), (caches["GOCACHE"], compiled_gib), (_temporary(caches), temporary_gib)])
    _compile(distribution, build, go, staging, pending, progress)


def _list_pending(
    distribution: Distribution, build: GoBuild, go: Go, caches: dict[str, Path], progress: Progress
) -> set[str]:
    """Download the modules if necessary, and return the packages that are not compiled yet."""
    arguments = ["list", "-deps", "-trimpath", "-tags", build.tags, "-f", "{{if .Stale}}{{.ImportPath}}{{end}}"]
    arguments += build.packages
    environment = build_environment()
    try:
        # Offline first: if all modules are cached, neither the network nor disk space is needed.
        return set(run_go(go, arguments, cwd=build.sources, environment={**environment, "GOPROXY": "off"}).split())
    except Unavailable:
        require_space([(caches["GOMODCACHE"], build.modules_gib)])
    fetched = 0

    def count(line: str) -> None:
        nonlocal fetched
        if line.startswith("go: downloading "):
            fetched += 1
            module = line.removeprefix("go: downloading ")
            fraction = min(fetched / build.modules, 1.0)
            progress.step(
                distribution.name, Phase.FETCH, module, fraction=fraction, expected_seconds=build.usual_seconds
            )

    return set(run_go(go, arguments, cwd=build.sources, environment=environment, on_line=count).split())


def _compile(
    distribution: Distribution, build: GoBuild, go: Go, staging: Path, pending: set[str], progress: Progress
) -> None:
    compiled = 0
    programs = {*build.packages, *(package for package in pending if package.startswith("kubeglass/"))}

    def count(line: str) -> None:
        nonlocal compiled
        if line not in pending:
            return
        compiled += 1
        phase = Phase.LINK if line in programs else Phase.COMPILE
        progress.step(
            distribution.name,
            phase,
            line,
            fraction=compiled / len(pending),
            expected_seconds=build.usual_seconds,
        )

    arguments = ["build", "-v", "-trimpath", "-buildvcs=false", "-tags", build.tags, "-ldflags", build.ldflags]
    arguments += ["-o", f"{staging}/", *build.packages]
    run_go(go, arguments, cwd=build.sources, environment=build_environment(), on_line=count)


def _ask_caches(go: Go) -> dict[str, Path]:
    answer = subprocess.run(
        [go.path, "env", "-json", "GOCACHE", "GOMODCACHE", "GOTMPDIR"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    if answer.returncode != 0:
        raise Unavailable("go env does not name its caches", details=tuple(answer.stderr.splitlines()[-3:]))
    return {name: Path(folder) for name, folder in json.loads(answer.stdout).items() if folder}


def _temporary(caches: Mapping[str, Path]) -> Path:
    """Find the folder that go compiles and links in: https://pkg.go.dev/cmd/go#hdr-Environment_variables."""
    return caches.get("GOTMPDIR") or Path(os.environ.get("TMPDIR") or "/tmp")  # noqa: S108  # as Go itself does


def _share(pending: int, build: GoBuild) -> float:
    """Estimate the share of the build cache that is still to be written."""
    return min(pending / build.compiled_packages, 1.0)
