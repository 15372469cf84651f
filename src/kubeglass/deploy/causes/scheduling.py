"""Why no node takes a pod: each of the scheduler's reasons in plain words, with its fix and its nodes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kubeglass.deploy.api.objects import KubernetesObject, find_condition
from kubeglass.deploy.causes.cause import BRIEF_PATIENCE, ROOM_PATIENCE, Cause, explain
from kubeglass.deploy.causes.events import message_of
from kubeglass.deploy.causes.nodes import (
    CORDON,
    HOSTNAME,
    candidates,
    claim_names,
    find_excess,
    has_affinity,
    untolerated_taints,
)
from kubeglass.deploy.causes.scheduler_messages import LESS, SCHEDULER_ROWS, WITHOUT_VOLUME

#: Of many nodes with the same reason, these are named.
NODES_NAMED = 3

#: Taints that are set while a node is not usable, and removed once it is.
PASSING = re.compile(r"^node(?:\.cloudprovider)?\.kubernetes\.io/|/agent-not-ready\b|^karpenter\.sh/")
#: Seconds for a node to become usable.
NODE_PATIENCE = 60.0

_COUNTED = re.compile(r"^\d+/(?P<all>\d+) nodes are available: (?P<parts>.*)$")
#: What follows the reasons: why nothing can be evicted for the pod, and a note that is not an error.
_REST = re.compile(r"\.? (?:no new claims to deallocate|still not schedulable|preemption:).*$|\. not found\.?$|\.$")
_PART = re.compile(r"(?:^|, )(?:(\d+) )?(.+?)(?=, \d+ |$)")
_SELECTOR = r"node affinity/selector|requested node name"
_CLOSED = r"untolerated taint|were unschedulable"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason why no node takes the pod, and ``where`` it holds, such as ``on 2 of 3 nodes``."""

    words: str
    where: str
    fix: str
    patience: float


def is_unschedulable(pod: KubernetesObject) -> bool:
    """Return whether the scheduler has found no node for ``pod``."""
    scheduled = find_condition(pod, "PodScheduled")
    return bool(scheduled and scheduled["status"] == "False" and scheduled.get("reason") != "SchedulerError")


def awaits_another_look(pod: KubernetesObject, claims: Sequence[KubernetesObject]) -> bool:
    """Return whether all ``claims`` of an unschedulable ``pod`` were bound after the scheduler had missed a volume.

    In a busy cluster it is long before the scheduler looks again.
    """
    missed = WITHOUT_VOLUME.search(message_of(find_condition(pod, "PodScheduled") or {}))
    bound = [claim for claim in claims if (claim.get("status") or {}).get("phase") == "Bound"]
    return bool(missed) and len(bound) == len(claim_names(pod))


def find_scheduling_failure(pod: KubernetesObject, nodes: Sequence[KubernetesObject]) -> Cause:
    """Explain why no node takes an unschedulable ``pod``. Without ``nodes``, say what the scheduler says of them."""
    scheduled = find_condition(pod, "PodScheduled") or {}
    where = f"pod {pod['metadata']['name']}: {scheduled.get('reason')}"
    return _summarize(where, find_reasons(pod, message_of(scheduled), nodes))


def find_barrier(template: KubernetesObject, nodes: Sequence[KubernetesObject]) -> Cause | None:
    """Explain why no node is to have a pod of a DaemonSet, from its ``template``; None if one is, or none is known."""
    possible = candidates(template, nodes)
    reasons = list(_closed(template, possible)) if possible else [_no_such_node(template, nodes)]
    return _summarize("no node may run it", reasons) if nodes and reasons else None


def _summarize(where: str, reasons: Sequence[Reason]) -> Cause:
    words = "; ".join(f"{reason.words} ({reason.where})" if reason.where else reason.words for reason in reasons)
    hint = "; or ".join(dict.fromkeys(reason.fix for reason in reasons))
    return Cause(f"{where}: {words}", hint, patience=max(reason.patience for reason in reasons))


