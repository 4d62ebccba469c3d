"""What a backup says of itself: the last member of its archive, and a file beside it.

Written by us, but read as a stranger's: an archive may come from anywhere. Nothing but the standard library is imported, because
the programs that pack and read archives use this, too.
"""

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal

from vintagestory_api.errors import Invalid

if TYPE_CHECKING:
    from vintagestory_api.backups.schemas import BackupKind, BackupPart, WorldMethod, WorldState

FORMAT: Final = "vsmanager-backup/1"
#: Its name in the archive, where it is the last member.
MEMBER: Final = "manifest.json"
MAX_MANIFEST_BYTES: Final = 64_000_000
MAX_FILES: Final = 200_000

PARTS: Final = ("world", "players", "config", "mod_config", "mod_data", "mods", "version")
KINDS: Final = ("manual", "schedule", "before_update", "before_restore", "imported")
_WORLD_STATES: Final = ("verified", "damaged", "none", "unknown")
_METHODS: Final = ("genbackup", "copy")
_CHANGES: Final = ("changed", "vanished")

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z", re.ASCII)
_MAX_PART_BYTES, _MAX_PATH_BYTES, _MAX_TEXT, _MAX_NOTES = 255, 1_000, 500, 200
_MAX_SIZE = 1 << 60
_FIRST_YEAR = 1970


class ManifestUnreadable(Invalid):
    """`permanent`: it stays so."""

    code = "manifest_unreadable"
    permanent = True


class UnsafePath(ValueError):
    """A path that leads out of the folder it is meant for, or can't be one."""


@dataclass(frozen=True)
class PackedFile:
    """`path`: in the archive, and below the server's folder. `change`: what became of it while it was packed: `changed` means
    that its bytes may belong to two moments, `vanished` that it is not in the archive."""

    path: str
    part: "BackupPart"
    size_bytes: int
    sha256: str
    change: Literal["changed", "vanished"] | None = None


@dataclass(frozen=True)
class Manifest:
    """`made_at`: RFC 3339, UTC. `shelf`: tells the folder of backups that it was made in from others. `lock`: the mods, as a
    `LockList`, not looked into here. `damage`: what SQLite says of a world that is damaged. Seconds: how long it took to get the
    world, to check it, and to pack all of it."""

    id: str
    server_id: str
    server_name: str
    made_at: str
    kind: "BackupKind"
    made_by: str | None
    manager_version: str
    game_version: str | None
    world: "WorldState"
    world_file: str | None = None
    method: "WorldMethod | None" = None
    damage: list[str] = field(default_factory=list)
    world_seconds: float | None = None
    check_seconds: float | None = None
    pack_seconds: float | None = None
    shelf: str | None = None
    lock: dict[str, Any] | None = None
    files: list[PackedFile] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def unpacked_bytes(self) -> int:
        return sum(file.size_bytes for file in self.files)

    @property
    def mods(self) -> int:
        mods = (self.lock or {}).get("mods")
        return len(mods) if isinstance(mods, list) else 0

    def as_json(self) -> dict[str, Any]:
        return {"format": FORMAT, **asdict(self)}

    def encode(self) -> bytes:
        return json.dumps(self.as_json(), ensure_ascii=False, indent=1).encode() + b"\n"


def decode_manifest(data: bytes) -> Manifest:
    """Raises `ManifestUnreadable`. Blocking, for a large one seconds."""
    if len(data) > MAX_MANIFEST_BYTES:
        raise ManifestUnreadable("Its list of contents is larger than any that the manager writes.")
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        raise ManifestUnreadable("Its list of contents (manifest.json) can't be read.") from None
    return read_manifest(found)


