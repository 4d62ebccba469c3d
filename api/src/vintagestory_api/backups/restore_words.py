"""What a preview of a restore says: what is in the way, and what should be known."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from vintagestory_api.backups.children import CHOOSE_ANOTHER
from vintagestory_api.backups.manifest import Manifest
from vintagestory_api.backups.schemas import BackupPart, BackupSummary
from vintagestory_api.game_versions.version import GameVersion

if TYPE_CHECKING:
    from vintagestory_api.backups.restore_plan import Present

#: What is said of a restore that somebody ended begins so.
CANCELLED: Final = "It was cancelled"
_NAMED: Final = 5


def problems_of_backup(backup: BackupSummary, *, world_comes: bool) -> Iterable[str]:
    if not backup.is_there and not _is_elsewhere(backup):
        yield "The file of this backup is not there any more."
    elif backup.world == "damaged":
        if world_comes:
            yield "The world in this backup was damaged already when it was packed. Choose an older backup, or other parts of it."
    elif backup.problem is not None and backup.is_there:
        yield f"{backup.problem}{CHOOSE_ANOTHER}"


def problems_of_version(manifest: Manifest, present: "Present", *, world_comes: bool, version: str | None) -> Iterable[str]:
    if version is not None and GameVersion.try_parse(version) is None:
        yield f"The backup names {version!r}, which is no version of the game. Leave the version out."
    if not world_comes or version is not None:
        return
    if present.version is None:
        yield "It is not known with which version of the game this world was played. Choose a server that has one."
        return
    then, now = (
        GameVersion.try_parse(manifest.game_version or "", lenient=True),
        GameVersion.try_parse(present.version, lenient=True),
    )
    if then is not None and now is not None and now < then:
        yield (
            f"The world was played with version {manifest.game_version}, and the server has {present.version}: an older game "
            "can't load it. Let the game version come along."
        )


def problems_of_place(present: "Present", names: Sequence[str], *, world_comes: bool) -> Iterable[str]:
    if world_comes and not present.is_new and present.world_path is None:
        yield (
            "The configuration of this server names a world outside of its folder, where nothing is replaced. Restore into a new "
            "server, or move the world into the folder Saves."
        )
    for place, why in present.in_the_way.items():
        if any(name == place or name.startswith(f"{place}/") for name in names):
            yield why


def warnings_of_place(backup: BackupSummary) -> Iterable[str]:
    if not backup.is_there and _is_elsewhere(backup):
        yield f"It lies only elsewhere, and is fetched first: {size(backup.size_bytes)}."


def _is_elsewhere(backup: BackupSummary) -> bool:
    return any(copy.state == "copied" for copy in backup.copies)


def warnings_of(
    manifest: Manifest,
    present: "Present",
    parts: Sequence[BackupPart],
    *,
    stops: bool,
    version: str | None,
    world_comes: bool,
    notes: Sequence[str],
) -> list[str]:
    found = []
    if stops:
        found.append(f"The server runs. It is stopped for this{_who_is_on(present.players)}.")
    elif present.is_running and "mod_config" in parts:
        found.append("The server runs. Its mods read their configuration when it is started the next time.")
    if world_comes and manifest.world == "unknown":
        found.append("Nobody has checked the world in this backup yet. That is done before anything is changed.")
    if world_comes and version is None and manifest.game_version is None:
        found.append("The backup does not say with which version of the game its world was played.")
    if torn := [file.path for file in manifest.files if file.change == "changed" and file.part in parts]:
        found.append(f"Changed while the backup was made, so not of one moment: {', '.join(some(torn))}.")
    if gone := [file.path for file in manifest.files if file.change == "vanished" and file.part in parts]:
        found.append(f"Went while the backup was made, so not in it: {', '.join(some(gone))}.")
    return [*found, *notes]


def _who_is_on(players: int | None) -> str:
    if not players:
        return ""
    return ", and the player on it is cut off" if players == 1 else f", and the {players} players on it are cut off"


def some(names: Sequence[str]) -> list[str]:
    if len(names) <= _NAMED:
        return list(names)
    return [*names[: _NAMED - 1], f"{len(names) - _NAMED + 1} more"]


def count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def size(amount: float) -> str:
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "bytes" or amount >= 100 else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"
