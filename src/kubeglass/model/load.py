"""Reads kubeglass.yaml into a frozen Pipeline, or reports every mistake in it at once, each with its line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from kubeglass.errors import ConfigError
from kubeglass.model.explain import explain
from kubeglass.model.pipeline import Pipeline
from kubeglass.model.problem import Problem
from kubeglass.model.references import check_references
from kubeglass.model.sections.dashboards import read_dashboards
from kubeglass.model.sections.source import read_source
from kubeglass.model.yaml.document import Document, YamlSyntaxError
from kubeglass.model.yaml.reader import read_document

FILE_NAME = "kubeglass.yaml"

#: Validation context of a file, as opposed to values passed by code.
WRITTEN = {"written": True}


def load_pipeline(path: Path) -> Pipeline:
    """Read, validate and cross-check a definition.

    Args:
        path: the file; errors show it as given.

    Returns:
        The pipeline; an empty file means the defaults.

    Raises:
        ConfigError: the file is missing, unreadable or wrong. Several mistakes are listed in ``details``, each as
            ``file:line:column: what is wrong``. References between sections are checked where both are valid.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ConfigError(str(path), "does not exist", hint="write one with `kubeglass init`") from error
    except UnicodeDecodeError as error:
        raise ConfigError(str(path), "is not UTF-8 text", found=f"byte {error.start}") from error
    except OSError as error:
        raise ConfigError(str(path), "cannot be read", found=error.strerror or str(error)) from error
    return parse_pipeline(text, str(path), folder=path.parent)


def parse_pipeline(text: str, name: str = FILE_NAME, *, folder: Path | None = None) -> Pipeline:
    """Validate and cross-check a definition that is not read from a file.

    Args:
        text: the definition.
        name: its name in errors.
        folder: base of the paths in it; without one they are not read.

    Raises:
        ConfigError: the text is wrong, as in :func:`load_pipeline`.
    """
    try:
        document = read_document(text)
    except YamlSyntaxError as error:
        raise ConfigError(f"{name}:{error.position}", str(error)) from error
    if document.data is None:
        return Pipeline()
    if not isinstance(document.data, dict):
        hint = "start with a section such as 'apps:'"
        raise ConfigError(f"{name}:1:1", "must have sections at its top level", found=_kind(document.data), hint=hint)
    pipeline, problems = _validate(document.data)
    if folder is not None:
        pipeline, wrong = _read_files(pipeline, folder)
        problems += wrong
    if problems:
        raise _config_error(problems, document, name)
    return pipeline


def _validate(data: dict[str, Any]) -> tuple[Pipeline, list[Problem]]:
    """Read the sections; an invalid one gets its defaults, and references to it are not checked."""
    wrong: set[int | str] = set()
    problems: list[Problem] = []
    try:
        pipeline = Pipeline.model_validate(data, context=WRITTEN)
    except ValidationError as error:
        wrong = {details["loc"][0] for details in error.errors()}
        problems = explain(error, Pipeline, data)
        pipeline = Pipeline.model_validate({key: data[key] for key in data if key not in wrong}, context=WRITTEN)
    intact = {name: getattr(pipeline, name) for name in Pipeline.model_fields if name not in wrong}
    return pipeline, problems + check_references(intact)


def _read_files(pipeline: Pipeline, folder: Path) -> tuple[Pipeline, list[Problem]]:
    """Read what the definition refers to, so that rendering stays pure."""
    own, problems = read_dashboards(pipeline.dashboards, folder)
    apps = []
    for index, app in enumerate(pipeline.apps):
        files, wrong = read_source(app.source, folder, ("apps", index, "source"))
        problems += wrong
        apps.append(app.holding(files) if files else app)
    return pipeline.model_copy(update={"dashboards": pipeline.dashboards.holding(own), "apps": tuple(apps)}), problems


def _config_error(problems: list[Problem], document: Document, name: str) -> ConfigError:
    placed = [(document.position(problem.loc, at_key=problem.at_key), problem.path, problem) for problem in problems]
    errors = [
        ConfigError(f"{name}:{position}", f"{path} {problem.wrong}", found=problem.found, hint=problem.hint)
        for position, path, problem in sorted(placed, key=lambda each: each[:2])
    ]
    if len(errors) == 1:
        return errors[0]
    return ConfigError(name, f"has {len(errors)} mistakes", details=tuple(error.message for error in errors))


def _kind(data: object) -> str:
    return "a list" if isinstance(data, list) else f"'{data}'"
