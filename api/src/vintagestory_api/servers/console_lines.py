"""One line of a game's console or log file, and how it is read from the raw bytes.

A line has a head (`26.8.2025 01:38:51 [Server Event] `; in files without `Server`) or goes on with what the line before began.
What it is comes from the head alone: from the first bracket right after the time, whatever the text behind it imitates.
"""

import re
from dataclasses import dataclass
from typing import Literal, get_args

from vintagestory_api.servers.console_secrets import without_passwords

#: Types as the game writes them; `Output` is ours, for lines that carry none and follow none.
LineType = Literal[
    "Chat", "Event", "StoryEvent", "Build", "VerboseDebug", "Debug", "Notification", "Warning", "Error", "Fatal", "Audit",
    "Worldgen", "Output",
]  # fmt: skip
LINE_TYPES: tuple[LineType, ...] = get_args(LineType)

#: What a line has more than this many characters of is left out, with a word about it.
LONGEST_TEXT = 16_384

#: (time, type, text, is_continuation): a line before it has a number. Plain, because there can be 200,000 of them a second.
RawLine = tuple[str | None, LineType, str, bool]


@dataclass(frozen=True, slots=True)
class ConsoleLine:
    """`time` is what the line says, local and without a zone (`2026-08-04T21:04:05`, old games: `21:04:05`), None where it says
    none. A type that is not known is `Output`, and named at the start of the text.

    `is_continuation`: the line has no head of its own and goes on with what the one before began; it carries its type.
    """

    seq: int
    time: str | None
    type: LineType
    text: str
    is_continuation: bool = False


# Before the head may be what a container (`vsserver_1  | `) or a panel (`[23:39:39] `) puts there.
_HEAD = re.compile(
    r"(?:[A-Za-z0-9_.-]{1,64} {0,16}\| |\[\d\d:\d\d:\d\d\] )?"
    r"(?:(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4}) )?"
    r"(?P<clock>(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?)"
    r" \[(?:Server |Client )?(?P<type>[A-Za-z]{1,32})\](?: |$)",
    re.ASCII,
)
_TYPES: dict[str, LineType] = {name: name for name in LINE_TYPES if name != "Output"}
_ANSI = re.compile("\x1b(?:\\[[0-?]*[ -/]*[@-~]|\\][^\x07\x1b\n]*(?:\x07|\x1b\\\\)|[@-Z\\\\^_])")
#: What changes how a line is shown, and what no text needs. Tabs stay; the end of a line is none of them here.
_HARMFUL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")
_HARMLESS = {code: chr(0x2400 + code) for code in range(0x20)} | {0x7F: "\u2421"}
_HARMLESS |= dict.fromkeys((*range(0x80, 0xA0), 0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A)), "\ufffd")
_HARMLESS |= {0xFEFF: "", 0x09: "\t", 0x0A: "\n"}
_NOT_PLAIN_ASCII = bytes(code for code in range(0x20) if code not in {0x09, 0x0A}) + b"\x7f"
_HEADS_REMEMBERED = 64


class LineReader:
    """Reads lines that follow each other: of one start of a game, or of one file."""

    def __init__(self) -> None:
        self._type: LineType = "Output"
        self._has_begun = False
        #: Heads seen since it began, with what they say: lines of the same second and type have the same.
        self._heads: dict[str, tuple[str, LineType]] = {}

    def restart(self) -> None:
        """The next line follows none."""
        self._type, self._has_begun = "Output", False
        self._heads.clear()

    def read(self, data: bytes) -> list[RawLine]:
        """Whole lines, each with or without its end."""
        found: list[RawLine] = []
        add, heads = found.append, self._heads
        for line in harmless_text(data).split("\n"):
            cut = line.find("] ", 0, 64) + 2
            known = heads.get(line[:cut])
            if known is not None:
                text = line[cut:]
                self._type = known[1]
                add((known[0], known[1], text if len(text) <= LONGEST_TEXT else shortened(text), False))
            else:
                add(self._read_other(line))
        return found

    def _read_other(self, line: str) -> RawLine:
        head = _HEAD.match(line)
        time = _time_of(head) if head else None
        if head is None or time is None:
            return None, self._type, shortened(line), self._has_begun
        self._has_begun = True
        line_type, text = _TYPES.get(head["type"], "Output"), line[head.end() :]
        self._type = line_type
        if line_type == "Output":
            text = f"[{head['type']}] {text}"
        elif line[: head.end()].endswith("] ") and line.find("] ") + 2 == head.end():
            if len(self._heads) >= _HEADS_REMEMBERED:
                self._heads.clear()
            self._heads[line[: head.end()]] = (time, line_type)
        return time, line_type, shortened(text), False


def read_lines(data: bytes, first_seq: int = 1) -> list[ConsoleLine]:
    """The lines of a whole output or file."""
    return [ConsoleLine(first_seq + place, *raw) for place, raw in enumerate(LineReader().read(data))]


def has_head(line: bytes) -> bool:
    """Whether the line begins something, and does not only go on with what the line before began."""
    return LineReader().read(line)[0][0] is not None


def harmless_text(data: bytes) -> str:
    """The text of whole lines, without the end of the last one: UTF-8, with a mark for each byte that is none, and without
    anything that a terminal or a page would obey. Passwords of the game are hidden."""
    if data.endswith(b"\n"):
        data = data[:-1]
    if data.isascii() and len(data.translate(None, _NOT_PLAIN_ASCII)) == len(data):
        return without_passwords(data.decode("ascii"))
    text = data.replace(b"\r\n", b"\n").removesuffix(b"\r").decode("utf-8", "replace")
    if _HARMFUL.search(text):
        text = _ANSI.sub("", text).translate(_HARMLESS)
    return without_passwords(text)


def shortened(text: str) -> str:
    if len(text) <= LONGEST_TEXT:
        return text
    return f"{text[:LONGEST_TEXT]}… ({len(text) - LONGEST_TEXT:,} more characters are left out)"


def _time_of(head: re.Match[str]) -> str | None:
    if head["day"] is None:
        return head["clock"]
    if not (1 <= int(head["day"]) <= 31 and 1 <= int(head["month"]) <= 12):
        return None
    return f"{head['year']}-{int(head['month']):02}-{int(head['day']):02}T{head['clock']}"
