"""What a framework tells the middleware of an answer, in the context in which it made it."""

from __future__ import annotations

from contextvars import ContextVar

from kubeglass.instrument.http_metrics import RequestSeries


class Answer:
    """An answer that the framework is done with. Whole ones of one kind share one object, since nothing in it changes.

    Args:
        key: method, endpoint and status, then the values of extra labels.
        series: what to add to, None if the route is excluded.
        is_whole: whether it is in memory, as against a stream or a file: then it ends when it is handed over.
        sent: the size of a whole answer in bytes, if sizes are measured.
        trace: the id of the trace it belongs to, or empty.
    """

    __slots__ = ("add", "is_whole", "key", "sent", "series", "trace")

    def __init__(
        self,
        key: tuple[str, ...],
        series: RequestSeries | None,
        *,
        is_whole: bool = True,
        sent: int = 0,
        trace: str = "",
    ) -> None:
        self.key = key
        self.series = series
        self.is_whole = is_whole
        self.sent = sent
        self.trace = trace
        #: Adds it at once, if that can be done: it is whole and not excluded.
        self.add = series.add if series is not None and is_whole else None


#: The answer of the request that this context handles, once there is one.
ANSWER: ContextVar[Answer | None] = ContextVar("kubeglass.answer", default=None)
