"""``kustomization.yaml``: the same files in the same order for ``kubectl apply -k``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def build(files: Iterable[str]) -> dict[str, Any]:
    """List ``files``, which are applied in dependency order whatever the order here."""
    return {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": list(files)}
