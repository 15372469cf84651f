"""``python -m kubeglass.viewer``: the page's server."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

from kubeglass.errors import KubeglassError, UsageError
from kubeglass.http import LOGGER_NAME
from kubeglass.model.duration import parse_duration
from kubeglass.model.parts import LOOPBACK, VIEWER_PORT
from kubeglass.viewer.access import LOOPBACK_NAMES
from kubeglass.viewer.server import ViewerSettings, run_server

log = logging.getLogger(__name__)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m kubeglass.viewer", description="Serve the dashboard page.")
    parser.add_argument("--prometheus", required=True, metavar="URL", help="base address of Prometheus")
    parser.add_argument("--dashboards", required=True, metavar="DIR", type=Path, help="folder of <uid>.json files")
    parser.add_argument("--port", default=str(VIEWER_PORT), help="TCP port, 0 for any free one (%(default)s)")
    parser.add_argument("--host", default=LOOPBACK, help="address to listen on (%(default)s)")
    parser.add_argument("--time-interval", default="15s", help="scrape interval of the data source (%(default)s)")
    parser.add_argument(
        "--allow-host", action="append", default=[], metavar="NAME", help="additional name accepted in the Host header"
    )
    parser.add_argument(
        "--secure-host", action="append", default=[], metavar="NAME", help="one that a proxy serves over HTTPS"
    )
    parser.add_argument(
        "--password-file", metavar="FILE", type=Path, help="file with the password that is required beyond loopback"
    )
    return parser


def parse_settings(arguments: list[str]) -> ViewerSettings:
    """Parse the command line.

    Raises:
        UsageError: a value is invalid.
    """
    given = _parser().parse_args(arguments)
    secure = tuple(map(str.lower, given.secure_host))
    return ViewerSettings(
        prometheus_url=_check_prometheus_url(given.prometheus),
        dashboards=given.dashboards,
        host=given.host,
        port=_check_port(given.port),
        time_interval=_check_time_interval(given.time_interval),
        allowed_hosts=(*LOOPBACK_NAMES, *map(str.lower, given.allow_host), *secure),
        secure_hosts=secure,
        password_file=given.password_file,
    )


def _check_prometheus_url(text: str) -> str:
    try:
        url = urlsplit(text)
        valid = url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:
        valid = False
    if not valid or url.query or url.fragment:
        raise UsageError(
            "--prometheus", "is not an HTTP address", found=text, hint="give one such as http://127.0.0.1:9090"
        )
    if url.username or url.password:
        raise UsageError(
            "--prometheus",
            "must not contain a user name or password, which other users of this machine could read",
            hint="put a proxy that adds them in front of Prometheus",
        )
    return text.rstrip("/")


def _check_port(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) > 65535:
        raise UsageError("--port", "is not a TCP port", found=text, hint="give a number from 1 to 65535, or 0 for any")
    return int(text)


def _check_time_interval(text: str) -> str:
    try:
        seconds = parse_duration(text)
    except ValueError as error:
        raise UsageError("--time-interval", str(error), found=text) from error
    if seconds <= 0:
        raise UsageError("--time-interval", "must be greater than zero", found=text, hint="give the scrape interval")
    return text


def _exit_cleanly(_signal: int, _frame: FrameType | None) -> None:
    """Exit with 0: the server re-raises the signal that stopped it, and being stopped is not a failure."""
    raise SystemExit(0)


def main(arguments: list[str] | None = None) -> int:
    """Serve until stopped and return the exit code (see :mod:`kubeglass.errors`)."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    # One line per query would drown out everything else.
    for chatty in (LOGGER_NAME, "uvicorn.error"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    signal.signal(signal.SIGTERM, _exit_cleanly)
    try:
        run_server(parse_settings(sys.argv[1:] if arguments is None else arguments))
    except KubeglassError as error:
        log.error("%s", error.message)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
