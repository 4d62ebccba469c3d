"""Checks a copy, and puts it into a folder that has no manager yet."""

import contextlib
import hashlib
import os
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final, Self

from vintagestory_api.errors import Conflict, Unavailable
from vintagestory_api.manager_copies.making import WORK_PREFIX, drop_cut_off
from vintagestory_api.manager_copies.manifest import (
    DATABASE,
    MAX_BYTES,
    MEMBERS,
    NAME,
    CopyUnusable,
    Manifest,
    Member,
    read_manifest,
)
from vintagestory_api.storage.atomic import sync_folder
from vintagestory_api.storage.data_folder import DataFolder
from vintagestory_api.storage.database import find_damage
from vintagestory_api.storage.failures import advise

_BLOCK_BYTES: Final = 1 << 20
#: Of what an archive says of a file beside its name and size. More than any has, and read into memory whatever is in it.
_MAX_HEADER_BYTES: Final = 10_000
#: The game ends itself when the disk has less, so no copy is unpacked into that.
_RESERVE_BYTES: Final = 512 << 20
_DAMAGED: Final = "This copy is damaged: {}. Nothing was changed. Take another one."


class FolderNotEmpty(Conflict):
    code = "data_folder_not_empty"


class CopyTooNew(Conflict):
    code = "manager_copy_too_new"


class CopyNotRestored(Unavailable):
    code = "manager_copy_not_restored"


class _Entry(tarfile.TarInfo):
    """Refused before what it announces is read."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        entry = super().frombuf(buf, encoding, errors)
        if not entry.isreg() and entry.size > _MAX_HEADER_BYTES:
            raise _holds_more()
        return entry


def check_copy(path: Path) -> Manifest:
    """Read a copy to its end, and compare it with what it says of itself. Blocking. Raises `CopyUnusable`, `CopyNotRestored`."""
    try:
        with tempfile.TemporaryDirectory(prefix="vsmanager-copy-") as work:
            return _unpack(path, Path(work))
    except OSError as error:
        raise _not_restored(path, error) from error


def restore_copy(path: Path, folder: DataFolder) -> Manifest:
    """Put a copy into the folder, whose lock is taken meanwhile. What a kill interrupts can be done again.

    Raises `FolderNotEmpty`, `CopyUnusable`, `CopyTooNew`, `CopyNotRestored` and what `DataFolder` raises; the folder then stays
    as it was.
    """
    folder.prepare()
    folder.lock()
    try:
        _refuse_a_manager(folder)
        drop_cut_off(folder.root)
        with tempfile.TemporaryDirectory(dir=folder.root, prefix=WORK_PREFIX) as work:
            manifest = _unpack(path, Path(work))
            _refuse_a_newer(manifest)
            _refuse_others(folder, Path(work), manifest)
            folder.give_to_owner(*_made_by_root(folder), *(Path(work) / name for name in manifest.members))
            for name in MEMBERS:  # the database last: with it the folder has a manager
                if name in manifest.members:
                    (Path(work) / name).replace(folder.root / name)
            sync_folder(folder.root)
    except OSError as error:
        raise _not_restored(path, error) from error
    finally:
        folder.unlock()
    return manifest


def _made_by_root(folder: DataFolder) -> list[Path]:
    """What preparing the folder may have made."""
    made = (folder.cache, folder.servers, folder.versions, folder.mods_store, folder.backups, folder.run, folder.keepers)
    return [*made, folder.lock_file]


def _refuse_a_manager(folder: DataFolder) -> None:
    there = [path.name for path in (folder.database, _beside(folder.database, "-wal")) if path.exists()]
    if there:
        raise FolderNotEmpty(
            f"{folder.root} has a manager already ({', '.join(there)}), which a restore would replace. Name an empty folder with "
            "--data-dir, or move these files away: vsmanager.db, vsmanager.db-wal, vsmanager.db-shm, api-settings.json and "
            "secrets.json."
        )


def _refuse_others(folder: DataFolder, work: Path, manifest: Manifest) -> None:
    """Settings and secrets that are there may be those of a restore that was cut off, but no others."""
    for name in manifest.members:
        there = folder.root / name
        if there.exists() and there.read_bytes() != (work / name).read_bytes():
            raise FolderNotEmpty(f"{there} is there already, and is another one than in the copy. Move it away, then try again.")


def _refuse_a_newer(manifest: Manifest) -> None:
    from vintagestory_api.storage import upgrade  # noqa: PLC0415 - Alembic costs half a second, needed only here

    if manifest.revision not in upgrade.known_revisions():
        raise CopyTooNew(
            f"This copy was made by a newer version of the manager ({manifest.program}). Install that version, or a later one, "
            "then restore it. Nothing was changed."
        )


def _unpack(path: Path, work: Path) -> Manifest:
    """The members, checked, in `work`."""
    try:
        with path.open("rb") as file, tarfile.open(fileobj=file, mode="r|gz", tarinfo=_Entry) as archive:
            entries = _entries(archive)
            name, size, content = next(entries, ("", 0, None))
            if name != NAME or size > MAX_BYTES or content is None:
                raise CopyUnusable("This file is no copy of a manager. Nothing was changed.")
            manifest = read_manifest(content.read(size))
            missing = set(manifest.members)
            _see_that_it_fits(work, manifest)
            for name, size, content in entries:
                if name not in missing or size != manifest.members[name].size:
                    raise CopyUnusable(_DAMAGED.format("it holds what its list does not name"))
                missing.remove(name)
                _write(work / name, content, manifest.members[name])
    except (tarfile.TarError, EOFError, zlib.error, OverflowError) as error:
        raise CopyUnusable("This file is no copy of a manager, or it was cut off. Nothing was changed.") from error
    if missing:
        raise CopyUnusable(_DAMAGED.format(f"{', '.join(sorted(missing))} is missing"))
    if damage := find_damage(work / DATABASE):
        raise CopyUnusable(_DAMAGED.format(damage[0]))
    return manifest


def _holds_more() -> CopyUnusable:
    return CopyUnusable("This file is no copy of a manager: it holds more than files. Nothing was changed.")


def _see_that_it_fits(work: Path, manifest: Manifest) -> None:
    """What a copy says of its size is believed, and no more than that is written."""
    state = os.statvfs(work)
    needed = sum(member.size for member in manifest.members.values())
    if state.f_bavail * state.f_frsize - _RESERVE_BYTES < needed:
        raise CopyNotRestored(
            f"What is in this copy takes {needed / 1e6:,.0f} MB, and the disk of {work.parent} has not enough room for it. "
            "Nothing was changed."
        )


def _entries(archive: tarfile.TarFile) -> Iterator[tuple[str, int, IO[bytes]]]:
    for entry in archive:
        content = archive.extractfile(entry) if entry.isreg() else None
        if content is None:
            raise _holds_more()
        yield entry.name, entry.size, content


def _write(path: Path, content: IO[bytes], member: Member) -> None:
    digest = hashlib.sha256()
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600), "wb") as file:
        while block := content.read(_BLOCK_BYTES):
            digest.update(block)
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    if digest.hexdigest() != member.sha256:
        raise CopyUnusable(_DAMAGED.format(f"{path.name} is not what was packed"))


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _not_restored(path: Path, error: OSError) -> CopyNotRestored:
    with contextlib.suppress(AttributeError):
        if error.filename is not None and Path(error.filename) == path:
            return CopyNotRestored(f"{path} can't be read ({error.strerror or error}).")
    return CopyNotRestored(f"The copy can't be restored. {advise(error) or error}")
