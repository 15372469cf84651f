"""The ``kubeglass`` command; without the ``[cli]`` extra it says in one line how to get it."""

from __future__ import annotations

import sys
from importlib.util import find_spec

#: One telling module per dependency of the [cli] extra: cheap to look for, nothing is imported.
CLI_MODULES = ("typer", "rich", "pydantic", "ruamel.yaml", "httpx2", "psutil", "starlette", "uvicorn")


def missing_modules() -> list[str]:
    """Name the modules of the ``[cli]`` extra that are not installed."""
    return [name for name in CLI_MODULES if not _is_installed(name)]


def _is_installed(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def main() -> int:
    """Run the command line and return its exit code."""
    missing = missing_modules()
    if missing:
        sys.stderr.write(
            f"kubeglass: the command line is not installed (missing: {', '.join(missing)}); "
            'run: pip install "kubeglass[cli]"\n'
        )
        return 2
    from kubeglass.cli.main import run

    return run()


if __name__ == "__main__":
    sys.exit(main())
