"""Pack each engine as a wheel for each platform: ``python -m tools.engine_wheels [--platform OS/ARCH] [--out FOLDER]``.

The programs come from the cache, else from the official release, else from a build, which Go does for any platform.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

from kubeglass.engines.engine import Distribution
from kubeglass.engines.install.resolve import resolve
from kubeglass.engines.install.source import Source
from kubeglass.engines.install.wheel import wheel_folder, wheel_name
from kubeglass.engines.platform import Platform, parse_platform
from kubeglass.engines.registry import TOOLS
from kubeglass.errors import EngineError, KubeglassError

ROOT = Path(__file__).resolve().parents[1]
#: The programs load no C library, so they run on every Linux; Go 1.26 needs macOS 12: https://go.dev/wiki/MinimumRequirements
TAGS = {
    Platform("linux", "amd64"): "manylinux_2_17_x86_64.manylinux2014_x86_64.musllinux_1_1_x86_64",
    Platform("linux", "arm64"): "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64",
    Platform("darwin", "arm64"): "macosx_12_0_arm64",
}
METADATA = """\
Metadata-Version: 2.1
Name: {name}
Version: {version}
Summary: {title} {version}, for kubeglass
License: Apache-2.0
Requires-Python: >=3.11

The programs of {title} {version} ({programs}), built from the project's own source modules or taken from its official
release, for `pip install "kubeglass[engines]"`.
"""
#: The earliest time that a zip file can hold: the same programs give the same bytes.
_EPOCH = (1980, 1, 1, 0, 0, 0)


def pack_wheel(distribution: Distribution, platform: Platform, programs: dict[str, Path], out: Path) -> Path:
    """Write the wheel of one distribution for one platform to the folder ``out``, and return its path."""
    name, tag = wheel_folder(distribution.name), f"py3-none-{TAGS[platform]}"
    info = f"{name}-{distribution.version}.dist-info"
    files = dict(_describe(distribution, tag, info))
    target = out / f"{name}-{distribution.version}-{tag}.whl"
    out.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    record: list[str] = []
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        for program, path in programs.items():
            record.append(_add(archive, f"{name}/{program}", path.read_bytes(), mode=0o755))
        record += [_add(archive, path, content) for path, content in files.items()]
        _add(archive, f"{info}/RECORD", "\n".join([*record, f"{info}/RECORD,,", ""]).encode())
    part.replace(target)
    return target


def _describe(distribution: Distribution, tag: str, info: str) -> Iterator[tuple[str, bytes]]:
    python, abi, platforms = tag.split("-")
    tags = [f"Tag: {python}-{abi}-{platform}" for platform in platforms.split(".")]
    wheel = ["Wheel-Version: 1.0", "Generator: kubeglass", "Root-Is-Purelib: false", *tags, ""]
    metadata = METADATA.format(
        name=wheel_name(distribution.name),
        version=distribution.version,
        title=distribution.title,
        programs=", ".join(distribution.binaries),
    )
    yield f"{info}/METADATA", metadata.encode()
    yield f"{info}/WHEEL", "\n".join(wheel).encode()
    yield f"{info}/LICENSE", (ROOT / "LICENSE").read_bytes()


def _add(archive: zipfile.ZipFile, path: str, content: bytes, *, mode: int = 0o644) -> str:
    """Add a file and return its line of RECORD."""
    entry = zipfile.ZipInfo(path, _EPOCH)
    entry.external_attr = (0o100000 | mode) << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, content)
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return f"{path},sha256={digest},{len(content)}"


def find_programs(distribution: Distribution, platform: Platform) -> dict[str, Path]:
    """Return the programs of the pinned version by name; those on PATH may be of another.

    Raises:
        EngineError: there is no way to get them.
    """
    tools = [tool for tool in TOOLS if tool.distribution is distribution]
    for source in (Source.CACHE, Source.RELEASE, Source.BUILD):
        try:
            return {tool.name: resolve(tool, source=source, platform=platform).path for tool in tools}
        except EngineError:
            if source is Source.BUILD:
                raise
    raise AssertionError("the last source returns or raises")


def main(arguments: list[str]) -> None:
    """Pack the wheels and print their paths."""
    parser = argparse.ArgumentParser(prog="python -m tools.engine_wheels", description=__doc__)
    parser.add_argument("--platform", action="append", help="such as linux/arm64; all by default")
    parser.add_argument("--out", type=Path, default=Path("dist"))
    options = parser.parse_args(arguments)
    platforms = [parse_platform(text, tuple(TAGS)) for text in options.platform or map(str, TAGS)]
    for distribution in dict.fromkeys(tool.distribution.name for tool in TOOLS):
        found = next(tool.distribution for tool in TOOLS if tool.distribution.name == distribution)
        for platform in platforms:
            print(pack_wheel(found, platform, find_programs(found, platform), options.out))


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KubeglassError as error:
        sys.exit(f"error: {error}")
