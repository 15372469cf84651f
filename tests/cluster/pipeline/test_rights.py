"""What each account may do: what it needs, and nothing else; every cell of docs/cluster/rights.md."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cluster.pipeline.stand import Stand
from tools.reference.rights import ACCOUNTS, RIGHTS, Right, Where


@pytest.fixture(scope="module")
def answers(stand: Stand) -> dict[tuple[Right, str], bool]:
    """The API server's response to every question, with nothing applied but the accounts and their rights."""
    stand.kubeglass("render", "--to", "kubernetes")
    stand.cluster.kubectl("apply", "--filename", stand.folder / "manifests" / "otel-rbac-ns.yaml")
    cells = [(right, account) for right in RIGHTS for account in ACCOUNTS]
    questions = {"apiVersion": "v1", "kind": "List", "items": [ask(stand, *cell) for cell in cells]}
    said = stand.cluster.kubectl(
        "create", "--filename=-", '--output=jsonpath={.status.allowed}{"\\n"}', stdin=json.dumps(questions)
    )
    return dict(zip(cells, (line == "true" for line in said.splitlines()), strict=True))


def ask(stand: Stand, right: Right, account: str) -> dict[str, Any]:
    resource, _, part = right.resource.partition("/")
    attributes = {"verb": right.verb, "group": right.group, "resource": resource, "subresource": part}
    namespaces = {Where.CLUSTER: {}, Where.OWN: {"namespace": stand.name}, Where.APPS: {"namespace": stand.apps}}
    return {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {
            "user": f"system:serviceaccount:{stand.name}:{account}",
            "groups": ["system:serviceaccounts", f"system:serviceaccounts:{stand.name}", "system:authenticated"],
            "resourceAttributes": attributes | namespaces[right.where],
        },
    }


@pytest.mark.parametrize("account", ACCOUNTS)
@pytest.mark.parametrize("right", RIGHTS, ids=lambda right: f"{right.verb} {right.resource}, {right.where.value}")
def test_an_account_may_do_what_it_needs_and_nothing_else(
    answers: dict[tuple[Right, str], bool], right: Right, account: str
) -> None:
    assert answers[right, account] is (account in right.granted)


def test_kubectl_says_the_same(stand: Stand, answers: dict[tuple[Right, str], bool]) -> None:
    account = f"--as=system:serviceaccount:{stand.name}:otel-collector"
    stats, proxy = (
        stand.cluster.kubectl("auth", "can-i", "get", "nodes", f"--subresource={part}", account, check=False).split()[0]
        for part in ("stats", "proxy")
    )

    assert (stats, proxy) == ("yes", "no")
