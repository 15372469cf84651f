"""Write an image as an OCI archive, the file that containerd, K3s and Podman import.

Layout and field names follow the OCI image specification 1.1. The annotation with the full name is containerd's; K3s
uses it for the archives in ``agent/images/``.
"""

from __future__ import annotations

import hashlib
import json
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kubeglass.errors import StateError
from kubeglass.files import explain_disk_errors
from kubeglass.images.image import CANNOT_BE_USED, File, Image, find_architecture
from kubeglass.images.kept import forget_unused
from kubeglass.images.layer import PackedLayer, add_entry, pack_layer
from kubeglass.render.kubernetes.pods import IMAGE_USER

_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_INDEX = "application/vnd.oci.image.index.v1+json"
_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
NAME_ANNOTATION = "io.containerd.image.name"


@dataclass(frozen=True, slots=True)
class ArchivedImage:
    """An image archive on disk.

    Args:
        path: the archive.
        reference: the name that pods use.
        digest: ``sha256:…`` of the manifest.
        size: bytes of the archive.
        layers: bytes of each layer, lowest first.
        architecture: of its programs, such as ``arm64``.
    """

    path: Path
    reference: str
    digest: str
    size: int
    layers: tuple[int, ...]
    architecture: str

    @property
    def exact_reference(self) -> str:
        """The second name in the archive, which no other content has."""
        return _exact(self.reference, self.digest)


def write_archive(image: Image, path: Path) -> ArchivedImage:
    """Write ``image`` to ``path``, completely or not at all; the same content gives the same bytes.

    Raises:
        StateError: the folder cannot be written.
        UsageError: images cannot be built on this machine.
    """
    architecture = image.architecture or find_architecture()
    with explain_disk_errors(path, CANNOT_BE_USED):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as scratch:
            folder = Path(scratch)
            layers = [pack_layer(entries, folder) for entries in image.layers]
            _write(folder / "archive", _describe(image, architecture, layers))
            (folder / "archive").replace(path)
        forget_unused()
    return read_archive(path)


def read_archive(path: Path) -> ArchivedImage:
    """Describe the archive at ``path``, without reading its layers.

    Raises:
        StateError: it is not an image archive.
    """
    try:
        with tarfile.open(path) as archive:
            descriptor = _read_json(archive, "index.json")["manifests"][0]
            manifest = _read_json(archive, _blob_path(descriptor["digest"]))
            architecture = descriptor["platform"]["architecture"]
    except (OSError, KeyError, IndexError, ValueError, tarfile.TarError) as error:
        raise StateError(
            str(path),
            "is not an image archive",
            found=str(error).partition(":\n")[0],
            hint="build it again: kubeglass images build",
        ) from error
    return ArchivedImage(
        path=path,
        reference=descriptor["annotations"][NAME_ANNOTATION],
        digest=descriptor["digest"],
        size=path.stat().st_size,
        layers=tuple(layer["size"] for layer in manifest["layers"]),
        architecture=architecture,
    )


def _describe(image: Image, architecture: str, layers: list[PackedLayer]) -> dict[str, bytes | Path]:
    """Build the content of the archive by name, the index first, where reading finds it at once."""
    config = _encode(_build_config(image, architecture, layers))
    manifest = _encode(
        {
            "schemaVersion": 2,
            "mediaType": _MANIFEST,
            "config": _descriptor(_CONFIG, config),
            "layers": [{"mediaType": _LAYER, "digest": layer.digest, "size": layer.size} for layer in layers],
        }
    )
    described = _descriptor(_MANIFEST, manifest) | {"platform": {"architecture": architecture, "os": "linux"}}
    names = (image.reference, _exact(image.reference, described["digest"]))
    entries = [described | {"annotations": _name(reference)} for reference in names]
    return {
        "oci-layout": _encode({"imageLayoutVersion": "1.0.0"}),
        "index.json": _encode({"schemaVersion": 2, "mediaType": _INDEX, "manifests": entries}),
        _blob_path(_digest(manifest)): manifest,
        _blob_path(_digest(config)): config,
        **{_blob_path(layer.digest): layer.path for layer in layers},
    }


def _name(reference: str) -> dict[str, str]:
    return {NAME_ANNOTATION: reference, "org.opencontainers.image.ref.name": reference.rpartition(":")[2]}


def _exact(reference: str, digest: str) -> str:
    """Return a name that contains the digest, as a tag: only images from a registry have a name by digest."""
    return f"{reference}-{digest.removeprefix('sha256:')[:12]}"


def _build_config(image: Image, architecture: str, layers: list[PackedLayer]) -> dict[str, Any]:
    return {
        "created": "1970-01-01T00:00:00Z",
        "architecture": architecture,
        "os": "linux",
        "config": {
            "User": f"{IMAGE_USER}:{IMAGE_USER}",
            "Entrypoint": list(image.entrypoint),
            "Cmd": list(image.command),
            "Env": [f"{name}={value}" for name, value in sorted(image.environment.items())],
            "WorkingDir": image.working_dir,
            "ExposedPorts": {f"{port}/tcp": {} for port in image.ports},
            "Labels": dict(sorted(image.labels.items())),
        },
        "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in layers]},
    }


def _write(path: Path, files: Mapping[str, bytes | Path]) -> None:
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as archive:
        for name, source in files.items():
            add_entry(archive, File(name, source))


def _read_json(archive: tarfile.TarFile, name: str) -> Any:
    member = archive.extractfile(name)
    if member is None:
        raise KeyError(name)
    return json.load(member)


def _encode(document: object) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _descriptor(media_type: str, content: bytes) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": _digest(content), "size": len(content)}


def _blob_path(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/')}"
