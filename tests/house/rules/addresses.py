"""Every web address that we ship is of a site that exists: nobody is sent to a page that somebody made up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from tests.house.house import House
from tests.house.rule import rule

SHIPPED = ("src/", "docs/", "examples/", "manifests/", "viewer-ui/src/", "README.md", "CHANGELOG.md", "pyproject.toml")
#: Lists that package managers write, with the addresses of what they fetched.
WRITTEN_BY_TOOLS = ("src/kubeglass/engines/sources/", "src/kubeglass/schemas/")

SITES = {
    "docs.gunicorn.org",
    "flask.palletsprojects.com",
    "uwsgi-docs.readthedocs.io",
    "werkzeug.palletsprojects.com",
    "docs.docker.com",
    "docs.k3s.io",
    "docs.openssl.org",
    "docs.pydantic.dev",
    "docs.python.org",
    "get.k3s.io",
    "go.dev",
    "grafana.com",
    "json-schema.org",
    "keepachangelog.com",
    "kubernetes.io",
    "kwok.sigs.k8s.io",
    "www.checkov.io",
    "man7.org",
    "opentelemetry.io",
    "peps.python.org",
    "pkg.go.dev",
    "prometheus.io",
    "semver.org",
    "sre.google",
    "www.isthe.com",
    "www.rfc-editor.org",
    "www.w3.org",
}
#: Owners of repositories; a repository of kubeglass's own is on none of them yet.
HOSTS_OF_CODE = {
    "github.com": {
        "benoitc",
        "etcd-io",
        "kubernetes",
        "kubernetes-sigs",
        "open-telemetry",
        "pallets",
        "prometheus",
        "unbit",
    }
}
#: Names that stand for somebody's own: https://www.rfc-editor.org/rfc/rfc2606 and a cluster's Services.
RESERVED = re.compile(r"(.+\.)?example(\.(com|net|org))?|localhost|127\.\d+\.\d+\.\d+|10\.\d+\.\d+\.\d+|::1|.+\.svc")
_ADDRESS = re.compile(r"https?://[^\s\"'`<>|\\{}()\[\],;]+")


@rule(
    {"src/kubeglass/model/planted.py": "URL = 'https://raw.githubusercontent.com/kubeglass/kubeglass/main/x.json'"},
    {"src/kubeglass/rules/planted.py": "URL = 'https://github.com/kubeglass/kubeglass/blob/main/docs/rules'"},
    {"docs/planted.md": "See https://docs.kubeglass.dev/start."},
    {"manifests/planted.yaml": "runbook_url: https://kubeglass.io/runbooks/NoData"},
    {"examples/planted/README.md": "[here](http://kubeglass.readthedocs.io)"},
)
def addresses_exist(house: House) -> list[str]:
    return [
        f"{path}: {address}"
        for path in house.paths
        if path.startswith(SHIPPED) and not path.startswith(WRITTEN_BY_TOOLS)
        for address in _invented(house.text(path))
    ]


def _invented(text: str) -> Iterator[str]:
    for address in _ADDRESS.findall(text):
        parts = urlsplit(address.rstrip(".:"))
        host = (parts.netloc.rpartition("@")[2].partition(":")[0]).lower()
        owner = parts.path.split("/")[1:2]
        # A host without a dot is a part's own name, a placeholder or a template's.
        if "." not in host or host in SITES or RESERVED.fullmatch(host):
            continue
        if not set(owner) & HOSTS_OF_CODE.get(host, set()):
            yield address
