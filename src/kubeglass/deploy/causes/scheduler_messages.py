"""What the scheduler says about nodes, in plain words, with the fix.

The messages are those of its plugins:
https://github.com/kubernetes/kubernetes/tree/master/pkg/scheduler/framework/plugins
"""

from __future__ import annotations

import re

from kubeglass.deploy.causes.cause import BRIEF_PATIENCE, ROOM_PATIENCE, row

#: For what is short on every node.
LESS = "ask for less (resources.requests in kubeglass.yaml)"
#: Seconds for a disk to be made; a volume made after its claim waits for two rounds of Kubernetes' binder, 15 s each.
VOLUME_PATIENCE = 60.0
_UNBOUND = r"unbound immediate PersistentVolumeClaims"
_NO_VOLUME = r"didn't find available persistent volumes"
_NO_CLAIM = r'persistentvolumeclaim "(?P<claim>[^"]+)" not found'
#: What is no longer true once the pod's claims are bound.
WITHOUT_VOLUME = re.compile(f"{_UNBOUND}|{_NO_VOLUME}|{_NO_CLAIM}")
_CLASS = "set cluster.storage_class to one that provisions volumes (kubectl get storageclass)"
_RULES = "correct the pod's affinity rules, or add a node"
_FREE_CLAIM = "delete the claim to start with an empty volume (kubectl delete pvc {claims}; its data is lost)"
#: What the scheduler says about some nodes, or about the pod.
SCHEDULER_ROWS = (
    row(
        r"^Insufficient (?P<what>cpu|memory)$",
        "too little free {what}",
        f"make room on the nodes, or {LESS}",
        ROOM_PATIENCE,
    ),
    row(
        r"^Insufficient (?P<what>\S+)",
        "too little free {what}",
        "add a node with more {what}, or ask for less",
        ROOM_PATIENCE,
    ),
    row(r"^Too many pods", "already as many pods as the node may run", "remove pods or add a node", ROOM_PATIENCE),
    row(
        r"didn't match Pod's node affinity/selector|didn't match the requested node name|scheduler-enforced node",
        "not what the pod's node selector asks for",
        "correct the node selector, or label a node",
        BRIEF_PATIENCE,
    ),
    row(
        r"had untolerated taint(?:\(s\)|s? \{(?P<taint>[^}]*)\})",
        "has a taint that the pod does not tolerate {taint}",
        "remove the taint (kubectl taint nodes NODE KEY-; kubectl describe nodes shows them)",
        BRIEF_PATIENCE,
    ),
    row(r"were unschedulable", "cordoned", "allow pods again (kubectl uncordon NODE)", BRIEF_PATIENCE),
    row(
        r"didn't have free ports",
        "another pod has host port {ports}",
        "remove that pod, or take another host port",
        ROOM_PATIENCE,
    ),
    row(
        _UNBOUND,
        "claim {claims} has no volume yet",
        f"see kubectl describe pvc {{claims}}: the provisioner must run; or {_CLASS}",
        VOLUME_PATIENCE,
    ),
    row(
        _NO_VOLUME,
        "no free volume fits claim {claims}",
        f"create a PersistentVolume that fits the claim, or {_CLASS}",
        BRIEF_PATIENCE,
    ),
    row(
        r"didn't match PersistentVolume's node affinity|had volume node affinity conflict",
        "the volume of claim {claims} is on another node",
        f"bring the volume's node back, or {_FREE_CLAIM}",
        BRIEF_PATIENCE,
    ),
    row(
        r"no available volume zone",
        "the volume of claim {claims} is in another zone",
        "add a node in the volume's zone",
        BRIEF_PATIENCE,
    ),
    row(
        r"bound to non-existent (?:pv|persistentvolume)",
        "claim {claims} is bound to a volume that is gone",
        _FREE_CLAIM,
        BRIEF_PATIENCE,
    ),
    row(
        _NO_CLAIM,
        "claim {claim} does not exist",
        "create it, or deploy again",
        BRIEF_PATIENCE,
    ),
    row(
        r'persistentvolumeclaim "(?P<claim>[^"]+)" is being deleted',
        "claim {claim} is being deleted",
        "end the pods that still use it, then deploy again",
        ROOM_PATIENCE,
    ),
    row(
        r"not have enough free storage",
        "too little free storage for claim {claims}",
        "make the claim smaller",
        ROOM_PATIENCE,
    ),
    row(r"exceed max volume count", "as many volumes as the node can attach", "add a node", ROOM_PATIENCE),
    row(
        r"no available disk|ReadWriteOncePod",
        "another pod uses claim {claims}, which admits only one",
        "end that pod",
        ROOM_PATIENCE,
    ),
    row(r"didn't match pod affinity rules", "no pod that it must run beside", _RULES, BRIEF_PATIENCE),
    row(r"anti-affinity rules", "a pod that it must not run beside", _RULES, ROOM_PATIENCE),
    row(
        r"didn't match pod topology spread constraints",
        "it must be spread more evenly",
        "add a node, or relax the topology spread constraints",
        ROOM_PATIENCE,
    ),
    row(r"no nodes available to schedule pods", "the cluster has no node", "add a node", ROOM_PATIENCE),
    row(
        r"Scheduling is blocked due to non-empty scheduling gates",
        "held back by its scheduling gates",
        "remove them, or wait for the controller that set them",
        ROOM_PATIENCE,
    ),
)
