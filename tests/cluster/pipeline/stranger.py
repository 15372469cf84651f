"""Annotated pods that kubeglass did not make, which serve one metric on one port."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.cluster.pipeline.stand import APP, Stand

#: Serves one metric; over TLS, and only to who shows the token, if there is a folder with them.
SERVER = """
import http.server, pathlib, ssl, sys

tls = pathlib.Path("/tls")

class Metrics(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        wanted = "Bearer " + (tls / "token").read_text() if tls.exists() else None
        status = 200 if self.headers["Authorization"] == wanted else 401
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write(b"stranger_count 1\\n")

server = http.server.ThreadingHTTPServer(("", int(sys.argv[1])), Metrics)
if tls.exists():
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=tls / "ca.crt")
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(tls / "tls.crt", tls / "tls.key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
"""
IDLE = "import signal; signal.pause()"


@dataclass(frozen=True, slots=True)
class Stranger:
    """One pod, whose container ``main`` serves.

    Args:
        name: of the pod.
        port: where ``main`` listens.
        annotations: ``port``, ``scheme`` and so on, without ``prometheus.io/``.
        declared: ``main``'s ports: number and name, which may be empty.
        sidecar: the same of a second container that listens nowhere; None for no such container.
        secret: a Secret with certificates and a token, for TLS.
    """

    name: str
    port: int
    annotations: Mapping[str, str] = field(default_factory=dict)
    declared: Sequence[tuple[int, str]] = ()
    sidecar: Sequence[tuple[int, str]] | None = None
    secret: str = ""

    def start(self, stand: Stand, namespace: str) -> None:
        """Create the pod, from the image of the stand's own app."""
        deployment = stand.get("deployment", APP, namespace=stand.apps)
        image = deployment["spec"]["template"]["spec"]["containers"][0]["image"]
        containers = [_container("main", image, ["-c", SERVER, str(self.port)], self.declared)]
        if self.sidecar is not None:
            containers.append(_container("sidecar", image, ["-c", IDLE], self.sidecar))
        if self.secret:
            containers[0]["volumeMounts"] = [{"name": "tls", "mountPath": "/tls"}]
        volumes = [{"name": "tls", "secret": {"secretName": self.secret}}] if self.secret else []
        notes = {"scrape": "true", **self.annotations}
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": self.name,
                "namespace": namespace,
                "labels": {"app": self.name},
                "annotations": {f"prometheus.io/{key}": value for key, value in notes.items()},
            },
            "spec": {"containers": containers, "volumes": volumes, "terminationGracePeriodSeconds": 0},
        }
        stand.cluster.kubectl("create", "--filename=-", stdin=json.dumps(pod))


def _container(name: str, image: str, arguments: list[str], ports: Sequence[tuple[int, str]]) -> dict[str, Any]:
    declared = [{"containerPort": number, **({"name": called} if called else {})} for number, called in ports]
    return {
        "name": name,
        "image": image,
        "imagePullPolicy": "Never",
        "command": ["python3", "-S", *arguments],
        "ports": declared,
        # Without a request it gets next to no time on a busy machine.
        "resources": {"requests": {"cpu": "20m"}},
    }


def make_tls_secrets(stand: Stand, namespaces: Sequence[str], *, name: str, server: str) -> None:
    """Create a Secret in each namespace: an authority, a certificate for ``server`` that it signed, and a token."""
    folder = stand.folder / "tls"
    folder.mkdir()
    authority = ["-x509", "-days", "30", "-subj", "/CN=authority", "-keyout", "ca.key", "-out", "ca.crt"]
    signed = ["-x509", "-days", "30", "-CA", "ca.crt", "-CAkey", "ca.key", "-subj", f"/CN={server}"]
    signed += ["-addext", f"subjectAltName=DNS:{server}", "-keyout", "tls.key", "-out", "tls.crt"]
    for request in (authority, signed):
        command = ["openssl", "req", "-newkey", "rsa:2048", "-noenc", *request]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    (folder / "token").write_text("a-token")
    files = [f"--from-file={key}={folder / key}" for key in ("ca.crt", "tls.crt", "tls.key", "token")]
    for namespace in namespaces:
        stand.cluster.kubectl("create", "secret", "generic", name, "--namespace", namespace, *files)
