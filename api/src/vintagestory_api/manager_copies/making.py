"""Makes a copy while the manager runs: the database through SQLite's own backup, checked, and all of it in one file."""

import contextlib
import hashlib
import io
import os
import secrets
import shutil
import sqlite3
import tarfile
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from vintagestory_api import __version__
from vintagestory_api.errors import Conflict, Unavailable
from vintagestory_api.manager_copies.manifest import DATABASE, MEMBERS, NAME, SECRETS, SETTINGS, Manifest, Member
from vintagestory_api.storage.atomic import sync_folder
from vintagestory_api.storage.data_folder import DataFolder
from vintagestory_api.storage.database import find_damage, read_revision
from vintagestory_api.storage.failures import advise

#: Of the folder in which a copy is made or unpacked; one that is left was cut off.
WORK_PREFIX: Final = ".manager-copy-"
#: So many at once, then whoever waits to write has a turn.
_PAGES_AT_ONCE: Final = 256
_PAUSE_SECONDS: Final = 0.002
_MAX_SMALL_BYTES: Final = 4_000_000


class CopyExists(Conflict):
    code = "manager_copy_exists"


class CopyNotMade(Unavailable):
    code = "manager_copy_not_made"


@dataclass(frozen=True)
class MadeCopy:
    path: Path
    size_bytes: int
    manifest: Manifest


def make_copy(folder: DataFolder, target: Path, *, with_secrets: bool, now: datetime | None = None) -> MadeCopy:
    """Write a copy to `target`, which must not be there yet; whole or not at all, for its owner alone. Blocking.

    Raises `CopyExists`, `CopyNotMade` and what `read_revision` raises.
    """
    if target.exists() or target.is_symlink():
        raise CopyExists(f"{target} is there already. Name another file, or move it away.")
    if not target.parent.is_dir():
        raise CopyNotMade(f"There is no folder {target.parent}. Make it, or name another place for the copy.")
    revision = read_revision(folder.database)
    if revision is None:
        raise CopyNotMade(f"There is no database in {folder.root} yet, so there is nothing to copy.")
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=WORK_PREFIX) as work:
            files = _gather(folder, Path(work), with_secrets=with_secrets)
            made_at = (now or datetime.now(UTC)).isoformat(timespec="seconds").replace("+00:00", "Z")
            members = {name: Member(path.stat().st_size, _sha256(path)) for name, path in files.items()}
            manifest = Manifest(made_at, __version__, revision, members)
            part = Path(work) / "copy.part"
            _pack(part, manifest, files)
            if folder.root in target.parents:
                folder.give_to_owner(part)
            _put(part, target)
    except FileExistsError as error:
        raise CopyExists(f"{target} is there already. Name another file, or move it away.") from error
    except (OSError, sqlite3.Error) as error:
        raise CopyNotMade(f"The copy {target} can't be made. {advise(error) or error}") from error
    sync_folder(target.parent)
    return MadeCopy(target, target.stat().st_size, manifest)


def _gather(folder: DataFolder, work: Path, *, with_secrets: bool) -> dict[str, Path]:
    """Name in the copy → a file that nobody changes any more."""
    files = {}
    small = {SETTINGS: folder.settings, **({SECRETS: folder.secrets} if with_secrets else {})}
    for name, path in small.items():
        with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
            content = file.read(_MAX_SMALL_BYTES + 1)
            if len(content) > _MAX_SMALL_BYTES:
                raise CopyNotMade(f"{path} is larger than it can be. Look at it before you copy it.")
            files[name] = work / name
            files[name].write_bytes(content)
    files[DATABASE] = work / DATABASE
    _copy_database(folder.database, files[DATABASE])
    if damage := find_damage(files[DATABASE]):
        raise CopyNotMade(f"The database is damaged ({damage[0]}), so a copy of it would be of no use. Run: vsmanager doctor")
    if not with_secrets:
        _forget_passwords(files[DATABASE])
    return files


def _copy_database(source: Path, target: Path) -> None:
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    uri = source.absolute().as_uri() + "?mode=rw"
    with (
        contextlib.closing(sqlite3.connect(uri, uri=True, timeout=30, isolation_level=None)) as present,
        contextlib.closing(sqlite3.connect(target, isolation_level=None)) as copy,
    ):
        # In one go of reading: with pauses in which others write, SQLite would begin anew each time.
        present.execute("BEGIN")
        present.execute("SELECT count(*) FROM sqlite_master").fetchone()
        present.backup(copy, pages=_PAGES_AT_ONCE, progress=lambda *_: time.sleep(_PAUSE_SECONDS))
        present.execute("ROLLBACK")
        copy.execute("PRAGMA journal_mode = DELETE")


def _forget_passwords(database: Path) -> None:
    """Of servers that are being made: what was asked for waits in the database until then. One that nobody knows takes the place,
    so that no copy makes an open server of it. What was deleted before is not left in unused pages, either."""
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as copy:
        columns = {row[1] for row in copy.execute("PRAGMA table_info(servers)")}
        if "setup" in columns:
            has_one = "setup IS NOT NULL AND json_type(setup, '$.password') = 'text'"
            unknown = secrets.token_urlsafe(12)
            copy.execute(f"UPDATE servers SET setup = json_set(setup, '$.password', ?) WHERE {has_one}", (unknown,))  # noqa: S608
        # Into a file here: without that SQLite would write where the system has its temporary files, which may have no room.
        clean = database.with_name(f"{database.name}.clean")
        copy.execute("VACUUM INTO ?", (str(clean),))
    clean.replace(database)


def _pack(part: Path, manifest: Manifest, files: Mapping[str, Path]) -> None:
    handle = os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as file:
        with tarfile.open(fileobj=file, mode="w:gz", compresslevel=6, format=tarfile.PAX_FORMAT) as archive:
            content = manifest.packed()
            archive.addfile(_entry(NAME, len(content)), io.BytesIO(content))
            for name in MEMBERS:
                if name in files:
                    with files[name].open("rb") as member:
                        archive.addfile(_entry(name, manifest.members[name].size), member)
        file.flush()
        os.fsync(file.fileno())


def _put(part: Path, target: Path) -> None:
    """Unlike a renaming, a link never replaces what somebody put there meanwhile; some disks have none. Raises `OSError`."""
    try:
        os.link(part, target)
    except FileExistsError:
        raise
    except OSError:
        part.rename(target)


def _entry(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = size, 0o600, int(time.time())
    return entry


def drop_cut_off(folder: Path) -> None:
    """Remove what a kill left of a copy that was being made or unpacked in `folder`, where nobody else does so."""
    for work in folder.glob(f"{WORK_PREFIX}*"):
        shutil.rmtree(work, ignore_errors=True)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
