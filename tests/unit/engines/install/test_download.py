"""Downloads go on where they stopped, and give up quickly on a host that is not there."""

from __future__ import annotations

import errno
import random
import socket
import threading
from pathlib import Path

import pytest

from kubeglass.engines.install import release
from kubeglass.engines.install.release import download, fetch_text, require_reachable
from kubeglass.engines.install.source import Unavailable
from tests.unit.engines.release_host import ReleaseHost

CONTENT = random.Random(1).randbytes(700_000)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "downloads" / "gadget.tar.gz"


def test_a_file_arrives_whole_with_its_progress(release_host: ReleaseHost, target: Path) -> None:
    release_host.files["/gadget.tar.gz"] = CONTENT
    fractions: list[float] = []

    download(f"{release_host.url}/gadget.tar.gz", target, fractions.append)

    assert target.read_bytes() == CONTENT
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert [path.name for path in target.parent.iterdir()] == ["gadget.tar.gz"]


def test_a_transfer_that_breaks_off_goes_on_where_it_stopped(release_host: ReleaseHost, target: Path) -> None:
    release_host.files["/gadget.tar.gz"] = CONTENT
    release_host.cut_after = [300_000, 200_000]

    download(f"{release_host.url}/gadget.tar.gz", target)

    assert target.read_bytes() == CONTENT
    assert [wanted for _, wanted in release_host.requests] == [None, "bytes=300000-", "bytes=500000-"]


def test_an_earlier_tries_part_is_kept_and_used(release_host: ReleaseHost, target: Path) -> None:
    release_host.files["/gadget.tar.gz"] = CONTENT
    release_host.cut_after = [100_000, 100_000, 100_000]

    with pytest.raises(Unavailable, match="broke off 3 times"):
        download(f"{release_host.url}/gadget.tar.gz", target)
    assert not target.exists()
    download(f"{release_host.url}/gadget.tar.gz", target)

    assert target.read_bytes() == CONTENT
    assert release_host.requests[-1][1] == "bytes=300000-"


def test_a_host_that_knows_no_ranges_sends_it_all_again(release_host: ReleaseHost, target: Path) -> None:
    release_host.files["/gadget.tar.gz"] = CONTENT
    release_host.ignores_ranges = True
    release_host.cut_after = [300_000]

    download(f"{release_host.url}/gadget.tar.gz", target)

    assert target.read_bytes() == CONTENT


def test_a_part_longer_than_the_file_is_thrown_away(release_host: ReleaseHost, target: Path) -> None:
    release_host.files["/gadget.tar.gz"] = CONTENT
    target.parent.mkdir()
    target.with_name("gadget.tar.gz.part").write_bytes(CONTENT + b"more")

    download(f"{release_host.url}/gadget.tar.gz", target)

    assert target.read_bytes() == CONTENT


def test_a_missing_file_is_said_with_its_status(release_host: ReleaseHost, target: Path) -> None:
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1 answers 404 for /gadget\.tar\.gz"):
        download(f"{release_host.url}/gadget.tar.gz", target)


def test_a_full_disk_is_not_taken_for_a_broken_transfer(
    release_host: ReleaseHost, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(*_: object) -> bool:
        raise OSError(errno.ENOSPC, "No space left on device")

    release_host.files["/gadget.tar.gz"] = CONTENT
    monkeypatch.setattr(release, "_transfer", fill)

    with pytest.raises(Unavailable, match=r"the disk of .* is full"):
        download(f"{release_host.url}/gadget.tar.gz", target)


def test_text_is_fetched(release_host: ReleaseHost) -> None:
    release_host.files["/sums.txt"] = b"abc  file\n"

    assert fetch_text(f"{release_host.url}/sums.txt") == "abc  file\n"


def test_a_host_where_nobody_listens_is_unreachable() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))

        with pytest.raises(Unavailable, match=r"127\.0\.0\.1 cannot be reached") as caught:
            require_reachable(f"http://127.0.0.1:{unused.getsockname()[1]}/x")

    assert caught.value.hint == "check the network"


def test_a_name_that_does_not_resolve_is_unreachable() -> None:
    with pytest.raises(Unavailable, match=r"host\.invalid cannot be reached"):
        require_reachable("https://host.invalid/x")


def test_a_look_up_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()
    monkeypatch.setattr(release, "CONNECT_TIMEOUT", 0.05)
    monkeypatch.setattr(release, "_try_to_connect", lambda *_: released.wait())

    with pytest.raises(Unavailable, match="no answer within"):
        require_reachable("https://example.com/x")
    released.set()


def test_the_proxy_is_what_must_be_reachable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.invalid:3128")

    with pytest.raises(Unavailable, match=r"proxy\.invalid cannot be reached"):
        require_reachable("https://example.com/x")


def test_a_redirect_is_followed(release_host: ReleaseHost, target: Path) -> None:
    release_host.files["/gadget.tar.gz"] = CONTENT
    release_host.redirects["/latest.tar.gz"] = "/gadget.tar.gz"

    download(f"{release_host.url}/latest.tar.gz", target)

    assert target.read_bytes() == CONTENT
