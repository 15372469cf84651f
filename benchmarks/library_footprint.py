"""What the library costs before the first request and what clients can make of it: import, memory, series.

Target: 1,000 ids and 1,000 random paths give no more series than one id and one path.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile

from rounds import Measurement, count_rounds, summarize, write_result

ROUNDS = count_rounds(9)

OURS = "from kubeglass.flask import instrument\ninstrument(app)\npage = lambda: app.test_client().get('/metrics').text"
SHARE = "os.environ['PROMETHEUS_MULTIPROC_DIR'] = FOLDER\n"

#: Each instruments ``app``; ``page`` then returns what a scrape reads.
SETUPS = {
    "bare Flask": "page = lambda: ''",
    "prometheus-flask-exporter, its default": (
        "from prometheus_flask_exporter import PrometheusMetrics\n"
        "PrometheusMetrics(app)\npage = lambda: app.test_client().get('/metrics').text"
    ),
    "prometheus-flask-exporter, by url_rule": (
        "from prometheus_flask_exporter import PrometheusMetrics\n"
        "PrometheusMetrics(app, group_by='url_rule')\npage = lambda: app.test_client().get('/metrics').text"
    ),
    "opentelemetry-instrumentation-flask": (
        "from opentelemetry.instrumentation.flask import FlaskInstrumentor\n"
        "from opentelemetry.exporter.prometheus import PrometheusMetricReader\n"
        "from opentelemetry.sdk.metrics import MeterProvider\n"
        "from prometheus_client import generate_latest\n"
        "FlaskInstrumentor().instrument_app(app, meter_provider=MeterProvider([PrometheusMetricReader()]))\n"
        "page = lambda: generate_latest().decode()"
    ),
    "kubeglass": OURS,
    "prometheus-flask-exporter, multiprocess, by url_rule": (
        SHARE + "from prometheus_flask_exporter.multiprocess import GunicornInternalPrometheusMetrics\n"
        "GunicornInternalPrometheusMetrics(app, group_by='url_rule')\n"
        "page = lambda: app.test_client().get('/metrics').text"
    ),
    "kubeglass, multiprocess": SHARE + OURS,
}

PROGRAM = """
import json, os, sys, time
FOLDER = sys.argv[1]
from flask import Flask
app = Flask("bench")
app.add_url_rule("/products/<int:number>", "product", lambda number: str(number))
def memory():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
began, before = time.process_time(), memory()
{setup}
taken, after = time.process_time() - began, memory()
client = app.test_client()
def series():
    return sum(1 for line in page().splitlines() if line.startswith(("http", "flask")))
client.get("/products/1").close(); client.get("/nowhere").close()
few = series()
for number in range(1000):
    client.get(f"/products/{{number}}").close(); client.get(f"/nowhere-{{number}}").close()
print(json.dumps([taken * 1e3, after - before, few, series(), memory() - after]))
"""


def run(setup: str) -> list[float]:
    """Run one program in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", PROGRAM.format(setup=setup), folder]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: list[float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Measure and write the result."""
    taken: dict[str, list[list[float]]] = {name: [] for name in SETUPS}
    for _ in range(ROUNDS):
        for name, setup in SETUPS.items():
            taken[name].append(run(setup))
    figures: dict[str, Measurement] = {}
    derived: dict[str, float] = {}
    for name, rounds in taken.items():
        imports, memory, few, many, grown = (list(column) for column in zip(*rounds, strict=True))
        figures[f"{name}: import and set up"] = summarize(imports, "ms of processor time after Flask's own")
        figures[f"{name}: memory"] = summarize(memory, "MiB more than Flask")
        figures[f"{name}: memory after 2,000 requests"] = summarize(grown, "MiB more than before them")
        derived[f"{name}: series after 1 id and 1 path"] = few[0]
        derived[f"{name}: series after 1,000 ids and 1,000 paths"] = many[0]
    write_result(
        "library_footprint",
        claim="1,000 ids and 1,000 random paths give no more series than one of each; import and memory beside peers",
        method=f"medians of {ROUNDS} interleaved runs, each in a process of its own",
        figures=figures,
        derived=derived,
    )


if __name__ == "__main__":
    main()
