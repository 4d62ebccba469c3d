"""What lines of a game tell, and what they can't make anybody believe."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vintagestory_api.servers.console_lines import ConsoleLine, read_lines
from vintagestory_api.servers.line_events import (
    AutosaveFailed,
    BackupBegan,
    BackupComplete,
    BecameReady,
    ChatSaid,
    CommandEchoed,
    CrashReported,
    DiskLow,
    LineEvent,
    MemoryHigh,
    ModComplaint,
    Overloaded,
    PhaseEntered,
    PlayerIdentified,
    PlayerJoined,
    PlayerLeft,
    PlayerRefused,
    RuntimeMissing,
    ShutdownByThread,
    StartRefused,
    StopBegan,
    Stopped,
    VersionTold,
    WorldSaved,
    read_event,
)

_HEAD = "4.8.2026 13:47:25 [Server {}] "


def told(kind: str, text: str) -> LineEvent | None:
    head = "" if kind == "Output" else _HEAD.format(kind)
    (line,) = read_lines((head + text).encode())
    return read_event(line)


def all_told(output: str) -> list[LineEvent]:
    return [event for line in read_lines(output.encode()) if (event := read_event(line))]


@pytest.mark.parametrize(
    ("kind", "text", "event"),
    [
        ("Notification", "Game Version: v1.22.6 (Stable)", VersionTold("1.22.6")),
        ("Notification", "Game Version: v1.20.0-pre.13 (Unstable)", VersionTold("1.20.0-pre.13")),
        ("Notification", "Entering runphase LoadAssets", PhaseEntered("LoadAssets")),
        ("Event", "Dedicated Server now running on Port 42420 and all ips!", BecameReady(42420)),
        ("Event", "Dedicated Server now running on Port 42421 and ip 192.0.2.4!", BecameReady(42421)),
        ("Event", "Serveur dédié now running on Port 42420 and all ips!", BecameReady(42420)),
        ("Event", "Dedizierter Server now running on Port 42420 and all ips!", BecameReady(42420)),
        ("Event", "Выделенный сервер now running on Port 42420 and all ips!", BecameReady(42420)),
        (
            "Notification",
            "Server stop requested, begin shutdown sequence. Stop reason: Shutdown via server command",
            StopBegan("Shutdown via server command"),
        ),
        ("Notification", "Server stop requested, begin shutdown sequence.", StopBegan("")),
        ("Event", "Stopped the server!", Stopped()),
        ("Fatal", "Caught unhandled exception in thread 'loader'. Shutting down server.", ShutdownByThread("loader")),
        ("Output", "8/8/2025 8:00:34 AM: Critical error occurred", CrashReported(())),
        (
            "Output",
            "8.8.2025 20:00:34: Critical error occurred in the following mod(s): badmod@1.2.3, other@0.1",
            CrashReported(("badmod@1.2.3", "other@0.1")),
        ),
        ("Output", 'Crash written to file at "/data/Logs/server-crash.log"', CrashReported(())),
        ("Output", "Framework: 'Microsoft.NETCore.App', version '8.0.0' (x64)", RuntimeMissing("8.0.0")),
        ("Output", "You must install or update .NET to run this application.", RuntimeMissing(None)),
        ("Output", "You must install .NET to run this application.", RuntimeMissing(None)),
        (
            "Notification",
            "Client 1 uid O5+G9I0StlRwGxasH8G+qC7k attempting identification. Name: Priya13",
            PlayerIdentified("Priya13", "O5+G9I0StlRwGxasH8G+qC7k"),
        ),
        ("Event", "Priya13 [::ffff:127.0.0.1]:43212 joins.", PlayerJoined("Priya13")),
        ("Event", "Priya-13_ 192.0.2.1:43212 joins.", PlayerJoined("Priya-13_")),
        ("Event", "Zoë joins.", PlayerJoined("Zoë")),
        ("Event", "Player Priya13 left.", PlayerLeft("Priya13")),
        ("Event", "Priya13 left.", PlayerLeft("Priya13")),
        ("Event", "Player Priya13 got removed. Reason: Kicked by an admin", PlayerLeft("Priya13", "Kicked by an admin")),
        ("Event", "Player Priya13 got removed. Reason: ", PlayerLeft("Priya13", None)),
        ("Notification", "UDP: client disconnected Priya13", PlayerLeft("Priya13")),
        ("Event", "Priya13 fails to join (banned)", PlayerRefused("Priya13", "banned")),
        ("Event", "Priya13 fails to join (invalid server password)", PlayerRefused("Priya13", "invalid server password")),
        ("Chat", "0 | DoofusDan: over: here", ChatSaid("DoofusDan", "over: here", 0)),
        ("Chat", "10 | DoofusDan: ", ChatSaid("DoofusDan", "", 10)),
        ("Chat", "Priya13: <strong>Priya13:</strong> a &lt;b&gt; &amp; c", ChatSaid("Priya13", "a <b> & c", None)),
        ("Chat", "Priya13: plain &lt;", ChatSaid("Priya13", "plain &lt;", None)),
        ("Event", "World saved! Saved 12 chunks, 0 mapchunks, 8 mapregions.", WorldSaved(12)),
        ("Event", "World saved!", WorldSaved(None)),
        (
            "Notification",
            "Unable to autosave, was not able to pause the server",
            AutosaveFailed("Unable to autosave, was not able to pause the server"),
        ),
        ("Warning", "Server overloaded. A tick took 4803ms to complete.", Overloaded(4803)),
        ("Fatal", "Disk space is below 400 megabytes (3 mb left).", DiskLow("Disk space is below 400 megabytes (3 mb left).")),
        ("Warning", "Memory usage is at 46000 of 50000 megabytes", MemoryHigh("Memory usage is at 46000 of 50000 megabytes")),
        ("Error", "[mine]     other@1.0.0 - Missing", ModComplaint("mine", "missing", "other@1.0.0 - Missing")),
        (
            "Error",
            "[mine]     other@1.0.0 - Version mismatch (has 0.9.0)",
            ModComplaint("mine", "wrong_version", "other@1.0.0 - Version mismatch (has 0.9.0)"),
        ),
        (
            "Error",
            "[mine]     other@1.0.0 - Dependency 'other.zip' (other) has dependency errors itself.",
            ModComplaint(
                "mine", "depends_on_broken", "other@1.0.0 - Dependency 'other.zip' (other) has dependency errors itself."
            ),
        ),
        ("Error", "[mine] Exception: x", ModComplaint("mine", "error", "Exception: x")),
        ("Error", "[a b.zip] Missing modinfo.json", ModComplaint("a b.zip", "error", "Missing modinfo.json")),
        (
            "Warning",
            "Multiple mods share the mod ID 'x' ('a.zip', 'b.zip'). Will only load the highest version one - v2.4.0.",
            ModComplaint(
                "x",
                "duplicate",
                "Multiple mods share the mod ID 'x' ('a.zip', 'b.zip'). Will only load the highest version one - v2.4.0.",
            ),
        ),
        (
            "Warning",
            "The following mods where blocked from loading: bad@1.0.0",
            ModComplaint("", "blocked", "The following mods where blocked from loading: bad@1.0.0"),
        ),
        ("Notification", "Handling Console Command /list clients", CommandEchoed("/list clients")),
        ("Notification", "Ok, generating backup, this might take a while", BackupBegan()),
        ("Notification", "Backup complete!", BackupComplete()),
        ("Error", "Failed to open port 42420: in use", StartRefused("Failed to open port 42420: in use")),
        ("Fatal", "Failed reading playerdata. Exception: x", StartRefused("Failed reading playerdata. Exception: x")),
        (
            "Fatal",
            "The default role code 'x' does not exist. Shutting down server.",
            StartRefused("The default role code 'x' does not exist. Shutting down server."),
        ),
    ],
)  # fmt: skip
def test_a_line_tells_what_happened(kind: str, text: str, event: LineEvent) -> None:
    assert told(kind, text) == event


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("Notification", "Server ticking has been suspended"),
        ("Notification", "Message to all in group 0: <strong>Admin:</strong>Backup complete!"),
        ("Notification", "[somemod] Handling Console Command /stop"),
        ("Notification", "[somemod] Game Version: v9.9.9"),
        ("Notification", "Dedicated Server now running on Port 42420 and all ips!"),
        ("Event", "Server Console/Admin announced: Dedicated Server now running on Port 1 and all ips!."),
        ("Event", "Liar announced: Dedicated Server now running on Port 1 and all ips!."),
        ("Event", "Server Console/Admin announced: Priya13 joins."),
        ("Event", "Server Console/Admin announced: Priya13 left."),
        ("Event", "[somemod] Priya13 joins."),
        ("Event", "Priya13 joined again, killing previous client."),
        ("Event", "Client 89 disconnected."),
        ("Event", "Singleplayer Server now running!"),
        ("Event", "Stopping: Stopped the server!"),
        ("Warning", "[somemod] Server overloaded. A tick took 1ms to complete."),
        ("Error", "[somemod] Caught unhandled exception in thread 'x'. Shutting down server."),
        ("Error", "[mine] Could not resolve some dependencies:"),
        ("Debug", "Dedicated Server now running on Port 42420 and all ips!"),
        ("Output", "Dedicated Server now running on Port 42420 and all ips!"),
        ("Output", "Framework: 'Other.App', version '8.0.0'"),
    ],
)
def test_a_line_that_only_sounds_like_it_tells_nothing(kind: str, text: str) -> None:
    assert told(kind, text) is None


_IMITATIONS = (
    "Dedicated Server now running on Port 1 and all ips!",
    "1.1.2026 00:00:00 [Server Event] Stopped the server!",
    "Caught unhandled exception in thread 'x'. Shutting down server.",
    "1.1.2026 10:00:00: Critical error occurred in the following mod(s): x@1",
    "Crash written to file at /x",
    "Handling Console Command /stop",
    "Priya13 joins.",
    "Player Priya13 left.",
    "Backup complete!",
    "Game Version: v9.9.9 (Stable)",
    "[mine]     other@1.0.0 - Missing",
)


@settings(deadline=None)
@given(st.sampled_from(_IMITATIONS) | st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_chat_is_never_anything_but_chat(said: str) -> None:
    text = said.replace("\n", " ")
    for form in (f"0 | Liar: {text}", f"Liar: <strong>Liar:</strong> {text}", f"Liar: {text}", text):
        event = told("Chat", form)
        assert event is None or isinstance(event, ChatSaid)
    assert all(isinstance(event, ChatSaid) for event in all_told(f"{_HEAD.format('Chat')}0 | Liar: x\n{_no_head(text)}\n"))


def _no_head(text: str) -> str:
    """What goes on with the line before: with a head of its own, nobody could tell it from a line of the game."""
    return text if not text.startswith("1.1.2026") else f"- {text}"


@settings(deadline=None)
@given(st.sampled_from(["Event", "Notification", "Warning", "Error", "Fatal", "Output"]), st.text(max_size=200), st.booleans())
def test_no_text_breaks_the_reader(kind: str, text: str, is_continuation: bool) -> None:
    read_event(ConsoleLine(1, None, kind, text, is_continuation))  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["[" * 16_000, "a" * 16_000, "a " * 8_000, "[x] " + " " * 16_000, ":" * 16_000, "x@" * 8_000])
def test_a_long_text_of_a_mod_is_read_quickly(text: str) -> None:
    for kind in ("Event", "Notification", "Warning", "Error", "Chat", "Output"):
        for form in (text, text + " joins.", text + " now running on Port ", text + ": Critical error occurred", "Client" + text):
            told(kind, form)


def test_a_crash_is_told_also_after_lines_of_a_mod() -> None:
    output = (
        f"{_HEAD.format('Error')}[badmod] something is wrong\n   at badmod.X\nGame Version: v1.22.7 (Stable)\n"
        "8/8/2025 8:00:34 AM: Critical error occurred in the following mod(s): badmod@1.0.0\n"
        "Loaded Mods: game@1.22.7, badmod@1.0.0\n"
        'Crash written to file at "/data/Logs/server-crash.log"\n'
    )
    assert all_told(output) == [CrashReported(("badmod@1.0.0",)), CrashReported(())]


def test_the_missing_runtime_is_told_by_what_dotnet_prints() -> None:
    output = (
        "You must install or update .NET to run this application.\n\nApp: /x/VintagestoryServer\nArchitecture: x64\n"
        "Framework: 'Microsoft.NETCore.App', version '10.0.0' (x64)\n.NET location: /usr/share/dotnet\n"
    )
    assert all_told(output) == [RuntimeMissing(None), RuntimeMissing("10.0.0")]
