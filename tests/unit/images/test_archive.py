"""An archive follows the OCI image layout, its bytes depend on content alone, and it is written whole or not at all."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kubeglass.errors import StateError
from kubeglass.images.archive import read_archive, write_archive
from kubeglass.images.image import File, Folder, Image, Symlink

IMAGE = Image(
    reference="localhost/kubeglass/shop:1",
    layers=(
        (File("bin/program", b"#!", 0o755), Symlink("bin/alias", "program"), Folder("tmp", 0o1777)),
        (File("app/shop.py", b"app = 1"),),
    ),
    entrypoint=("/bin/program",),
    command=("--flag",),
    environment={"B": "2", "A": "1"},
    working_dir="/app",
    ports=(8000,),
    labels={"org.opencontainers.image.title": "shop"},
)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return write_archive(IMAGE, tmp_path / "shop.tar").path


def test_the_same_content_gives_the_same_bytes(tmp_path: Path) -> None:
    source = tmp_path / "source"
    written = []
    for moment in (1_000_000_000, 1_700_000_000):
        source.write_bytes(b"content")
        os.utime(source, (moment, moment))
        image = replace(IMAGE, layers=((File("b", source), File("a", b"")),))
        written.append(write_archive(image, tmp_path / f"{moment}.tar").path.read_bytes())

    assert written[0] == written[1]


def test_the_order_in_which_files_were_found_does_not_matter(tmp_path: Path) -> None:
    entries = (File("a/b", b"1"), File("a-b", b"2"), File("c", b"3"))

    digests = {
        write_archive(replace(IMAGE, layers=(order,)), tmp_path / "x.tar").digest for order in (entries, entries[::-1])
    }

    assert len(digests) == 1


def test_every_blob_has_the_digest_it_is_named_by(archive: Path) -> None:
    blobs = [name for name in _names(archive) if name.startswith("blobs/sha256/")]

    assert len(blobs) == 4
    for name in blobs:
        assert hashlib.sha256(_read(archive, name)).hexdigest() == name.rpartition("/")[2]


def test_it_is_named_by_its_tag_and_by_its_content(archive: Path) -> None:
    usual, exact = json.loads(_read(archive, "index.json"))["manifests"]
    found = read_archive(archive)

    assert usual["digest"] == exact["digest"] == found.digest
    assert usual["annotations"]["io.containerd.image.name"] == found.reference == IMAGE.reference
    assert exact["annotations"]["io.containerd.image.name"] == found.exact_reference
    assert found.exact_reference == f"{IMAGE.reference}-{found.digest.removeprefix('sha256:')[:12]}"


def test_the_index_leads_to_the_layers(archive: Path) -> None:
    entry = json.loads(_read(archive, "index.json"))["manifests"][0]
    manifest = _blob(archive, entry)
    config = _blob(archive, manifest["config"])
    layers = [gzip.decompress(_read(archive, _blob_name(layer))) for layer in manifest["layers"]]

    assert json.loads(_read(archive, "oci-layout")) == {"imageLayoutVersion": "1.0.0"}
    assert entry["annotations"]["io.containerd.image.name"] == "localhost/kubeglass/shop:1"
    assert config["rootfs"]["diff_ids"] == [f"sha256:{hashlib.sha256(layer).hexdigest()}" for layer in layers]
    assert _list(layers[0]) == {
        "bin": ("0o755", ""),
        "bin/alias": ("0o777", "program"),
        "bin/program": ("0o755", ""),
        "tmp": ("0o1777", ""),
    }
    assert _list(layers[1]) == {"app": ("0o755", ""), "app/shop.py": ("0o644", "")}


@pytest.mark.parametrize("architecture", ["amd64", "arm64"])
def test_it_says_which_architecture_its_programs_are_for(tmp_path: Path, architecture: str) -> None:
    archive = write_archive(replace(IMAGE, architecture=architecture), tmp_path / "shop.tar")
    entry = json.loads(_read(archive.path, "index.json"))["manifests"][0]
    config = _blob(archive.path, _blob(archive.path, entry)["config"])

    assert entry["platform"] == {"architecture": architecture, "os": "linux"}
    assert (config["architecture"], config["os"]) == (architecture, "linux")
    assert archive.architecture == architecture


def test_the_process_is_nobody_s_administrator(archive: Path) -> None:
    manifest = _blob(archive, json.loads(_read(archive, "index.json"))["manifests"][0])

    assert _blob(archive, manifest["config"])["config"] == {
        "User": "10001:10001",
        "Entrypoint": ["/bin/program"],
        "Cmd": ["--flag"],
        "Env": ["A=1", "B=2"],
        "WorkingDir": "/app",
        "ExposedPorts": {"8000/tcp": {}},
        "Labels": {"org.opencontainers.image.title": "shop"},
    }


def test_files_belong_to_root_and_have_no_time(archive: Path) -> None:
    manifest = _blob(archive, json.loads(_read(archive, "index.json"))["manifests"][0])
    layer = gzip.decompress(_read(archive, _blob_name(manifest["layers"][0])))

    with tarfile.open(fileobj=io.BytesIO(layer)) as members:
        assert {(member.uid, member.gid, member.mtime) for member in members} == {(0, 0, 0)}


def test_what_was_written_can_be_read(archive: Path) -> None:
    found = read_archive(archive)

    assert found.reference == "localhost/kubeglass/shop:1"
    assert found.size == archive.stat().st_size
    assert len(found.layers) == 2


def test_a_file_that_cannot_be_read_leaves_the_old_archive(archive: Path) -> None:
    before = archive.read_bytes()
    broken = replace(IMAGE, layers=((File("gone", archive.parent / "gone"),),))

    with pytest.raises(StateError, match=r"gone: cannot be read or written"):
        write_archive(broken, archive)

    assert archive.read_bytes() == before
    assert list(archive.parent.iterdir()) == [archive]


@pytest.mark.parametrize("content", [b"", b"no archive", b"\0" * 10240])
def test_another_file_is_not_an_archive(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.tar"
    path.write_bytes(content)

    with pytest.raises(StateError, match=r"is not an image archive \([^\n]+\); build it again"):
        read_archive(path)


def _names(archive: Path) -> list[str]:
    with tarfile.open(archive) as members:
        return members.getnames()


def _read(archive: Path, name: str) -> bytes:
    with tarfile.open(archive) as members:
        member = members.extractfile(name)
        assert member
        return member.read()


def _blob_name(descriptor: dict[str, Any]) -> str:
    return f"blobs/{descriptor['digest'].replace(':', '/')}"


def _blob(archive: Path, descriptor: dict[str, Any]) -> Any:
    return json.loads(_read(archive, _blob_name(descriptor)))


def _list(layer: bytes) -> dict[str, tuple[str, str]]:
    with tarfile.open(fileobj=io.BytesIO(layer)) as members:
        return {member.name: (oct(member.mode), member.linkname) for member in members}
