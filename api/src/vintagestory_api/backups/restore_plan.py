"""What a restore would do, worked out from what a backup says of itself and from what is there now. Pure."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from vintagestory_api.backups.contents import CONFIG_FILES, MOD_CONFIG, NEVER, PLAYERS, SAVES
from vintagestory_api.backups.manifest import Manifest, PackedFile
from vintagestory_api.backups.restore_words import (
    count,
    problems_of_backup,
    problems_of_place,
    problems_of_version,
    size,
    some,
    warnings_of,
    warnings_of_place,
)
from vintagestory_api.backups.schemas import BackupPart, BackupSummary, RestoreChange, RestorePreview
from vintagestory_api.backups.world_check import COMPANIONS
from vintagestory_api.errors import Conflict, Invalid

PARTS: Final[tuple[BackupPart, ...]] = ("world", "players", "config", "mod_config", "mod_data", "mods", "version")
#: What goes with a world that SQLite has not closed properly. They belong to one world alone.
_COMPANIONS: Final = (*COMPANIONS, "-shm")
#: The game does not write these while it runs, and reads them when it starts.
_WITHOUT_STOP: Final = frozenset({"mod_config"})
_LABELS: Final[Mapping[BackupPart, str]] = {
    "world": "world",
    "players": "player data",
    "config": "server configuration",
    "mod_config": "configuration of mods",
    "mod_data": "data of mods",
    "mods": "list of mods",
    "version": "game version",
}


class NotInBackup(Invalid):
    code = "not_in_backup"


class RestoreBlocked(Conflict):
    code = "restore_blocked"


class RestoreChanged(Conflict):
    """Another plan would be made by now than the one that somebody has looked at."""

    code = "restore_changed"


@dataclass(frozen=True)
class ModThere:
    """One mod of a set: `key` is the same in every set."""

    key: str
    label: str
    sha256: str = ""
    is_enabled: bool = True


@dataclass(frozen=True)
class Amount:
    files: int = 0
    bytes: int = 0

    def __str__(self) -> str:
        return f"{self.files} {'file' if self.files == 1 else 'files'}, {size(self.bytes)}"


@dataclass(frozen=True)
class Present:
    """What is there now, of the server that is restored into. `amounts`: of what a part would take the place of. `world_path`:
    where its game looks for the world, below the server's folder, None where that is elsewhere. `world_written_ms`: when that was
    last written. `installed`: versions of the game. `bytes_free`: on the server's disk; `copy_bytes`: what a copy of the present
    takes of them; `bytes_kept_free`: what nobody takes for that. `mod_data`: folders that are packed. `in_the_way`: places that
    nothing can be put into, and why."""

    server_id: str
    name: str
    version: str | None = None
    is_new: bool = False
    is_running: bool = False
    players: int | None = None
    mods: Sequence[ModThere] = ()
    amounts: Mapping[BackupPart, Amount] = field(default_factory=dict)
    world_path: str | None = None
    world_written_ms: int | None = None
    installed: frozenset[str] = frozenset()
    bytes_free: int = 0
    copy_bytes: int = 0
    bytes_kept_free: int = 0
    mod_data: Sequence[str] = ()
    in_the_way: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """`names`: what is exchanged below the server's folder. `files`: what is taken out of the archive; None: all of `parts`.
    `world_to`: where the world goes. `points_config`: the configuration has to be told where that is. `version`: to be used
    afterwards, None where it stays."""

    parts: tuple[BackupPart, ...]
    files: tuple[str, ...] | None
    names: tuple[str, ...]
    world_to: str | None
    points_config: bool
    version: str | None
    stops_server: bool
    changes: list[RestoreChange]
    bytes_needed: int
    loses_seconds: int | None
    warnings: list[str]
    problems: list[str]
    digest: str

    @property
    def brings_mods(self) -> bool:
        return self.files is None and "mods" in self.parts

    def check(self, digest: str | None) -> None:
        """Raises `RestoreChanged`, `RestoreBlocked`."""
        if digest is not None and digest != self.digest:
            raise RestoreChanged("Something has changed since the preview, so nothing was done. Look at the preview again.")
        if self.problems:
            raise RestoreBlocked(f"This can't be restored. {' '.join(self.problems)}", problems=self.problems)

    def preview(self, backup: BackupSummary, present: Present) -> RestorePreview:
        return RestorePreview(
            backup=backup,
            into=present.name if present.is_new else present.server_id,
            is_new=present.is_new,
            stops_server=self.stops_server,
            loses_seconds=self.loses_seconds,
            changes=self.changes,
            bytes_needed=self.bytes_needed,
            bytes_free=present.bytes_free,
            keeps_present=not present.is_new,
            warnings=self.warnings,
            problems=self.problems,
            digest=self.digest,
        )


def make_plan(
    backup: BackupSummary,
    manifest: Manifest,
    present: Present,
    *,
    parts: Sequence[BackupPart] | None = None,
    files: Sequence[str] | None = None,
    made_at_ms: int,
    now_ms: int,
    notes: Sequence[str] = (),
    problems: Sequence[str] = (),
) -> Plan:
    """`notes`, `problems`: what others have to say, such as of getting its mods. Raises `NotInBackup`."""
    there = _available(manifest)
    chosen, taken = _chosen(manifest, there, parts, files)
    selected = [file for file in manifest.files if _is_selected(file, chosen, taken)]
    world_comes = manifest.world_file is not None and any(file.path == manifest.world_file for file in selected)
    config_comes = any(file.path == CONFIG_FILES[0] for file in selected)
    world_to = _world_to(manifest, present, config_comes=config_comes) if world_comes else None
    version = manifest.game_version if taken is None and "version" in chosen else None
    stops = present.is_running and any(part not in _WITHOUT_STOP for part in chosen)
    names = tuple(_names(manifest, selected, present, world_to, whole=taken is None))
    in_the_way = [
        *problems_of_backup(backup, world_comes=world_comes),
        *problems_of_version(manifest, present, world_comes=world_comes, version=version),
        *problems_of_place(present, names, world_comes=world_comes),
        *problems,
    ]
    needed = sum(file.size_bytes for file in selected) + present.copy_bytes
    if needed + present.bytes_kept_free > present.bytes_free:
        copy = ", with the copy of the present," if present.copy_bytes else ""
        kept = f", of which {size(present.bytes_kept_free)} stay free" if present.bytes_kept_free else ""
        in_the_way.append(
            f"It takes {size(needed)}{copy} and the disk has {size(present.bytes_free)} left{kept}. Free some space first."
        )
    changes = _changes(manifest, present, chosen, selected, version=version, whole=taken is None)
    # Of a world from elsewhere nobody can say how much play lies between it and the one that is there.
    lost = _loses_seconds(present, made_at_ms, now_ms) if world_comes and backup.kind != "imported" else None
    return Plan(
        parts=chosen,
        files=taken,
        names=names,
        world_to=world_to,
        points_config=world_comes and present.is_new and not config_comes,
        version=version,
        stops_server=stops,
        changes=changes,
        bytes_needed=needed,
        loses_seconds=lost,
        warnings=[
            *warnings_of_place(backup),
            *warnings_of(manifest, present, chosen, stops=stops, version=version, world_comes=world_comes, notes=notes),
        ],
        problems=in_the_way,
        digest=_digest(backup.id, present, chosen, taken, changes, in_the_way, stops=stops),
    )


def mods_of(manifest: Manifest) -> list[ModThere]:
    """Leniently, from its lock list."""
    found = []
    for entry in _entries(manifest.lock):
        name, modid, version = (entry.get(key) for key in ("file_name", "modid", "version"))
        if not isinstance(name, str):
            continue
        label = f"{modid or name} {version or ''}".strip()[:120]
        key = modid.lower() if isinstance(modid, str) and modid else f"/{name}"
        found.append(ModThere(key, label, str(entry.get("sha256") or ""), is_enabled=entry.get("is_enabled") is not False))
    return found


def _entries(lock: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    mods = (lock or {}).get("mods")
    return [entry for entry in mods if isinstance(entry, dict)] if isinstance(mods, list) else []


def _available(manifest: Manifest) -> list[BackupPart]:
    held = {file.part for file in manifest.files if file.change != "vanished" and (file.part != "world" or manifest.world_file)}
    found: list[BackupPart] = [part for part in PARTS if part in held and part != "mods"]
    if manifest.lock is not None or "mods" in held:
        found.append("mods")
    if manifest.game_version is not None:
        found.append("version")
    return found


def _chosen(
    manifest: Manifest, there: Sequence[BackupPart], parts: Sequence[BackupPart] | None, files: Sequence[str] | None
) -> tuple[tuple[BackupPart, ...], tuple[str, ...] | None]:
    if files is not None:
        return _of_files(manifest, files)
    if parts is None:
        return tuple(there), None
    if not parts:
        raise NotInBackup("Choose what is to be put back.")
    missing = [_LABELS[part] for part in PARTS if part in parts and part not in there]
    if missing:
        raise NotInBackup(f"This backup holds no {', no '.join(missing)}. Leave that out.")
    return tuple(part for part in PARTS if part in parts), None


def _of_files(manifest: Manifest, files: Sequence[str]) -> tuple[tuple[BackupPart, ...], tuple[str, ...]]:
    known = {file.path: file for file in manifest.files if file.change != "vanished"}
    if not files:
        raise NotInBackup("Choose which files are to be put back.")
    if missing := [path for path in files if path not in known]:
        raise NotInBackup(f"This backup holds no file {missing[0][:200]!r}.")
    parts = {known[path].part for path in files}
    if "mods" in parts:
        raise NotInBackup("Files of mods are put back with the whole list of mods: choose that part.")
    if unusable := [path for path in files if not _may_be_written(known[path])]:
        raise NotInBackup(f"{unusable[0]} lies where nothing is put back.")
    return tuple(part for part in PARTS if part in parts), tuple(dict.fromkeys(files))


def _is_selected(file: PackedFile, parts: Sequence[BackupPart], files: Sequence[str] | None) -> bool:
    if file.change == "vanished" or not _may_be_written(file):
        return False
    return file.path in files if files is not None else file.part in parts


def _may_be_written(file: PackedFile) -> bool:
    """An archive from elsewhere may name anything as data of mods."""
    top = file.path.partition("/")[0]
    return file.part != "mod_data" or not (top.lower() in NEVER or top.startswith("."))


# Where it goes


def _world_to(manifest: Manifest, present: Present, *, config_comes: bool) -> str | None:
    if present.is_new or config_comes:
        return manifest.world_file
    return present.world_path


def _names(
    manifest: Manifest, selected: Sequence[PackedFile], present: Present, world_to: str | None, *, whole: bool
) -> Iterable[str]:
    """What is exchanged: of a whole part its folder, so that nothing of another moment stays in it."""
    found: dict[str, None] = {}
    for file in selected:
        if file.part == "mods":
            continue
        if file.path == manifest.world_file:
            for suffix in ("", *_COMPANIONS):
                found[f"{world_to}{suffix}"] = None
        elif not whole:
            found[file.path] = None
        else:
            found[_folder_of(file, present.mod_data)] = None
    return found


def _folder_of(file: PackedFile, mod_data: Sequence[str]) -> str:
    match file.part:
        case "players":
            return PLAYERS
        case "mod_config":
            return MOD_CONFIG
        case "world":
            # Some mods keep their data in folders beside the world.
            return "/".join(file.path.split("/")[:2]) if file.path.startswith(f"{SAVES}/") else file.path
        case "mod_data":
            roots = sorted((root.strip("/") for root in mod_data), key=len)
            return next((root for root in roots if file.path.startswith(f"{root}/")), file.path.partition("/")[0])
        case _:
            return file.path


# What is to be said


def _changes(
    manifest: Manifest,
    present: Present,
    parts: Sequence[BackupPart],
    selected: Sequence[PackedFile],
    *,
    version: str | None,
    whole: bool,
) -> list[RestoreChange]:
    found = []
    if version is not None:
        detail = None if version in present.installed else "it is installed first"
        found.append(RestoreChange(part="version", now=present.version, then=version, detail=detail))
    if whole and "mods" in parts:
        found.append(_mod_change(present.mods, mods_of(manifest)))
    for part in parts:
        if part in {"version", "mods"}:
            continue
        files = [file for file in selected if file.part == part]
        then = Amount(len(files), sum(file.size_bytes for file in files))
        now = None if present.is_new else str(present.amounts.get(part, Amount()))
        detail = None if whole else ", ".join(some([file.path for file in files]))
        found.append(RestoreChange(part=part, now=now, then=str(then), detail=detail))
    return found


def _mod_change(now: Sequence[ModThere], then: Sequence[ModThere]) -> RestoreChange:
    before, after = {mod.key: mod for mod in now}, {mod.key: mod for mod in then}
    added = [mod.label for key, mod in after.items() if key not in before]
    removed = [mod.label for key, mod in before.items() if key not in after]
    other = [
        f"{before[key].label} → {mod.label}"
        for key, mod in after.items()
        if key in before and (before[key].label, before[key].is_enabled) != (mod.label, mod.is_enabled)
    ]
    told = [
        f"{word}: {', '.join(some(mods))}" for word, mods in (("added", added), ("removed", removed), ("other", other)) if mods
    ]
    detail = "; ".join(told) or "the same"
    return RestoreChange(part="mods", now=count(len(now), "mod"), then=count(len(then), "mod"), detail=detail)


def _loses_seconds(present: Present, made_at_ms: int, now_ms: int) -> int | None:
    """From the backup until the world was last written, which is now while the game runs."""
    if present.is_new:
        return 0
    until = now_ms if present.is_running else present.world_written_ms
    return None if until is None else max(0, until - made_at_ms) // 1000


def _digest(
    backup_id: str,
    present: Present,
    parts: Sequence[BackupPart],
    files: Sequence[str] | None,
    changes: Sequence[RestoreChange],
    problems: Sequence[str],
    *,
    stops: bool,
) -> str:
    """Of what somebody agrees to. What grows by itself meanwhile, such as sizes, is no part of it."""
    kept = [
        (change.part, change.now if change.part in {"version", "mods"} else None, change.then, change.detail)
        for change in changes
    ]
    told = [backup_id, present.server_id, present.is_new, list(parts), files and list(files), kept, list(problems), stops]
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()[:32]
