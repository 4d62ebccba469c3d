"""Every recorded line of real servers is read as what it is, and tells what it tells."""

from collections import Counter
from typing import Any

import pytest

from tests.facts import facts_path
from vintagestory_api.servers.console_lines import read_lines
from vintagestory_api.servers.line_events import (
    AutosaveFailed,
    BackupBegan,
    BackupComplete,
    BecameReady,
    ChatSaid,
    CommandEchoed,
    CrashReported,
    LineEvent,
    ModComplaint,
    Overloaded,
    PhaseEntered,
    PlayerIdentified,
    PlayerJoined,
    PlayerLeft,
    RuntimeMissing,
    ShutdownByThread,
    StopBegan,
    Stopped,
    VersionTold,
    WorldSaved,
    read_event,
)

pytestmark = pytest.mark.real_data

_SUSPEND = "Unable to autosave, was not able to pause the server"
_DUPLICATE = (
    "Multiple mods share the mod ID 'commonlib' ('CommonLib_VS1.19.0-rc.5_net7_v2.3.0.zip', "
    "'CommonLib_VS1.19.8_net7_v2.4.0.zip'). Will only load the highest version one - v2.4.0."
)
_BROKEN = "yangtransport@0.7.5 - Dependency 'yangtransport.zip' (yangtransport) has dependency errors itself."

