"""docs/reference/exit-codes.md from the tree of errors."""

from __future__ import annotations

from kubeglass.errors import KubeglassError

HEAD = """# Exit codes

Generated from `kubeglass/errors.py` by `make docs`.

| code | name | meaning |
|---|---|---|
| 0 | | success |
"""


def render_exit_codes() -> str:
    """List the exit code of every class of error."""
    classes: list[type[KubeglassError]] = [KubeglassError, *KubeglassError.__subclasses__()]
    rows = [
        f"| {kind.exit_code} | `{kind.__qualname__}` | {_summary(kind)} |\n"
        for kind in sorted(classes, key=lambda kind: kind.exit_code)
    ]
    return HEAD + "".join(rows) + "| 130 | | interrupted with Ctrl-C |\n"


def _summary(kind: type[KubeglassError]) -> str:
    return (kind.__doc__ or "").strip().splitlines()[0]
