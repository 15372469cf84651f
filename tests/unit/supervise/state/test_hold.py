"""Hold files keep a process down, as long as whoever made them wants that."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kubeglass.errors import StateError
from kubeglass.supervise.state.hold import hold, is_held


def test_a_process_is_held_while_its_hold_file_exists(tmp_path: Path) -> None:
    (tmp_path / "hold").mkdir()
    (tmp_path / "hold" / "prometheus").touch()

    assert is_held(tmp_path, "prometheus")
    assert not is_held(tmp_path, "otelcol")


@pytest.mark.parametrize("content", [b"", b"by hand", b"[]", b"{}", b"\xff"])
def test_a_hold_that_names_nobody_lasts(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "hold").mkdir()
    (tmp_path / "hold" / "prometheus").write_bytes(content)

    assert is_held(tmp_path, "prometheus")


def test_a_process_is_held_for_as_long_as_somebody_wants_it(tmp_path: Path) -> None:

    with hold(tmp_path, "prometheus"):
        assert is_held(tmp_path, "prometheus")
        assert not is_held(tmp_path, "otelcol")

    assert not is_held(tmp_path, "prometheus")


def test_a_hold_ends_with_the_work_that_fails(tmp_path: Path) -> None:

    with pytest.raises(KeyboardInterrupt), hold(tmp_path, "prometheus"):
        raise KeyboardInterrupt

    assert not is_held(tmp_path, "prometheus")


def test_what_is_held_already_is_not_held_twice(tmp_path: Path) -> None:

    with hold(tmp_path, "prometheus"), pytest.raises(StateError, match=r"hold/prometheus: is already held; remove"):
        hold(tmp_path, "prometheus").__enter__()


def test_a_killed_holder_holds_no_longer(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from kubeglass.supervise.state.hold import hold\n"
        f"with hold(Path({str(tmp_path)!r}), 'prometheus'): print('held', flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        assert is_held(tmp_path, "prometheus")
        holder.kill()

    assert (tmp_path / "hold" / "prometheus").exists()
    assert not is_held(tmp_path, "prometheus")
    with hold(tmp_path, "prometheus"):
        assert is_held(tmp_path, "prometheus")
