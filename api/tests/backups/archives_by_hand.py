"""Archives as somebody else might make them."""

import hashlib
import io
import tarfile
from pathlib import Path

import zstandard

from vintagestory_api.backups.contents import part_of
from vintagestory_api.backups.manifest import MEMBER, Manifest, PackedFile

ID = "019ac0de-0000-7000-8000-000000000001"


def manifest_of(files: dict[str, bytes], **fields: object) -> Manifest:
    listed = [PackedFile(path, part_of(path), len(data), hashlib.sha256(data).hexdigest()) for path, data in files.items()]
    worlds = [path for path in files if path.endswith(".vcdbs")]
    usual: dict[str, object] = {
        "id": ID,
        "server_id": "elsewhere",
        "server_name": "Elsewhere",
        "made_at": "2026-11-01T10:00:00Z",
        "kind": "manual",
        "made_by": None,
        "manager_version": "0.1.0",
        "game_version": "1.22.7",
        "world": "verified" if worlds else "none",
        "world_file": worlds[0] if worlds else None,
    }
    return Manifest(**{**usual, **fields}, files=listed)  # type: ignore[arg-type]


def tar_of(files: dict[str, bytes], *, manifest: Manifest | None = None, extra: tuple[tarfile.TarInfo, ...] = ()) -> bytes:
    """`extra`: members without data that come first."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for member in extra:
            tar.addfile(member)
        for path, data in files.items():
            _add(tar, path, data)
        if manifest is not None:
            _add(tar, MEMBER, manifest.encode())
    return stream.getvalue()


def write_archive(path: Path, files: dict[str, bytes], **options: object) -> Path:
    packer = zstandard.ZstdCompressor(write_checksum=True)
    path.write_bytes(packer.compress(tar_of(files, manifest=manifest_of(files), **options)))  # type: ignore[arg-type]
    return path


def member(name: str, kind: bytes, linkname: str = "") -> tarfile.TarInfo:
    found = tarfile.TarInfo(name)
    found.type, found.linkname = kind, linkname
    return found


def _add(tar: tarfile.TarFile, path: str, data: bytes) -> None:
    found = tarfile.TarInfo(path)
    found.size = len(data)
    tar.addfile(found, io.BytesIO(data))
