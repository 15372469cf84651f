"""What a container asks of its node, and the most it may take."""

from __future__ import annotations

from pydantic import Field

from kubeglass.model.section import Section
from kubeglass.model.size import Cpu, Memory


class Amount(Section):
    """CPU and memory; what is left out is neither asked for nor limited."""

    cpu: Cpu | None = Field(default=None, description="Cores, such as 250m.")
    memory: Memory | None = Field(default=None, description="Bytes, such as 256Mi.")


class Resources(Section):
    """Requests decide where a pod fits, limits when it is throttled (CPU) or killed (memory)."""

    requests: Amount = Amount()
    limits: Amount = Amount()
