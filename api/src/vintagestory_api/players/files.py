"""What the files of a game say about its players: who has joined, who may, who may not, and which roles there are.

The game keeps all this in memory and writes it when something has changed, so the files may be a little behind. They are read
leniently: what can't be read is left out and noted, and nothing here ever fails.
"""

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

import structlog

from vintagestory_api.errors import ManagerError
from vintagestory_api.kit.clock import to_ms
from vintagestory_api.players.names import is_name, name_key
from vintagestory_api.storage.guarded_paths import open_below

log = structlog.get_logger(__name__)

T = TypeVar("T")

WhitelistMode = Literal["on", "off", "unknown"]

#: Longer than this from now is how the game writes "for ever": it adds 50 years to a whitelisting and 1,000 to a hard ban.
FOR_EVER_MS = 20 * 365 * 86_400_000
_MAX_LIST_BYTES = 32_000_000
_MAX_CONFIG_BYTES = 2_000_000
_MAX_ROLES = 500
_MAX_UID_LENGTH = 64
_MAX_REASON_LENGTH = 500
_MAX_ROLE_LENGTH = 60
_MODES: Mapping[int, WhitelistMode] = {0: "on", 1: "off", 2: "on"}

_CULTURE_DATE = re.compile(
    r"(\d{1,4})([./-])(\d{1,2})\2(\d{1,4}),?\s+(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?(?:[.,]\d+)?\s*([AaPp])?\.?[Mm]?\.?"
)
_BLANK = re.compile(r"[\s,]*")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


@dataclass(frozen=True)
class KnownPlayer:
    """Somebody in playerdata.json. Times in UTC milliseconds, None where the file says none that can be read."""

    name: str
    uid: str | None
    role: str | None
    first_joined_ms: int | None
    last_joined_ms: int | None


@dataclass(frozen=True)
class ListEntry:
    """Somebody on the whitelist or the list of bans. `until_ms` is None when its date can't be read; then it holds."""

    name: str | None
    uid: str | None
    until_ms: int | None
    reason: str | None

    def holds_at(self, now_ms: int) -> bool:
        return self.until_ms is None or self.until_ms > now_ms

    def is_for_ever(self, now_ms: int) -> bool:
        return self.until_ms is not None and self.until_ms - now_ms > FOR_EVER_MS


@dataclass(frozen=True)
class Role:
    code: str
    name: str


@dataclass(frozen=True)
class EntryList:
    """The whitelist or the bans. `is_whole` is false when a part could not be read; `written_ms` is 0 for a missing file."""

    entries: tuple[ListEntry, ...] = ()
    is_whole: bool = True
    written_ms: int = 0

    def find(self, name: str, uid: str | None, now_ms: int) -> ListEntry | None:
        """The entry that holds for a player: by identifier, as the game does, else by name."""
        key = name_key(name)
        found = None
        for entry in self.entries:
            if entry.holds_at(now_ms):
                if uid is not None and entry.uid == uid:
                    return entry
                if entry.name is not None and name_key(entry.name) == key:
                    found = entry
        return found


@dataclass(frozen=True)
class PlayerRecords:
    """What playerdata.json holds."""

    players: tuple[KnownPlayer, ...] = ()
    written_ms: int = 0

    def find(self, name: str) -> KnownPlayer | None:
        key = name_key(name)
        return next((player for player in self.players if name_key(player.name) == key), None)


@dataclass(frozen=True)
class PlayerRules:
    """What serverconfig.json says of players."""

    whitelist: WhitelistMode = "unknown"
    roles: tuple[Role, ...] = ()
    max_players: int | None = None
    written_ms: int = 0


@dataclass(frozen=True)
class GameFiles:
    records: PlayerRecords = field(default_factory=PlayerRecords)
    whitelisted: EntryList = field(default_factory=EntryList)
    banned: EntryList = field(default_factory=EntryList)
    rules: PlayerRules = field(default_factory=PlayerRules)


