"""What a line of the log says happened.

Chat is never an event of any other kind, whatever it imitates: what a line is comes from its type, and texts are compared from
their first character on, where nobody who plays can write.
"""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass

from vintagestory_api.servers.console_lines import ConsoleLine, LineType


@dataclass(frozen=True)
class LineEvent:
    """Base: one thing that a line tells."""


@dataclass(frozen=True)
class VersionTold(LineEvent):
    version: str


@dataclass(frozen=True)
class RuntimeMissing(LineEvent):
    """.NET is not there, or too old. Told by two lines, of which one knows what is `needed`."""

    needed: str | None


@dataclass(frozen=True)
class PhaseEntered(LineEvent):
    phase: str


@dataclass(frozen=True)
class BecameReady(LineEvent):
    port: int


@dataclass(frozen=True)
class StopBegan(LineEvent):
    reason: str


@dataclass(frozen=True)
class Stopped(LineEvent):
    """The last line of an orderly end."""


@dataclass(frozen=True)
class ShutdownByThread(LineEvent):
    """An exception in a thread ends the server."""

    thread: str


@dataclass(frozen=True)
class CrashReported(LineEvent):
    """A critical error; `mods` are those it names, as id@version or id. Told by two lines, of which one knows the mods."""

    mods: tuple[str, ...]


@dataclass(frozen=True)
class StartRefused(LineEvent):
    """Why it will not start, in the server's words: old files, unreadable configuration, world or player data."""

    why: str


@dataclass(frozen=True)
class PlayerIdentified(LineEvent):
    name: str
    uid: str


@dataclass(frozen=True)
class PlayerJoined(LineEvent):
    name: str


@dataclass(frozen=True)
class PlayerLeft(LineEvent):
    """Told again by the line of the connection, which is the only one that is never translated."""

    name: str
    reason: str | None = None


@dataclass(frozen=True)
class PlayerRefused(LineEvent):
    name: str
    reason: str


@dataclass(frozen=True)
class ChatSaid(LineEvent):
    """`group` is 0 for what everybody hears, None where the line does not say."""

    name: str
    text: str
    group: int | None


@dataclass(frozen=True)
class WorldSaved(LineEvent):
    chunks: int | None


@dataclass(frozen=True)
class AutosaveFailed(LineEvent):
    text: str


@dataclass(frozen=True)
class Overloaded(LineEvent):
    tick_ms: int


@dataclass(frozen=True)
class DiskLow(LineEvent):
    text: str


@dataclass(frozen=True)
class MemoryHigh(LineEvent):
    text: str


@dataclass(frozen=True)
class ModComplaint(LineEvent):
    """`mod` is the one that complains, or of which there are several; empty where the line names none. `problem`: `missing`,
    `wrong_version`, `depends_on_broken`, `duplicate`, `blocked`, or `error`."""

    mod: str
    problem: str
    text: str


@dataclass(frozen=True)
class CommandEchoed(LineEvent):
    """The game took a command of the console; what it prints next is the answer."""

    command: str


@dataclass(frozen=True)
class BackupBegan(LineEvent):
    pass


@dataclass(frozen=True)
class BackupComplete(LineEvent):
    pass


def read_event(line: ConsoleLine) -> LineEvent | None:
    """What the line tells, if it tells something."""
    if not may_tell(line.type, line.text, line.is_continuation):
        return None
    if not line.is_continuation:
        return _first(line.text, _FORMS[line.type])
    return None if line.type == "Chat" else _first(line.text, _FORMS["Output"])


def may_tell(line_type: LineType, text: str, is_continuation: bool) -> bool:
    """Whether it is worth while to read the line: quick, because nearly none is."""
    if is_continuation or line_type == "Output":
        return text[:6] in _OUTPUT_STARTS or _CRITICAL in text
    if line_type == "Notification":
        return text[:6] in _NOTIFICATION_STARTS
    if line_type == "Event":
        return text.endswith(_EVENT_ENDS) or text.startswith(_EVENT_STARTS) or _RUNNING in text or _REMOVED in text
    return line_type in _FORMS


_CRITICAL = ": Critical error occurred"
_RUNNING = " now running on Port "
_REMOVED = " got removed. Reason: "
_OUTPUT_STARTS = frozenset({"You mu", "Framew", "Crash "})
_EVENT_STARTS = ("World saved!", "Stopped the server!")
_EVENT_ENDS = (" joins.", " left.", ")")
_NOTIFICATION_STARTS = frozenset(
    text[:6]
    for text in (
        "Game Version", "Entering runphase", "Server stop requested", "Client 1 uid", "UDP: client", "Unable to autosave",
        "Ok, generating backup", "Backup complete!", "Handling Console Command", "Disk space", "Memory usage",
    )
)  # fmt: skip

# Forms of texts, and the event that each tells. No pattern may look at a part of a long text again and again: mods write them.
_Form = tuple[re.Pattern[str], Callable[[re.Match[str]], LineEvent]]

_NAME = r"(?P<name>[\w-]{1,32})"
_MOD = r"\[(?P<mod>[^\[\]]{1,100})\] "
_PROBLEMS = {"Missing": "missing", "Version mismatch": "wrong_version", "Dependency": "depends_on_broken"}


def _first(text: str, forms: tuple[_Form, ...]) -> LineEvent | None:
    return next((event(found) for pattern, event in forms if (found := pattern.match(text))), None)


def _form(pattern: str, event: Callable[[re.Match[str]], LineEvent]) -> _Form:
    return re.compile(pattern, re.DOTALL), event


