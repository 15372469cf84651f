"""Ports of a run are kept from other runs, and free again however the run ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from kubeglass.supervise.port_claims import PortClaims

CLAIM_AND_WAIT = """
import sys, time
from pathlib import Path
from kubeglass.supervise.port_claims import PortClaims
with PortClaims(Path(sys.argv[1])) as claims:
    print(claims.claim(8000), flush=True)
    time.sleep(600)
"""


def test_a_port_is_claimed_once(tmp_path: Path) -> None:
    with PortClaims(tmp_path / "ports") as claims:
        assert claims.claim(8000)
        assert not claims.claim(8000)
        assert claims.claim(8001)


def test_another_run_does_not_get_it_until_the_first_is_over(tmp_path: Path) -> None:
    folder = tmp_path / "ports"
    with PortClaims(folder) as later:
        with PortClaims(folder) as first:
            first.claim(8000)
            assert not later.claim(8000)

        assert later.claim(8000)


def test_a_killed_run_leaves_its_ports_free(tmp_path: Path) -> None:
    folder = tmp_path / "ports"
    command = [sys.executable, "-c", CLAIM_AND_WAIT, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other, PortClaims(folder) as claims:
        assert other.stdout is not None
        assert other.stdout.readline() == "True\n"
        assert not claims.claim(8000)

        other.kill()
        other.wait()

        assert claims.claim(8000)


def test_a_folder_that_cannot_be_used_costs_nothing(tmp_path: Path) -> None:
    (tmp_path / "ports").write_text("in the way")

    with PortClaims(tmp_path / "ports") as claims:
        assert claims.claim(8000)
        assert not claims.claim(8000), "another part of this run has it"


def test_a_link_that_somebody_laid_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "precious"
    (tmp_path / "ports").mkdir()
    (tmp_path / "ports" / "8000").symlink_to(target)

    with PortClaims(tmp_path / "ports") as claims:
        claims.claim(8000)

    assert not target.exists()
