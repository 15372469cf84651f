"""Every example in the library's documentation is a program that runs, and every message is one that the code says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.library.conftest import StartGunicorn
from tests.library.server import all_at_once, free_port

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs" / "library").glob("*.md"))
BLOCKS = {
    f"{page.stem}-{number}": code
    for page in PAGES
    for number, code in enumerate(re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.S))
}
EXAMPLES = {name: code for name, code in BLOCKS.items() if "Flask(" in code}
TOKEN = "from-your-secret-store"

#: Runs after an example: the metrics are where the example put them, for whoever has the token, and nowhere else.
CHECK = """
import base64, http.client, socket, sys, time
client, shown = app.test_client(), {"Authorization": "Bearer from-your-secret-store"}
if "authorize=" in CODE:
    shown = {"Authorization": "Basic " + base64.b64encode(b"scraper:from-your-secret-store").decode()}
client.get("/nowhere")
answer = client.get("/metrics", headers=shown)
text, needs_token = answer.text, "token" in CODE or "authorize=" in CODE
assert answer.status_code == (404 if "serve_metrics" in CODE else 200), text

def read_apart(address):
    connection = http.client.HTTPConnection("localhost", timeout=10)
    is_unix = address.startswith("unix:")
    connection.sock = socket.socket(socket.AF_UNIX if is_unix else socket.AF_INET)
    host, _, port = address.rpartition(":")
    connection.sock.connect(port if is_unix else (host, int(port)))
    connection.request("GET", "/metrics")
    return connection.getresponse().read().decode()

if "serve_metrics" in CODE:
    address, end = CODE.split('serve_metrics("')[1].split('"')[0], time.monotonic() + 30
    while True:
        try:
            text = read_apart(address)
            break
        except OSError:
            assert time.monotonic() < end, "nobody answers at " + address
            time.sleep(0.02)
assert "http_requests_in_progress 0.0" in text, text
assert 'http_requests_total{' in text and 'endpoint="<unmatched>"' in text, text
if needs_token:
    assert client.get("/metrics").status_code == 401
"""


def run_example(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run an example whose addresses and files are a test's."""
    (folder / "metrics-token").write_text(f"{TOKEN}\n")
    code = code.replace("127.0.0.1:9464", f"127.0.0.1:{free_port()}").replace("/run/secrets/shop", str(folder))
    code = code.replace("/run/shop", str(folder))
    return subprocess.run(
        [sys.executable, "-c", f"CODE = {code!r}\n{code}\n{CHECK}"],
        capture_output=True,
        text=True,
        check=False,
        env={name: text for name, text in os.environ.items() if not name.startswith(("KUBEGLASS", "PROMETHEUS"))},
    )


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, subprocess.CompletedProcess[str]]:
    """What each example came to; two run at a time."""
    folders = {name: tmp_path_factory.mktemp(name) for name in EXAMPLES}
    return all_at_once(lambda name: run_example(EXAMPLES[name], folders[name]), EXAMPLES, 2)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_example_runs(outcomes: dict[str, subprocess.CompletedProcess[str]], name: str) -> None:
    assert outcomes[name].returncode == 0, outcomes[name].stderr


def test_every_use_has_an_example() -> None:
    text = "".join(EXAMPLES.values())
    uses = [
        "path=None",
        "buckets=",
        "exclude=",
        "max_series=",
        "extra_labels=",
        "sizes=",
        "token=",
        "registry=",
        "prefix=",
    ]
    uses += ["authorize=", "python_metrics="]
    uses += [
        "unix:",
        "traceparent",
        "METRICS_TOKEN_FILE",
        "Blueprint",
        "def create_app",
        "DispatcherMiddleware",
        "yield",
    ]

    assert [use for use in uses if use not in text] == []


def test_a_client_reads_the_page_with_the_token(start: StartGunicorn, tmp_path: Path) -> None:
    [code] = [code for code in BLOCKS.values() if "urlopen" in code]
    file = tmp_path / "metrics-token"
    file.write_text(f"{TOKEN}\n")
    server = start("token", "--workers=2", environment={"KUBEGLASS_METRICS_TOKEN_FILE": str(file)})
    server.wait()
    code = code.replace("http://127.0.0.1:8000", server.address).replace("/run/secrets/shop", str(tmp_path))

    read = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert "kubeglass_build_info{" in read.stdout, read.stderr
    assert server.get("/metrics") == "a bearer token is needed\n"


def test_prometheus_accepts_the_job_with_the_token(promtool_binary: Path, tmp_path: Path) -> None:
    [job] = re.findall(r"```yaml\n(scrape_configs:.*?)```", (ROOT / "docs/library/using.md").read_text(), re.S)
    (tmp_path / "metrics-token").write_text(TOKEN)
    file = tmp_path / "prometheus.yml"
    file.write_text(job.replace("/run/secrets/shop", str(tmp_path)))

    checked = subprocess.run([promtool_binary, "check", "config", file], capture_output=True, text=True, check=False)

    assert checked.returncode == 0, checked.stderr


#: The mistakes that using.md tells of, and programs that make them.
MISTAKES = {
    "instrumented twice": "instrument(app); instrument(app)",
    "an invalid prefix": "instrument(app, prefix='shop')",
    "a name is taken": "prometheus_client.Counter('http_requests_total', 'Mine.'); instrument(app)",
    "an invalid authorize": "instrument(app, authorize='secret')",
    "bad buckets": "instrument(app, buckets=(1, 1))",
    "a folder that cannot be written": "os.environ['PROMETHEUS_MULTIPROC_DIR'] = '/proc/none'; instrument(app)",
    "applications that disagree": "instrument(app); instrument(Flask('other'), buckets=(1, 2))",
    "an invalid address": "serve_metrics('9464')",
    "a token that is not there": "os.environ['KUBEGLASS_METRICS_TOKEN_FILE'] = '/none'; instrument(app)",
}
MESSAGES = dict(
    re.findall(r"^\| ([^|`]+) \| `(.+)` \|$", (ROOT / "docs/library/using.md").read_text(encoding="utf-8"), re.M)
)
PROGRAM = """
import os, prometheus_client
from flask import Flask
from kubeglass.errors import InstrumentationError
from kubeglass.flask import instrument, serve_metrics
app = Flask("shop")
try:
    {mistake}
except InstrumentationError as error:
    print(error)
"""


def test_every_message_in_the_documentation_has_a_mistake_that_is_tried() -> None:
    assert MESSAGES.keys() == MISTAKES.keys()


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_answered_as_documented(mistake: str) -> None:
    program = PROGRAM.format(mistake=MISTAKES[mistake])
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    expected = ".+".join(re.escape(part) for part in MESSAGES[mistake].split("…"))
    assert re.fullmatch(expected, said.stdout.strip()), said.stdout + said.stderr


def test_the_benchmark_page_shows_what_was_measured() -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / "library_table.py"), "--show"]
    made = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, "PYTHONUTF8": "1"})

    page = (ROOT / "docs" / "library" / "benchmarks.md").read_text(encoding="utf-8")

    assert page == made.stdout, "run: python benchmarks/library_table.py"
