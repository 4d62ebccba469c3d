"""The settings in serverconfig.json about players, rules and load."""

from typing import Final

from vintagestory_api.server_config.known import ANY, Group, Known

GAME_SETTINGS: Final[list[Known]] = []

_face = Group(GAME_SETTINGS, "How the server presents itself")
_face.words(
    "ServerName", "Vintage Story Server", "Name", "What players read in the list of servers and when they join.", command="name"
)
_face.words(
    "ServerDescription", None, "Description", "A few words for the public list of servers.", most=1000, command="description"
)
_face.words("ServerUrl", None, "Web page", "An address that the public list of servers shows.", most=500, command="url")
_face.lines(
    "WelcomeMessage",
    "Welcome {0}, may you survive well and prosper",
    "Welcome message",
    "What the chat says to a player who joins; {0} stands for the name of the player. Null or empty: nothing.",
    most=2000,
    command="welcome",
)
_face.switch(
    "AdvertiseServer",
    False,
    "Public list of servers",
    "Show this server in the game's list. Other people find it then; a server that does not check its players is not listed.",
    command="advertise",
)
_face.words(
    "ServerLanguage",
    "en",
    "Language",
    "Of the texts that the server writes into chat and console, as a code such as en, de, fr. Take care: the manager understands "
    "the console best in English, and can tell less of it in another language.",
    most=10,
    is_advanced=True,
)

_access = Group(GAME_SETTINGS, "Who may join")
_access.secret(
    "Password",
    "Password",
    "Whoever joins has to know it. It is never shown, only set or taken away; and it is not sent to the console, where the game "
    "would write it into its log, so it is in force from the next start on.",
)
_access.choice(
    "WhitelistMode",
    0,
    "Whitelist",
    "Who may join. The game's default means ON for a server like this: only players on the whitelist get in.",
    choices={0: "The game's default (on: only players on the whitelist)", 1: "Off: everybody", 2: "On: only the whitelist"},
    command="whitelistmode",
    since="1.20",
)
_access.switch(
    "OnlyWhitelisted",
    False,
    "Whitelist of old games",
    "Of games before 1.20. Since then it does nothing: the whitelist is set above.",
    is_advanced=True,
)
_access.whole(
    "MaxClients", 16, "Players at most", "How many can be on at the same time.", limits=(1, 10_000), command="maxclients"
)
_access.whole(
    "MaxClientsInQueue",
    0,
    "Waiting players at most",
    "How many may wait for a place when the server is full. 0: nobody.",
    limits=(0, 10_000),
    command="maxclientsinqueue",
    since="1.20",
)
_access.switch(
    "VerifyPlayerAuth",
    True,
    "Check players",
    "Let the game's makers confirm who a player is. Without that anybody can join under any name, operators' names included, and "
    "the server is not listed.",
    is_advanced=True,
)
_access.words(
    "DefaultRoleCode",
    "suplayer",
    "Role of new players",
    "The role that somebody has who joins for the first time. It has to be one of the roles of this server: else the game does "
    "not start.",
    most=40,
)
_access.whole(
    "WarnClientsAfterAfkSeconds",
    0,
    "Warn idle players after",
    "0: never.",
    limits=(0, 864_000),
    unit="s",
    since="1.22",
)
_access.whole(
    "KickClientsAfterAfkSeconds",
    0,
    "Kick idle players after",
    "0: never.",
    limits=(0, 864_000),
    unit="s",
    since="1.22",
)
_access.switch(
    "LoginFloodProtection",
    False,
    "Slow down many logins",
    "Against somebody who tries to join again and again.",
    command="loginfloodprotection",
    is_advanced=True,
    since="1.20",
)
_access.switch(
    "TemporaryIpBlockList",
    False,
    "Lock out bad addresses for a while",
    "Addresses that send nonsense are blocked until the next start.",
    command="temporaryipblocklist",
    is_advanced=True,
    since="1.20",
)

