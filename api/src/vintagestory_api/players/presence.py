"""Who is on one server, from what its console tells. Nothing here touches a file or waits: events go in, what is to be kept
comes out."""

import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar

from vintagestory_api.players.client_list import ClientList
from vintagestory_api.players.names import is_name, name_key
from vintagestory_api.servers.line_events import (
    ChatSaid,
    CommandEchoed,
    LineEvent,
    PlayerIdentified,
    PlayerJoined,
    PlayerLeft,
    PlayerRefused,
    StopBegan,
)

T = TypeVar("T")

SessionEnd = Literal["left", "kicked", "server_ended", "unknown"]

#: A join that is told this soon after the game's list named the player is the same one.
_SAME_JOIN_MS = 120_000
_MAX_REMEMBERED = 1_000
_MAX_CHAT_LENGTH = 1_000
_REMOVING = re.compile(r"/(?:kick|ban|hardban)\s+([\w-]{1,16})(?:\s|$)")
_REMOVED = re.compile(r"kick|\bban", re.IGNORECASE)


@dataclass(frozen=True)
class SessionBegan:
    instance: str
    seq: int
    name: str
    uid: str | None
    at_ms: int


@dataclass(frozen=True)
class SessionEnded:
    """The latest session of a player that began before the line `before_seq` of that start of the game."""

    instance: str
    before_seq: int
    name: str
    at_ms: int
    end: SessionEnd


@dataclass(frozen=True)
class AllEnded:
    """Every session of that start of the game that is still open; at `at_ms`, or when each player was known to be on last."""

    instance: str
    at_ms: int | None
    end: SessionEnd


@dataclass(frozen=True)
class ChatKept:
    instance: str
    seq: int
    at_ms: int
    name: str
    text: str
    group: int | None


@dataclass(frozen=True)
class SeenOn:
    """These players are on at this moment."""

    names: tuple[str, ...]
    at_ms: int


Write = SessionBegan | SessionEnded | AllEnded | ChatKept | SeenOn


@dataclass(frozen=True)
class Visit:
    """Somebody is on. `seq` is the line that told of it; `is_listed`: it was the game's list, not a join."""

    name: str
    uid: str | None
    seq: int
    joined_ms: int
    is_listed: bool = False


class _Latest(Generic[T]):
    """The latest of what was told under a name; strangers can't fill the memory with names."""

    def __init__(self) -> None:
        self._told: OrderedDict[str, T] = OrderedDict()

    def put(self, key: str, value: T) -> None:
        self._told[key] = value
        self._told.move_to_end(key)
        if len(self._told) > _MAX_REMEMBERED:
            self._told.popitem(last=False)

    def get(self, key: str) -> T | None:
        return self._told.get(key)

    def drop(self, key: str) -> None:
        self._told.pop(key, None)

    def clear(self) -> None:
        self._told.clear()


