"""The settings in servermagicnumbers.json. What most of them do in detail, only the game knows."""

from typing import Final

from vintagestory_api.server_config.known import Group, Known

NUMBER_SETTINGS: Final[list[Known]] = []
AUTOSAVE_PATH: Final = ("ServerAutoSave",)

_saves = Group(NUMBER_SETTINGS, "Saving")
_saves.whole(
    "ServerAutoSave",
    300,
    "Save the world every",
    "A crash loses at most so much. Saving a large world takes a moment, in which the game may stutter.",
    limits=(30, 3600),
    unit="s",
    command="autosaveintervall",
)

_chunks = Group(NUMBER_SETTINGS, "Chunks")
_chunks.whole(
    "SpawnChunksWidth",
    7,
    "Always loaded chunks around the spawn",
    "The square around the place where players begin has this many on each side, and is never unloaded.",
    limits=(1, 101),
    unit="chunks",
)
_chunks.whole(
    "ChunksToSendPerTick",
    192,
    "Chunks sent in a step at most",
    "More of them fill the view of players faster, and need a faster connection.",
    limits=(1, 10_000),
)
_chunks.whole(
    "ChunksColumnsToRequestPerTick", 4, "Columns asked for in a step", "How fast the land around players is asked for.",
    limits=(1, 10_000), is_advanced=True,
)  # fmt: skip
_chunks.whole(
    "ChunkColumnsToGeneratePerThreadTick", 15, "Columns made in a step", "How fast new land is made.", limits=(1, 10_000),
    is_advanced=True,
)  # fmt: skip
_chunks.whole(
    "RequestChunkColumnsQueueSize", 2000, "Waiting columns at most", "Of those that are asked for.", limits=(1, 1_000_000),
    is_advanced=True,
)  # fmt: skip
_chunks.whole(
    "ReadyChunksQueueSize", 200, "Ready chunks at most", "That wait to be taken over.", limits=(1, 1_000_000), is_advanced=True
)
_chunks.whole(
    "ChunkRequestTickTime", 20, "Step of asking", "Of the part that asks for land.", limits=(1, 10_000), unit="ms",
    is_advanced=True,
)  # fmt: skip
_chunks.whole(
    "ChunkThreadTickTime", 5, "Step of loading", "Of the part that loads and makes land.", limits=(1, 10_000), unit="ms",
    is_advanced=True,
)  # fmt: skip
_chunks.whole(
    "ChunkUnloadInterval", 4000, "Look for what to unload every", "Land that nobody is near is taken out of memory.",
    limits=(100, 3_600_000), unit="ms", is_advanced=True,
)  # fmt: skip
_chunks.whole(
    "UncompressedChunkTTL", 15_000, "Keep chunks as they are for", "After that they are packed in memory.",
    limits=(100, 3_600_000), unit="ms", is_advanced=True,
)  # fmt: skip
_chunks.whole(
    "CompressedChunkTTL", 45_000, "Keep packed chunks for", "After that they can be unloaded.", limits=(100, 3_600_000),
    unit="ms", is_advanced=True,
)  # fmt: skip

_creatures = Group(NUMBER_SETTINGS, "Creatures and players")
_creatures.whole(
    "DefaultEntityTrackingRange", 4, "Range in which creatures are shown", "How far from them players see creatures.",
    limits=(1, 128), unit="chunks",
)  # fmt: skip
_creatures.whole(
    "TrackedEntitiesPerClient", 3000, "Creatures shown to one player at most", "Fewer mean less traffic.",
    limits=(1, 1_000_000),
)  # fmt: skip
_creatures.whole(
    "MaxPhysicsThreads", 4, "Threads for movement", "How many processors move creatures and things at most.", limits=(1, 64)
)
_creatures.whole(
    "CalendarPacketSecondInterval", 60, "Tell players the time every", "Of the game's calendar.", limits=(1, 3600), unit="s",
    is_advanced=True,
)  # fmt: skip
_creatures.number(
    "PlayerDesyncTolerance", 0.02, "Allowed difference of a place", "Between where server and player see a player.",
    limits=(0, 100), is_advanced=True,
)  # fmt: skip
_creatures.number(
    "PlayerDesyncMaxIntervalls", 20.0, "So often before it is put right", "Of that difference.", limits=(0, 100_000),
    is_advanced=True,
)  # fmt: skip

_guard = Group(NUMBER_SETTINGS, "Guard against cheats")
_guard.number(
    "AntiAbuseMaxWalkBlocksPer200ms", 3, "Blocks walked in 200 ms at most", "More than that is suspicious.", limits=(0, 10_000),
    is_advanced=True,
)  # fmt: skip
_guard.whole(
    "AntiAbuseMaxFlySuspicions", 3, "Suspicious flights", "Before the guard acts.", limits=(0, 1_000_000), is_advanced=True
)
_guard.whole(
    "AntiAbuseMaxTeleSuspicions", 8, "Suspicious leaps", "Before the guard acts.", limits=(0, 1_000_000), is_advanced=True
)

_own = Group(NUMBER_SETTINGS, "The game's own")
_own.own("Comment", "", "Note of the game", "A warning to whoever edits this file.")
_own.own("ServerMagicNumVersion", "1.3", "Version of the file", "The game converts older files by it.")
