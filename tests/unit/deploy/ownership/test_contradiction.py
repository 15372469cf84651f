"""Fields of others that exclude ours are found by what the server refused, and given up only beside ours."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from kubeglass.deploy.api.errors import RefusedError, error_for
from kubeglass.deploy.api.objects import key_of
from kubeglass.deploy.ownership.contradiction import conflict_of, find_contradictions
from kubeglass.deploy.ownership.managed_fields import paths_of, transfer_fields
from kubeglass.deploy.ownership.merge import apply_locally
from tests.unit.deploy.fake_cluster import make_object

KUBECTL = "kubectl-edit"
CONTAINER = 'k:{"name":"app"}'


def make(container: dict[str, Any], **spec: Any) -> dict[str, Any]:
    pod = {"containers": [{"name": "app", **container}], **spec}
    return make_object("Deployment", "shop", api_version="apps/v1", spec={"template": {"spec": pod}})


def make_live(item: dict[str, Any], theirs: dict[str, Any]) -> dict[str, Any]:
    below = {"f:spec": {"f:template": {"f:spec": theirs}}}
    entries = [
        {"manager": "kubeglass", "operation": "Apply", "fieldsV1": {"f:spec": {"f:replicas": {}}}},
        {"manager": KUBECTL, "operation": "Update", "fieldsV1": below},
    ]
    live = copy.deepcopy(item)
    live["metadata"]["managedFields"] = entries
    return live


def refuse(path: str, code: int = 422, message: str = "may not be specified when x is not empty") -> RefusedError:
    causes = [{"field": f"spec.template.spec.{path}", "message": message}]
    return error_for("deployment/shop", {"code": code, "message": "is invalid", "details": {"causes": causes}})


def in_container(**fields: Any) -> dict[str, Any]:
    return {"f:containers": {CONTAINER: {f"f:{name}": below for name, below in fields.items()}}}


SECRET = {"secretKeyRef": {"name": "shop", "key": "token"}}
VARIABLE = 'k:{"name":"TOKEN"}'
CASES = [
    (
        make({"env": [{"name": "TOKEN", "valueFrom": SECRET}]}),
        make({"env": [{"name": "TOKEN", "value": "hand"}]}),
        in_container(env={VARIABLE: {"f:value": {}}}),
        "containers[0].env[0].valueFrom",
        '.spec.template.spec.containers[name="app"].env[name="TOKEN"].value',
    ),
    (
        make({"livenessProbe": {"tcpSocket": {"port": 1}}}),
        make({"livenessProbe": {"httpGet": {"port": 2, "path": "/"}}}),
        in_container(livenessProbe={"f:httpGet": {"f:port": {}}}),
        "containers[0].livenessProbe.tcpSocket",
        '.spec.template.spec.containers[name="app"].livenessProbe.httpGet',
    ),
    (
        make({}, volumes=[{"name": "data", "emptyDir": {}}]),
        make({}, volumes=[{"name": "data", "hostPath": {"path": "/x"}}]),
        {"f:volumes": {'k:{"name":"data"}': {"f:hostPath": {"f:path": {}}}}},
        "volumes[0].hostPath",
        '.spec.template.spec.volumes[name="data"].hostPath',
    ),
]


@pytest.mark.parametrize(("wanted", "edited", "theirs", "refused", "field"), CASES, ids=["env", "probe", "volume"])
def test_a_field_that_excludes_ours_is_a_conflict_with_its_manager_and_goes_if_it_is_given_up(
    wanted: dict[str, Any], edited: dict[str, Any], theirs: dict[str, Any], refused: str, field: str
) -> None:
    live = make_live(edited, theirs)

    found = find_contradictions(refuse(refused), live, wanted)
    conflict = conflict_of(key_of(wanted), found)
    owners = transfer_fields(live["metadata"]["managedFields"], [item.path for item in found])
    after = apply_locally(live, wanted, *paths_of(owners))

    assert conflict is not None
    assert f'{field} (conflict with "{KUBECTL}")' in conflict.hint
    assert "--force-conflicts" in conflict.hint
    assert after["spec"]["template"]["spec"] == wanted["spec"]["template"]["spec"]


def test_what_others_added_elsewhere_is_no_contradiction() -> None:
    wanted = make({"env": [{"name": "TOKEN", "valueFrom": SECRET}]})
    edited = make({"env": [{"name": "TOKEN", "value": "hand"}, {"name": "MINE", "value": "1"}]})
    theirs = in_container(
        env={VARIABLE: {"f:value": {}}, 'k:{"name":"MINE"}': {".": {}, "f:name": {}, "f:value": {}}}, image={}
    )

    found = find_contradictions(refuse("containers[0].env[0].valueFrom"), make_live(edited, theirs), wanted)

    assert [item.path[-2:] for item in found] == [(VARIABLE, "f:value")]


def test_a_default_of_the_server_is_given_up_without_a_conflict() -> None:
    wanted = make_object("Deployment", "shop", api_version="apps/v1", spec={"strategy": {"type": "Recreate"}})
    live = copy.deepcopy(wanted)
    live["spec"]["strategy"] = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%"}}
    causes = [{"field": "spec.strategy.rollingUpdate", "message": "may not be specified when strategy `type` is X"}]
    error = error_for("x", {"code": 422, "message": "invalid", "details": {"causes": causes}})

    found = find_contradictions(error, live, wanted)

    assert [item.path for item in found] == [("f:spec", "f:strategy", "f:rollingUpdate")]
    assert conflict_of(key_of(wanted), found) is None


@pytest.mark.parametrize(
    ("code", "message"), [(403, "may not be specified when x"), (422, "Unsupported value")], ids=["quota", "invalid"]
)
def test_another_refusal_is_none(code: int, message: str) -> None:
    wanted, edited, theirs, refused, _ = CASES[0]

    assert find_contradictions(refuse(refused, code, message), make_live(edited, theirs), wanted) == ()