_rules = Group(GAME_SETTINGS, "Rules")
_rules.switch("AllowPvP", True, "Players can hurt each other", "Off: only creatures can.", command="allowpvp")
_rules.switch("AllowFireSpread", True, "Fire spreads", "Off: what burns sets nothing else on fire.", command="allowfirespread")
_rules.switch("AllowFallingBlocks", True, "Sand and gravel fall", "Off: they stay where they are.", command="allowfallingblocks")
_rules.switch(
    "PassTimeWhenEmpty",
    False,
    "Time goes on without players",
    "Off: day and season stand still while nobody is on.",
    command="passtimewhenempty",
)
_rules.whole(
    "ChatRateLimitMs",
    1000,
    "Pause between chat messages",
    "So long a player has to wait after a message before the next.",
    limits=(0, 3_600_000),
    unit="ms",
)
_rules.lines(
    "StartupCommands",
    None,
    "Commands at the start",
    "One in each line, each with its slash. The game runs them as soon as it is up, as if typed at the console.",
    most=20_000,
    is_advanced=True,
)
_rules.whole(
    "GroupChatHistorySize",
    20,
    "Kept messages of group chats",
    "So many a player sees of what was said before.",
    limits=(0, 10_000),
    is_advanced=True,
)
_rules.whole(
    "MaxOwnedGroupChannelsPerUser",
    10,
    "Chat groups of one player at most",
    "How many groups one player can own.",
    limits=(0, 10_000),
    is_advanced=True,
)

_size = Group(GAME_SETTINGS, "World")
_size.whole(
    "MapSizeX", 1_024_000, "Width", "Read only when the world is made.", limits=(32, 67_108_864), unit="blocks",
    takes_effect="new_world",
)  # fmt: skip
_size.whole(
    "MapSizeY", 256, "Height", "Read only when the world is made.", limits=(32, 16_384), unit="blocks", takes_effect="new_world"
)
_size.whole(
    "MapSizeZ", 1_024_000, "Length", "Read only when the world is made.", limits=(32, 67_108_864), unit="blocks",
    takes_effect="new_world",
)  # fmt: skip

_load = Group(GAME_SETTINGS, "Load and range")
_load.whole(
    "MaxChunkRadius",
    12,
    "View distance",
    "How far players can see at most; one chunk is 32 blocks wide. The load grows with its square.",
    limits=(1, 128),
    unit="chunks",
    command="maxchunkradius",
)
_load.number(
    "TickTime",
    33.333332,
    "Time of a step",
    "The world moves in steps of this length: 33.33 ms are 30 a second. Longer ones mean less load and slower creatures.",
    limits=(5, 1000),
    unit="ms",
    command="tickrate",
    is_advanced=True,
)
_load.number(
    "SpawnCapPlayerScaling",
    0.5,
    "More creatures for more players",
    "How much the number of creatures grows with that of players. 0: not at all; 1: in full for each.",
    limits=(0, 10),
    command="spawncapplayerscaling",
)
_load.whole(
    "RandomBlockTicksPerChunk",
    16,
    "Growth",
    "So many blocks of a chunk are looked at in a step: how fast grass spreads, leaves fall and the like.",
    limits=(0, 100_000),
    command="blockticks",
    is_advanced=True,
)
_load.whole(
    "BlockTickChunkRange",
    5,
    "Range of growth",
    "Blocks grow and change as far as this from a player.",
    limits=(1, 128),
    unit="chunks",
    is_advanced=True,
)
_load.whole(
    "BlockTickInterval",
    300,
    "Pause between growth",
    "Longer ones mean less load.",
    limits=(1, 600_000),
    unit="ms",
    is_advanced=True,
)
_load.whole(
    "MaxMainThreadBlockTicks",
    10_000,
    "Growing blocks in one step at most",
    "What is more than that waits.",
    limits=(1, 10_000_000),
    is_advanced=True,
)
_load.whole("SkipEveryChunkRow", 0, "Left-out rows of chunks", "Exotic: leave it at 0.", limits=ANY, is_advanced=True)
_load.whole("SkipEveryChunkRowWidth", 0, "Width of left-out rows", "Exotic: leave it at 0.", limits=ANY, is_advanced=True)