_WATCHDOG = (
    _form(r"Disk space is below .{0,500}", lambda found: DiskLow(found[0])),
    _form(r"Memory usage is .{0,500}", lambda found: MemoryHigh(found[0])),
)
_TROUBLE = (
    _form(
        _MOD + r" {2,}(?P<text>\S{1,200} - (?P<problem>Missing|Version mismatch|Dependency).{0,500})",
        lambda found: ModComplaint(found["mod"], _PROBLEMS[found["problem"]], found["text"]),
    ),
    _form(
        _MOD + r"(?P<text>(?:An exception was thrown|Exception:|Could not load mod|Missing modinfo).{0,500})",
        lambda found: ModComplaint(found["mod"], "error", found["text"]),
    ),
    _form(
        r"Multiple mods share the mod ID '(?P<mod>[^']{1,100})'.{0,500}",
        lambda found: ModComplaint(found["mod"], "duplicate", found[0]),
    ),
    _form(
        r"The following mods? wh?ere blocked from loading:.{0,500}",
        lambda found: ModComplaint("", "blocked", found[0]),
    ),
    _form(r"Server overloaded\. A tick took (\d{1,9})ms", lambda found: Overloaded(int(found[1]))),
    _form(
        r"Caught unhandled exception in thread '([^']{1,100})'\. Shutting down server",
        lambda found: ShutdownByThread(found[1]),
    ),
    _form(
        r"(?:Your Server installation still contains old files|Failed to read serverconfig\.json|Cannot start the server"
        r"|The default role code |Failed reading playerdata|Failed opening savegame|Failed to open port).{0,900}",
        lambda found: StartRefused(found[0]),
    ),
    *_WATCHDOG,
)
_FORMS: dict[LineType, tuple[_Form, ...]] = {
    "Notification": (
        _form(r"Handling Console Command (.*)", lambda found: CommandEchoed(found[1])),
        _form(r"Entering runphase (\w{1,40})", lambda found: PhaseEntered(found[1])),
        _form(
            r"Server stop requested, begin shutdown sequence\.(?: Stop reason: (.{0,500}))?",
            lambda found: StopBegan((found[1] or "").strip()),
        ),
        _form(
            r"Client \d+ uid (?P<uid>\S{1,64}) attempting identification\. Name: " + _NAME + r"$",
            lambda found: PlayerIdentified(found["name"], found["uid"]),
        ),
        _form(r"UDP: client disconnected " + _NAME + r"$", lambda found: PlayerLeft(found["name"])),
        _form(r"Game Version: v?(\d[\w.-]{0,40})", lambda found: VersionTold(found[1])),
        _form(r"Unable to autosave.{0,500}", lambda found: AutosaveFailed(found[0])),
        _form(r"Ok, generating backup", lambda _: BackupBegan()),
        _form(r"Backup complete!", lambda _: BackupComplete()),
        *_WATCHDOG,
    ),
    "Event": (
        # The words before "now running" are translated; in what somebody announces there would be a colon.
        _form(r"[^\W\d_][\w ]{0,60} now running on Port (\d{1,5})\b", lambda found: BecameReady(int(found[1]))),
        _form(_NAME + r"(?: [0-9A-Fa-f.:\[\]%]{1,80})? joins\.$", lambda found: PlayerJoined(found["name"])),
        _form(r"(?:Player )?" + _NAME + r" left\.$", lambda found: PlayerLeft(found["name"])),
        _form(
            r"(?:Player )?" + _NAME + r" got removed\. Reason: (?P<reason>.{0,500})",
            lambda found: PlayerLeft(found["name"], found["reason"].strip() or None),
        ),
        _form(_NAME + r" fails to join \((?P<reason>.{0,500})\)$", lambda found: PlayerRefused(found["name"], found["reason"])),
        _form(r"World saved!(?: Saved (\d{1,9}) chunks)?", lambda found: WorldSaved(int(found[1]) if found[1] else None)),
        _form(r"Stopped the server!", lambda _: Stopped()),
    ),
    # `0 | Name: text`; before 1.20 `Name: <strong>Name:</strong> text` with entities
    "Chat": (
        _form(
            r"(?P<group>\d{1,9}) \| " + _NAME + r": ?(?P<text>.*)",
            lambda found: ChatSaid(found["name"], found["text"], int(found["group"])),
        ),
        _form(
            _NAME + r": <strong>(?P=name):</strong> ?(?P<text>.*)",
            lambda found: ChatSaid(found["name"], html.unescape(found["text"]), None),
        ),
        _form(_NAME + r": ?(?P<text>.*)", lambda found: ChatSaid(found["name"], found["text"], None)),
    ),
    "Warning": _TROUBLE,
    "Error": _TROUBLE,
    "Fatal": _TROUBLE,
    # Printed without a head: by .NET before the game is there, and by the game when it breaks down.
    "Output": (
        _form(
            r".{0,60}: Critical error occurred in the following mod\(s\): (.{1,2000})",
            lambda found: CrashReported(tuple(mod.strip() for mod in found[1].split(",") if mod.strip())),
        ),
        _form(r".{0,60}: Critical error occurred|Crash written to file", lambda _: CrashReported(())),
        _form(r"Framework: 'Microsoft\.NETCore\.App', version '([\w.-]{1,40})'", lambda found: RuntimeMissing(found[1])),
        _form(r"You must install (?:or update )?\.NET", lambda _: RuntimeMissing(None)),
    ),
}