#: File: (lines by type, lines without a head of their own, time of the first line, events by the number of their line)
LOGS: dict[str, tuple[dict[str, int], int, str | None, dict[int, LineEvent]]] = {
    "01-1.22.6-dedicated-startup-file-main.log": (
        {"Notification": 16, "Event": 5},
        0,
        "2026-08-04T13:47:25",
        {2: VersionTold("1.22.6"), 13: PhaseEntered("Initialization"), 15: PhaseEntered("Configuration")},
    ),
    "02-1.22.6-dedicated-ready-file-main.log": (
        {"Event": 17, "Notification": 3},
        0,
        "2026-08-04T13:48:05",
        {16: PhaseEntered("RunGame"), 18: BecameReady(42420)},
    ),
    "03-1.21.0-arm64-console-startup.log": (
        {"Notification": 11, "Event": 3},
        0,
        "2025-08-26T01:38:51",
        {2: VersionTold("1.21.0"), 11: PhaseEntered("Initialization"), 13: PhaseEntered("Configuration")},
    ),
    "04-1.19.3-arm64-console-startup-docker-prefix.log": (
        {"Notification": 5, "Event": 2},
        0,
        "2024-01-30T19:27:20",
        {2: VersionTold("1.19.3")},
    ),
    "05-1.20.0-pre.13-file-startup.log": (
        {"Notification": 13, "Event": 5},
        0,
        "2024-12-02T09:24:14",
        {2: VersionTold("1.20.0-pre.13"), 7: PhaseEntered("Initialization"), 9: PhaseEntered("Configuration")},
    ),
    "06-1.20.4-console-loading.log": (
        {"Event": 9, "Notification": 9},
        0,
        "2025-02-16T23:35:41",
        {8: PhaseEntered("AssetsFinalize"), 11: PhaseEntered("LoadGamePre")},
    ),
    "07-1.21.x-2026-worldload-sqlite-malformed.log": (
        {"Event": 8, "Error": 7, "Notification": 4},
        5,
        "2026-02-18T04:59:42",
        {5: PhaseEntered("GameReady"), 6: PhaseEntered("WorldReady")},
    ),
    "09-1.21.5-join-file-main.log": (
        {"Notification": 9, "Event": 1},
        0,
        "2025-11-02T02:36:06",
        {5: PlayerIdentified("KingZerxis", "O5+G9I0StlRwGxasH8G+qC7k"), 9: PlayerJoined("KingZerxis")},
    ),
    "10-1.19-shutdown-file-main.log": (
        {"Event": 13, "Notification": 4},
        0,
        "2024-01-02T10:30:41",
        {1: StopBegan("Exit request by client"), 3: PhaseEntered("Shutdown"), 12: WorldSaved(2), 17: Stopped()},
    ),
    "11-1.15-console-shutdown-after-exception.log": (
        {"Event": 13, "Notification": 3, "Warning": 1},
        0,
        "18:58:47",
        {
            1: StopBegan("Exception thrown by server during startup or process"),
            3: PhaseEntered("Shutdown"),
            12: WorldSaved(2),
            17: Stopped(),
        },
    ),
    "13-1.20.7-autosave-failing-loop-file-main.log": (
        {"Notification": 8, "Warning": 3, "Event": 1},
        0,
        "2025-04-09T20:08:43",
        {2: AutosaveFailed(_SUSPEND), 7: PlayerLeft("DejFidOFF"), 9: Overloaded(4803), 12: AutosaveFailed(_SUSPEND)},
    ),
    "14-1.22-mod-dependency-errors.log": (
        {"Error": 4},
        0,
        "2026-09-07T00:10:18",
        {
            2: ModComplaint("yangtransport", "missing", "evilinteractionrangehack@6.9.0 - Missing"),
            4: ModComplaint("yttdiagonals", "depends_on_broken", _BROKEN),
        },
    ),
    "15-1.18-client-mod-dependency-errors.log": (
        {"Error": 1},
        0,
        "2023-11-16T17:51:36",
        {1: ModComplaint("wildcraftfruit", "missing", "herbarium@1.0.0 - Missing")},
    ),
    "16-1.19-mod-search-duplicate-modid.log": (
        {"Notification": 3, "Warning": 1},
        0,
        "2025-02-02T12:21:09",
        {4: ModComplaint("commonlib", "duplicate", _DUPLICATE)},
    ),
    "17-1.19.7-fatal-database-malformed.log": (
        {"Error": 7, "Fatal": 1},
        6,
        "2024-05-18T06:35:51",
        {1: ShutdownByThread("chunkdbthread")},
    ),
    "19-1.19-chunkdbthread-nullref.log": (
        {"Error": 4, "Fatal": 1},
        3,
        "2024-03-19T01:55:16",
        {1: ShutdownByThread("chunkdbthread")},
    ),
    "21-1.22.0-console-list-clients-chat.log": (
        {"Notification": 5, "Chat": 3},
        3,
        "2026-04-29T23:39:03",
        {
            1: ChatSaid("DerelictDawn", "Oh", 0),
            2: CommandEchoed("/list clients"),
            7: ChatSaid("Fighter199", "!changechar", 0),
            8: ChatSaid("Fighter199", "testing chat long", 10),
        },
    ),
    "23-renorris-2025-genbackup-console.log": (
        {"Event": 3, "Notification": 3, "Chat": 1},
        0,
        "2025-12-14T19:56:10",
        {
            2: PlayerJoined("player1"),
            3: ChatSaid("attacker", "[Server Event] fakeplayer joins.", None),
            4: PlayerLeft("player1"),
            5: CommandEchoed("/genbackup"),
            6: BackupBegan(),
            7: BackupComplete(),
        },
    ),
    "25-1.22.3-stratum-fork-console-autosave.log": ({"Notification": 17}, 0, "2026-06-27T14:58:34", {}),
    "26-dotnet-runtime-missing-exit150.log": ({"Output": 5}, 0, None, {1: RuntimeMissing("8.0.0"), 4: RuntimeMissing(None)}),
    "27-crash-report-sample.txt": ({"Output": 7}, 0, None, {3: CrashReported(())}),
    "28-1.12.5-server-event-file.log": ({"Event": 13}, 0, "2020-02-29T09:45:04", {11: PlayerJoined("Carltoffel")}),
    "29-1.14.2-genbackup-suspend-file.log": ({"Event": 2, "Notification": 1}, 0, "2020-12-28T03:27:25", {}),
    "30-auth-debug-line.log": ({"Debug": 1}, 0, "2022-10-06T09:35:14", {}),
    "31-misc-single-lines.log": (
        {"Event": 2, "Warning": 1},
        0,
        "2025-05-15T18:28:33",
        {1: BecameReady(42420), 3: Overloaded(513)},
    ),
}


def test_every_recorded_log_is_listed_here() -> None:
    recorded = {path.name for path in facts_path("logs").iterdir() if path.name != "README.md"}
    assert recorded == set(LOGS)


@pytest.mark.parametrize("name", LOGS)
def test_every_line_of_a_recorded_log_is_read_as_what_it_is(name: str) -> None:
    types, continuations, first_time, events = LOGS[name]
    data = facts_path(f"logs/{name}").read_bytes()
    lines = read_lines(data)
    assert Counter(line.type for line in lines) == types
    assert sum(line.is_continuation for line in lines) == continuations
    assert lines[0].time == first_time
    found: dict[int, Any] = {line.seq: event for line in lines if (event := read_event(line))}
    assert found == events