def read_manifest(found: Any) -> Manifest:
    """What is missing or odd and not needed is left out; what is needed and wrong raises `ManifestUnreadable`."""
    if not isinstance(found, dict) or not isinstance(told := found.get("format"), str):
        raise ManifestUnreadable("This is no backup that the manager has made.")
    if told != FORMAT:
        raise ManifestUnreadable(
            f"This backup has the format {told[:40]!r}, and this version of the manager knows {FORMAT!r}. Update the manager."
        )
    backup_id, made_at = found.get("id"), found.get("made_at")
    if not isinstance(backup_id, str) or not _ID.fullmatch(backup_id):
        raise ManifestUnreadable("The list of contents of this backup names no id.")
    if not isinstance(made_at, str) or not _is_moment(made_at):
        raise ManifestUnreadable("The list of contents of this backup does not say when it was made.")
    files = _files(found.get("files"))
    world_file = found.get("world_file")
    if world_file is not None and world_file not in [file.path for file in files if file.part == "world"]:
        raise ManifestUnreadable("The list of contents of this backup names a world that it does not hold.")
    lock = found.get("lock")
    return Manifest(
        id=backup_id,
        server_id=_text(found.get("server_id"), 64) or "unknown",
        server_name=_text(found.get("server_name"), 64) or "unknown",
        made_at=made_at,
        kind=_one_of(found.get("kind"), KINDS) or "imported",
        made_by=_text(found.get("made_by"), 64),
        manager_version=_text(found.get("manager_version"), 40) or "unknown",
        game_version=_text(found.get("game_version"), 40),
        world=_one_of(found.get("world"), _WORLD_STATES) or "unknown",
        world_file=world_file,
        method=_one_of(found.get("method"), _METHODS),
        damage=_texts(found.get("damage")),
        world_seconds=_seconds(found.get("world_seconds")),
        check_seconds=_seconds(found.get("check_seconds")),
        pack_seconds=_seconds(found.get("pack_seconds")),
        shelf=_text(found.get("shelf"), 64),
        lock=lock if isinstance(lock, dict) else None,
        files=files,
        notes=_texts(found.get("notes")),
    )


def safe_path(name: str) -> str:
    """The path below the folder that it is meant for, without `.` and double slashes. Raises `UnsafePath`."""
    parts = [part for part in name.split("/") if part not in {"", "."}]
    if name.startswith("/") or ".." in parts or "\\" in name:
        raise UnsafePath("leads out of its folder")
    try:
        sizes = [len(part.encode()) for part in parts]
    except UnicodeEncodeError:
        raise UnsafePath("is no text") from None
    if not parts or not name.isprintable():
        raise UnsafePath("is no name of a file")
    if max(sizes) > _MAX_PART_BYTES or sum(sizes) + len(sizes) > _MAX_PATH_BYTES:
        raise UnsafePath("is too long")
    return "/".join(parts)


def compare(manifest: Manifest, found: Mapping[str, tuple[int, str]]) -> list[str]:
    """What of the archive is not as the manifest says; `found`: path → size and SHA-256 of what is really in it."""
    expected = {file.path: file for file in manifest.files if file.change != "vanished"}
    problems = [f"{path} is missing" for path in expected if path not in found]
    problems += [f"{path} is not in its list of contents" for path in found if path not in expected]
    problems += [
        f"{path} is not what was packed"
        for path, file in expected.items()
        if path in found and found[path] != (file.size_bytes, file.sha256)
    ]
    return problems


def _files(found: Any) -> list[PackedFile]:
    if not isinstance(found, list) or len(found) > MAX_FILES:
        raise ManifestUnreadable("The list of contents of this backup names no files, or too many.")
    files: dict[str, PackedFile] = {}
    for each in found:
        file = _file(each)
        if file.path in files or file.path == MEMBER:
            raise ManifestUnreadable(f"The list of contents of this backup names {file.path} twice.")
        files[file.path] = file
    return list(files.values())


def _file(each: Any) -> PackedFile:
    values = each if isinstance(each, dict) else {}
    path, size, digest = values.get("path"), values.get("size_bytes"), values.get("sha256")
    part, change = _one_of(values.get("part"), PARTS), _one_of(values.get("change"), _CHANGES)
    if not isinstance(path, str) or not isinstance(size, int) or not isinstance(digest, str) or part is None:
        raise ManifestUnreadable(f"The list of contents of this backup says nothing usable of {str(path)[:100]!r}.")
    try:
        is_good = safe_path(path) == path
    except UnsafePath as error:
        raise ManifestUnreadable(f"The list of contents of this backup names a path that {error}: {path[:100]!r}.") from None
    if not is_good or not 0 <= size <= _MAX_SIZE or not (_SHA256.fullmatch(digest) or (change == "vanished" and not digest)):
        raise ManifestUnreadable(f"The list of contents of this backup says nothing usable of {path[:100]!r}.")
    return PackedFile(path=path, part=part, size_bytes=size, sha256=digest, change=change)


def _is_moment(text: str) -> bool:
    if not _MOMENT.fullmatch(text):
        return False
    try:
        return datetime.fromisoformat(text).year >= _FIRST_YEAR
    except ValueError:
        return False


def _text(value: Any, most: int) -> str | None:
    if not isinstance(value, str):
        return None
    return "".join(char for char in value if char.isprintable())[:most].strip() or None


def _texts(value: Any) -> list[str]:
    found: Iterable[Any] = value[:_MAX_NOTES] if isinstance(value, list) else []
    return [text for each in found if (text := _text(each, _MAX_TEXT)) is not None]


def _one_of(value: Any, known: tuple[str, ...]) -> Any:
    return value if isinstance(value, str) and value in known else None


def _seconds(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        return None
    return float(value)
