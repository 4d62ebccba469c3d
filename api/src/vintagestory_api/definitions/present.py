"""What a server is at this moment, as a definition of it."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import structlog

from vintagestory_api.backups.schemas import BackupSettings
from vintagestory_api.definitions.around import Around
from vintagestory_api.definitions.document import (
    DefinedConfiguration,
    DefinedMod,
    DefinedRoles,
    DefinedRule,
    DefinedServer,
    DefinedTarget,
    DefinedWorld,
    Definition,
)
from vintagestory_api.errors import Conflict, ManagerError
from vintagestory_api.notifications.schemas import Rule, Target, TargetOptions
from vintagestory_api.server_config.catalogue import FILE_NAMES, find_known
from vintagestory_api.server_config.known import Known
from vintagestory_api.server_config.schemas import ConfigField, ConfigFileName, ServerConfigView
from vintagestory_api.server_mods.schemas import LockEntry
from vintagestory_api.servers.configuration import ServerConfiguration
from vintagestory_api.servers.configuration_file import ConfigurationUnreadable
from vintagestory_api.servers.server import GameServer

log = structlog.get_logger(__name__)

CONFIG_FILES: Final[tuple[ConfigFileName, ...]] = ("serverconfig", "servermagicnumbers")
#: Who the server is, where its files lie, and what the manager or other parts of a definition set.
_NOT_CARRIED: Final = frozenset(
    {
        "serveridentifier", "vhidentifier", "modpaths", "savefilelocation", "port", "ip", "roles", "defaultrolecode", "password",
        "configversion", "fileeditwarning", "lastlaunchmods", "lastlaunchplaystyle", "nextplayergroupuid", "hostedmode",
        "servermagicnumversion", "hostedmodeallowmods", "masterserverurl",
    }
)  # fmt: skip
#: Parts of a definition of their own.
_OF_THE_WORLD: Final = frozenset(
    {"seed", "worldname", "playstyle", "playstylelangcode", "worldtype", "worldconfiguration", "mapsizey"}
)


class NotYetDefined(Conflict):
    """It is still being made, so nobody knows what it will be."""

    code = "server_not_set_up"


async def definition_of(around: Around, server_id: str, *, for_admin: bool) -> tuple[Definition, list[str]]:
    """With what is not in it, in words. Who is told of servers is shown to admins alone. Raises `ServerNotFound`,
    `NotYetDefined`."""
    left_out: list[str] = [] if for_admin else ["notifications: only admins see who is told of a server"]
    server = around.servers.get(server_id)
    if server.record.setup is not None:
        raise NotYetDefined(f"{server.name!r} is not set up yet. Export it when it is.")
    record = server.record
    found = Definition(
        server=DefinedServer(id=record.id, name=record.name, version=record.version, port=record.port, settings=record.settings),
        world=await asyncio.to_thread(world_of, server),
        configuration=await configuration_of(around, server_id, left_out),
        game_roles=await roles_of(around, server_id, left_out),
        mods=await _mods(around, server_id, left_out),
        schedules=[one.body for one in around.schedules.of_server(server_id)],
        backups=await backups_of(around, server_id),
        updates=await around.updates.policy(server_id),
        notifications=await targets_of(around, server_id) if for_admin else None,
    )
    return found, left_out


# The world


def world_of(server: GameServer) -> DefinedWorld | None:
    """From its configuration; None where that can't be read. Blocking."""
    try:
        found = ServerConfiguration.read(server.data_path)
    except ConfigurationUnreadable as error:
        log.warning("world_not_defined", server=server.id, error=error.message)
        return None
    facts = {
        "world_name": found.get("WorldConfig", "WorldName"),
        "seed": found.get("WorldConfig", "Seed") or None,
        "play_style": found.get("WorldConfig", "PlayStyle"),
        "world_type": found.get("WorldConfig", "WorldType"),
        "map_size_y": found.get("WorldConfig", "MapSizeY"),
        "attributes": _attributes(found.get("WorldConfig", "WorldConfiguration")),
    }
    try:
        return DefinedWorld.model_validate({name: value for name, value in facts.items() if value is not None})
    except ValueError:
        # Whatever somebody wrote there by hand.
        return None


def _attributes(found: Any) -> dict[str, str]:
    if not isinstance(found, dict):
        return {}
    plain = {name: value for name, value in found.items() if isinstance(value, str | bool | int | float)}
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in sorted(plain.items())}


