"""A control plane without a real node: the API server is real, nodes and pods are simulated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.cluster.bed.cluster import Cluster
from tests.cluster.bed.layout import find_layout
from tests.cluster.bed.life import end_cluster, start_cluster


@pytest.fixture(scope="package")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A second cluster, beside one that may be running."""
    layout = replace(find_layout(), run=tmp_path_factory.mktemp("control-plane") / "run")
    yield start_cluster(layout, control_plane_only=True)
    end_cluster(layout)
