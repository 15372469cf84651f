"""Finds or installs an engine: tries the allowed ways in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kubeglass.engines.engine import Distribution, Tool
from kubeglass.engines.install.build import build_programs
from kubeglass.engines.install.cache import distribution_folder, find_record, installation_lock, publish, staging_folder
from kubeglass.engines.install.progress import Phase, Progress
from kubeglass.engines.install.release import download_programs
from kubeglass.engines.install.search_path import find_on_path, read_version
from kubeglass.engines.install.source import Origin, Source, Unavailable
from kubeglass.engines.install.wheel import find_in_wheel
from kubeglass.engines.platform import Platform, detect_platform, read_platform
from kubeglass.errors import EngineError


@dataclass(frozen=True, slots=True)
class InstalledEngine:
    """A program that can be run.

    Args:
        engine: the engine.
        path: its absolute path.
        version: the version that it reports; one found on PATH may differ from the pin in the patch version.
        origin: how it was installed.
    """

    engine: Tool
    path: Path
    version: str
    origin: Origin


def find(
    engine: Tool, *, source: Source = Source.AUTO, progress: Progress | None = None, platform: Platform | None = None
) -> InstalledEngine:
    """Find an engine on PATH, in a wheel or in the cache, without downloading or building.

    For another ``platform`` than this machine's, only the cache has one.

    Raises:
        Unavailable: it is in none of them; the details say what was skipped and why.
    """
    passed_over: tuple[str, ...] = ()
    ways: list[tuple[Origin, Callable[[], tuple[Path, str]]]] = []
    if source.looks_on_path and platform is None:
        ways.append((Origin.PATH, lambda: find_on_path(engine, progress or Progress())))
    if source.looks_in_wheels and platform is None:
        ways.append((Origin.WHEEL, lambda: find_in_wheel(engine)))
    for origin, way in ways:
        try:
            path, version = way()
            return InstalledEngine(engine, path, version, origin)
        except Unavailable as fault:
            label = "PATH" if origin is Origin.PATH else origin.value
            passed_over = (*passed_over, f"{label}: {fault.reason}", *fault.details)
    if source.looks_in_cache:
        record = find_record(engine.distribution, engine.name, platform)
        if record is not None and source.accepts(record.origin):
            path = distribution_folder(engine.distribution, platform) / engine.name
            return InstalledEngine(engine, path, record.version, record.origin)
        passed_over = (*passed_over, "cache: no intact program of this version")
    command = f"kubeglass engines install {engine.name}" + (f" --platform {platform}" if platform else "")
    raise Unavailable("is not installed", hint=f"run: {command}", details=passed_over)


def resolve(
    engine: Tool, *, source: Source = Source.AUTO, progress: Progress | None = None, platform: Platform | None = None
) -> InstalledEngine:
    """Return an engine, downloading or building it if necessary.

    Several processes may call it at the same time. After an interruption, the next call resumes downloads and builds.

    Args:
        engine: the engine.
        source: where it may come from.
        progress: receives the steps.
        platform: where it will run; None means on this machine.

    Raises:
        EngineError: no allowed way works; the details say what was tried and why it failed.
    """
    progress = progress or Progress()
    platform = None if platform == detect_platform() else platform
    try:
        return find(engine, source=source, progress=progress, platform=platform)
    except Unavailable as fault:
        if not (source.downloads or source.builds):
            raise _unobtainable(engine, fault, fault.details) from fault
        tried = fault.details
    with installation_lock(engine.distribution, progress):
        try:  # another process may have installed it while this one waited
            return find(engine, source=source, platform=platform)
        except Unavailable:
            _obtain(engine, source, progress, tried, platform)
    return find(engine, source=source, platform=platform)


def _obtain(
    engine: Tool, source: Source, progress: Progress, tried: tuple[str, ...], platform: Platform | None
) -> None:
    distribution, target = engine.distribution, platform or detect_platform()
    ways: list[tuple[Origin, Callable[[Path], None]]] = []
    if source.downloads:
        ways.append((Origin.RELEASE, lambda staging: download_programs(distribution, target, staging, progress)))
    if source.builds:
        ways.append((Origin.BUILD, lambda staging: build_programs(distribution, staging, progress, platform)))
    for origin, way in ways:
        try:
            _install(distribution, origin, way, platform)
        except Unavailable as fault:
            tried = (*tried, f"{origin}: {fault.reason}", *fault.details)
            progress.note(distribution.name, f"{origin}: {fault.reason}")
            last = fault
        else:
            progress.step(distribution.name, Phase.DONE, f"{distribution.version}, {origin}", fraction=1.0)
            return
    raise _unobtainable(engine, last, tried) from last


def _install(
    distribution: Distribution, origin: Origin, way: Callable[[Path], None], platform: Platform | None
) -> None:
    with staging_folder(distribution, platform) as staging:
        way(staging)
        for name in distribution.binaries:
            _check_program(staging / name, distribution, platform)
        publish(distribution, staging, origin)


def _check_program(program: Path, distribution: Distribution, platform: Platform | None) -> None:
    if platform is not None:
        # It does not start here, so only its header can be read.
        found = read_platform(program)
        if found != platform:
            raise Unavailable(f"{program.name} is for {found or 'no known platform'}, not {platform}")
        return
    version = read_version(program)
    if version != distribution.version:
        raise Unavailable(f"{program.name} was built as version {version}, not {distribution.version}")


def _unobtainable(engine: Tool, fault: Unavailable, tried: tuple[str, ...]) -> EngineError:
    return EngineError(
        f"{engine.name} {engine.version}",
        "cannot be installed",
        found=fault.reason,
        hint=fault.hint or f"install it yourself, so that {engine.commands[0]} {engine.series} is on PATH",
        details=tried,
    )
