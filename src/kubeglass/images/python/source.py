"""Where the apps' sources are: beside the definition, or where the repository keeps the demo's."""

from __future__ import annotations

from pathlib import Path

from kubeglass.errors import AppError
from kubeglass.images.python.interpreter import Interpreter
from kubeglass.model.sections.app import App

#: The definition of the committed manifests is not beside the demo, whose app it deploys.
_MANIFESTS = "manifests"
_DEMO = Path("examples", "shop")
_MODULE_SUFFIXES = (".py", ".so")


def find_source_folder(definition: Path) -> Path:
    """Return the folder with the sources of the apps in ``definition``."""
    folder = definition.resolve().parent
    demo = folder.parent / _DEMO
    return demo if folder.name == _MANIFESTS and (demo / definition.name).is_file() else folder


def require_module(app: App, folder: Path, interpreter: Interpreter) -> None:
    """Check that an app's module is in its source folder, or installed.

    Raises:
        AppError: it is in neither.
    """
    module = (app.module or "app:app").partition(":")[0]
    top = module.partition(".")[0]
    if any(_has_module(place, top) for place in (folder, *interpreter.search_path)):
        return
    files = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
    listed = ", ".join([*files[:5], *(["…"] if len(files) > 5 else [])])
    raise AppError(
        f"app {app.name}",
        f"there is no module '{top}' in {folder}",
        found=f"files there: {listed}" if files else "the folder is empty",
        hint="put kubeglass.yaml beside the app's source, or name the source's folder with --source",
    )


def _has_module(folder: Path, name: str) -> bool:
    if (folder / name).is_dir():
        # A folder without a single Python file, such as data of the same name, is no package.
        return any(path.suffix in _MODULE_SUFFIXES for path in (folder / name).rglob("*"))
    return any(path.suffix in _MODULE_SUFFIXES for path in folder.glob(f"{name}.*"))
