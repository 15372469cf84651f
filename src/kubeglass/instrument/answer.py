"""What a framework tells the middleware of an answer, by way of the request's environ."""

from __future__ import annotations

from typing import Any, TypeAlias

from kubeglass.instrument.http_metrics import RequestSeries


class Answer:
    """An answer that the framework is done with. Whole ones of one kind share one object, since nothing in it changes.

    Args:
        key: method, endpoint and status, then the values of extra labels.
        series: what to add to, None if the route is excluded or it has yet to be found.
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
        #: Adds it at once, if that can be done: it is whole and has series.
        self.add = series.add if series is not None and is_whole else None


#: Where a request's environ carries what is noted of it. Not a context variable: that would outlive the request, and
#: tell an application of the answer of another that it calls.
NOTES_KEY = "kubeglass.notes"

#: What is noted of a request while it is answered; a list, because making one costs less than an object of a class.
Notes: TypeAlias = "list[Any]"

#: Which entry is which: the :class:`Answer` or None, the :class:`HttpMetrics` of the application that answers, and
#: those of an application inside of that one which has taken the request over, or None.
ANSWER, METRICS, TAKER = 0, 1, 2
