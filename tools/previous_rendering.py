"""An earlier rendering for the tests of upgrades: ``python -m tools.previous_rendering COMMIT`` renews it.

The kubeglass of that commit renders ``tests/cluster/previous/kubeglass.yaml``, with the packages installed here.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
FOLDER = REPOSITORY / "tests" / "cluster" / "previous"
DEFINITION = "kubeglass.yaml"
#: Says which commit rendered the files beside it.
COMMIT = "COMMIT"


def renew(commit: str) -> None:
    """Replace the rendering by that of ``commit``."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _extract(commit, folder)
        shutil.copy(FOLDER / DEFINITION, folder)
        command = [sys.executable, "-m", "kubeglass", "render", "--to", "kubernetes"]
        subprocess.run(command, cwd=folder, env={**os.environ, "PYTHONPATH": str(folder / "src")}, check=True)
        for path in FOLDER.glob("*.yaml"):
            if path.name != DEFINITION:
                path.unlink()
        for path in (folder / "manifests").iterdir():
            shutil.copy(path, FOLDER)
    (FOLDER / COMMIT).write_bytes(_git("log", "-1", "--format=%h %cs %s", commit))


def _extract(commit: str, folder: Path) -> None:
    archive = folder / "source.tar"
    archive.write_bytes(_git("archive", commit, "src"))
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")


def _git(*arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=REPOSITORY, stdout=subprocess.PIPE, check=True).stdout


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tools.previous_rendering COMMIT")
    renew(sys.argv[1])
