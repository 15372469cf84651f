"""Why the API server does not admit a pod or a claim: quotas, limit ranges, policies, in plain words with the fix.

https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.api.errors import ForbiddenError
from kubeglass.deploy.api.objects import KubernetesObject, is_ending, parse_amount
from kubeglass.deploy.causes.cause import BRIEF_PATIENCE, ROOM_PATIENCE, Cause, explain, row

#: Seconds for pods to end and free what they use: requests in flight, and two more scrapes.
ENDING_PATIENCE = 60.0

_QUOTA = (
    r"exceeded quota: (?P<name>[^,]+), requested: (?P<requested>.*?), used: (?P<used>.*?), limited: (?P<limited>\S+)"
)
_RANGE = "correct resources in kubeglass.yaml, or the LimitRange (kubectl edit limitrange {ranges} -n {namespace})"

#: What the API server answers to the controllers that make pods and claims.
ADMISSION_ROWS = (
    row(
        rf"persistentvolumeclaims? .*{_QUOTA}",
        "ResourceQuota {name} has no room for the claim: it asks for {requested}, in use {used}, limit {limited}",
        "raise the quota (kubectl edit resourcequota {name} -n {namespace}), or set a smaller storage.volume",
    ),
    row(
        _QUOTA,
        "ResourceQuota {name} has no room for the pod: it asks for {requested}, in use {used}, limit {limited}",
        "raise the quota (kubectl edit resourcequota {name} -n {namespace}), or ask for less (resources and replicas in"
        " kubeglass.yaml; a rollout needs room for one more pod)",
        BRIEF_PATIENCE,
    ),
    row(
        r"failed quota: (?P<name>[^:]+): must specify (?P<missing>.+)",
        "ResourceQuota {name} admits only containers that specify {missing}",
        "set them in resources in kubeglass.yaml, or have a LimitRange in {namespace} set defaults",
    ),
    row(
        r"(?P<which>maximum \S+) usage per (?P<of>\w+) is (?P<bound>[^,]+), but (?P<what>\w+) is (?P<asked>[^,\]]+)",
        "LimitRange {ranges} allows a {of} a {which} of {bound}, but the {what} is {asked}",
        _RANGE,
    ),
    row(
        r"minimum (?P<which>\S+) usage per (?P<of>\w+) is (?P<bound>[^,]+), but (?P<what>\w+) is (?P<asked>[^,\]]+)",
        "LimitRange {ranges} demands at least {bound} {which} for a {of}, but the {what} is {asked}",
        _RANGE,
    ),
    row(
        r"(?:maximum|minimum) (?P<which>\S+) usage per (?P<of>\w+) is (?P<bound>\w+)\.? +No (?P<what>\w+) is specified",
        "LimitRange {ranges} bounds {which} of a {of} by {bound}, but no {what} is set",
        _RANGE,
    ),
    row(
        r"(?P<which>\S+) max limit to request ratio per (?P<of>\w+) is (?P<bound>[^,]+), but provided ratio is"
        r" (?P<asked>[\d.]+)",
        "LimitRange {ranges} allows a {of} a limit of {bound} times its {which} request, but it is {asked} times",
        _RANGE,
    ),
    row(
        r'resources\.requests: Invalid value: "?(?P<asked>[^":]+)"?: must be less than or equal to'
        r" (?P<limit>\w+) limit of (?P<bound>\S+)",
        "the {limit} request of {asked} is above the limit of {bound}, which LimitRange {ranges} sets by default",
        "set resources.limits.{limit} in kubeglass.yaml, or raise the default"
        " (kubectl edit limitrange {ranges} -n {namespace})",
    ),
    row(
        r'violates PodSecurity "(?P<level>[^":]+)[^"]*": (?P<what>.+)',
        "the namespace admits only pods of Pod Security level {level}: {what}",
        "allow more (kubectl label namespace {namespace} pod-security.kubernetes.io/enforce=LEVEL --overwrite), or"
        " deploy to another namespace",
    ),
    row(
        r'serviceaccount "(?P<name>[^"]+)" not found',
        "service account {name} does not exist",
        "create it, or deploy again",
        BRIEF_PATIENCE,
    ),
    row(
        r"no PriorityClass with name (?P<name>\S+) was found",
        "priority class {name} does not exist",
        "create it, or correct its name",
        BRIEF_PATIENCE,
    ),
    row(
        r'failed calling webhook "(?P<name>[^"]+)"',
        "admission webhook {name} does not respond",
        "repair the program behind it, or remove its webhook configuration",
        ROOM_PATIENCE,
    ),
    row(
        r'admission webhook "(?P<name>[^"]+)" denied the request: (?P<what>.+)',
        "admission webhook {name} refused: {what}",
        "meet its policy, or ask whoever runs it for an exception",
    ),
    row(
        r"ValidatingAdmissionPolicy '(?P<name>[^']+)'.* denied request: (?P<what>.+)",
        "admission policy {name} refused: {what}",
        "meet the policy, or ask whoever runs it for an exception",
    ),
    # Last: any other answer that a retry does not change.
    row(r"(?P<what>.* (?:is forbidden|is invalid):.*)", "{what}", "see what it names; the controller tries again"),
)


def explain_refusal(cluster: Cluster, maker: KubernetesObject, message: str) -> Cause | None:
    """Explain why ``maker`` could not make a pod or a claim; None if the next attempt would succeed."""
    namespace = maker["metadata"]["namespace"]
    ranges = _list(cluster, "LimitRange", namespace)
    names = "NAME" if ranges is None else ", ".join(item["metadata"]["name"] for item in ranges)
    found = explain(ADMISSION_ROWS, message, namespace=namespace, ranges=names)
    if found is None or (not names and "LimitRange " in found.words):
        return None
    cause = Cause(found.words, found.fix, patience=found.patience)
    if not (exceeded := re.search(_QUOTA, message)):
        return cause
    quotas = _list(cluster, "ResourceQuota", namespace)
    if quotas is not None and _has_room(quotas, exceeded["name"], exceeded["requested"]):
        return None
    is_freed = any(is_ending(pod) for pod in cluster.list_objects("v1", "Pod", namespace=namespace))
    return replace(cause, patience=ENDING_PATIENCE) if is_freed else cause


def _list(cluster: Cluster, kind: str, namespace: str) -> list[dict[str, Any]] | None:
    """Read the objects of a kind; None if these credentials may not."""
    try:
        return cluster.list_objects("v1", kind, namespace=namespace)
    except ForbiddenError:
        return None


def _has_room(quotas: Iterable[KubernetesObject], name: str, requested: str) -> bool:
    """Return whether a quota admits what was ``requested``, such as ``limits.memory=256Mi,pods=1``, by now."""
    status = next((item.get("status") or {} for item in quotas if item["metadata"]["name"] == name), {})
    hard, used = status.get("hard") or {}, status.get("used") or {}
    amounts = dict(pair.split("=", 1) for pair in requested.split(","))
    return all(
        resource not in hard or parse_amount(used.get(resource)) + parse_amount(amount) <= parse_amount(hard[resource])
        for resource, amount in amounts.items()
    )
