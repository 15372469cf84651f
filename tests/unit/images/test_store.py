"""Built images are kept, found by name, copied and handed to a node."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kubeglass.engines.platform import detect_platform
from kubeglass.errors import ClusterError, StateError, UsageError
from kubeglass.images.archive import write_archive
from kubeglass.images.image import File, Image
from kubeglass.images.store import (
    NodeRuntime,
    choose_archives,
    copy_archive,
    find_runtime,
    list_archives,
    load_archives,
    require_architecture,
)

IMAGE = Image("localhost/kubeglass/shop:1", layers=((File("a", b"1"),),), entrypoint=("/a",))


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A folder with two images."""
    folder = tmp_path / "images"
    write_archive(IMAGE, folder / "shop.tar")
    write_archive(replace(IMAGE, reference="localhost/kubeglass/viewer:1"), folder / "viewer.tar")
    return folder


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that alone is on PATH."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def _add_program(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def test_images_are_found_by_name(store: Path) -> None:
    assert list(list_archives(store)) == ["shop", "viewer"]
    assert list(choose_archives(store, ["viewer"])) == ["viewer"]
    assert list(choose_archives(store, [])) == ["shop", "viewer"]


def test_an_image_that_is_not_built_is_reported_with_those_that_are(store: Path, tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match=r"collector: is not built \(built images: shop, viewer\); run: kubeglass images"
    ):
        choose_archives(store, ["collector"])
    with pytest.raises(UsageError, match="has no images; run: kubeglass images build"):
        choose_archives(tmp_path / "empty", [])


def test_a_copy_is_named_after_the_image(store: Path, tmp_path: Path) -> None:
    archive = list_archives(store)["shop"]

    copy = copy_archive(archive, tmp_path / "stick")

    assert copy == tmp_path / "stick" / "localhost_kubeglass_shop_1.tar"
    assert copy.read_bytes() == archive.path.read_bytes()
    assert list(copy.parent.iterdir()) == [copy]


def test_a_copy_that_cannot_be_made_says_so(store: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StateError, match="cannot be written"):
        copy_archive(list_archives(store)["shop"], tmp_path / "file")


def test_an_image_for_another_node_is_refused_before_any_is_imported(store: Path) -> None:
    write_archive(replace(IMAGE, reference="localhost/kubeglass/pi:1", architecture="arm64"), store / "pi.tar")
    archives = list(list_archives(store).values())

    require_architecture([archives[1]], detect_platform().arch)
    with pytest.raises(ClusterError) as refusal:
        require_architecture(archives, "amd64" if detect_platform().arch == "amd64" else "riscv64")

    assert refusal.value.message.startswith("localhost/kubeglass/pi:1: cannot run on this node (the image is arm64, ")
    assert "; build it for the node: kubeglass images build pi --platform linux/" in refusal.value.message


def test_k3s_comes_before_containerd(programs: Path) -> None:
    with pytest.raises(UsageError, match=r"finds no container runtime on this machine \(k3s and ctr not on PATH\)"):
        find_runtime(NodeRuntime.AUTO)
    _add_program(programs, "ctr", "exit 0")
    assert find_runtime(NodeRuntime.AUTO) is NodeRuntime.CONTAINERD
    _add_program(programs, "k3s", "exit 0")
    assert find_runtime(NodeRuntime.AUTO) is NodeRuntime.K3S


def test_k3s_imports_an_archive_and_keeps_it(
    store: Path, programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _add_program(programs, "k3s", f'echo "$@" > {tmp_path}/said')
    kept = tmp_path / "agent" / "images"
    monkeypatch.setattr("kubeglass.images.store.K3S_IMAGES", kept)

    load_archives([list_archives(store)["shop"]], NodeRuntime.K3S)

    path = kept / "localhost_kubeglass_shop_1.tar"
    assert path.is_file()
    assert (tmp_path / "said").read_text() == f"ctr --namespace k8s.io images import {path}\n"


def test_a_refusal_is_passed_on(store: Path, programs: Path) -> None:
    _add_program(programs, "ctr", 'echo "connection refused" >&2; exit 1')

    with pytest.raises(ClusterError, match="cannot be imported by containerd") as refusal:
        load_archives(list(list_archives(store).values()), NodeRuntime.CONTAINERD)

    assert refusal.value.details == ("connection refused",)
