"""serverconfig.json and servermagicnumbers.json: read leniently, completed, and written whole in the order of the game."""

import json
import os
import uuid
from pathlib import Path
from random import Random
from typing import Any

from vintagestory_sandbox.game.edition import Edition
from vintagestory_sandbox.game.relaxed_json import NotReadable, parse
from vintagestory_sandbox.game.roles import default_roles

NAME = "serverconfig.json"
_MAGIC_NAME = "servermagicnumbers.json"

# Fields that came with 1.22.
_SINCE_1_22 = frozenset(
    {
        "UpnpInfiniteLifetime",
        "LastLaunchMods",
        "LastLaunchPlaystyle",
        "WarnClientsAfterAfkSeconds",
        "KickClientsAfterAfkSeconds",
        "AntiAbuseBufferSize",
        "AntiAbuseTriggerOnBlockBreakCount",
        "AntiAbuseTriggerOnDurationMs",
        "AntiAbuseBlockBurstAbuseBanDays",
        "DisableAutoRemap",
    }
)
_SINCE_1_20 = frozenset(
    {
        "FileEditWarning",
        "MaxClientsInQueue",
        "WhitelistMode",
        "HostedModeAllowMods",
        "VhIdentifier",
        "ModIdWhiteList",
        "ServerIdentifier",
        "LogBlockBreakPlace",
        "LogFileSplitAfterLine",
        "DieAboveErrorCount",
        "LoginFloodProtection",
        "TemporaryIpBlockList",
        "DisableModSafetyCheck",
        "DieAboveMemoryUsageMb",
    }
)


class BadConfig(ValueError):
    """A configuration file that can't be read."""


class UnknownField(KeyError):
    """A field that the configuration does not have."""


class Config:
    """The configuration of a server, by the names of its fields."""

    def __init__(self, path: Path, edition: Edition, values: dict[str, Any], *, new: bool) -> None:
        self._path = path
        self.values = values
        self.new = new
        self._edition = edition

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    @property
    def world(self) -> dict[str, Any]:
        """The part about the world."""
        part: dict[str, Any] = self.values["WorldConfig"]
        return part

    @property
    def save_path(self) -> Path:
        """The file of the world."""
        return Path(self.world["SaveFileLocation"])

    def merge(self, text: str) -> None:
        """Take over values given as relaxed JSON. Raises UnknownField, BadConfig."""
        try:
            given = parse(text)
        except NotReadable as error:
            raise BadConfig(str(error)) from None
        if not isinstance(given, dict):
            raise BadConfig("an object is wanted")
        _merge(self.values, given, "")

    def write(self) -> None:
        """Write the whole file anew."""
        write_json(self._path, self.values)


def load_config(data_path: Path, edition: Edition, seed: int) -> Config:
    """The configuration in a data path, or a new one. Fields that the game does not know are gone afterwards, as in the real
    program; attributes of the world stay, whatever their names. Raises BadConfig."""
    path = data_path / NAME
    fresh = default_config(data_path, edition, seed)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return Config(path, edition, fresh, new=True)
    except (OSError, ValueError) as error:
        raise BadConfig(str(error)) from None
    try:
        found = parse(text)
    except NotReadable as error:
        raise BadConfig(str(error)) from None
    if not isinstance(found, dict):
        raise BadConfig("Error converting value to type 'Vintagestory.Server.ServerConfig'")
    by_name = {name.lower(): value for name, value in found.items()}
    values = {name: by_name.get(name.lower(), default) for name, default in fresh.items()}
    values["WorldConfig"] = _completed(fresh["WorldConfig"], values["WorldConfig"])
    values["ConfigVersion"] = edition.config_version
    _check(values, fresh)
    return Config(path, edition, values, new=False)


