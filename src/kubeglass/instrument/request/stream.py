"""An response that is sent piece by piece: it ends with its last byte, or when the client has gone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

#: Told when a stream is over: its duration in seconds and the bytes it sent.
OnEnd = Callable[[float, int], object]
OnError = Callable[[BaseException], object]


class Stream:
    """The iterable a server gets in place of the application's own.

    Args:
        body: the application's.
        began: when the request came in, by ``time.perf_counter``.
        on_end: called once, when the server closes it.
        on_error: called with an exception that the body raises.
    """

    def __init__(self, body: Iterable[bytes], began: float, on_end: OnEnd, on_error: OnError) -> None:
        self._body = body
        self._began = began
        self._on_end = on_end
        self._on_error = on_error
        self._ended = 0.0
        self._is_over = False
        self._sent = 0

    def __iter__(self) -> Iterator[bytes]:
        try:
            for part in self._body:
                self._sent += len(part)
                yield part
        except GeneratorExit:
            raise
        except BaseException as error:
            self._on_error(error)
            raise
        self._ended = perf_counter()

    def close(self) -> None:
        """End it; every WSGI server calls this, also when the client has gone."""
        if self._is_over:
            return
        self._is_over = True
        try:
            close = getattr(self._body, "close", None)
            if close is not None:
                close()
        finally:
            self._on_end((self._ended or perf_counter()) - self._began, self._sent)


def watch_file(body: Iterable[bytes], environ: WSGIEnvironment, began: float, on_end: OnEnd) -> bool:
    """Have a server's own file wrapper call ``on_end`` when it is closed; False if the body is none.

    Servers recognise their wrapper by its class and send such a file without reading it, so it must not be wrapped.
    """
    wrapper = environ.get("wsgi.file_wrapper")
    if not isinstance(wrapper, type) or not isinstance(body, wrapper):
        return False
    close = getattr(body, "close", None)
    is_over = False

    def close_once() -> None:
        nonlocal is_over
        if is_over:
            return
        is_over = True
        try:
            if close is not None:
                close()
        finally:
            on_end(perf_counter() - began, 0)

    body.close = close_once  # type: ignore[attr-defined]
    return True
