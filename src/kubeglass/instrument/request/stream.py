"""Measure a response that is sent in parts: it ends with its last byte, or when the client disconnects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from time import perf_counter
from typing import TYPE_CHECKING, Any
from weakref import WeakMethod

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

#: Called when a stream is over, with its duration in seconds and the bytes it sent.
OnEnd = Callable[[float, int], object]
OnError = Callable[[BaseException], object]


class StreamEnd:
    """Calls ``on_end`` once: when it is called itself, or when it is collected.

    Servers must close the body, but asgiref's ``WsgiToAsgi`` and Starlette's ``WSGIMiddleware`` only drop it.

    Args:
        began: when the request began, by ``time.perf_counter``.
        on_end: the function to call.
    """

    __slots__ = ("_began", "_on_end", "sent")

    def __init__(self, began: float, on_end: OnEnd) -> None:
        self._began = began
        self._on_end: OnEnd | None = on_end
        #: Bytes sent so far.
        self.sent = 0

    def __call__(self) -> None:
        """End the stream, unless it has already ended."""
        on_end, self._on_end = self._on_end, None
        if on_end is not None:
            on_end(perf_counter() - self._began, self.sent)

    __del__ = __call__


class Stream:
    """Wraps the body that a server iterates over.

    Args:
        body: the application's body.
        began: when the request began, by ``time.perf_counter``.
        on_end: called once: after the last byte, or when the server closes or drops the stream earlier.
        on_error: called with an exception that the body raises.
    """

    def __init__(self, body: Iterable[bytes], began: float, on_end: OnEnd, on_error: OnError) -> None:
        self._body = body
        self._end = StreamEnd(began, on_end)
        self._on_error = on_error

    def __iter__(self) -> Iterator[bytes]:
        end = self._end
        try:
            for part in self._body:
                end.sent += len(part)
                yield part
        except GeneratorExit:
            raise
        except BaseException as error:
            self._on_error(error)
            end()
            raise
        end()

    def close(self) -> None:
        """Close the body and end the stream; servers also call this when the client disconnects."""
        try:
            close = getattr(self._body, "close", None)
            if close is not None:
                close()
        finally:
            self._end()


def watch_file(body: Iterable[bytes], environ: WSGIEnvironment, began: float, on_end: OnEnd) -> bool:
    """Make a server's own file wrapper call ``on_end`` when it is closed or dropped; return False for other bodies.

    Servers recognize their wrapper by its class and send its file without reading it, so it must not be wrapped.
    """
    wrapper = environ.get("wsgi.file_wrapper")
    if not isinstance(wrapper, type) or not isinstance(body, wrapper):
        return False
    end = StreamEnd(began, on_end)
    close: Any = getattr(body, "close", None)
    # A weak reference: otherwise the wrapper would refer to itself, and not be collected when it is dropped.
    find_close: Callable[[], Any] = WeakMethod(close) if getattr(close, "__self__", None) is body else lambda: close

    def close_and_end() -> None:
        try:
            own = find_close()
            if own is not None:
                own()
        finally:
            end()

    body.close = close_and_end  # type: ignore[attr-defined]
    return True