def default_config(data_path: Path, edition: Edition, seed: int) -> dict[str, Any]:
    """The fields of a new file, in their order."""
    identifier = str(uuid.UUID(bytes=Random(f"{seed}:{data_path}").randbytes(16), version=4))
    fields = {
        "FileEditWarning": "",
        "ConfigVersion": edition.config_version,
        "ServerName": "Vintage Story Server",
        "ServerUrl": None,
        "ServerDescription": None,
        "WelcomeMessage": "Welcome {0}, may you survive well and prosper",
        "Ip": None,
        "Port": 42420,
        "Upnp": False,
        "UpnpInfiniteLifetime": False,
        "CompressPackets": True,
        "AdvertiseServer": edition.line < (1, 20),
        "LastLaunchMods": None,
        "LastLaunchPlaystyle": None,
        "MaxClients": 16,
        "MaxClientsInQueue": 0,
        "WarnClientsAfterAfkSeconds": 0,
        "KickClientsAfterAfkSeconds": 0,
        "PassTimeWhenEmpty": False,
        "MasterserverUrl": "http://masterserver.vintagestory.at/api/v1/servers/",
        "ModDbUrl": "https://mods.vintagestory.at/",
        "ClientConnectionTimeout": 150,
        "EntityDebugMode": False,
        "Password": None,
        "MapSizeX": 1024000,
        "MapSizeY": 256,
        "MapSizeZ": 1024000,
        "ServerLanguage": "en",
        "MaxChunkRadius": 12,
        "TickTime": 33.333332,
        "SpawnCapPlayerScaling": 0.5,
        "BlockTickChunkRange": 5,
        "MaxMainThreadBlockTicks": 10000,
        "RandomBlockTicksPerChunk": 16,
        "BlockTickInterval": 300,
        "SkipEveryChunkRow": 0,
        "SkipEveryChunkRowWidth": 0,
        "Roles": default_roles(),
        "DefaultRoleCode": "suplayer",
        "ModPaths": ["Mods", str(data_path / "Mods")],
        "AntiAbuse": 0,
        "AntiAbuseBufferSize": 100,
        "AntiAbuseTriggerOnBlockBreakCount": 40,
        "AntiAbuseTriggerOnDurationMs": 2000,
        "AntiAbuseBlockBurstAbuseBanDays": 14.0,
        "WorldConfig": {
            "Seed": None,
            "SaveFileLocation": str(data_path / "Saves" / "default.vcdbs"),
            "WorldName": "A new world",
            "AllowCreativeMode": True,
            "PlayStyle": "surviveandbuild",
            "PlayStyleLangCode": "surviveandbuild-bands",
            "WorldType": "standard",
            "WorldConfiguration": None,
            "MapSizeY": None,
            "CreatedByPlayerName": None,
            "DisabledMods": None,
            "RepairMode": False,
        },
        "NextPlayerGroupUid": 10,
        "GroupChatHistorySize": 20,
        "MaxOwnedGroupChannelsPerUser": 10,
        "OnlyWhitelisted": False,
        "WhitelistMode": 0,
        "VerifyPlayerAuth": True,
        "DefaultSpawn": None,
        "AllowPvP": True,
        "AllowFireSpread": True,
        "AllowFallingBlocks": True,
        "HostedMode": False,
        "HostedModeAllowMods": False,
        "VhIdentifier": None,
        "StartupCommands": None,
        "RepairMode": False,
        "AnalyzeMode": False,
        "CorruptionProtection": True,
        "RegenerateCorruptChunks": False,
        "ChatRateLimitMs": 1000,
        "DieBelowDiskSpaceMb": 400,
        "ModIdBlackList": None,
        "ModIdWhiteList": None,
        "ServerIdentifier": identifier,
        "LogBlockBreakPlace": False,
        "LogFileSplitAfterLine": 500000,
        "DieAboveErrorCount": 100000,
        "LoginFloodProtection": False,
        "TemporaryIpBlockList": False,
        "DisableModSafetyCheck": False,
        "DisableAutoRemap": False,
        "DieAboveMemoryUsageMb": 50000,
    }
    missing = (_SINCE_1_20 if edition.line < (1, 20) else frozenset()) | (_SINCE_1_22 if edition.line < (1, 22) else frozenset())
    return {name: value for name, value in fields.items() if name not in missing}


