"""checkov finds nothing in the manifests that docs/cluster/security.md does not give a reason for."""

from __future__ import annotations

import json
import re
import subprocess

from tests.house.house import ROOT

#: | check | parts | reason |
ROW = re.compile(r"^\| (CKV\w+) \| ([^|]+) \| [^|]{10,} \|$", re.MULTILINE)


def test_every_finding_has_a_written_reason() -> None:
    program = subprocess.run([ROOT / "tools" / "checkov"], check=True, capture_output=True, text=True).stdout.strip()
    command = [
        program,
        f"--directory={ROOT / 'manifests'}",
        "--framework=kubernetes",
        "--output=json",
        "--skip-download",
    ]

    result = subprocess.run(command, check=False, capture_output=True, text=True)

    report = json.loads(result.stdout)
    found = {
        (finding["check_id"], finding["resource"].rpartition(".")[2]) for finding in report["results"]["failed_checks"]
    }
    written = {
        (check, part.strip())
        for check, parts in ROW.findall((ROOT / "docs" / "cluster" / "security.md").read_text())
        for part in parts.split(",")
    }
    assert found == written
    assert report["summary"]["passed"] > 350
