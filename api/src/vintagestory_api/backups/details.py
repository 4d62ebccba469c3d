"""One backup with what it holds."""

from pathlib import Path
from typing import Final

from vintagestory_api.backups.manifest import Manifest
from vintagestory_api.backups.schemas import BackupDetails, BackupFile, BackupSummary
from vintagestory_api.backups.shelf import read_manifest_file

_MAX_FILES_SHOWN: Final = 5_000


def details_of(summary: BackupSummary, manifest_path: Path) -> BackupDetails:
    """Blocking."""
    manifest = read_manifest_file(manifest_path)
    if manifest is None:
        return BackupDetails(
            **summary.model_dump(),
            method=None,
            world_file=None,
            world_seconds=None,
            pack_seconds=None,
            check_seconds=None,
            manager_version="unknown",
            files=[],
            notes=["Its list of contents is not beside it any more. The archive holds it, too."],
        )
    files = [
        BackupFile(path=file.path, part=file.part, size_bytes=file.size_bytes, sha256=file.sha256, change=file.change)
        for file in manifest.files[:_MAX_FILES_SHOWN]
    ]
    return BackupDetails(
        **summary.model_dump(),
        method=manifest.method,
        world_file=manifest.world_file,
        world_seconds=manifest.world_seconds,
        pack_seconds=manifest.pack_seconds,
        check_seconds=manifest.check_seconds,
        manager_version=manifest.manager_version,
        files=files,
        notes=_notes(manifest),
    )


def _notes(manifest: Manifest) -> list[str]:
    notes = list(manifest.notes)
    if manifest.damage:
        notes.append(f"What SQLite says of its world: {'; '.join(manifest.damage)}")
    if len(manifest.files) > _MAX_FILES_SHOWN:
        notes.append(f"It holds {len(manifest.files):,} files, of which the first {_MAX_FILES_SHOWN:,} are listed.")
    return notes
