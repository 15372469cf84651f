"""Something that the engines read from or send to: it answers every request, and tells what came."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue


@dataclass(frozen=True)
class Endpoint:
    """A server of 127.0.0.1, and the path and headers of each request that it answered."""

    port: int
    seen: Queue[tuple[str, dict[str, str]]] = field(default_factory=Queue)


@contextmanager
def serving(content_type: str, body: Callable[[], bytes] = bytes, port: int = 0) -> Iterator[Endpoint]:
    """Answer every request with what ``body`` returns then."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the name http.server calls
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            endpoint.seen.put((self.path, dict(self.headers)))
            content = body()
            self.send_response(200)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET  # noqa: N815  # the name http.server calls

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    endpoint = Endpoint(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield endpoint
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
