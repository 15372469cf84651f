"""``kubeglass init``: write a commented kubeglass.yaml and its JSON Schema, without prompting."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from kubeglass.cli.output import Output
from kubeglass.errors import ConfigError
from kubeglass.files import explain_disk_errors, write_text
from kubeglass.model.discover import find_module
from kubeglass.model.load import FILE_NAME
from kubeglass.model.template import SCHEMA_FILE, write_schema, write_template

Folder = Annotated[Path, typer.Argument(help="The project's folder.", show_default="this one")]
Force = Annotated[bool, typer.Option("--force", help="Replace existing files.")]


def init(folder: Folder = Path(), *, force: Force = False) -> None:
    """Write a commented kubeglass.yaml and its JSON Schema. Finds the Flask app in the source, without prompting."""
    path = folder / FILE_NAME
    if path.exists() and not force:
        raise ConfigError(str(path), "already exists", hint="edit it, or replace it with --force")
    module = find_module(folder)
    with explain_disk_errors(path):
        write_text(path, write_template(module, _app_name(folder)))
        write_text(folder / SCHEMA_FILE, write_schema())
    output = Output()
    output.say(f"wrote {path}")
    output.note(f"editors validate and complete it with {SCHEMA_FILE}, which lies beside it")
    output.note(f"found the app {module}" if module else "found no Flask app; name it in the file under 'apps'")
    output.note("next: kubeglass up")


def _app_name(folder: Path) -> str:
    """Turn the folder's name into one that Kubernetes accepts."""
    name = re.sub(r"[^a-z0-9]+", "-", folder.resolve().name.lower()).strip("-")[:63].strip("-")
    return name or "app"
