"""Every object is tried before any is changed, and what the server refuses is a way to go or a refusal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from kubeglass.deploy.api.errors import ConflictError, error_for
from kubeglass.deploy.api.objects import KubernetesObject
from kubeglass.deploy.release.apply import Change
from kubeglass.deploy.release.rehearsal import Step, check, rehearse_all
from kubeglass.errors import ClusterError
from tests.unit.deploy.fake_cluster import FakeCluster, make_object

Refuse = Callable[[KubernetesObject, bool], dict[str, Any] | None]
KUBECTL = "kubectl-client-side-apply"


@dataclass
class Refusing(FakeCluster):
    """Answers a dry run with the ``Status`` that ``refuse`` returns for the object, forced or not."""

    refuse: Refuse = field(default=lambda item, force: None)

    def apply(
        self, item: KubernetesObject, *, namespace: str, dry_run: bool = False, force: bool = False, **_: Any
    ) -> dict[str, Any]:
        assert dry_run, "a rehearsal changes nothing"
        if status := self.refuse(item, force):
            raise error_for(f"{item['kind'].lower()}/{item['metadata']['name']}", status)
        return super().apply(item, namespace=namespace, dry_run=dry_run)


def make_status(code: int, message: str, *causes: dict[str, str]) -> dict[str, Any]:
    return {"code": code, "message": message, "details": {"causes": list(causes)}}


def conflict(*managers: str) -> dict[str, Any]:
    causes = [
        {"reason": "FieldManagerConflict", "field": f".data.{name}", "message": f'conflict with "{name}"'}
        for name in managers
    ]
    return make_status(409, "conflict", *causes)


def rehearse(refuse: Refuse, item: dict[str, Any], live: dict[str, Any] | None = None, *, force: bool = False) -> Step:
    cluster = Refusing(refuse=refuse)
    if live is not None:
        cluster.put(live)
    (step,) = rehearse_all(cluster, [item], pipeline="shop", force=force)
    return step


def test_a_conflict_is_refused_and_shows_what_forcing_it_would_change() -> None:
    item, live = make_object("ConfigMap", "a", data={"x": "2"}), make_object("ConfigMap", "a", data={"x": "1"})

    step = rehearse(lambda _, force: None if force else conflict("kubectl-edit"), item, live)

    assert isinstance(step.refusal, ConflictError)
    assert "+  x: '2'" in step.diff
    assert rehearse(lambda _, force: None if force else conflict("x"), item, live, force=True).refusal is None


def test_a_conflict_and_what_would_be_refused_after_it_are_both_named() -> None:
    item = make_object("ConfigMap", "a")

    step = rehearse(lambda _, force: make_status(422, "invalid") if force else conflict("kubectl-edit"), item, item)

    assert step.refusal is not None
    assert "--force-conflicts" in step.refusal.message
    assert step.refusal.details == ("configmap/a: the API server refused (invalid)",)


@pytest.mark.parametrize(("managers", "is_refused"), [([KUBECTL], False), ([KUBECTL, "kubectl-edit"], True)])
def test_fields_that_kubectl_applied_are_no_conflict_since_they_are_taken_over(
    managers: list[str], is_refused: bool
) -> None:
    live = make_object("ConfigMap", "a", data={"x": "1", "old": "1"})
    owned: dict[str, Any] = {"f:data": {"f:x": {}, "f:old": {}}}
    live["metadata"]["managedFields"] = [{"manager": KUBECTL, "operation": "Update", "fieldsV1": owned}]
    item = make_object("ConfigMap", "a", data={"x": "2"})

    step = rehearse(lambda _, force: conflict(*managers), item, live)

    assert (step.refusal is not None) is is_refused
    assert step.takes_over
    assert "-  old: '1'" in step.diff, "a field that is no longer rendered goes"
    if step.refusal:
        assert "kubectl-edit" in step.refusal.message
        assert KUBECTL not in step.refusal.message


def test_a_webhook_that_cannot_be_asked_stops_nothing() -> None:
    words = 'admission webhook "x" does not support dry run'

    step = rehearse(lambda *_: make_status(400, words), make_object("ConfigMap", "a"))

    assert step.refusal is None
    assert step.change is Change.CHANGED
    assert words in step.diff


def test_a_node_port_that_is_taken_is_refused_with_the_service_that_has_it() -> None:
    port = {"ports": [{"port": 80, "nodePort": 30080}]}
    cluster = Refusing(refuse=lambda *_: make_status(422, "Invalid value: 30080: provided port is already allocated"))
    cluster.put(make_object("Service", "theirs", namespace="web", pipeline="", spec=port))

    (step,) = rehearse_all(cluster, [make_object("Service", "shop", spec=port)], pipeline="shop")

    assert step.refusal is not None
    assert step.refusal.hint == (
        "nodePort 30080 belongs to service/theirs in namespace web; choose another node_port, or free that one"
    )


def test_a_binding_may_come_before_its_role() -> None:
    binding = make_object("RoleBinding", "a", api_version="rbac.authorization.k8s.io/v1")

    step = rehearse(lambda *_: make_status(404, 'roles "a" not found'), binding)

    assert (step.refusal, step.change) == (None, Change.CREATED)


@pytest.mark.parametrize(("code", "is_refused"), [(422, True), (403, False)], ids=["invalid", "policy-of-the-stand-in"])
def test_in_a_namespace_to_come_only_what_is_invalid_anywhere_is_refused(code: int, is_refused: bool) -> None:
    def refuse(item: KubernetesObject, _: bool) -> dict[str, Any] | None:
        if item["kind"] == "Namespace":
            return None
        return make_status(code, f'Service "{item["metadata"]["name"]}" is refused')

    namespace = {**make_object("Namespace", "shop"), "metadata": {"name": "shop"}}
    _, step = rehearse_all(Refusing(refuse=refuse), [namespace, make_object("Service", "a")], pipeline="shop")

    assert (step.refusal is not None) is is_refused
    if step.refusal:
        assert step.refusal.message == 'service/a: the API server refused (Service "a" is refused)'


def test_one_error_names_every_refusal_and_their_details() -> None:
    item = make_object("ConfigMap", "a")
    errors = [ClusterError("a", "is wrong", details=("why",)), ClusterError("b", "is wrong too", hint="mend it")]
    steps = [
        Step(item, make_key, Change.UNCHANGED, refusal=error) for make_key, error in zip(_keys(), errors, strict=True)
    ]

    with pytest.raises(ClusterError) as refused:
        check(steps)

    assert refused.value.message == "a: is wrong"
    assert refused.value.details == ("why", "b: is wrong too; mend it")


def _keys() -> list[Any]:
    cluster = FakeCluster()
    return [cluster.put(make_object("ConfigMap", name)) for name in ("a", "b")]
