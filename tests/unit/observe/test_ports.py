"""Ports that this user may not use are distinguished from ports that are in use."""

from __future__ import annotations

import errno
import socket

import pytest

from kubeglass.errors import PortError
from kubeglass.observe.ports import find_free_port


def test_a_port_that_is_kept_for_root_is_not_called_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    class Refused(socket.socket):
        def bind(self, address: object) -> None:
            raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("kubeglass.observe.ports.socket.socket", Refused)

    with pytest.raises(PortError, match=r"shop: cannot listen on port 80 \(Permission denied; .*from 1024 on"):
        find_free_port(80, purpose="shop")