class MagicNumbers:
    """servermagicnumbers.json; the pause between autosaves is all that matters here."""

    def __init__(self, data_path: Path) -> None:
        self._path = data_path / _MAGIC_NAME
        self._values = dict(_MAGIC)
        if self._path.exists():
            try:
                found = parse(self._path.read_text(encoding="utf-8-sig"))
            except (OSError, ValueError) as error:
                raise BadConfig(str(error)) from None
            self._values.update(found if isinstance(found, dict) else {})

    @property
    def autosave_seconds(self) -> int:
        """How long it is from one autosave to the next."""
        return max(1, int(self._values["ServerAutoSave"]))

    @autosave_seconds.setter
    def autosave_seconds(self, seconds: int) -> None:
        self._values["ServerAutoSave"] = seconds
        self.write()

    @property
    def spawn_width(self) -> int:
        """How many chunks the spawn area is wide."""
        return int(self._values["SpawnChunksWidth"])

    def write(self) -> None:
        """Write the whole file anew."""
        write_json(self._path, self._values)


def write_json(path: Path, value: Any) -> None:
    """Write a file in the form of the game's serializer, never half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.tmp{os.getpid()}")
    temporary.write_text(json.dumps(value, ensure_ascii=False, indent=2), encoding="utf-8")
    temporary.replace(path)


def _completed(fresh: dict[str, Any], found: Any) -> dict[str, Any]:
    if not isinstance(found, dict):
        return fresh
    return {name: found.get(name, default) for name, default in fresh.items()}


def _check(values: dict[str, Any], fresh: dict[str, Any]) -> None:
    for name, default in fresh.items():
        value = values[name]
        if isinstance(default, bool | int | float | list) and not _fits(value, default):
            raise BadConfig(f"Error converting value {json.dumps(value)} to the type of '{name}'")


def _fits(value: Any, default: Any) -> bool:
    if isinstance(default, bool):
        return isinstance(value, bool)
    if isinstance(default, list):
        return isinstance(value, list)
    return isinstance(value, int | float) and not isinstance(value, bool)


def _merge(values: dict[str, Any], given: dict[str, Any], where: str) -> None:
    names = {name.lower(): name for name in values}
    for asked, value in given.items():
        name = names.get(asked.lower())
        if name is None:
            raise UnknownField(f"{where}{asked}")
        if isinstance(values[name], dict) and isinstance(value, dict):
            _merge(values[name], value, f"{name}.")
        elif isinstance(values[name], bool | int | float | list | dict) and not _fits(value, values[name]):
            raise BadConfig(f"{name} can't be {json.dumps(value)}")
        else:
            values[name] = value


_MAGIC: dict[str, Any] = {
    "Comment": "Numbers that trade load for comfort. Whoever changes them does so at their own risk.",
    "DefaultEntityTrackingRange": 4,
    "RequestChunkColumnsQueueSize": 2000,
    "ReadyChunksQueueSize": 200,
    "ChunksColumnsToRequestPerTick": 4,
    "ChunksToSendPerTick": 192,
    "ChunkRequestTickTime": 20,
    "ChunkColumnsToGeneratePerThreadTick": 15,
    "ServerAutoSave": 300,
    "SpawnChunksWidth": 7,
    "TrackedEntitiesPerClient": 3000,
    "CalendarPacketSecondInterval": 60,
    "ChunkUnloadInterval": 4000,
    "UncompressedChunkTTL": 15000,
    "CompressedChunkTTL": 45000,
    "PlayerDesyncTolerance": 0.02,
    "PlayerDesyncMaxIntervalls": 20.0,
    "ChunkThreadTickTime": 5,
    "AntiAbuseMaxWalkBlocksPer200ms": 3,
    "AntiAbuseMaxFlySuspicions": 3,
    "AntiAbuseMaxTeleSuspicions": 8,
    "MaxPhysicsThreads": 4,
    "ServerMagicNumVersion": "1.3",
}
