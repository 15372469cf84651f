"""docs/reference/process-states.md from the supervisor's transition table."""

from __future__ import annotations

import ast
import inspect

from kubeglass.supervise.process import state_machine
from kubeglass.supervise.process.state_machine import TRANSITIONS, State

HEAD = """# Process states

Generated from `kubeglass/supervise/process/state_machine.py` by `make docs`. `kubeglass status` shows these states.

```mermaid
{diagram}```

| state | meaning |
|---|---|
{meanings}
## Holding a process down

A process that died stays down (`held`) while the file `.kubeglass/hold/NAME` exists, and restarts when the file is
removed. Use this to move a data folder, or to try an outage.

```console
$ mkdir -p .kubeglass/hold && touch .kubeglass/hold/prometheus
$ kill -9 $(pgrep -f "$PWD/.kubeglass/prometheus/prometheus.yml")
$ rm .kubeglass/hold/prometheus
```

A file that names a process (`{{"pid": …, "created": …}}`) holds only while that process runs. `kubeglass backup` holds
Prometheus this way, so that Prometheus restarts even if the command is killed.

## Every transition

| in state | on event | to state |
|---|---|---|
{rows}"""


def render_process_states() -> str:
    """Render the page: diagram, states, transitions."""
    meanings = "".join(f"| `{state}` | {meaning} |\n" for state, meaning in _read_meanings().items())
    rows = "".join(f"| `{state}` | {event} | `{after}` |\n" for (state, event), after in TRANSITIONS.items())
    return HEAD.format(diagram=draw_diagram(), meanings=meanings, rows=rows)


def draw_diagram() -> str:
    """Draw the table as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", f"    [*] --> {State.WAITING}"]
    lines += [f"    {state} --> {after}: {event}" for (state, event), after in TRANSITIONS.items()]
    return "\n".join([*lines, f"    {State.STOPPED} --> [*]", ""])


def _read_meanings() -> dict[State, str]:
    """Read the text below each member: Python itself keeps no docstring of an attribute."""
    tree = ast.parse(inspect.getsource(state_machine))
    body = next(node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "State")
    texts = [
        node.value.value for node in body[1:] if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    ]
    return dict(zip(State, (" ".join(str(text).split()) for text in texts), strict=True))
