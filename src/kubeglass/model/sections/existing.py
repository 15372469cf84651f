"""An app that is on the cluster already: which pods are its own, as their workload or as labels."""

from __future__ import annotations

from difflib import get_close_matches
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from kubeglass.model.sections.section import Section
from kubeglass.model.text import LabelKey, LabelValue, Name, ObjectName, is_object_name


class Controller(StrEnum):
    """Kinds of workloads that can be named; the pods of any other kind are found by labels."""

    DEPLOYMENT = "deployment"
    STATEFUL_SET = "statefulset"
    DAEMON_SET = "daemonset"


class ExistingPods(Section):
    """The pods of an app that is on the cluster already: those of a workload, or those with all of the labels."""

    namespace: Name = Field(description="Namespace of the pods.")
    kind: Controller | None = Field(default=None, description="Kind of the workload that `name` names.")
    name: ObjectName | None = Field(default=None, description="Name of the workload.")
    labels: dict[LabelKey, LabelValue] = Field(default={}, description="Labels of the pods, in place of a workload.")

    @model_validator(mode="after")
    def _name_one(self) -> Self:
        if bool(self.labels) == (self.kind is not None) or (self.kind is None) != (self.name is None):
            raise ValueError(_EITHER)
        return self

    @property
    def pods(self) -> str:
        """Which pods these are, as text."""
        return f"{self.kind}/{self.name}" if self.kind else f"pods with {self.selector}"

    @property
    def selector(self) -> str:
        """The labels as Kubernetes writes a selector; empty for a workload."""
        return ",".join(f"{key}={value}" for key, value in self.labels.items())


_SHAPE = "KIND/NAMESPACE/NAME, such as deployment/shop/web"
_EITHER = f"must be {_SHAPE}, or a mapping of 'namespace' and 'labels'"


def _read(value: object) -> object:
    """Read ``deployment/namespace/name``."""
    if not isinstance(value, str):
        if isinstance(value, list | int | float):
            raise ValueError(_EITHER)
        return value
    kind, _, rest = value.partition("/")
    namespace, _, name = rest.partition("/")
    kinds = list(Controller)
    if kind.lower() not in kinds:
        close = get_close_matches(kind.lower(), kinds, n=1, cutoff=0.6)
        guess = f"; did you mean '{close[0]}'?" if close else "; find pods of another kind by 'namespace' and 'labels'"
        raise ValueError(f"must begin with {', '.join(kinds[:-1])} or {kinds[-1]}{guess}")
    if not is_object_name(namespace) or not is_object_name(name):
        raise ValueError(f"must be {_SHAPE}")
    return {"kind": kind.lower(), "namespace": namespace, "name": name}


#: ``deployment/namespace/name``, or a mapping.
Existing = Annotated[ExistingPods, BeforeValidator(_read, json_schema_input_type=str | ExistingPods)]
