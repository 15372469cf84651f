"""A diff shows what would change for a person, and no secret."""

from __future__ import annotations

from typing import Any

from kubeglass.deploy.release.diff import render_diff


def config_map(**data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": data}


def test_a_changed_value_is_one_line_out_and_one_in() -> None:
    text = render_diff("configmap/a", config_map(x="1", color="red"), config_map(x="1", color="blue"))

    changed = [line for line in text.splitlines() if line.startswith(("+", "-")) and line[1] == " "]
    assert changed == ["-  color: red", "+  color: blue"]


def test_what_the_server_writes_is_no_difference() -> None:
    live = config_map(x="1")
    live["metadata"] |= {"uid": "u", "resourceVersion": "7", "managedFields": [{}], "generation": 2}
    live["metadata"]["annotations"] = {"kubectl.kubernetes.io/last-applied-configuration": "{}"}
    wanted = config_map(x="1")
    wanted["metadata"]["annotations"] = {}

    assert render_diff("configmap/a", live, wanted) == ""


def test_the_order_of_keys_is_no_difference() -> None:
    assert render_diff("configmap/a", config_map(x="1", color="red"), config_map(color="red", x="1")) == ""


def test_an_object_that_is_new_is_shown_whole() -> None:
    text = render_diff("configmap/a", None, config_map(x="1"))

    assert "configmap/a (new)" in text
    assert "+  x: '1'" in text


def test_a_changed_value_of_a_secret_shows_as_changed_and_stays_hidden() -> None:
    before = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "data": {"k": "b2xk", "same": "eA=="}}
    after = {**before, "data": {"k": "bmV3", "same": "eA=="}}

    text = render_diff("secret/a", before, after)

    assert "-  k: '(masked, as it is)'" in text
    assert "+  k: '(masked, as it will be)'" in text
    assert "  same: '(masked)'" in text
    assert not {"b2xk", "bmV3", "eA=="} & set(text.split())
    assert render_diff("secret/a", before, before) == ""


def test_values_of_a_secret_never_show() -> None:
    before = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "data": {"old": "b2xk"}}
    after = {**before, "data": {"old": "b2xk", "new": "c2VjcmV0"}, "stringData": {"new": "secret"}}

    text = render_diff("secret/a", before, after)

    assert "+  new: '(masked)'" in text
    assert "c2VjcmV0" not in text
    assert "secret" not in text.replace("secret/a", "")
