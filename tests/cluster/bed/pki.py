"""Keys and certificates of one run, as K3s has them: one authority, and the kubelet's certificate names its node's IP.

They live as long as the run and are signed by nobody else, so they lie unencrypted in a folder of mode 0700.
"""

from __future__ import annotations

import base64
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.bed.failure import BedError
from tests.cluster.bed.layout import API_SERVER, API_SERVICE_IP, NODE_IP, NODE_NAME

DAYS = "30"


@dataclass(frozen=True, slots=True)
class Identity:
    """The subject of a certificate.

    Args:
        name: the file's name, and the kubeconfig's.
        subject: ``/O=group/CN=user``, which Kubernetes reads as the user and its group.
        addresses: the names and IPs a server answers under.
        is_user: whether a kubeconfig is written for it.
    """

    name: str
    subject: str
    addresses: tuple[str, ...] = ()
    is_user: bool = True


#: The API server shows an extension server the certificate of this name, with the user in headers.
AGGREGATOR = "aggregator"

IDENTITIES = (
    Identity(
        "apiserver",
        "/CN=kube-apiserver",
        (
            "DNS:kubernetes",
            "DNS:kubernetes.default",
            "DNS:kubernetes.default.svc",
            "DNS:kubernetes.default.svc.cluster.local",
            "DNS:localhost",
            "IP:127.0.0.1",
            f"IP:{NODE_IP}",
            f"IP:{API_SERVICE_IP}",
        ),
        is_user=False,
    ),
    Identity(
        "kubelet",
        f"/O=system:nodes/CN=system:node:{NODE_NAME}",
        (f"DNS:{NODE_NAME}", "DNS:localhost", "IP:127.0.0.1", f"IP:{NODE_IP}"),
    ),
    Identity("kubelet-client", "/O=system:masters/CN=kube-apiserver-kubelet-client", is_user=False),
    Identity("aggregator", f"/CN={AGGREGATOR}", is_user=False),
    Identity("admin", "/O=system:masters/CN=admin"),
    Identity("controllers", "/CN=system:kube-controller-manager"),
    Identity("scheduler", "/CN=system:kube-scheduler"),
    Identity("proxy", "/CN=system:kube-proxy"),
)


def make_pki(folder: Path) -> None:
    """Fill ``folder`` with the authority, the key of service account tokens, certificates and kubeconfigs.

    Raises:
        BedError: openssl is missing or refuses.
    """
    folder.mkdir(parents=True, mode=0o700)
    _make_key(folder / "ca.key")
    authority = ["-subj", "/CN=kubeglass-testbed", "-addext", "keyUsage=critical,keyCertSign,cRLSign,digitalSignature"]
    _openssl("req", "-x509", "-new", "-key", "ca.key", *authority, "-days", DAYS, "-out", "ca.crt", folder=folder)
    _make_key(folder / "accounts.key")
    _openssl("ec", "-in", "accounts.key", "-pubout", "-out", "accounts.pub", folder=folder)
    for identity in IDENTITIES:
        _sign(identity, folder)
        if identity.is_user:
            _write_kubeconfig(identity.name, folder)


def _make_key(path: Path) -> None:
    _openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", path.name, folder=path.parent)


def _sign(identity: Identity, folder: Path) -> None:
    name = identity.name
    extensions = ["keyUsage=critical,digitalSignature", "extendedKeyUsage=clientAuth,serverAuth"]
    if identity.addresses:
        extensions.append(f"subjectAltName={','.join(identity.addresses)}")
    (folder / f"{name}.ext").write_text("\n".join(extensions))
    _make_key(folder / f"{name}.key")
    _openssl("req", "-new", "-key", f"{name}.key", "-subj", identity.subject, "-out", f"{name}.csr", folder=folder)
    signer = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", DAYS, "-extfile", f"{name}.ext"]
    _openssl("x509", "-req", "-in", f"{name}.csr", *signer, "-out", f"{name}.crt", folder=folder)


def _write_kubeconfig(name: str, folder: Path) -> None:
    def embed(file: str) -> str:
        return base64.b64encode((folder / file).read_bytes()).decode()

    cluster = {"server": API_SERVER, "certificate-authority-data": embed("ca.crt")}
    user = {"client-certificate-data": embed(f"{name}.crt"), "client-key-data": embed(f"{name}.key")}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "testbed", "cluster": cluster}],
        "users": [{"name": name, "user": user}],
        "contexts": [{"name": "testbed", "context": {"cluster": "testbed", "user": name}}],
        "current-context": "testbed",
    }
    (folder / f"{name}.kubeconfig").write_text(json.dumps(document))


def _openssl(*arguments: str, folder: Path) -> None:
    try:
        subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, text=True, check=True)
    except FileNotFoundError:
        raise BedError(
            "openssl: is not on PATH; install it, the test cluster's certificates are made with it"
        ) from None
    except subprocess.CalledProcessError as error:
        raise BedError(f"openssl {arguments[0]}: {error.stderr.strip()}") from error
