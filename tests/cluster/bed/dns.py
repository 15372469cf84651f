"""Resolve a name with the cluster's name server: ``python -m tests.cluster.bed.dns NAME``, in the cluster's network."""

from __future__ import annotations

import socket
import struct
import sys

from tests.cluster.bed.layout import DNS_SERVICE_IP

_QUESTION = 1
_RECURSION_DESIRED = 0x0100
_TYPE_A, _CLASS_IN = 1, 1
_NO_ERROR = 0


def ask(name: str, *, timeout_s: float = 2) -> str:
    """Return the last address that the cluster's name server returns for ``name``.

    The message is RFC 1035's, with one question; a cluster's answer ends with the address.

    Raises:
        OSError: nobody answers, or the name is unknown.
    """
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    header = struct.pack(">6H", 1, _RECURSION_DESIRED, _QUESTION, 0, 0, 0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connection:
        connection.settimeout(timeout_s)
        connection.sendto(header + labels + b"\0" + struct.pack(">2H", _TYPE_A, _CLASS_IN), (DNS_SERVICE_IP, 53))
        answer = connection.recv(512)
    if answer[3] & 0x0F != _NO_ERROR:
        raise OSError(f"{name}: the name server answers with code {answer[3] & 0x0F}")
    return socket.inet_ntoa(answer[-4:])


if __name__ == "__main__":
    try:
        print(ask(sys.argv[1]))
    except OSError as error:
        sys.exit(str(error))
