"""How the files of backups are called: `backups/<server>/2026-11-26T10-54-21Z-manual-1f3a9c2b.tar.zst`, and what lies beside.

Names tell when, why and which, for people who look into the folder without the manager. What has no such name is none of ours.
"""

import re
from dataclasses import dataclass
from typing import Final, cast

from vintagestory_api.backups.manifest import KINDS
from vintagestory_api.backups.schemas import BackupKind
from vintagestory_api.kit.clock import from_ms

ENDING: Final = ".tar.zst"
#: Beside each archive: what it holds, as its last member says it, and what people said of it since.
MANIFEST_ENDING: Final = ".json"
REMARKS_ENDING: Final = ".remarks.json"
#: Of a folder for work. What is left of one is removed when the manager starts.
WORK_PREFIX: Final = ".work-"
#: Shows that the folder of all backups is the one that it was, and no empty place where a disk should be mounted.
MARKER: Final = ".vsmanager-backups"

_STEM = rf"\d{{4}}-\d\d-\d\dT\d\d-\d\d-\d\dZ-(?:{'|'.join(KINDS)})-[0-9a-f]{{8}}"
_ARCHIVE = re.compile(rf"({_STEM}){re.escape(ENDING)}", re.ASCII)
_BESIDE = re.compile(rf"({_STEM})(?:{re.escape(REMARKS_ENDING)}|{re.escape(MANIFEST_ENDING)})", re.ASCII)
#: What is written atomically, before it has its name.
_PART = re.compile(rf"\.(?:{_STEM}{re.escape(REMARKS_ENDING)}|{re.escape(MARKER)})\.\w+\.part", re.ASCII)
_WORK = re.compile(rf"{re.escape(WORK_PREFIX)}[0-9a-f-]{{36}}", re.ASCII)
_SERVER = re.compile(r"[a-z0-9][a-z0-9-]{0,63}", re.ASCII)
#: What the game writes for us into its folder `Backups`.
_FROM_GAME = re.compile(r"vsmanager-[0-9a-f-]{36}\.vcdbs(?:-journal|-wal|-shm)?", re.ASCII)


@dataclass(frozen=True)
class Names:
    """Of the files of one backup."""

    stem: str

    @property
    def kind(self) -> BackupKind:
        return cast("BackupKind", self.stem.split("-")[5])

    @property
    def archive(self) -> str:
        return self.stem + ENDING

    @property
    def manifest(self) -> str:
        return self.stem + MANIFEST_ENDING

    @property
    def remarks(self) -> str:
        return self.stem + REMARKS_ENDING


def new_names(backup_id: str, kind: BackupKind, made_at_ms: int) -> Names:
    stamp = from_ms(made_at_ms).strftime("%Y-%m-%dT%H-%M-%SZ")
    return Names(f"{stamp}-{kind}-{backup_id.replace('-', '')[-8:]}")


def names_of(file_name: str) -> Names | None:
    """Of a backup that has this archive; None for a name that is not ours."""
    found = _ARCHIVE.fullmatch(file_name)
    return Names(found[1]) if found else None


def stem_beside(file_name: str) -> str | None:
    """Of what lies beside an archive."""
    found = _BESIDE.fullmatch(file_name)
    return found[1] if found else None


def is_work(file_name: str) -> bool:
    return _WORK.fullmatch(file_name) is not None


def is_part(file_name: str) -> bool:
    return _PART.fullmatch(file_name) is not None


def is_server_folder(name: str) -> bool:
    return _SERVER.fullmatch(name) is not None


def name_for_game(backup_id: str) -> str:
    return f"vsmanager-{backup_id}.vcdbs"


def is_from_game(file_name: str) -> bool:
    return _FROM_GAME.fullmatch(file_name) is not None