def has_world(server: GameServer) -> bool:
    """Blocking."""
    try:
        return ServerConfiguration.read(server.data_path).save_file.exists()
    except ConfigurationUnreadable:
        return any((server.data_path / "Saves").glob("*.vcdbs"))


# The configuration of the game


async def configuration_of(around: Around, server_id: str, left_out: list[str]) -> DefinedConfiguration | None:
    files: dict[str, dict[str, Any]] = {}
    for file in CONFIG_FILES:
        values: dict[str, Any] = {}
        try:
            view = await around.configs.view(server_id, file)
        except ManagerError as error:
            left_out.append(f"{FILE_NAMES[file]}: {error.message}")
            continue
        if view.problem is not None:
            left_out.append(f"{view.file_name}: {view.problem}")
        for field in view.fields:
            known = find_known(file, field.path)
            value = wanted_value(view, field)
            if known is not None and is_carried(known) and value is not None and value != known.default:
                _put(values, known.path, value)
        files[file] = values
    return DefinedConfiguration(**files) if any(files.values()) else None


def is_carried(known: Known) -> bool:
    """It means the same on another machine, holds no secret, and is in no other part of a definition."""
    name = known.path[-1].lower()
    is_of_world = known.key == ("mapsizey",) or (known.key[0] == "worldconfig" and (len(known.path) > 2 or name in _OF_THE_WORLD))
    return known.type != "secret" and known.takes_effect != "never" and name not in _NOT_CARRIED and not is_of_world


def wanted_value(view: ServerConfigView, field: ConfigField) -> Any:
    """What it is, or will be after the next stop."""
    for pending in view.pending:
        if pending.path == field.path:
            return pending.value
    return field.value


def _put(values: dict[str, Any], path: Sequence[str], value: Any) -> None:
    for name in path[:-1]:
        values = values.setdefault(name, {})
    values[path[-1]] = value


async def roles_of(around: Around, server_id: str, left_out: list[str]) -> DefinedRoles | None:
    try:
        found = await around.configs.roles(server_id)
    except ManagerError as error:
        left_out.append(f"roles in the game: {error.message}")
        return None
    if found.problem is not None:
        left_out.append(f"roles in the game: {found.problem}")
        return None
    return DefinedRoles(default_role=found.default_role, roles=found.roles) if found.default_role and found.roles else None


# What the manager keeps of it


async def _mods(around: Around, server_id: str, left_out: list[str]) -> list[DefinedMod] | None:
    """As they will be from the next start on, as with settings that wait."""
    try:
        return mods_of((await around.mods.lock_list(server_id, None, planned=True)).mods)
    except ManagerError as error:
        left_out.append(f"mods: {error.message}")
        return None


def mods_of(entries: Iterable[LockEntry]) -> list[DefinedMod]:
    """Without those of which nobody knows what they are."""
    known = [entry for entry in entries if entry.sha256]
    ordered = sorted(known, key=lambda entry: ((entry.modid or "").casefold(), entry.file_name))
    return [DefinedMod(**{**entry.model_dump(), "game_versions": list(entry.game_versions)}) for entry in ordered]


async def backups_of(around: Around, server_id: str) -> BackupSettings:
    """With the names of places, and not their ids."""
    settings = await around.backups.settings(server_id)
    names = {place_id: place.name for place_id, place in (await around.places.known()).items()}
    targets = [names[place_id] for place_id in settings.targets if place_id in names]
    return settings.model_copy(update={"targets": targets})


async def targets_of(around: Around, server_id: str) -> list[DefinedTarget]:
    """Those that are told of this server."""
    known = (await around.notifications.targets()).items
    found = [target for target in known if any(concerns(rule, server_id) for rule in target.rules)]
    return [_defined(target, server_id) for target in sorted(found, key=lambda target: target.name.casefold())]


def concerns(rule: Rule, server_id: str) -> bool:
    return not rule.servers or server_id in rule.servers


def _defined(target: Target, server_id: str) -> DefinedTarget:
    options: Mapping[str, Any] = target.model_dump(include=set(TargetOptions.model_fields) - {"rules"})
    rules = [
        DefinedRule(kinds=rule.kinds, min_severity=rule.min_severity, only_this_server=bool(rule.servers))
        for rule in target.rules
        if concerns(rule, server_id)
    ]
    return DefinedTarget(name=target.name, service=target.service, rules=rules, **options)
