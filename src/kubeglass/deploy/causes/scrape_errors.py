"""What Prometheus's scraper says about a scrape that failed, in plain words with the fix.

https://github.com/prometheus/prometheus/blob/main/scrape/scrape.go, and Go's net/http.
"""

from __future__ import annotations

from kubeglass.deploy.causes.cause import ROOM_PATIENCE, row

#: Seconds of the same answer, which an app that has started does not change by itself.
ANSWER_PATIENCE = 8.0
_PORT = "name the port that serves metrics: 'metrics_port', or the annotation prometheus.io/port; declared: {ports}"
_PATH = "correct 'metrics_path', or the annotation prometheus.io/path"
_NO_METRICS = f"{_PATH}; if the app is right to answer so there, {_PORT}"

#: The network gave no connection: a policy may be the reason.
UNCONNECTED = r"connection refused|context deadline exceeded|i/o timeout|no route to host|network is unreachable"
SCRAPE_ROWS = (
    row(r"HTTP status 404", "answers 404", f"{_PATH}; or {_PORT}", ANSWER_PATIENCE),
    row(
        r"HTTP status (?P<code>401|403)",
        "answers {code}: it wants credentials, or other ones",
        "set metrics_auth (basic or bearer) to what the app expects",
        ANSWER_PATIENCE,
    ),
    row(
        r"HTTP status 400|malformed HTTP response|\\x15\\x03",
        "does not understand plain HTTP, and may want TLS",
        f"if it does: set collector.scrape_tls and the pods' annotation prometheus.io/scheme: https; if not: {_PORT}",
        ANSWER_PATIENCE,
    ),
    row(
        r"server gave HTTP response to HTTPS client",
        "answers plain HTTP, but is scraped over TLS",
        "remove the pods' annotation prometheus.io/scheme: https",
        ANSWER_PATIENCE,
    ),
    row(
        r"(?P<what>x509: .+|tls: .+)",
        "its TLS is not accepted: {what}",
        "set collector.scrape_tls to what it expects (ca, certificate, key, server_name)",
        ANSWER_PATIENCE,
    ),
    row(
        r"HTTP status (?P<code>\d\d\d.*)",
        "answers {code}",
        "see the app's log: kubeglass logs --cluster {app}",
        ROOM_PATIENCE,
    ),
    row(
        r'Content-Type "(?P<type>[^"]*)"',
        "answers with {type}, which is not a text of metrics",
        _NO_METRICS,
        ANSWER_PATIENCE,
    ),
    row(
        r"blank Content-Type|expected a valid start token|expected .+, got|while parsing|invalid metric",
        "answers with something that is not a text of metrics",
        _NO_METRICS,
        ANSWER_PATIENCE,
    ),
    row(
        r"connection refused",
        "refuses the connection: nothing listens there, or only at 127.0.0.1 within the pod",
        f"{_PORT}; or have the app listen at 0.0.0.0",
        ROOM_PATIENCE,
    ),
    row(
        r"context deadline exceeded|i/o timeout",
        "does not answer within the scrape's timeout of {timeout}",
        "raise scrape.timeout if the app needs longer; otherwise see what is between the pods (a firewall, or a"
        " policy of the network plugin)",
        ROOM_PATIENCE,
    ),
    row(
        r"no route to host|network is unreachable",
        "cannot be reached over the cluster's network",
        "check the network plugin, and its policies",
        ROOM_PATIENCE,
    ),
    row(
        r"EOF|connection reset",
        "closes the connection without an answer",
        f"{_PORT}; or, if it wants TLS, set collector.scrape_tls and the annotation prometheus.io/scheme: https",
        ANSWER_PATIENCE,
    ),
)
