"""Make a changed Secret roll out: pods that read one carry the hash of what they read, as Helm charts have it.

The kubelet puts a Secret into environment variables when a container starts, and never again. Whoever reads the hash
cannot try out values: it covers the Secret's uid, which only those know who may read the Secret.
"""

from __future__ import annotations

import base64
import copy
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kubeglass.deploy.api.cluster import Cluster
from kubeglass.deploy.api.errors import ForbiddenError
from kubeglass.deploy.api.objects import KubernetesObject, ObjectKey, is_made_by_kubeglass, key_of
from kubeglass.deploy.release.apply import Change
from kubeglass.deploy.release.rehearsal import Step
from kubeglass.errors import ClusterError

ANNOTATION = "checksum/secrets"

Values = Mapping[str, bytes]
"""What a Secret holds, by key; its uid is that of the empty one."""

_UID = ""
#: Where a Secret that kubeglass fills keeps its salt; no environment variable has such a name.
SALT = "kubeglass.salt"


@dataclass(slots=True)
class SecretData:
    """Reads each Secret once, from the release if it makes it, else from the cluster."""

    cluster: Cluster
    pipeline: str
    made: Mapping[ObjectKey, KubernetesObject]
    values: dict[ObjectKey, Values | None] = field(default_factory=dict)
    missing: dict[ObjectKey, set[str]] = field(default_factory=lambda: defaultdict(set))
    unread: set[ObjectKey] = field(default_factory=set)

    def stamp(self, item: KubernetesObject) -> KubernetesObject:
        """Annotate the pod template of a workload with the hash of the Secrets that its pods read."""
        read = [
            (ObjectKey("v1", "Secret", name, key_of(item, namespace=self.pipeline).namespace), wanted)
            for name, wanted in sorted(_find_references(item["spec"]["template"]["spec"]).items())
        ]
        if not read:
            return item
        contents = [self._read(key, wanted) for key, wanted in read]
        if None in contents:
            digest = self._find_stamp(item)
        else:
            text = json.dumps([key.name for key, _ in read]) + json.dumps(contents)
            digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        return _annotate(item, digest) if digest else item

    def _read(self, key: ObjectKey, wanted: frozenset[str]) -> list[tuple[str, str]] | None:
        """Return what the pod reads of a Secret: the ``wanted`` keys, or everything; None if that is unknown."""
        if key not in self.values:
            self.values[key] = self._fetch(key)
        values = self.values[key]
        if values is None:
            self.missing[key] |= wanted if key not in self.unread else set()
            return None
        if absent := wanted - values.keys():
            self.missing[key] |= absent
            return None
        return [(name, value.hex()) for name, value in sorted(values.items()) if not wanted or name in {*wanted, _UID}]

    def _fetch(self, key: ObjectKey) -> Values | None:
        try:
            item = self.made.get(key) or self.cluster.get(key)
        except ForbiddenError:
            self.unread.add(key)
            return None
        if item is None:
            self.missing[key] |= set()
            return None
        plain = {name: value.encode() for name, value in (item.get("stringData") or {}).items()}
        coded = {name: base64.b64decode(value) for name, value in (item.get("data") or {}).items()}
        # Those of the release have none before the first deployment; they have a salt, or a long password.
        uid = "" if is_made_by_kubeglass(item) else str(item["metadata"].get("uid", ""))
        return {**coded, **plain, _UID: coded.get(SALT, uid.encode())}

    def _find_stamp(self, item: KubernetesObject) -> str:
        """Return the hash that runs already, so that pods stay as they are."""
        live = self.cluster.get(key_of(item, namespace=self.pipeline))
        about = live["spec"]["template"].get("metadata") or {} if live else {}
        return str((about.get("annotations") or {}).get(ANNOTATION, ""))

    def steps(self) -> Iterator[Step]:
        """Return what is to be said about Secrets: those that are missing are refused, and those not read are named."""
        for key, absent in sorted(self.missing.items()):
            if key not in self.unread:
                is_there = self.values.get(key) is not None
                has_namespace = self.cluster.get(ObjectKey("v1", "Namespace", key.namespace)) is not None
                refusal = _explain_missing(key, sorted(absent), is_there=is_there, has_namespace=has_namespace)
                yield Step({}, key, Change.UNCHANGED, refusal=refusal)
        for key in sorted(self.unread):
            yield Step({}, key, Change.UNREAD, f"# {key} {Change.UNREAD.value}\n")


def stamp_secrets(
    cluster: Cluster, objects: Sequence[KubernetesObject], *, pipeline: str
) -> tuple[list[KubernetesObject], list[Step]]:
    """Annotate every workload whose pods read Secrets, and return what is to be said about those."""
    made = {key_of(item, namespace=pipeline): item for item in objects if item["kind"] == "Secret"}
    data = SecretData(cluster, pipeline, made)
    stamped = [data.stamp(item) if "template" in item.get("spec", {}) else item for item in objects]
    return stamped, list(data.steps())


def _find_references(pod: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    """Return the keys that a pod needs of each Secret, none of them if it takes the whole Secret."""
    found: dict[str, set[str]] = defaultdict(set)
    whole: set[str] = set()
    for name, keys in _references(pod):
        found[name] |= set(keys)
        if not keys:
            whole.add(name)
    return {name: frozenset() if name in whole else frozenset(keys) for name, keys in found.items()}


def _references(pod: Mapping[str, Any]) -> Iterator[tuple[str, Iterable[str]]]:
    for container in (*(pod.get("initContainers") or []), *(pod.get("containers") or [])):
        for variable in container.get("env") or []:
            source = (variable.get("valueFrom") or {}).get("secretKeyRef")
            if source and not source.get("optional"):
                yield source["name"], [source["key"]]
        for source in (entry.get("secretRef") for entry in container.get("envFrom") or []):
            if source and not source.get("optional"):
                yield source["name"], []
    for volume in pod.get("volumes") or []:
        sources = [volume.get("secret"), *(entry.get("secret") for entry in _projected(volume))]
        for source in filter(None, sources):
            if not source.get("optional"):
                yield source.get("secretName") or source["name"], [entry["key"] for entry in source.get("items") or []]


def _projected(volume: Mapping[str, Any]) -> list[dict[str, Any]]:
    return list((volume.get("projected") or {}).get("sources") or [])


def _annotate(item: KubernetesObject, digest: str) -> KubernetesObject:
    annotated = copy.deepcopy(dict(item))
    about = annotated["spec"]["template"].setdefault("metadata", {})
    about["annotations"] = {**(about.get("annotations") or {}), ANNOTATION: digest}
    return annotated


def _explain_missing(key: ObjectKey, keys: Sequence[str], *, is_there: bool, has_namespace: bool) -> ClusterError:
    where = f"{key} in namespace {key.namespace}"
    option = f"--namespace {key.namespace}"
    if is_there:
        patch = json.dumps({"stringData": dict.fromkeys(keys, "VALUE")})
        hint = f"add it: kubectl patch {key} {option} --patch '{patch}'"
        return ClusterError(where, f"lacks {' and '.join(map(repr, keys))}, which pods read", hint=hint)
    literals = "".join(f" --from-literal={name}=VALUE" for name in keys or ["KEY"])
    first = "" if has_namespace else f"kubectl create namespace {key.namespace} && "
    hint = f"create it: {first}kubectl create secret generic {key.name} {option}{literals}"
    return ClusterError(where, "does not exist, and pods read it", hint=hint)
