"""Reads an archive to its end: `python -m vintagestory_api.backups.read_child`, spoken to as `child_talk` says.

The task: `archive` (path), `limits` (`archive_reader.Limits`), and where anything is to be written: `target`, a folder that
exists and is empty, with `paths` (only these), `parts` (only files of these parts) or neither (all). `check_world`: see whether
the world is sound; it is written below the target for that, and stays only if it was asked for; with `only_check` nothing stays.
`manifest`: where to leave the list of contents as a file.

Done: `problems` (what is not as the list of contents says; nothing for a good archive), `has_manifest`, `files`, `bytes`,
`written`, `damage` (what SQLite says of the world; null when it was not looked at), `check_seconds`.
"""

import contextlib
import os
import sqlite3
import time
from pathlib import Path
from typing import Any

from vintagestory_api.backups import child_talk
from vintagestory_api.backups.archive_reader import Limits, read_archive
from vintagestory_api.backups.contents import part_of
from vintagestory_api.backups.manifest import compare
from vintagestory_api.backups.world_check import find_damage, finish_transactions

_SUFFIX = ".vcdbs"


def main(task: dict[str, Any]) -> dict[str, Any]:
    target = Path(task["target"]) if task.get("target") else None
    paths, parts = task.get("paths"), task.get("parts")
    checks = bool(task.get("check_world")) and target is not None

    def is_wanted(path: str) -> bool:
        if task.get("only_check"):
            return False
        return path in paths if paths is not None else parts is None or part_of(path) in parts

    def is_written(path: str) -> bool:
        return is_wanted(path) or (checks and part_of(path) == "world" and path.endswith(_SUFFIX))

    with Path(task["archive"]).open("rb", buffering=0) as archive:
        progress = child_talk.Progress(os.fstat(archive.fileno()).st_size)
        found = read_archive(archive, limits=Limits(**task["limits"]), target=target, wanted=is_written, tell=progress.tell)
    manifest = found.manifest
    report: dict[str, Any] = {
        "has_manifest": manifest is not None,
        "problems": compare(manifest, found.files)[:20] if manifest is not None else ["its list of contents is missing"],
        "files": len(found.files),
        "bytes": found.bytes,
        "written": len(found.written),
        "damage": None,
        "check_seconds": None,
    }
    if manifest is not None and task.get("manifest"):
        Path(task["manifest"]).write_bytes(manifest.encode())
    if checks and target is not None and manifest is not None and manifest.world_file in found.files:
        child_talk.doing("Checking the world")
        began = time.monotonic()
        report["damage"] = find_damage(target / str(manifest.world_file))
        report["check_seconds"] = round(time.monotonic() - began, 3)
    for path in found.written:
        if target is not None and not is_wanted(path):
            with contextlib.suppress(OSError):
                (target / path).unlink()
    return report


def check_world(task: dict[str, Any]) -> dict[str, Any]:
    """`world`: the path of a world that nobody writes; `finish`: it is a copy, in which its journal is brought in before.
    Done: `damage`, `check_seconds`."""
    began = time.monotonic()
    try:
        if task.get("finish"):
            finish_transactions(Path(task["world"]))
        damage = find_damage(Path(task["world"]))
    except sqlite3.Error as error:
        damage = [str(error)]
    return {"damage": damage, "check_seconds": round(time.monotonic() - began, 3)}


if __name__ == "__main__":
    child_talk.run(
        lambda task: check_world(task) if "world" in task else main(task), max_memory_bytes=child_talk.MAX_READ_MEMORY_BYTES
    )
