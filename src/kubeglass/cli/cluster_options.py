"""Options that every command about a cluster has."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

File = Annotated[Path | None, typer.Option("--file", "-f", help="The definition.", show_default="kubeglass.yaml")]
Context = Annotated[str | None, typer.Option(help="Context of the kubeconfig.", show_default="its current one")]
Namespace = Annotated[
    str | None,
    typer.Option("--namespace", "-n", help="The pipeline's namespace.", show_default="cluster.namespace"),
]
