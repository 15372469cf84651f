"""Tries an image before it counts as built, and tells what the image lacks from what only a pod has."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from signal import Signals
from typing import Any

from kubeglass.errors import AppError, EngineError
from kubeglass.images.image import Image
from kubeglass.images.python.interpreter import VENV, is_packed
from kubeglass.images.python.python_image import APP_FOLDER
from kubeglass.images.trials import import_process
from kubeglass.images.trials.confinement import Confinement, Finished, confine
from kubeglass.images.trials.import_scan import list_missing_imports
from kubeglass.images.trials.tree import laid_out
from kubeglass.model.sections.app import App

IMPORT_TIMEOUT_SECONDS = 120.0
#: What an app gets for a secret, which only the cluster has.
PLACEHOLDER = "set-on-the-cluster"
_DOCKER = "use a wheel that contains it, or build with Docker: examples/docker/Dockerfile"
#: The home folder of the image's user.
_HOME = "/tmp"  # noqa: S108  # inside the image
_PROGRAM = "tmp/import_process.py"
_REPORT = "tmp/report.json"

#: A program that prints its version or its options does little else.
START_TIMEOUT_SECONDS = 60.0

#: Says how to get a module, by its full name, into the image.
Advise = Callable[[str], str]


def start_version(image: Image, scratch: Path) -> str:
    """Let the image's program print its version.

    Raises:
        EngineError: it does not start in its image.
    """
    return _start(image, scratch, "--version")


def start_help(image: Image, scratch: Path) -> str:
    """Let the image's program print its options.

    Raises:
        EngineError: it does not start in its image.
    """
    return _start(image, scratch, "--help")


def _start(image: Image, scratch: Path, option: str) -> str:
    with laid_out(image, scratch) as root:
        confinement = confine(root)
        if confinement.prefix:
            return f"{image.reference}: not tried: this user may not make namespaces; as root it is tried"
        program, *arguments = image.entrypoint
        finished = confinement.run(program, [*arguments, option], image.environment, START_TIMEOUT_SECONDS)
    if finished.code is None:
        return f"{image.reference}: not tried to the end: no answer within {START_TIMEOUT_SECONDS:g} s"
    if finished.code:
        found = f"exit code {finished.code}"
        raise EngineError(image.reference, "does not start in its image", found=found, details=finished.lines)
    return ""


@dataclass(frozen=True, slots=True)
class AppTrial:
    """Imports an app once, by its image's own interpreter, in the image's own files.

    Args:
        app: the app.
        folder: where its source lies on this machine.
        advise: says how to get a missing module into the image.
    """

    app: App
    folder: Path
    advise: Advise

    def run(self, image: Image, scratch: Path) -> str:
        """Return what could not be found out, as a remark; an empty text if the app imports.

        Raises:
            AppError: the image lacks something that the app needs to import.
            StateError: there is no room to try it in.
        """
        with laid_out(image, scratch) as root:
            confinement = confine(root)
            finished = self._import(confinement, image)
            try:
                report: dict[str, Any] = json.loads((root / _REPORT).read_text(encoding="utf-8"))
            except (OSError, ValueError):
                said = self._judge_end(finished)
            else:
                said = self._judge(_localize(report, confinement.prefix), confinement.prefix)
        return "\n".join(filter(None, [said, self._read_ahead(image)]))

    def _read_ahead(self, image: Image) -> str:
        """Return a remark on imports that were not reached."""
        paths = [entry.path.partition("site-packages/")[2] for entry in image.layers[1]]
        packed = {re.split(r"[/.]", path, maxsplit=1)[0] for path in paths}
        module = (self.app.module or "app:app").partition(":")[0]
        missing = list_missing_imports(self.folder, module, lambda top: top in packed or is_packed(top))
        if not missing:
            return ""
        advice = self.advise(missing[0].rpartition(" ")[2])
        return f"app {self.app.name}: {', '.join(missing)}, which its image does not have; {advice}"

    def _import(self, confinement: Confinement, image: Image) -> Finished:
        prefix = confinement.prefix
        shutil.copyfile(import_process.__file__, confinement.root / _PROGRAM)
        packages = next((confinement.root / VENV / "lib").glob("python3*")) / "site-packages"
        inside = packages.relative_to(confinement.root)
        arguments = ["-P", f"{prefix}/{_PROGRAM}", self.app.module or "app:app", prefix, f"{prefix}/{inside}"]
        secrets = dict.fromkeys(self.app.secret_env, PLACEHOLDER)
        environment = {name: _move(value, prefix) for name, value in image.environment.items()}
        environment |= {**self.app.env, **secrets, "HOME": f"{prefix}{_HOME}", "PYTHONNOUSERSITE": "1"}
        return confinement.run(
            f"/{VENV}/bin/python3", [*arguments, f"{prefix}/{_REPORT}"], environment, IMPORT_TIMEOUT_SECONDS
        )

    def _judge_end(self, finished: Finished) -> str:
        if finished.code is None:
            return self._remark(f"it does not finish importing within {IMPORT_TIMEOUT_SECONDS:g} s")
        if finished.code < 0:
            found = f"killed by {Signals(-finished.code).name}"
            raise self._refusal("crashes during import in its image", found, "", finished.lines)
        return self._remark(f"it ends the process with exit code {finished.code}")

    def _judge(self, report: Mapping[str, Any], prefix: str) -> str:
        foreign = [path for path in report["libraries"] if prefix and not path.startswith(prefix)]
        if foreign:
            wrong = "loads libraries that its image does not have"
            raise self._refusal(wrong, ", ".join(foreign), _DOCKER)
        if "kinds" not in report:
            return ""
        found = f"{report['kinds'][0]}: {report['text']}"
        hint = _find_hint(report, self.folder, self.advise)
        if hint is None:
            return self._remark(f"its import ends with {found}")
        raise self._refusal("does not import in its image", found, hint, tuple(report["lines"]))

    def _remark(self, what: str) -> str:
        return (
            f"app {self.app.name}: not tried to the end: {what}; there are no secrets, services and network while an"
            " image is built"
        )

    def _refusal(self, wrong: str, found: str, hint: str, details: tuple[str, ...] = ()) -> AppError:
        return AppError(f"app {self.app.name}", wrong, found=found, hint=hint, details=details)


def _find_hint(report: Mapping[str, Any], folder: Path, advise: Advise) -> str | None:
    """Return what to do about an error that the image causes; None if it may work in a pod."""
    kinds, path = set(report["kinds"]), report["path"]
    if "ModuleNotFoundError" in kinds and report["module"]:
        return advise(report["module"])
    if "cannot open shared object file" in report["text"]:
        return _DOCKER
    if kinds & {"ImportError", "SyntaxError"}:
        return "check the versions of the installed packages, and build again"
    if "AppImportError" in kinds:
        return "correct the app's module in kubeglass.yaml"
    if "FileNotFoundError" in kinds and path:
        return _explain_file(Path("/", APP_FOLDER, path), folder)
    if "PermissionError" in kinds and path and _is_source(Path("/", APP_FOLDER, path)):
        return "an image's files are read-only: let it write to /tmp"
    return None


def _explain_file(path: Path, folder: Path) -> str | None:
    if _is_source(path):
        here = folder / path.relative_to(f"/{APP_FOLDER}")
        if here.exists():
            return f"hidden files and links to folders are not packed: move {here} to another name"
        return f"put it into {folder}, whose files are packed"
    if path.is_relative_to(f"/{VENV}"):
        return "its package did not install this file: use a wheel that contains it"
    return f"only this machine has it: put it into {folder}, whose files are packed" if path.exists() else None


def _is_source(path: Path) -> bool:
    return path.is_relative_to(f"/{APP_FOLDER}")


def _move(value: str, prefix: str) -> str:
    """Move the paths of a variable, such as PYTHONPATH's, to where the image lies."""
    return ":".join(f"{prefix}{part}" if part.startswith("/") else part for part in value.split(":"))


def _localize(report: dict[str, Any], prefix: str) -> dict[str, Any]:
    """Name paths as they are in the image."""
    if not prefix:
        return report
    words = {name: report[name].replace(prefix, "") for name in ("text", "path") if report.get(name)}
    return {**report, **words, "lines": [line.replace(prefix, "") for line in report.get("lines", [])]}
