"""The least app there is: kubeglass adds the metrics from outside."""

from __future__ import annotations

from flask import Flask

app = Flask(__name__)


@app.get("/")
def hello() -> str:
    """Say hello."""
    return "hello from the node\n"
