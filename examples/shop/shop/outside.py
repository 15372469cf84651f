"""Stands for what a real shop waits for: its database server, a payment gateway, a model that recommends."""

from __future__ import annotations

import random
import time

from flask import current_app

#: Median seconds and spread (sigma of the logarithm) of each wait; waits of real systems have such long tails.
WAITS = {
    "catalogue": (0.006, 0.5),
    "search": (0.018, 0.7),
    "payment": (0.080, 0.5),
    "recommendations": (0.280, 0.45),
    "reviews": (0.020, 0.8),
}


def wait_for(system: str) -> None:
    """Wait as long as ``system`` takes to answer this time."""
    median, spread = WAITS[system]
    time.sleep(current_app.config["LATENCY"] * median * random.lognormvariate(0, spread))


def happens(probability: float) -> bool:
    """Throw the dice."""
    return random.random() < probability
