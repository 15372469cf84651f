"""Carries bytes between a program of this machine and a pod, both ways at once, in one thread.

One thread, because a TLS connection must not be read and written by two, and because whoever closes a socket that
another thread still reads may hand that thread the next connection's bytes.
"""

from __future__ import annotations

import selectors
import socket
import ssl
from dataclasses import dataclass, field

from kubeglass.deploy.portforward.framing import Framing

CHUNK_BYTES = 1 << 16
#: So much is kept for a side that is slow to take it; the other side then waits.
MOST_BYTES = 1 << 20
#: Seconds for a program of this machine to take the last bytes.
LAST_BYTES_SECONDS = 10.0

_NOT_NOW = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


@dataclass(slots=True)
class Relay:
    """One forwarded connection.

    Args:
        local: the program's side.
        remote: the API server's side, which may be one of TLS.
        framing: how bytes travel on the remote side.
        to_local: bytes that the program has not taken yet.
        to_remote: bytes that the API server has not taken yet.
    """

    local: socket.socket
    remote: socket.socket
    framing: Framing
    to_local: bytearray = field(default_factory=bytearray)
    to_remote: bytearray = field(default_factory=bytearray)

    def run(self, first: bytes) -> None:
        """Carry until one side hangs up.

        Args:
            first: what the API server has sent already.

        Raises:
            ClusterError: the pod's port does not answer.
            OSError: a connection broke.
        """
        self.local.setblocking(False)
        self.remote.setblocking(False)
        self._take(first)
        with selectors.DefaultSelector() as selector:
            while not self.framing.is_over:
                ready = self._wait(selector)
                if self.local in ready and not self._read_local():
                    return
                if self.remote in ready or self._has_pending():
                    self._read_remote()
                _send_some(self.local, self.to_local)
                _send_some(self.remote, self.to_remote)
        self.local.settimeout(LAST_BYTES_SECONDS)
        self.local.sendall(self.to_local)

    def _wait(self, selector: selectors.BaseSelector) -> set[object]:
        for side, incoming, outgoing in (
            (self.local, self.to_remote, self.to_local),
            (self.remote, self.to_local, self.to_remote),
        ):
            reading = selectors.EVENT_READ if len(incoming) < MOST_BYTES else 0
            _watch(selector, side, reading | (selectors.EVENT_WRITE if outgoing else 0))
        timeout = 0 if self._has_pending() else None
        return {key.fileobj for key, events in selector.select(timeout) if events & selectors.EVENT_READ}

    def _has_pending(self) -> bool:
        """Say whether TLS holds bytes that no selector sees, and there is room for them."""
        return isinstance(self.remote, ssl.SSLSocket) and self.remote.pending() > 0 and len(self.to_local) < MOST_BYTES

    def _read_local(self) -> bool:
        try:
            data = self.local.recv(CHUNK_BYTES)
        except _NOT_NOW:
            return True
        if data:
            self.to_remote += self.framing.wrap(data)
        return bool(data)

    def _read_remote(self) -> None:
        try:
            self._take(self.remote.recv(CHUNK_BYTES))
        except _NOT_NOW:
            return

    def _take(self, received: bytes) -> None:
        self.to_local += self.framing.unwrap(received)
        self.to_remote += self.framing.reply
        self.framing.reply = b""


def _watch(selector: selectors.BaseSelector, side: socket.socket, events: int) -> None:
    is_watched = side in selector.get_map()
    if events and is_watched:
        selector.modify(side, events)
    elif events:
        selector.register(side, events)
    elif is_watched:
        selector.unregister(side)


def _send_some(side: socket.socket, waiting: bytearray) -> None:
    if not waiting:
        return
    try:
        sent = side.send(waiting)
    except _NOT_NOW:
        return
    del waiting[:sent]
