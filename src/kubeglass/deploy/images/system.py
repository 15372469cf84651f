"""The few files of a system that a program needs beside itself."""

from __future__ import annotations

from pathlib import Path

from kubeglass.deploy.images.tree import TEMPORARY_MODE, Entry, File, Folder
from kubeglass.render.kubernetes.security import IMAGE_USER

#: Where Go and OpenSSL look, and where distributions keep the authorities this machine trusts.
CERTIFICATES = "etc/ssl/certs/ca-certificates.crt"
_BUNDLES = (
    Path("/etc/ssl/certs/ca-certificates.crt"),
    Path("/etc/pki/tls/certs/ca-bundle.crt"),
    Path("/etc/ssl/ca-bundle.pem"),
    Path("/etc/ssl/cert.pem"),
)

_NOBODY = 65534
_PASSWD = f"""\
root:x:0:0:root:/:/sbin/nologin
app:x:{IMAGE_USER}:{IMAGE_USER}:app:/tmp:/sbin/nologin
nobody:x:{_NOBODY}:{_NOBODY}:nobody:/tmp:/sbin/nologin
"""
_GROUP = f"root:x:0:\napp:x:{IMAGE_USER}:\nnogroup:x:{_NOBODY}:\n"


def list_system_files() -> list[Entry]:
    """Return users, name resolution, the authorities this machine trusts, and a folder for temporary files."""
    entries: list[Entry] = [
        Folder("tmp", TEMPORARY_MODE),
        File("etc/passwd", _PASSWD.encode()),
        File("etc/group", _GROUP.encode()),
        File("etc/nsswitch.conf", b"hosts: files dns\n"),
    ]
    bundle = next((path for path in _BUNDLES if path.is_file()), None)
    if bundle:
        entries.append(File(CERTIFICATES, bundle))
    return entries
