"""Puts together who is known on a server: from our own records, from the game's files, and from who is on. Pure."""

import base64
import binascii
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from vintagestory_api.errors import FieldError, Invalid
from vintagestory_api.kit.clock import rfc3339
from vintagestory_api.players.files import EntryList, GameFiles, ListEntry
from vintagestory_api.players.names import name_key
from vintagestory_api.players.presence import Visit
from vintagestory_api.players.records import SeenPlayer, Totals
from vintagestory_api.players.schemas import PlayerView

SortKey = tuple[int, int, str]


class CursorInvalid(Invalid):
    code = "invalid_cursor"


@dataclass
class Person:
    """One player of a server, as far as anybody knows. Times in UTC milliseconds."""

    name: str
    uid: str | None = None
    visit: Visit | None = None
    first_seen_ms: int | None = None
    last_seen_ms: int | None = None
    role: str | None = None
    white: ListEntry | None = None
    ban: ListEntry | None = None

    @property
    def sort_key(self) -> SortKey:
        if self.visit is not None:
            return 0, 0, name_key(self.name)
        return 1, -(self.last_seen_ms or 0), name_key(self.name)


@dataclass(frozen=True)
class Told:
    """What the game answered about somebody, until its files say it, too."""

    at_ms: int
    role: str | None = None
    is_whitelisted: bool | None = None
    is_banned: bool | None = None


@dataclass(frozen=True)
class Question:
    words: str = ""
    online_only: bool = False
    limit: int = 100
    after: SortKey | None = None


@dataclass(frozen=True)
class Page:
    people: list[Person]
    next_cursor: str | None


@dataclass
class _People:
    """People by name, found by identifier as well: a list may still have somebody's former name."""

    by_key: dict[str, Person] = field(default_factory=dict)
    by_uid: dict[str, Person] = field(default_factory=dict)

    def named(self, name: str, uid: str | None) -> Person:
        person = self.by_key.setdefault(name_key(name), Person(name))
        if uid is not None:
            person.uid = uid
            self.by_uid[uid] = person
        return person

    def listed(self, entry: ListEntry) -> Person | None:
        if entry.uid is not None and (known := self.by_uid.get(entry.uid)) is not None:
            return known
        return self.named(entry.name, entry.uid) if entry.name is not None else None


def page_of(question: Question, seen: Sequence[SeenPlayer], files: GameFiles, visits: Mapping[str, Visit], now_ms: int) -> Page:
    """The people that a question is about, in order, from where the page before ended."""
    words = question.words.strip().lower()
    found = [
        person
        for person in _everybody(seen, files, visits, now_ms)
        if (words in person.name.lower() if words else True)
        and (person.visit is not None or not question.online_only)
        and (question.after is None or person.sort_key > question.after)
    ]
    found.sort(key=lambda person: person.sort_key)
    page = found[: question.limit]
    return Page(page, write_cursor(page[-1].sort_key) if len(found) > question.limit else None)


def _everybody(seen: Sequence[SeenPlayer], files: GameFiles, visits: Mapping[str, Visit], now_ms: int) -> Iterable[Person]:
    people = _People()
    for known in files.records.players:
        person = people.named(known.name, known.uid)
        person.role = known.role
        person.first_seen_ms, person.last_seen_ms = known.first_joined_ms, known.last_joined_ms
    for player in seen:
        person = people.named(player.name, None)
        if person.uid is None and player.uid is not None:
            people.named(player.name, player.uid)
        person.first_seen_ms = min(player.first_seen_ms, person.first_seen_ms or player.first_seen_ms)
        person.last_seen_ms = max(player.last_seen_ms, person.last_seen_ms or 0)
    for visit in visits.values():
        person = people.named(visit.name, None)
        if person.uid is None and visit.uid is not None:
            people.named(visit.name, visit.uid)
        person.name, person.visit, person.last_seen_ms = visit.name, visit, now_ms
        person.first_seen_ms = min(visit.joined_ms, person.first_seen_ms or visit.joined_ms)
    for entry in files.whitelisted.entries:
        if entry.holds_at(now_ms) and (listed := people.listed(entry)) is not None:
            listed.white = entry
    for entry in files.banned.entries:
        if entry.holds_at(now_ms) and (listed := people.listed(entry)) is not None:
            listed.ban = entry
    return people.by_key.values()


def view_of(person: Person, totals: Totals, files: GameFiles, told: Told | None, now_ms: int) -> PlayerView:
    playing_ms = max(0, now_ms - person.visit.joined_ms) if person.visit is not None else 0
    is_whitelisted = _is_on(files.whitelisted, person.white)
    is_banned = _is_on(files.banned, person.ban)
    role = person.role
    if told is not None:
        # The files may be older than the answer.
        role = told.role if told.role is not None and told.at_ms > files.records.written_ms else role
        if told.is_whitelisted is not None and told.at_ms > files.whitelisted.written_ms:
            is_whitelisted = told.is_whitelisted
        if told.is_banned is not None and told.at_ms > files.banned.written_ms:
            is_banned = told.is_banned
    ban = person.ban if is_banned else None
    return PlayerView(
        name=person.name,
        uid=person.uid,
        is_online=person.visit is not None,
        online_since=rfc3339(person.visit.joined_ms) if person.visit is not None else None,
        first_seen=rfc3339(person.first_seen_ms),
        last_seen=rfc3339(person.last_seen_ms),
        play_time_seconds=(totals.played_ms + playing_ms) // 1000,
        sessions=totals.sessions,
        role=role,
        is_whitelisted=is_whitelisted,
        is_banned=is_banned,
        banned_until=rfc3339(ban.until_ms) if ban is not None else None,
        is_banned_for_ever=ban is not None and ban.is_for_ever(now_ms),
        ban_reason=ban.reason if ban is not None else None,
    )


def _is_on(entries: EntryList, entry: ListEntry | None) -> bool | None:
    if entry is not None:
        return True
    return False if entries.is_whole else None


def write_cursor(key: SortKey) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> SortKey | None:
    """None for no cursor. Raises `CursorInvalid`."""
    if not cursor:
        return None
    try:
        rank, seen, key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, TypeError, binascii.Error, RecursionError):
        raise invalid_cursor() from None
    if not (isinstance(rank, int) and isinstance(seen, int) and isinstance(key, str)):
        raise invalid_cursor()
    return rank, seen, key


def invalid_cursor() -> CursorInvalid:
    return CursorInvalid(
        "This cursor is none of ours. Leave it out to start from the beginning.",
        fields=[FieldError("cursor", "give the next_cursor of the page before")],
    )
