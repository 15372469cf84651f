"""Go modules on disk: download by the Go command, and find the folder of any package they need."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

CORE = "go.opentelemetry.io/collector"
CONTRIB = "github.com/open-telemetry/opentelemetry-collector-contrib"
#: The version taken where the requested one is unavailable; our own build replaces the same modules by it.
STAND_IN = "v0.149.0"
_REQUIRE = re.compile(r"^\s*(?:require\s+)?([\w.\-/]+)\s+(v[\w.\-+]+)", re.MULTILINE)


@cache
def download(module: str, version: str) -> Path | None:
    """Fetch one module into Go's own cache; None when the proxy does not have it."""
    command = ["go", "mod", "download", "-json", f"{module}@{version}"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    folder = json.loads(answer.stdout or "{}").get("Dir")
    return Path(folder) if folder else None


@dataclass
class Modules:
    """The modules of one collector version, as the components' go.mod files name them."""

    version: str
    required: dict[str, str] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)

    def add(self, module: str) -> Path | None:
        """Fetch a component's module and learn which versions of others it builds with; None if it is unavailable."""
        folder = download(module, f"v{self.version}")
        if folder is None:
            self.missing.add(f"{module}@v{self.version}")
            return None
        for name, version in _REQUIRE.findall((folder / "go.mod").read_text()):
            self.required.setdefault(name, version)
        self.required[module] = f"v{self.version}"
        return folder

    def folder(self, package: str) -> Path | None:
        """Find the folder of ``package``, fetching the module with the longest matching name."""
        for module in sorted(self.required, key=len, reverse=True):
            if package == module or package.startswith(module + "/"):
                root = download(module, self.required[module])
                if root is None:
                    self.missing.add(f"{module}@{self.required[module]}")
                    root = download(module, STAND_IN)
                if root is None:
                    return None
                folder = root / package[len(module) :].strip("/")
                return folder if folder.is_dir() else None
        return None
