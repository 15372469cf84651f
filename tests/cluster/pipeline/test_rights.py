"""What each account may do: what it needs, and nothing else."""

from __future__ import annotations

import pytest

from tests.cluster.pipeline.stand import Stand

NEEDED = [
    ("otel-collector", "get", "nodes/stats", ""),
    ("otel-collector", "list", "pods", ""),
    ("otel-collector", "watch", "pods", ""),
    ("otel-collector", "list", "namespaces", ""),
    ("otel-collector", "watch", "replicasets.apps", ""),
    ("prometheus", "list", "pods", "own"),
    ("prometheus", "watch", "pods", "own"),
]
REFUSED = [
    ("otel-collector", "get", "nodes/proxy", ""),
    ("otel-collector", "create", "nodes/proxy", ""),
    ("otel-collector", "get", "nodes/log", ""),
    ("otel-collector", "get", "secrets", "own"),
    ("otel-collector", "list", "secrets", ""),
    ("otel-collector", "get", "configmaps", "own"),
    ("otel-collector", "create", "pods", "own"),
    ("otel-collector", "create", "pods/exec", "own"),
    ("otel-collector", "delete", "pods", "own"),
    ("otel-collector", "impersonate", "users", ""),
    ("otel-collector", "create", "serviceaccounts/token", "own"),
    ("prometheus", "list", "pods", ""),
    ("prometheus", "list", "secrets", "own"),
    ("prometheus", "get", "nodes/stats", ""),
    ("default", "list", "pods", "own"),
    ("default", "get", "secrets", "own"),
]


@pytest.fixture(scope="module")
def granted(stand: Stand) -> Stand:
    """The accounts and their rights alone."""
    stand.kubeglass("render", "--to", "kubernetes")
    stand.cluster.kubectl("apply", "--filename", stand.folder / "manifests" / "otel-rbac-ns.yaml")
    return stand


def can(stand: Stand, account: str, verb: str, resource: str, where: str) -> str:
    scope = ["--namespace", stand.name] if where else ["--all-namespaces"]
    name, _, part = resource.partition("/")
    words = ["auth", "can-i", verb, name, *([f"--subresource={part}"] if part else [])]
    said = stand.cluster.kubectl(*words, *scope, f"--as=system:serviceaccount:{stand.name}:{account}", check=False)
    return said.split()[0]


@pytest.mark.parametrize(("account", "verb", "resource", "where"), NEEDED)
def test_an_account_may_do_what_it_needs(granted: Stand, account: str, verb: str, resource: str, where: str) -> None:
    assert can(granted, account, verb, resource, where) == "yes"


@pytest.mark.parametrize(("account", "verb", "resource", "where"), REFUSED)
def test_an_account_may_do_nothing_else(granted: Stand, account: str, verb: str, resource: str, where: str) -> None:
    assert can(granted, account, verb, resource, where) == "no"