def find_reasons(pod: KubernetesObject, message: str, nodes: Sequence[KubernetesObject]) -> list[Reason]:
    """Return every reason in the scheduler's ``message``, at least one; the nodes themselves say more about theirs."""
    possible = candidates(pod, nodes)
    if nodes and not possible:
        return [_no_such_node(pod, nodes)]
    closed = list(_closed(pod, possible))
    parts = _split(message)
    if nodes:
        # Of the other nodes nothing matters: they are not what the pod's selector asks for.
        read_here = _CLOSED if has_affinity(pod) else f"{_CLOSED}|{_SELECTOR}"
        parts = [part for part in parts if not re.search(read_here, part[1])] or ([] if closed else parts)
    return [*closed, *(_too_large(pod, words, possible) or _by_row(pod, words, where) for where, words in parts)]


def _no_such_node(pod: KubernetesObject, nodes: Sequence[KubernetesObject]) -> Reason:
    wanted = pod["spec"].get("nodeSelector") or {}
    if HOSTNAME in wanted:
        fix = "correct host_path.node in kubeglass.yaml"
        return Reason(f"no node is called {wanted[HOSTNAME]}", f"there is {_names(nodes)}", fix, BRIEF_PATIENCE)
    labels = ",".join(f"{name}={value}" for name, value in wanted.items())
    fix = f"label a node (kubectl label node NODE {labels.replace(',', ' ')}), or correct the node selector"
    return Reason(f"no node has the labels {labels}", f"there is {_names(nodes)}", fix, BRIEF_PATIENCE)


def _closed(pod: KubernetesObject, nodes: Sequence[KubernetesObject]) -> Iterator[Reason]:
    """Explain which nodes let the pod not in, grouped by the taints that keep it out."""
    by_taints: dict[tuple[str, ...], list[KubernetesObject]] = {}
    for node in nodes:
        if found := untolerated_taints(pod, node):
            by_taints.setdefault(tuple(found), []).append(node)
    for taints, tainted in by_taints.items():
        first, where = tainted[0]["metadata"]["name"], f"node {_names(tainted)}"
        if any(taint.startswith(CORDON) for taint in taints):
            yield Reason("cordoned", where, f"allow pods again (kubectl uncordon {first})", BRIEF_PATIENCE)
        elif any(PASSING.search(taint) for taint in taints):
            fix = f"see why (kubectl describe node {first})"
            yield Reason(f"not usable now, taint {', '.join(taints)}", where, fix, NODE_PATIENCE)
        else:
            fix = f"remove the taint (kubectl taint nodes {first} {' '.join(f'{taint}-' for taint in taints)})"
            yield Reason(f"taint {', '.join(taints)}, which the pod does not tolerate", where, fix, BRIEF_PATIENCE)


def _names(nodes: Sequence[KubernetesObject]) -> str:
    names = sorted(node["metadata"]["name"] for node in nodes)
    more = f" and {len(names) - NODES_NAMED} more" if len(names) > NODES_NAMED else ""
    return ", ".join(names[:NODES_NAMED]) + more


def _split(message: str) -> list[tuple[str, str]]:
    """Split a message into its reasons, each with the nodes it holds for."""
    counted = _COUNTED.match(message)
    if counted is None:
        return [("", _REST.sub("", message))]
    return [
        (_where(int(count), int(counted["all"])) if count else "", words)
        for count, words in _PART.findall(_REST.sub("", counted["parts"]))
    ]


def _where(count: int, total: int) -> str:
    if total == 1:
        return "on the only node"
    return f"on all {total} nodes" if count == total else f"on {count} of {total} nodes"


def _by_row(pod: KubernetesObject, words: str, where: str) -> Reason:
    ports = [
        str(port["hostPort"])
        for container in pod["spec"].get("containers") or []
        for port in container.get("ports") or []
        if "hostPort" in port
    ]
    found = explain(SCHEDULER_ROWS, words, ports=", ".join(ports), claims=", ".join(claim_names(pod)))
    if found is None:
        return Reason(words, where, "see the pod's events below", ROOM_PATIENCE)
    return Reason(found.words, where, found.fix, found.patience)


def _too_large(pod: KubernetesObject, words: str, nodes: Sequence[KubernetesObject]) -> Reason | None:
    """Explain a request that even an empty node could not meet."""
    short = re.match(r"Insufficient (\S+)$", words)
    excess = find_excess(pod, short[1], nodes) if short else ""
    if not short or not excess:
        return None
    return Reason(f"it asks for more {short[1]} than any node has", excess, LESS, BRIEF_PATIENCE)
