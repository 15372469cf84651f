"""The generated reference pages: ``python -m tools.reference`` writes them, a house test holds them to the code."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from kubeglass.model.template import write_schema
from tools.reference.cli import render_cli
from tools.reference.config import render_config
from tools.reference.exit_codes import render_exit_codes
from tools.reference.faults import render_faults
from tools.reference.metrics import render_metrics
from tools.reference.process_states import render_process_states
from tools.reference.rights import render_rights

#: Path in the repository to the function that makes its content.
PAGES: Mapping[str, Callable[[], str]] = {
    "docs/cluster/rights.md": render_rights,
    "docs/reference/cli.md": render_cli,
    "docs/reference/config.md": render_config,
    "docs/reference/exit-codes.md": render_exit_codes,
    "docs/reference/faults.md": render_faults,
    "docs/reference/metrics.md": render_metrics,
    "docs/reference/process-states.md": render_process_states,
    "docs/schema/kubeglass.schema.json": write_schema,
}
