"""Finds free TCP ports on 127.0.0.1."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable

import psutil

from kubeglass.errors import PortError
from kubeglass.model.parts import LOOPBACK

#: Number of ports to try, including the wanted one.
RANGE = 100

LAST_PORT = 65535


def is_free(port: int) -> bool:
    """Return whether a process could listen on ``port`` now.

    Raises:
        PermissionError: this user may not listen on it, free or not.
    """
    with socket.socket() as probe:
        # As servers do: closing connections (TIME_WAIT) do not make a port busy, a listener does.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            if error.errno == errno.EACCES:
                raise
            return False
    # macOS allows binding a specific address while another process listens on all of them.
    with socket.socket() as caller:
        caller.settimeout(0.5)
        return caller.connect_ex((LOOPBACK, port)) != 0


def find_free_port(wanted: int, *, purpose: str, claim: Callable[[int], bool] = lambda _: True) -> int:
    """Return ``wanted``, or the next free port after it.

    Args:
        wanted: the first port to try.
        purpose: who will listen there, for the error.
        claim: reserves a free port; returns False if it is already reserved.

    Raises:
        PortError: none of them is free, or this user may not listen there.
    """
    last = min(wanted + RANGE - 1, LAST_PORT)
    for port in range(wanted, last + 1):
        if _take(port, purpose, claim):
            return port
    raise PortError(
        purpose,
        "no free port",
        found=f"all of {wanted}-{last} are in use on {LOOPBACK}",
        hint="stop what listens there, or choose another port in kubeglass.yaml",
    )


def require_free_port(port: int, *, purpose: str, claim: Callable[[int], bool] = lambda _: True) -> None:
    """Make sure that ``port`` itself is free; for the arguments see :func:`find_free_port`.

    Raises:
        PortError: it is in use, by the process that is named, or this user may not listen there.
    """
    if not _take(port, purpose, claim):
        found = find_listener(port) or "by another run of kubeglass"
        raise PortError(
            purpose, f"port {port} is in use", found=found, hint="stop what uses it, or choose another port"
        )


def find_listener(port: int) -> str:
    """Name the process that listens on ``port``; empty if there is none."""
    try:
        connections = psutil.net_connections("tcp")
    except psutil.AccessDenied:
        # macOS shows it only to root.
        return "by a process of this machine"
    for connection in connections:
        if connection.status == psutil.CONN_LISTEN and connection.laddr[1:2] == (port,):
            try:
                return f"by {psutil.Process(connection.pid).name()}, pid {connection.pid}"
            except (psutil.Error, TypeError, ValueError):
                return "by a process of another user"
    return ""


def _take(port: int, purpose: str, claim: Callable[[int], bool]) -> bool:
    try:
        return is_free(port) and claim(port)
    except PermissionError as error:
        # Unlike for a busy port, do not try the next: most likely all are forbidden.
        raise PortError(
            purpose,
            f"cannot listen on port {port}",
            found=f"{error.strerror}; most systems keep ports below 1024 for root",
            hint="choose a port from 1024 on in kubeglass.yaml",
        ) from error
