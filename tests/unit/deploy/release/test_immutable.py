"""What the server refuses to change is recognised by its own words; pods stay if the new object selects them."""

from __future__ import annotations

from typing import Any

import pytest

from kubeglass.deploy.api.errors import error_for
from kubeglass.deploy.release.immutable import find_recreation
from tests.unit.deploy.fake_cluster import make_object

SPEC_WORDS = "updates to statefulset spec for fields other than 'replicas', 'template' are forbidden"


def refuse(*fields: tuple[str, str]) -> Any:
    causes = [{"field": path, "message": message} for path, message in fields]
    return error_for("x", {"code": 422, "message": "invalid", "details": {"causes": causes}})


def make_workload(kind: str, selector: dict[str, str], **spec: Any) -> dict[str, Any]:
    template = {"metadata": {"labels": {"app": "a", "tier": "web"}}, "spec": {}}
    whole = {"selector": {"matchLabels": selector}, "template": template, **spec}
    return make_object(kind, "a", api_version="apps/v1", spec=whole)


def test_pods_that_the_new_object_selects_stay() -> None:
    live = make_workload("Deployment", {"app": "a"})
    error = refuse(("spec.selector", "Invalid value: {}: field is immutable"))

    kept = find_recreation(error, live, make_workload("Deployment", {"tier": "web"}))
    ended = find_recreation(error, live, make_workload("Deployment", {"app": "b"}))

    assert str(kept) == "spec.selector cannot be changed; its pods stay and belong to the new one"
    assert str(ended) == "spec.selector cannot be changed; its pods end with the old one"


def test_every_field_that_differs_is_named_and_defaults_of_the_server_are_no_difference() -> None:
    claim: dict[str, Any] = {"metadata": {"name": "data"}, "spec": {"resources": {"requests": {"storage": "1Gi"}}}}
    defaulted = {**claim, "spec": {**claim["spec"], "volumeMode": "Filesystem"}, "status": {"phase": "Pending"}}
    live = make_workload("StatefulSet", {"app": "a"}, serviceName="a", volumeClaimTemplates=[defaulted])

    one = make_workload("StatefulSet", {"app": "a"}, serviceName="b", volumeClaimTemplates=[claim])
    other = {**claim, "spec": {"resources": {"requests": {"storage": "2Gi"}}}}
    two = make_workload("StatefulSet", {"app": "a"}, serviceName="b", volumeClaimTemplates=[other])

    found = [find_recreation(refuse(("spec", f"Forbidden: {SPEC_WORDS}")), live, item) for item in (one, two)]
    assert [item and item.fields for item in found] == [
        ("spec.serviceName",),
        ("spec.serviceName", "spec.volumeClaimTemplates"),
    ]


def test_a_field_that_is_no_longer_rendered_is_named_as_the_server_names_it() -> None:
    service = make_object("Service", "a", spec={"clusterIP": "None"})
    error = refuse(("spec.clusterIPs[0]", "Invalid value: may not change once set"))

    found = find_recreation(error, service, make_object("Service", "a", spec={}))

    assert str(found) == "spec.clusterIPs cannot be changed"


@pytest.mark.parametrize(
    "error",
    [
        refuse(("spec.selector", "field is immutable"), ("spec.replicas", "must be greater than or equal to 0")),
        refuse(),
        error_for("x", {"code": 403, "message": "exceeded quota"}),
    ],
    ids=["invalid-too", "no-reason", "quota"],
)
def test_whatever_else_is_refused_stays_refused(error: Any) -> None:
    live = make_workload("Deployment", {"app": "a"})

    assert find_recreation(error, live, make_workload("Deployment", {"tier": "web"})) is None