@dataclass
class Presence:
    """Who is on one server. `instance` is the start of the game that it tells of, None before the first line.

    `is_exact`: the game's own list agreed, and every line since was read. `is_watched`: this process has heard of that start.
    """

    instance: str | None = None
    visits: dict[str, Visit] = field(default_factory=dict)
    is_exact: bool = False
    is_watched: bool = False
    confirmed_at: float | None = None  # monotonic seconds
    _uids: "_Latest[str]" = field(default_factory=_Latest[str])
    _removals: "_Latest[int]" = field(default_factory=_Latest[int])
    _left: "_Latest[int]" = field(default_factory=_Latest[int])
    _is_stopping: bool = False

    def is_on(self, name: str) -> bool:
        return name_key(name) in self.visits

    def restore(self, instance: str, visits: Iterable[Visit]) -> None:
        """Take up what an earlier process kept as open."""
        self.instance = instance
        self.visits = {name_key(visit.name): visit for visit in visits}

    def hear(self, instance: str, seq: int, at_ms: int, what: LineEvent) -> list[Write]:
        """A line of the console tells something. Lines may come for the second time; they change nothing then."""
        found: list[Write] = []
        if instance != self.instance:
            found += self.end(None)
            self._begin(instance)
        self.is_watched = True
        match what:
            case PlayerIdentified(name=name, uid=uid):
                self._uids.put(name_key(name), uid)
            case PlayerRefused(name=name):
                self._uids.drop(name_key(name))
            case PlayerJoined(name=name) if is_name(name):
                found += self._join(instance, seq, at_ms, name)
            case PlayerLeft(name=name, reason=reason):
                found += self._leave(instance, seq, at_ms, name, reason)
            case ChatSaid(name=name, text=text, group=group) if is_name(name):
                found.append(ChatKept(instance, seq, at_ms, name, text[:_MAX_CHAT_LENGTH], group))
            case CommandEchoed(command=command):
                if removing := _REMOVING.match(command):
                    self._removals.put(name_key(removing[1]), seq)
            case StopBegan():
                self._is_stopping = True
        return found

    def confirm(self, instance: str, listed: ClientList, at_ms: int, now: float) -> list[Write]:
        """The game says who is on. Whoever it does not name has gone without a line that we read; whoever came unseen is
        counted from now on."""
        if instance != self.instance:
            if self.instance is not None:
                return []
            self._begin(instance)
        names = {name_key(client.name) for client in listed.clients}
        found: list[Write] = []
        for key, visit in list(self.visits.items()):
            if visit.seq < listed.seq and key not in names:
                del self.visits[key]
                found.append(SessionEnded(instance, listed.seq, visit.name, at_ms, "unknown"))
        for client in listed.clients:
            key = name_key(client.name)
            has_left_since = (self._left.get(key) or 0) > listed.seq
            is_playing = client.is_playing
            if is_playing is None:
                # Who still connects can't be told from who plays: only the first list counts, and where a line misled us.
                is_playing = self.confirmed_at is None or self._left.get(key) is not None
            if is_playing and key not in self.visits and not has_left_since:
                self.visits[key] = Visit(client.name, self._uids.get(key), client.seq, at_ms, is_listed=True)
                found.append(SessionBegan(instance, client.seq, client.name, self._uids.get(key), at_ms))
        self.is_exact = self.is_watched = True
        self.confirmed_at = now
        return found

    def end(self, ended_ms: int | None) -> list[Write]:
        """That start of the game is over, since `ended_ms` if that is known."""
        if self.instance is None:
            return []
        instance, self.instance = self.instance, None
        had_visits = bool(self.visits)
        self.visits.clear()
        self._begin(None)
        if not had_visits:
            return []
        return [AllEnded(instance, ended_ms, "unknown" if ended_ms is None else "server_ended")]

    def _begin(self, instance: str | None) -> None:
        self.instance = instance
        self.is_exact = self.is_watched = self._is_stopping = False
        self.confirmed_at = None
        self._uids.clear()
        self._removals.clear()
        self._left.clear()

    def _join(self, instance: str, seq: int, at_ms: int, name: str) -> Iterator[Write]:
        key = name_key(name)
        known = self.visits.get(key)
        if known is not None:
            if seq <= known.seq or (known.is_listed and at_ms - known.joined_ms < _SAME_JOIN_MS):
                return
            # "joined again, killing previous client"
            yield SessionEnded(instance, seq, name, at_ms, "left")
        uid = self._uids.get(key)
        self.visits[key] = Visit(name, uid, seq, at_ms)
        yield SessionBegan(instance, seq, name, uid, at_ms)

    def _leave(self, instance: str, seq: int, at_ms: int, name: str, reason: str | None) -> Iterator[Write]:
        key = name_key(name)
        self._left.put(key, seq)
        known = self.visits.get(key)
        if known is None or seq <= known.seq:
            return
        del self.visits[key]
        yield SessionEnded(instance, seq, known.name, at_ms, self._how(key, known, reason))

    def _how(self, key: str, visit: Visit, reason: str | None) -> SessionEnd:
        """Removals have many causes, in the language of the server; only a kick or a ban is told apart, and the end of all."""
        if self._is_stopping:
            return "server_ended"
        if (self._removals.get(key) or 0) > visit.seq or (reason is not None and _REMOVED.search(reason)):
            return "kicked"
        return "left" if reason is None else "unknown"
