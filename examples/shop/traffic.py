"""Traffic for the shop: ``python traffic.py --url http://127.0.0.1:8000`` until SIGTERM or Ctrl-C."""

from __future__ import annotations

import argparse
import logging
import random
import signal
import sys
import threading
from pathlib import Path
from urllib.parse import urlsplit

from customers.crowd import Crowd
from customers.totals import Totals

WRITE_EVERY = 1.0
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("traffic.py", description="Send customers to the shop.")
    parser.add_argument("--url", default="http://127.0.0.1:8000", type=_url, help="the shop (%(default)s)")
    parser.add_argument("--rate", default=25.0, type=_rate, help="mean requests a second (%(default)s)")
    parser.add_argument("--seed", default=1, type=int, help="same seed, same choices (%(default)s)")
    parser.add_argument("--totals", type=Path, metavar="FILE", help="keep an exact account of all answers in this file")
    return parser.parse_args(arguments)


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme != "http" or not parts.hostname:
        raise argparse.ArgumentTypeError(f"must be an http address (got {text!r})")
    return text


def _rate(text: str) -> float:
    rate = float(text)
    if not 0 < rate <= 1000:
        raise argparse.ArgumentTypeError(f"must be above 0 and at most 1000 (got {text!r})")
    return rate


def _keep_account(totals: Totals, path: Path, finished: threading.Event) -> None:
    while not finished.wait(WRITE_EVERY):
        totals.write(path)


def _wait_for_signal(stop: threading.Event) -> None:
    signal.sigwait(STOP_SIGNALS)
    stop.set()


def main(arguments: list[str] | None = None) -> int:
    """Send customers until told to stop; requests in flight are finished and counted first."""
    given = _parse(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    stop, finished = threading.Event(), threading.Event()
    # Not in a handler: it would run in the main thread, which may hold the event's lock just then.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    threading.Thread(target=_wait_for_signal, args=(stop,), daemon=True).start()
    crowd = Crowd(given.url, given.rate, random.Random(given.seed))
    logging.info("customers are on their way to %s, %g requests/s in the mean", given.url, given.rate)
    if given.totals:
        given.totals.parent.mkdir(parents=True, exist_ok=True)
        account = threading.Thread(target=_keep_account, args=(crowd.totals, given.totals, finished), daemon=True)
        account.start()
    crowd.run(stop)
    if given.totals:
        finished.set()
        account.join()
        crowd.totals.write(given.totals)
    logging.info("customers have left: %s", crowd.totals.snapshot())
    return 0


if __name__ == "__main__":
    sys.exit(main())
