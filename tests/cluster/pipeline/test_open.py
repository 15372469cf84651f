"""``kubeglass open --cluster`` serves a part unchanged: pages and their assets, cookies, bodies; and ends."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.cluster.bed.layout import NODE_IP
from tests.cluster.bed.namespaces import enter
from tests.cluster.bed.waiting import wait_until
from tests.cluster.pipeline.stand import APP, KUBEGLASS, Stand

#: Requests a page and everything it refers to, as a browser does, and prints the status and size of each.
BROWSE = """
import json, re, sys, urllib.parse, urllib.request
root = sys.argv[1] + "/"
def get(url):
    with urllib.request.urlopen(url, timeout=20) as answer:
        return answer.status, answer.read()
status, page = get(root)
named = re.findall(r'(?:src|href)="([^"#:]+)"', page.decode())
assets = {name: get(urllib.parse.urljoin(root, name)) for name in named}
print(json.dumps({"status": status, "page": page.decode(), "assets": {n: [s, len(b)] for n, (s, b) in assets.items()}}))
"""

#: Sends headers given as NAME=VALUE, and prints the status.
SIGN_IN = """
import sys, urllib.error, urllib.request
headers = dict(header.split("=", 1) for header in sys.argv[2:])
try:
    print(urllib.request.urlopen(urllib.request.Request(sys.argv[1], headers=headers), timeout=20).status)
except urllib.error.HTTPError as error:
    print(error.code)
"""

#: Puts an article into the cart, and reads the cart with the cookie from the response.
BUY = """
import http.cookiejar, json, sys, urllib.parse, urllib.request
jar = http.cookiejar.CookieJar(http.cookiejar.DefaultCookiePolicy(strict_ns_domain=0))
opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
def ask(path, body=None):
    request = urllib.request.Request(sys.argv[1] + path, data=body, headers={"Accept": "application/json"})
    with opener.open(request, timeout=20) as answer:
        return answer.status, json.load(answer)
added, _ = ask("/cart", urllib.parse.urlencode({"product": 1, "quantity": 3}).encode())
print(json.dumps({"added": added, "cookies": [cookie.name for cookie in jar], "cart": ask("/cart")[1]}))
"""

#: Requests more from Prometheus than fits into one message, and prints how much came and how long it took.
LOAD = """
import json, sys, time, urllib.request
begin = time.monotonic()
size = len(urllib.request.urlopen(sys.argv[1] + "/api/v1/metadata", timeout=20).read())
answers = [urllib.request.urlopen(sys.argv[1] + "/-/ready", timeout=20).status for _ in range(20)]
print(json.dumps({"size": size, "answers": answers, "seconds": time.monotonic() - begin}))
"""


@contextmanager
def opened(stand: Stand, part: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Open a part as a user does, and end it with Ctrl-C."""
    command = [*enter(stand.cluster.pid), str(KUBEGLASS), "open", "--cluster", part]
    process = subprocess.Popen(
        command,
        cwd=stand.folder,
        env={**os.environ, "KUBECONFIG": str(stand.cluster.kubeconfig), "BROWSER": "true"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    try:
        yield process.stdout.readline().strip(), process
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)


def run(stand: Stand, script: str, url: str) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(stand.cluster.run([sys.executable, "-c", script, url]).stdout)
    return said


def test_the_page_comes_with_everything_it_names(deployed: Stand) -> None:
    with opened(deployed, "viewer") as (url, process):
        seen = run(deployed, BROWSE, url)

    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", url)
    assert seen["status"] == 200
    assert "/api/v1/namespaces/" not in seen["page"], "the API server has rewritten the page"
    assert seen["assets"]
    assert all(status == 200 and size > 0 for status, size in seen["assets"].values())
    assert process.returncode == 130


def test_beyond_loopback_the_page_asks_for_its_generated_password(deployed: Stand) -> None:
    definition = deployed.folder / "kubeglass.yaml"
    port = deployed.node_port - 1000
    definition.write_text(definition.read_text() + f"  viewer: {{node_port: {port}}}\n")
    result = deployed.kubeglass("deploy", "--no-verify")
    deployed.define()
    secret = deployed.get("secret", "viewer-password")["data"]["password"]

    def ask(*headers: str) -> int:
        command = [sys.executable, "-c", SIGN_IN, f"http://{NODE_IP}:{port}/api/dashboards", *headers]
        return int(deployed.cluster.run(command, check=False).stdout or 0)

    basic = b64encode(b"me:" + b64decode(secret)).decode()
    assert "secret/viewer-password" in result.stderr
    assert b64decode(secret).decode() not in result.stdout + result.stderr
    wait_until(lambda: ask() == 401, "the NodePort")
    assert ask(f"Authorization=Basic {basic}") == 200
    assert ask(f"Authorization=Basic {basic}", "Host=rebound.example") == 400
    deployed.kubeglass("deploy", "--no-verify")
    assert deployed.get("secret", "viewer-password")["data"]["password"] == secret


def test_cookies_and_bodies_pass(deployed: Stand) -> None:
    with opened(deployed, APP) as (url, _):
        seen = run(deployed, BUY, url)

    assert (seen["added"], seen["cookies"]) == (201, ["cart"])
    assert [(item["id"], item["quantity"]) for item in seen["cart"]["items"]] == [(1, 3)]


def test_large_answers_and_many_connections_pass(deployed: Stand) -> None:
    with opened(deployed, "prometheus") as (url, _):
        seen = run(deployed, LOAD, url)

    assert seen["size"] > 1000
    assert seen["answers"] == [200] * 20


def test_a_pod_that_was_replaced_is_found_again(deployed: Stand) -> None:
    with opened(deployed, "viewer") as (url, _):
        run(deployed, BROWSE, url)
        kubectl = deployed.cluster.kubectl
        kubectl("delete", "pod", "--namespace", deployed.name, "--selector", "app.kubernetes.io/name=viewer")
        kubectl("rollout", "status", "deployment/viewer", "--namespace", deployed.name, "--timeout=60s")

        assert run(deployed, BROWSE, url)["status"] == 200


def test_ending_does_not_wait_for_open_connections(deployed: Stand) -> None:
    hold = "import socket, sys; s = socket.create_connection(('127.0.0.1', int(sys.argv[1])));"
    hold += (
        " s.sendall(b'GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n'); s.recv(1); print('held', flush=True); s.recv(1 << 20);"
    )
    hold += " [None for _ in iter(lambda: s.recv(1 << 20), b'')]"
    with opened(deployed, "viewer") as (url, process):
        command = [*enter(deployed.cluster.pid), sys.executable, "-c", hold, url.rpartition(":")[2]]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
            assert holder.stdout
            assert holder.stdout.readline() == "held\n"
            begin = time.monotonic()
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=20) == 130
            holder.wait(timeout=20)

    assert time.monotonic() - begin < 20