@dataclass(frozen=True)
class _Read(Generic[T]):
    signature: tuple[int, int, int]
    content: T


class PlayerFiles:
    """Reads the files of many servers, each only when it is another than last time. Blocking; may be called in any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read: dict[tuple[Path, str], _Read[Any]] = {}

    def read(self, data_path: Path) -> GameFiles:
        """All that the files below a server's data folder tell about players."""
        return GameFiles(
            records=self._look(data_path, "Playerdata/playerdata.json", _MAX_LIST_BYTES, _records, PlayerRecords()),
            whitelisted=self._look(data_path, "Playerdata/playerswhitelisted.json", _MAX_LIST_BYTES, _entry_list, EntryList()),
            banned=self._look(data_path, "Playerdata/playersbanned.json", _MAX_LIST_BYTES, _entry_list, EntryList()),
            rules=self._look(data_path, "serverconfig.json", _MAX_CONFIG_BYTES, _rules, PlayerRules()),
        )

    def forget(self, data_path: Path) -> None:
        """The server is gone."""
        with self._lock:
            for known in [key for key in self._read if key[0] == data_path]:
                del self._read[known]

    def _look(self, folder: Path, name: str, most_bytes: int, parse: Callable[["_Text"], T], absent: T) -> T:
        try:
            state = (folder / name).stat()
        except (OSError, ValueError):
            return absent
        signature = (state.st_mtime_ns, state.st_size, state.st_ino)
        with self._lock:
            known = self._read.get((folder, name))
        if known is not None and known.signature == signature:
            content: T = known.content
            return content
        text = _read_text(folder, name, most_bytes, state.st_mtime_ns // 1_000_000)
        content = parse(text)
        if text.problems:
            log.warning("player_file_not_understood", file=name, problem="; ".join(text.problems))
        with self._lock:
            self._read[folder, name] = _Read(signature, content)
        return content


@dataclass
class _Text:
    """A file's content, and what was wrong with it."""

    content: str
    written_ms: int
    problems: list[str] = field(default_factory=list)


def _read_text(folder: Path, name: str, most_bytes: int, written_ms: int) -> _Text:
    try:
        with open_below(folder, name) as file:
            data = b""
            while len(data) <= most_bytes and (part := file.read(1 << 20)):
                data += part
    except ManagerError as error:
        return _Text("", written_ms, [error.message])
    except OSError as error:
        return _Text("", written_ms, [error.strerror or str(error)])
    text = _Text(data[:most_bytes].decode("utf-8-sig", "replace"), written_ms)
    if len(data) > most_bytes:
        text.problems.append(f"it is larger than {most_bytes // 1_000_000} MB; the rest is left out")
    return text


def _members(text: _Text) -> Iterator[dict[str, Any]]:
    """The objects of a list, one after the other: a large file is never parsed in one go, which would hold up everything else,
    and a file that was cut off gives what comes before."""
    decoder = json.JSONDecoder()
    content = text.content
    place = _skip(content, 0)
    if content[place : place + 1] != "[":
        if not text.problems:
            text.problems.append("it holds no list")
        return
    place = _skip(content, place + 1)
    while content[place : place + 1] != "]":
        try:
            found, place = decoder.raw_decode(content, place)
        except (ValueError, RecursionError) as error:
            text.problems.append(f"it breaks off ({error})")
            return
        if isinstance(found, dict):
            yield found
        else:
            text.problems.append("it holds something that is no player")
        place = _skip(content, place)


def _skip(content: str, place: int) -> int:
    found = _BLANK.match(content, place)
    return place if found is None else found.end()


def _records(text: _Text) -> PlayerRecords:
    players = []
    for member in _members(text):
        name = member.get("LastKnownPlayername")
        if isinstance(name, str) and is_name(name):
            players.append(
                KnownPlayer(
                    name=name,
                    uid=_uid(member.get("PlayerUID")),
                    role=_line(member.get("RoleCode"), _MAX_ROLE_LENGTH),
                    first_joined_ms=read_date(member.get("FirstJoinDate")),
                    last_joined_ms=read_date(member.get("LastJoinDate")),
                )
            )
    return PlayerRecords(tuple(players), text.written_ms)


def _entry_list(text: _Text) -> EntryList:
    entries = []
    for member in _members(text):
        name = member.get("PlayerName")
        entries.append(
            ListEntry(
                name=name if isinstance(name, str) and is_name(name) else None,
                uid=_uid(member.get("PlayerUID")),
                until_ms=read_date(member.get("UntilDate")),
                reason=_line(member.get("Reason"), _MAX_REASON_LENGTH),
            )
        )
    return EntryList(tuple(entries), not text.problems, text.written_ms)


def _rules(text: _Text) -> PlayerRules:
    try:
        config = json.loads(text.content)
    except (ValueError, RecursionError) as error:
        text.problems.append(str(error))
        return PlayerRules(written_ms=text.written_ms)
    if not isinstance(config, dict):
        text.problems.append("it holds no object")
        return PlayerRules(written_ms=text.written_ms)
    most = config.get("MaxClients")
    return PlayerRules(
        whitelist=_whitelist_mode(config),
        roles=tuple(_roles(config.get("Roles"))),
        max_players=most if _is_count(most) else None,
        written_ms=text.written_ms,
    )


def _whitelist_mode(config: Mapping[str, Any]) -> WhitelistMode:
    """From 1.20 on `WhitelistMode`, whose default means on for a dedicated server; before, `OnlyWhitelisted`."""
    mode, old = config.get("WhitelistMode"), config.get("OnlyWhitelisted")
    if isinstance(mode, int) and not isinstance(mode, bool):
        return _MODES.get(mode, "unknown")
    if "WhitelistMode" not in config and isinstance(old, bool):
        return "on" if old else "off"
    return "unknown"


def _roles(found: Any) -> Iterator[Role]:
    for role in (found if isinstance(found, list) else [])[:_MAX_ROLES]:
        if isinstance(role, dict) and (code := _line(role.get("Code"), _MAX_ROLE_LENGTH)):
            yield Role(code, _line(role.get("Name"), _MAX_ROLE_LENGTH) or code)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 1_000_000


def _uid(value: Any) -> str | None:
    if isinstance(value, str) and 0 < len(value) <= _MAX_UID_LENGTH and value.isascii() and value.isprintable():
        return value
    return None


def _line(value: Any, most: int) -> str | None:
    if not isinstance(value, str):
        return None
    return _UNPRINTABLE.sub(" ", value).strip()[:most] or None


def read_date(value: Any) -> int | None:
    """UTC milliseconds of a date as the game writes it: ISO with any number of digits, or short text of the machine's culture,
    in UTC (`11/25/2025 21:10`); None for what is no date."""
    if not isinstance(value, str) or len(value) > 60:
        return None
    text = value.strip()
    moment = None
    with suppress(ValueError, OverflowError):
        moment = datetime.fromisoformat(text)
    if moment is None:
        moment = _culture_date(text)
    if moment is None:
        return None
    try:
        return to_ms(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except OverflowError:
        return None


def _culture_date(text: str) -> datetime | None:
    found = _CULTURE_DATE.fullmatch(text)
    if found is None:
        return None
    first, sign, middle, last = int(found[1]), found[2], int(found[3]), int(found[4])
    if first > 31:
        year, month, day = first, middle, last
    elif sign == "/" and first <= 12:
        year, month, day = last, first, middle  # as in the United States, which is also the culture of no culture
    else:
        year, month, day = last, middle, first
    hour = int(found[5])
    if found[8]:
        hour = hour % 12 + (12 if found[8] in "Pp" else 0)
    try:
        return datetime(year, month, day, hour, int(found[6]), int(found[7] or 0), tzinfo=UTC)
    except ValueError:
        return None
