"""Which pods are scraped over TLS, and with which credentials."""

from __future__ import annotations

from collections.abc import Iterator

from kubeglass.model.pipeline import Pipeline
from kubeglass.model.problem import Problem

_TLS = ("collector", "scrape_tls")


def client_certificate(pipeline: Pipeline) -> Iterator[Problem]:
    """Find a certificate without its key, and a key without its certificate."""
    tls = pipeline.collector.scrape_tls
    if tls is not None and (tls.certificate is None) != (tls.key is None):
        here, other = ("key", "certificate") if tls.certificate is None else ("certificate", "key")
        yield Problem((*_TLS, here), f"needs '{other}'", hint=f"add '{other}: {{name: …, key: …}}'", at_key=True)


def verification(pipeline: Pipeline) -> Iterator[Problem]:
    """Find settings for certificates that are not verified."""
    tls = pipeline.collector.scrape_tls
    if tls is None or not tls.insecure_skip_verify:
        return
    for key in ("ca", "server_name"):
        if getattr(tls, key) is not None:
            wrong = "has no effect with 'insecure_skip_verify: true'"
            yield Problem((*_TLS, key), wrong, hint="keep one", at_key=True)
