"""The settings in serverconfig.json about network, mods and upkeep, and those that the game keeps for itself."""

from typing import Final

from vintagestory_api.server_config.known import Group, Known

UPKEEP_SETTINGS: Final[list[Known]] = []

_net = Group(UPKEEP_SETTINGS, "Network")
_net.whole(
    "Port",
    42_420,
    "Port",
    "Where players reach the server, TCP and UDP. One server of the machine can have it; routers and firewalls have to let it "
    "through.",
    limits=(1, 65_535),
)
_net.words(
    "Ip",
    None,
    "Address to listen on",
    "One address of this machine. Empty: all, which is right nearly always.",
    most=100,
    is_advanced=True,
)
_net.switch("Upnp", False, "Ask the router for the port", "With UPnP, as home routers have it.", command="upnp")
_net.switch(
    "UpnpInfiniteLifetime",
    False,
    "Ask the router without an end",
    "For routers that take no time for which a port is open.",
    is_advanced=True,
    since="1.22",
)
_net.switch("CompressPackets", True, "Compress what is sent", "Less traffic for a little more load.", is_advanced=True)
_net.whole(
    "ClientConnectionTimeout",
    150,
    "Give up silent players after",
    "A player of whom nothing is heard for so long is taken off.",
    limits=(5, 86_400),
    unit="s",
    is_advanced=True,
)
_net.words(
    "MasterserverUrl",
    "http://masterserver.vintagestory.at/api/v1/servers/",
    "Address of the public list",
    "Where the game announces itself.",
    most=500,
    is_advanced=True,
)
_net.words(
    "ModDbUrl",
    "https://mods.vintagestory.at/",
    "Address of the mod database",
    "Where the game's own command /moddb looks. The manager has its own setting.",
    most=500,
    is_advanced=True,
)

_mods = Group(UPKEEP_SETTINGS, "Mods")
_mods.names(
    "ModIdBlackList",
    None,
    "Mods that are left out",
    "Their ids. They are not loaded although they are in the folder.",
    is_advanced=True,
)
_mods.names(
    "ModIdWhiteList",
    None,
    "Only these mods",
    "Their ids. Where there are any, no other mod is loaded.",
    is_advanced=True,
    since="1.20",
)
_mods.names(
    "ModPaths",
    ["Mods"],
    "Folders of mods",
    "The first, Mods, holds what the game itself consists of: keep it. The others lie in the folder of this server.",
    is_advanced=True,
)
_mods.switch(
    "DisableModSafetyCheck",
    False,
    "Load mods unchecked",
    "The game looks into the code of mods for what could be harmful. Switch it off only for a mod that you trust.",
    is_advanced=True,
    since="1.20",
)
_mods.switch(
    "DisableAutoRemap",
    False,
    "Do not convert old blocks",
    "The game renames blocks and items of older versions when it loads a world. Off is right nearly always.",
    is_advanced=True,
    since="1.22",
)

_care = Group(UPKEEP_SETTINGS, "Safety and upkeep")
_care.whole(
    "DieBelowDiskSpaceMb",
    400,
    "End when the disk has less than",
    "The game ends itself then, so that the world is not half written. -1: never.",
    limits=(-1, 10_000_000),
    unit="MB",
)
_care.whole(
    "DieAboveMemoryUsageMb",
    50_000,
    "End when it uses more memory than",
    "The game ends itself then; the manager starts it again.",
    limits=(-1, 10_000_000),
    unit="MB",
    since="1.20",
)
_care.whole(
    "DieAboveErrorCount",
    100_000,
    "End after so many errors",
    "The game ends itself when its log has that many.",
    limits=(-1, 2_147_483_647),
    is_advanced=True,
    since="1.20",
)
_care.switch(
    "CorruptionProtection",
    True,
    "Protect damaged parts of the world",
    "A part that can't be read is left as it is, rather than written over.",
    is_advanced=True,
)
_care.switch(
    "RegenerateCorruptChunks",
    False,
    "Make damaged parts anew",
    "What was built there is lost. Switch it on to rescue a world, and off again afterwards.",
    is_advanced=True,
)
_care.switch(
    "RepairMode", False, "Repair mode", "Starts the world only to mend it. Switch it off again afterwards.", is_advanced=True
)
_care.switch("AnalyzeMode", False, "Analysis mode", "Starts the world only to look for what is wrong with it.", is_advanced=True)
_care.switch(
    "LogBlockBreakPlace",
    False,
    "Log every block",
    "Writes who broke and placed what into server-build.log, which gets large.",
    is_advanced=True,
    since="1.20",
)
_care.whole(
    "LogFileSplitAfterLine",
    500_000,
    "Begin a new log file after",
    "So that none of them gets too large to open.",
    limits=(1_000, 2_147_483_647),
    unit="lines",
    is_advanced=True,
    since="1.20",
)
_care.switch(
    "EntityDebugMode", False, "Look for faults of creatures", "For people who write mods.", command="entitydebugmode",
    is_advanced=True,
)  # fmt: skip

_guard = Group(UPKEEP_SETTINGS, "Guard against cheats")
_guard.choice(
    "AntiAbuse",
    0,
    "Guard",
    "What the game does about players who break blocks faster than they could. It may be wrong with mods.",
    choices={0: "Off"},
    allows_others=True,
    is_advanced=True,
)
_guard.whole(
    "AntiAbuseBufferSize", 100, "Remembered blocks", "Of each player.", limits=(1, 1_000_000), is_advanced=True, since="1.22"
)
_guard.whole(
    "AntiAbuseTriggerOnBlockBreakCount",
    40,
    "Blocks that are too many",
    "So many broken blocks within the time below count as cheating.",
    limits=(1, 1_000_000),
    is_advanced=True,
    since="1.22",
)
_guard.whole(
    "AntiAbuseTriggerOnDurationMs",
    2000,
    "Time for them",
    "Within which they are counted.",
    limits=(1, 3_600_000),
    unit="ms",
    is_advanced=True,
    since="1.22",
)
_guard.number(
    "AntiAbuseBlockBurstAbuseBanDays",
    14.0,
    "Ban for",
    "So long a player is banned who is caught.",
    limits=(0, 100_000),
    unit="days",
    is_advanced=True,
    since="1.22",
)

_own = Group(UPKEEP_SETTINGS, "The game's own")
_own.own("FileEditWarning", "", "Note of the game", "A reminder that the game rewrites this file.")
_own.own("ConfigVersion", "1.10", "Version of the file", "The game converts older files by it.")
_own.own("LastLaunchMods", None, "Mods of the last start", "Written by the game.")
_own.own("LastLaunchPlaystyle", None, "Play style of the last start", "Written by the game.")
_own.own("ServerIdentifier", None, "Identity of the server", "Made at the first start. Two servers must not have the same.")
_own.own("NextPlayerGroupUid", 10, "Number of the next chat group", "Counted by the game.", type="int")
_own.own("DefaultSpawn", None, "Place where players begin", "Lies in the world since long; /serverconfig setspawn changes it.")
_own.own("HostedMode", False, "Hosted by the game's makers", "Forbids some commands, such as backups.", type="bool")
_own.own("HostedModeAllowMods", False, "Mods on hosted servers", "Of servers of the game's makers.", type="bool")
_own.own("VhIdentifier", None, "Identity of hosted servers", "Of servers of the game's makers.")
