"""How long a local run takes from the command to data in every panel, with the engines at hand.

Target: at most 5 s with the demo, which is scraped each second.
"""

from __future__ import annotations

import time

from demo import demo
from rounds import measure, write_result

ROUNDS = 5


def start() -> float:
    """Seconds from the command until it returns, having seen data of this run in every panel of the overview."""
    began = time.monotonic()
    with demo():
        return time.monotonic() - began


if __name__ == "__main__":
    figures = measure({"kubeglass up --demo": start}, rounds=ROUNDS, unit="s")
    write_result(
        "local_start",
        claim="Start to first data in every panel of the overview: at most 5 s at a scrape interval of 1 s.",
        method="kubeglass up --demo --detach in a new folder each round, by the clock on the wall: it returns after two "
        "scrapes of the shop and an answer to each panel's queries.",
        figures=figures,
        derived={"share_of_target": figures["kubeglass up --demo"].median / 5.0},
    )
