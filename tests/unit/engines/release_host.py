"""A release host on loopback that a test can make fail in the ways real ones do."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from kubeglass.engines.engine import Release


@dataclass
class ReleaseHost:
    """What the host serves, and what it was asked.

    Args:
        url: its address.
        files: path to content.
        cut_after: bytes after which the next answers break off, one entry an answer.
        ignores_ranges: whether it always answers with the whole file.
        redirects: path to the address it redirects to.
        requests: path and Range header of each request.
    """

    url: str
    files: dict[str, bytes] = field(default_factory=dict)
    cut_after: list[int] = field(default_factory=list)
    ignores_ranges: bool = False
    redirects: dict[str, str] = field(default_factory=dict)
    requests: list[tuple[str, str | None]] = field(default_factory=list)

    def publish(self, archive: bytes, *, checksum: str | None = None) -> Release:
        """Serve an archive and its checksum file as a release of ``gadget``."""
        checksum = checksum or hashlib.sha256(archive).hexdigest()
        self.files["/gadget.tar.gz"] = archive
        self.files["/sums.txt"] = f"{'0' * 64}  other.tar.gz\n{checksum}  gadget.tar.gz\n".encode()
        return self.release

    @property
    def release(self) -> Release:
        """The addresses of the release, published or not."""
        return Release(
            archive=f"{self.url}/gadget.tar.gz",
            checksums=f"{self.url}/sums.txt",
            members={"gadget": "gadget-{version}/gadget"},
        )


def pack(members: dict[str, bytes]) -> bytes:
    """Make a ``.tar.gz`` of files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            info.mode = 0o644
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


@contextmanager
def serve_releases() -> Iterator[ReleaseHost]:
    """Run a release host for as long as the block lasts."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    host = ReleaseHost(f"http://127.0.0.1:{server.server_port}")
    server.host = host  # type: ignore[attr-defined]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield host
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        host: ReleaseHost = self.server.host  # type: ignore[attr-defined]
        wanted = self.headers.get("Range")
        host.requests.append((self.path, wanted))
        if location := host.redirects.get(self.path):
            self.send_response(302)
            self.send_header("Location", location)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        content = host.files.get(self.path)
        if content is None:
            self.send_error(404)
            return
        offset = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and not host.ignores_ranges else 0
        if wanted and not host.ignores_ranges and offset >= len(content):
            self.send_error(416)
            return
        body = content[offset:]
        self.send_response(206 if offset else 200)
        self.send_header("Content-Length", str(len(body)))
        if offset:
            self.send_header("Content-Range", f"bytes {offset}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        self.wfile.write(body[: host.cut_after.pop(0)] if host.cut_after and self.path.endswith("gz") else body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name it overrides
        """Say nothing."""
