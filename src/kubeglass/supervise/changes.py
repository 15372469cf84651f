"""What a changed definition means for processes that run already: pure, nothing is touched."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from kubeglass.supervise.process import ProcessSpec


@dataclass(frozen=True, slots=True)
class Changes:
    """What is done to reach the new definition; whatever is not named goes on undisturbed.

    Args:
        started: processes that are new.
        stopped: processes that are no longer wanted.
        restarted: processes whose command line or environment changed.
        reread: processes that read changed files anew and go on.
        files: the rendered files that changed.
    """

    started: tuple[str, ...] = ()
    stopped: tuple[str, ...] = ()
    restarted: tuple[str, ...] = ()
    reread: tuple[str, ...] = ()
    files: tuple[str, ...] = ()

    @property
    def touches_processes(self) -> bool:
        """Whether any process notices."""
        return bool(self.started or self.stopped or self.restarted or self.reread)

    def __str__(self) -> str:
        kinds = {
            "started": self.started,
            "stopped": self.stopped,
            "restarted": self.restarted,
            "reloaded": self.reread,
            # Dashboards: the page reads them whenever it is opened.
            "written": () if self.touches_processes else self.files,
        }
        return "; ".join(f"{kind}: {', '.join(names)}" for kind, names in kinds.items() if names) or "nothing changed"


def compare_processes(
    before: Sequence[ProcessSpec], after: Sequence[ProcessSpec], files: Iterable[PurePosixPath]
) -> Changes:
    """Find out what to do.

    Args:
        before: the processes that run.
        after: those that are wanted.
        files: rendered files that differ from those on disk, relative to the state folder.
    """
    files = tuple(files)
    old = {spec.name: spec for spec in before}
    new = {spec.name: spec for spec in after}
    kept = [spec for spec in after if spec.name in old and spec.runs_like(old[spec.name])]
    return Changes(
        started=tuple(name for name in new if name not in old),
        stopped=tuple(name for name in old if name not in new),
        restarted=tuple(name for name, spec in new.items() if name in old and not spec.runs_like(old[name])),
        reread=tuple(spec.name for spec in kept if spec.config and any(spec.config in file.parents for file in files)),
        files=tuple(str(file) for file in files),
    )
