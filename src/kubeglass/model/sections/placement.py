"""The ``placement`` of a part: on which nodes its pods may run, and which pods give way to them."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from kubeglass.model.sections.section import Section
from kubeglass.model.text import LabelKey, LabelValue

#: The label of every node that holds its name.
NODE_NAME = "kubernetes.io/hostname"
#: What a part's placement is, beside that of all parts.
PLACED = "On the cluster: where its pods run; what it does not set is that of `cluster.placement`."


class TolerationOperator(StrEnum):
    """How a toleration matches a taint, in Kubernetes's words."""

    EQUAL = "Equal"
    EXISTS = "Exists"


class TaintEffect(StrEnum):
    """What a taint does to pods that do not tolerate it, in Kubernetes's words."""

    NO_SCHEDULE = "NoSchedule"
    PREFER_NO_SCHEDULE = "PreferNoSchedule"
    NO_EXECUTE = "NoExecute"


class Toleration(Section):
    """A taint that the pods accept: https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/."""

    key: LabelKey | None = Field(default=None, description="The taint's key; empty means every taint.")
    operator: TolerationOperator = Field(
        default=TolerationOperator.EXISTS, description="Exists: any value. Equal: only `value`."
    )
    value: LabelValue | None = Field(default=None, description="The taint's value, with `operator: Equal`.")
    effect: TaintEffect | None = Field(default=None, description="The taint's effect; empty means every effect.")


class Placement(Section):
    """On which nodes the pods may run, and which pods give way to them."""

    node_selector: dict[LabelKey, LabelValue] = Field(default={}, description="Labels that a node must have.")
    tolerations: tuple[Toleration, ...] = Field(
        default=(), description="Taints that the pods accept, such as a control plane's."
    )
    priority_class: str | None = Field(
        default=None,
        min_length=1,
        description="PriorityClass, which must exist; pods of a lower one give way when a node is full.",
    )

    def over(self, other: Placement) -> Placement:
        """Return this placement, completed by what ``other`` sets and this one does not."""
        return Placement(
            node_selector=self.node_selector or other.node_selector,
            tolerations=self.tolerations or other.tolerations,
            priority_class=self.priority_class or other.priority_class,
        )
