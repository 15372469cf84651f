"""Files survive the way through ConfigMaps, in ConfigMaps small enough for plain apply."""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubeglass.errors import ConfigError
from kubeglass.render.files import RenderedFile
from kubeglass.render.kubernetes.config_maps import (
    MOST_BYTES,
    MOST_BYTES_KUBECTL,
    check_sizes,
    config_hash,
    config_maps,
    config_volume,
)

SIZES = st.lists(st.integers(1, 90_000), min_size=1, max_size=12)


def make_files(sizes: list[int]) -> list[RenderedFile]:
    return [RenderedFile(PurePosixPath(f"rules/{number}.yml"), "x" * size + "\n") for number, size in enumerate(sizes)]


def mounted(maps: list[dict[str, Any]], volume: dict[str, Any]) -> dict[str, str]:
    """What the kubelet would put into the volume."""
    data = {item["metadata"]["name"]: item["data"] for item in maps}
    return {
        entry["path"]: data[source["configMap"]["name"]][entry["key"]]
        for source in volume["projected"]["sources"]
        for entry in source["configMap"]["items"]
    }


@given(SIZES)
def test_every_file_is_mounted_at_its_own_path(sizes: list[int]) -> None:
    files = make_files(sizes)

    maps = config_maps("rules", "storage", "watch", files)
    seen = mounted(maps, config_volume("config", "rules", files))

    assert seen == {str(file.path): file.content.rstrip("\n") for file in files}


@given(SIZES)
def test_a_config_map_stays_small(sizes: list[int]) -> None:
    maps = config_maps("rules", "storage", "watch", make_files(sizes))

    assert all(len(json.dumps(item["data"])) < MOST_BYTES + 2000 for item in maps)
    assert len({item["metadata"]["name"] for item in maps}) == len(maps)


def test_a_file_too_large_for_any_has_one_to_itself() -> None:
    maps = config_maps("rules", "storage", "watch", make_files([10, MOST_BYTES + 1, 10]))

    assert [len(item["data"]) for item in maps] == [1, 1, 1]


@pytest.mark.parametrize(
    ("size", "for_kubectl", "limit"),
    [(270_000, True, "260 kB as kubectl apply counts"), (1_050_000, True, "1040 kB"), (1_050_000, False, "1040 kB")],
)
def test_a_file_too_large_to_apply_is_refused_with_its_name_and_size(size: int, for_kubectl: bool, limit: str) -> None:
    maps = config_maps("rules", "storage", "watch", make_files([10, size]))

    with pytest.raises(ConfigError, match=rf"^configmap/rules-2: .*\(rules/1.yml: {size // 1000} kB, at most {limit}"):
        check_sizes(maps, for_kubectl=for_kubectl)


@pytest.mark.parametrize(("size", "for_kubectl"), [(250_000, True), (1_000_000, False)])
def test_a_file_that_can_be_applied_is_accepted(size: int, for_kubectl: bool) -> None:
    check_sizes(config_maps("rules", "storage", "watch", make_files([size])), for_kubectl=for_kubectl)


def test_signs_that_go_escapes_count_as_it_writes_them() -> None:
    file = RenderedFile(PurePosixPath("rules/a.yml"), ">" * 60_000)

    with pytest.raises(ConfigError, match="360 kB"):
        check_sizes(config_maps("rules", "storage", "watch", [file]), for_kubectl=True)


def test_a_large_dashboard_loses_its_indentation_and_nothing_else() -> None:
    dashboard = {"uid": "big", "panels": [{"title": f"Größe {number}", "x": [1, 2, 3]} for number in range(4000)]}
    file = RenderedFile(PurePosixPath("big.json"), json.dumps(dashboard, indent=2, ensure_ascii=False) + "\n")

    (item,) = config_maps("viewer-dashboards", "pages", "watch", [file])

    assert len(file.content.encode()) > MOST_BYTES_KUBECTL
    check_sizes([item], for_kubectl=True)
    assert json.loads(item["data"]["big.json"]) == dashboard


def test_the_hash_follows_names_and_texts() -> None:
    one, two = RenderedFile(PurePosixPath("a"), "1"), RenderedFile(PurePosixPath("b"), "1")

    assert config_hash(one) == config_hash(one)
    assert config_hash(one) != config_hash(two)
    assert config_hash(one) != config_hash(RenderedFile(PurePosixPath("a"), "2"))
