"""Gathers what a plan of an update is made from. Asks outside where it has to, and changes nothing."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass

from vintagestory_api.backups.restore_present import read_folder
from vintagestory_api.errors import ManagerError
from vintagestory_api.game_versions.installs import PLATFORM, VersionIsThere
from vintagestory_api.game_versions.unpack import UNPACKED_TIMES
from vintagestory_api.game_versions.version import GameVersion
from vintagestory_api.servers.operations import Operations
from vintagestory_api.servers.supervisor import ServerNotSetUp, Supervisor
from vintagestory_api.updates.around import Around
from vintagestory_api.updates.plan import Facts, Plan, make_plan
from vintagestory_api.updates.schemas import UpdatePolicy, UpdateRequest

#: Where the version list does not say how large an archive is.
_USUAL_ARCHIVE_BYTES = 100_000_000
_SIZE = re.compile(r"(\d{1,6}(?:\.\d{1,3})?) ?([kKMG])B")
_UNITS = {"k": 1_000, "K": 1_000, "M": 1_000_000, "G": 1_000_000_000}

Progress = Callable[[float | None, str], None]


async def look(around: Around, supervisor: Supervisor, wanted: UpdateRequest, policy: UpdatePolicy, tell: Progress) -> Plan:
    """Raises `ServerNotSetUp`, `InvalidGameVersion`, and what planning mods raises."""
    server = supervisor.server
    if server.record.setup is not None:
        raise ServerNotSetUp(f"{server.name!r} is not set up yet, so there is nothing to update.")
    game_then = str(GameVersion.parse(wanted.game_version, lenient=True)) if wanted.game_version else server.version
    changes_game = game_then != server.version and game_then is not None
    mods = await around.mods.within.look(server, game_then, update=wanted.mods == "fitting", told=tell)
    is_installed = game_then is None or around.versions.find(game_then) is not None
    room = await _room(around, server.id, None if is_installed else game_then)
    return make_plan(
        Facts(
            server_id=server.id,
            game_now=server.version,
            game_then=game_then,
            mods=mods,
            is_running=server.is_running,
            should_run=server.record.wanted == "running",
            is_hung=server.is_hung,
            players=tuple(around.players(server.id)) if server.is_running else (),
            warn_minutes=tuple(policy.warn_minutes if wanted.warn_minutes is None else wanted.warn_minutes),
            watch_seconds=policy.watch_seconds if wanted.watch_seconds is None else wanted.watch_seconds,
            allow_unready=wanted.allow_unready,
            is_installed=is_installed,
            bytes_needed=room.needed + mods.bytes_to_fetch,
            bytes_free=room.free,
            no_backup=room.no_backup,
            not_to_be_had=await _why_not_to_be_had(around, game_then) if changes_game else None,
            no_runtime=await _why_no_runtime(around, game_then) if changes_game and is_installed else None,
            busy=busy_words(supervisor.operations),
        )
    )


def busy_words(operations: Operations) -> str | None:
    held = operations.held
    if held is None:
        return None
    by = f" by {held.actor}" if held.actor else ""
    return f"The server is busy{by} ({held.kind}). Wait for that first."


async def _why_not_to_be_had(around: Around, version: str | None) -> str | None:
    if version is None:
        return None
    try:
        await around.versions.check(version)
    except VersionIsThere:
        return None
    except ManagerError as error:
        return error.message
    return None


async def _why_no_runtime(around: Around, version: str | None) -> str | None:
    if version is None:
        return None
    try:
        runtime = await around.versions.runtime_of(version)
    except ManagerError as error:
        return error.message
    return runtime.message if runtime.is_there is False else None


@dataclass(frozen=True)
class _Room:
    """Needed and free, in bytes. `no_backup`: why no backup can be made, or why it could not be put back."""

    needed: int
    free: int
    no_backup: str | None = None


async def _room(around: Around, server_id: str, to_install: str | None) -> _Room:
    """For the backup, for putting it back beside what is there, and for the version."""
    server, free = around.servers.get(server_id), await around.versions.free_bytes()
    try:
        there = await asyncio.to_thread(read_folder, server.data_path, [])
    except OSError as error:
        return _Room(0, free, f"The server's folder can't be read ({error.strerror}). See to its disk and its rights.")
    needed, no_backup = sum(amount.bytes for amount in there.amounts.values()), None
    if there.world_path is None:
        no_backup = "The world lies outside of the folder Saves, so a backup could not be put back. Move it there first."
    try:
        estimate = await around.backups.estimate(server_id)
    except ManagerError as error:
        no_backup = f"No backup can be made: {error.message}"
    else:
        needed, free = needed + estimate.bytes_needed, min(free, estimate.bytes_free)
    if to_install is not None:
        needed += await _archive_bytes(around, to_install) * (1 + UNPACKED_TIMES)
    return _Room(needed, min(free, there.bytes_free), no_backup)


async def _archive_bytes(around: Around, version: str) -> int:
    try:
        entries = await around.version_list.list_versions()
    except ManagerError:
        return _USUAL_ARCHIVE_BYTES
    told = (
        build.size_text
        for entry in entries
        if str(entry.version) == version
        for build in entry.builds
        if build.platform == PLATFORM
    )
    return next((size for text in told if (size := bytes_of(text or "")) is not None), _USUAL_ARCHIVE_BYTES)


def bytes_of(text: str) -> int | None:
    """`40.2 MB` in bytes."""
    found = _SIZE.fullmatch(text.strip())
    return None if found is None else round(float(found[1]) * _UNITS[found[2]])
