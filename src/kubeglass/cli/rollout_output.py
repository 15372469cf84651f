"""Shows a deployment as it goes: what was applied, what each object waits for, what was verified."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from kubeglass.cli.output import Output
from kubeglass.deploy.api.objects import ObjectKey
from kubeglass.deploy.release.apply import Applied, Change
from kubeglass.deploy.rollout.status import Progress, State
from kubeglass.deploy.verify.verification import Verified


class RolloutOutput:
    """Writes a line beside the result for everything that changed, and nothing twice.

    Args:
        output: where lines go.
    """

    def __init__(self, output: Output) -> None:
        self._output = output
        self._said: dict[ObjectKey, Progress] = {}
        self._changes: Counter[Change] = Counter()

    def applied(self, applied: Applied) -> None:
        """Tell of one object; one that did not change is only counted."""
        self._changes[applied.change] += 1
        if applied.change is not Change.UNCHANGED:
            detail = f" ({applied.detail})" if applied.detail else ""
            self._output.note(f"  {applied.key} {applied.change.value}{detail}")

    def progress(self, progress: Mapping[ObjectKey, Progress]) -> None:
        """Tell what objects wait for, when that changed; one that is ready at first sight says nothing."""
        for key, now in progress.items():
            before = self._said.get(key)
            if now != before and (before or now.state is not State.READY):
                word = "waits " if now.state is State.WAITING else ""
                self._output.note(f"  {key} {word}{now.message}")
            self._said[key] = now

    def verified(self, verified: Verified) -> None:
        """Tell of one thing that works."""
        self._output.note(f"  {verified.subject}: {verified.detail} ({verified.seconds:.1f} s)")

    @property
    def summary(self) -> str:
        """Say how many objects were created, changed and so on."""
        return ", ".join(f"{count} {change.value}" for change, count in self._changes.items()) or "nothing to do"
