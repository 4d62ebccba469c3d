"""Packs a backup: `python -m vintagestory_api.backups.pack_child`, spoken to as `child_talk` says.

The task: `archive` and `manifest_file` (what to write; neither may be there), `manifest` (what is known of it already), `world`
(null, or `source`, `name`, and `work`, a folder for a copy where one is needed), `sources` (`contents.Source`), `level` and
`threads`. Done: the list of contents without its files, with `bytes` and `archive_bytes`.

The world is checked first, and its very bytes are packed; when they change meanwhile there is no backup. Other files may change
or vanish while they are packed, which is told. Reading, hashing and packing go on at the same time, each in a thread of its own.
"""

import os
import shutil
import sqlite3
import stat
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from vintagestory_api.backups import child_talk
from vintagestory_api.backups.archive_reader import Refused
from vintagestory_api.backups.archive_writer import Archive, Packer, mark
from vintagestory_api.backups.contents import Source
from vintagestory_api.backups.manifest import Manifest, ManifestUnreadable, decode_manifest
from vintagestory_api.backups.source_files import OPEN, files_of, size_of, size_of_file
from vintagestory_api.backups.world_check import COMPANIONS, find_damage, finish_transactions


def main(task: dict[str, Any]) -> dict[str, Any]:
    head: dict[str, Any] = dict(task["manifest"])
    world, sources = task["world"], [Source(**{**each, "leaves_out": tuple(each["leaves_out"])}) for each in task["sources"]]
    if world is None:
        head |= {"world": "none", "world_file": None}
    else:
        head |= _checked_world(world)
    progress = child_talk.Progress(_size_of(world) + size_of(sources))
    child_talk.doing("Packing")
    began = time.monotonic()
    packer = Packer(Path(task["archive"]), task["level"], task["threads"])
    archive = Archive(packer, progress.tell)
    if world is not None:
        _pack_world(archive, world)
    for source in sources:
        for name, handle in files_of(source, archive):
            try:
                archive.add_file(name, handle)
            finally:
                os.close(handle)
    head["pack_seconds"] = round(time.monotonic() - began, 3)
    head["notes"] = [*head.get("notes", ()), *archive.notes]
    manifest = Manifest(**head, files=list(archive.files.values()))
    data = manifest.encode()
    _see_that_it_can_be_read(data)
    archive.finish(data)
    packer.finish()
    _write_durably(Path(task["manifest_file"]), data)
    return {
        **{key: value for key, value in asdict(manifest).items() if key not in {"files", "lock"}},
        "bytes": manifest.unpacked_bytes,
        "archive_bytes": packer.bytes_out,
    }


def _see_that_it_can_be_read(manifest: bytes) -> None:
    """What could not be put back is no backup."""
    try:
        decode_manifest(manifest)
    except ManifestUnreadable as error:
        raise Refused("not_done", f"its list of contents would be none: {error.message}") from None


# The world


def _checked_world(world: dict[str, Any]) -> dict[str, Any]:
    """See whether it is sound; where a journal lies beside it, of a copy that was put in order."""
    source = Path(world["source"])
    world["mark"] = mark(_world_state(source))
    if any(size_of_file(source.with_name(source.name + ending)) for ending in COMPANIONS):
        child_talk.doing("Putting a copy of the world in order")
        source = _copy_in_order(source, Path(world["work"]))
        world["packed"], world["mark"] = str(source), mark(_world_state(source))
    child_talk.doing("Checking the world")
    began = time.monotonic()
    damage = find_damage(source)
    return {
        "world": "damaged" if damage else "verified",
        "world_file": world["name"],
        "damage": damage,
        "check_seconds": round(time.monotonic() - began, 3),
    }


def _copy_in_order(source: Path, work: Path) -> Path:
    copy = work / source.name
    files = [source.with_name(source.name + ending) for ending in ("", *COMPANIONS)]
    before = [_state(path) for path in files]
    for path in files:
        if size_of_file(path):
            shutil.copyfile(path, work / path.name, follow_symlinks=False)
    if [_state(path) for path in files] != before:
        raise Refused("world_changed", "it changed while it was copied; something else writes it")
    try:
        finish_transactions(copy)
    except sqlite3.Error as error:
        # All else is damage, which the check tells.
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}:
            raise
    return copy


def _pack_world(archive: Archive, world: dict[str, Any]) -> None:
    path = Path(world.get("packed") or world["source"])
    handle = os.open(path, OPEN)
    try:
        if mark(os.fstat(handle)) != tuple(world["mark"]):
            raise Refused("world_changed", "it changed after it was checked; something else writes it")
        archive.add_file(world["name"], handle)
        if archive.files[world["name"]].change is not None or mark(_world_state(path)) != tuple(world["mark"]):
            raise Refused("world_changed", "it changed while it was packed; something else writes it")
    finally:
        os.close(handle)


def _state(path: Path) -> tuple[int, int, int, int] | None:
    try:
        return mark(path.lstat())
    except OSError:
        return None


def _size_of(world: dict[str, Any] | None) -> int:
    return size_of_file(Path(world.get("packed") or world["source"])) if world is not None else 0


def _world_state(path: Path) -> os.stat_result:
    try:
        state = path.lstat()
    except FileNotFoundError:
        raise Refused("world_gone", "its file is not there any more") from None
    # One that has a second name elsewhere may be somebody else's.
    is_foreign = state.st_nlink > 1 and state.st_uid != path.parent.stat().st_uid
    if not stat.S_ISREG(state.st_mode) or is_foreign:
        raise Refused("world_gone", "it is no plain file of this server")
    return state


def _write_durably(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(handle, view) :]
        os.fsync(handle)
    finally:
        os.close(handle)


if __name__ == "__main__":
    child_talk.run(main)
