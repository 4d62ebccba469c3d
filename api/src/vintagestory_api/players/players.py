"""Who is on the servers, who was, and what they said: learned from the lines of consoles, confirmed by the games' own lists."""

import asyncio
import re
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from vintagestory_api.errors import ManagerError, Unavailable
from vintagestory_api.events import (
    Event,
    EventBus,
    PlayersChanged,
    ServerChanged,
    ServerConfigChanged,
    ServerTold,
    StatsAnswered,
)
from vintagestory_api.kit.clock import Clock, rfc3339
from vintagestory_api.players.actions import PlayerActions
from vintagestory_api.players.client_list import read_client_list
from vintagestory_api.players.files import GameFiles, PlayerFiles
from vintagestory_api.players.in_store import in_store
from vintagestory_api.players.listing import Question, Told, invalid_cursor, page_of, read_cursor, view_of, write_cursor
from vintagestory_api.players.names import check_name, name_key
from vintagestory_api.players.presence import Presence, SeenOn, Visit, Write
from vintagestory_api.players.records import Totals
from vintagestory_api.players.schemas import (
    ChatLine,
    ChatPage,
    PlayerList,
    PlayerSession,
    PlayerSessionList,
    RoleList,
    RoleView,
)
from vintagestory_api.players.writing import GroupedWriting
from vintagestory_api.storage.database import Database

if TYPE_CHECKING:
    from vintagestory_api.servers.registry import Servers
    from vintagestory_api.servers.server import GameServer

log = structlog.get_logger(__name__)

LOOK_EVERY_SECONDS = 1.0
#: While somebody is on, the game's list is asked for so often; after an answer that helped nobody, a little sooner.
CONFIRM_EVERY_SECONDS = 600.0
CONFIRM_AGAIN_SECONDS = 60.0
#: So much of a session's end may be missing when manager and machine die together.
SEEN_EVERY_SECONDS = 60.0
_PRUNED_AT_ONCE = 2_000
_ONLINE = re.compile(r"Players online: (\d{1,6}) / (\d{1,6})")


class _Watched:
    """One server: who is on it, and when its game is asked again."""

    def __init__(self) -> None:
        self.presence = Presence()
        self.ended_ms: int | None = None
        self.max_players: int | None = None
        self.is_doubtful = False
        self.ask_after = 0.0
        self.asking: asyncio.Task[None] | None = None
        self.told: dict[str, Told] = {}
        self.data_path: Path | None = None


class Players:
    """Listens to the bus from `start` on, which comes before the servers are opened; `close` comes after their last event."""

    def __init__(self, database: Database, clock: Clock, bus: EventBus, servers: "Servers") -> None:
        self.actions = PlayerActions(servers, self, clock)
        self._database = database
        self._clock = clock
        self._bus = bus
        self._servers = servers
        self._files = PlayerFiles()
        self._watched: dict[str, _Watched] = {}
        self._writing = GroupedWriting(database, self._tell_change)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._unsubscribe: Callable[[], None] = lambda: None
        self._seen_at = 0.0

    async def start(self) -> None:
        """Take up the sessions that an earlier process left open, then listen."""
        for server_id, (instance, visits) in (await in_store(self._database, lambda store: store.take_up())).items():
            self._of(server_id).presence.restore(instance, visits)
        self._writing.start()
        self._unsubscribe = self._bus.subscribe(self._hear)
        self._keep(self._look_after())

    async def close(self) -> None:
        self._unsubscribe()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._note_who_is_on()
        await self._writing.close()

    # At a glance

    def online_count(self, server_id: str) -> int | None:
        """How many are on; None while the game does not run."""
        server = self._running(server_id)
        if server is None:
            return None
        watched = self._watched.get(server_id)
        if watched is None or watched.presence.instance != server.instance:
            return 0
        return len(watched.presence.visits)

    def max_players(self, server_id: str) -> int | None:
        """How many may be on; None before that was told or read."""
        watched = self._watched.get(server_id)
        return watched.max_players if watched is not None else None

    def visit(self, server_id: str, name: str) -> Visit | None:
        """Since when somebody is on; None when they are not."""
        return self._visits(server_id).get(name_key(name))

    def online_names(self, server_id: str) -> list[str]:
        """Who is on, in the order in which they joined; nobody while the game does not run."""
        return [visit.name for visit in sorted(self._visits(server_id).values(), key=lambda visit: (visit.joined_ms, visit.seq))]

    async def last_left_ms(self, server_id: str) -> int | None:
        """When the latest session that has ended did."""
        await self.flush()
        return await in_store(self._database, lambda store: store.last_left(server_id))

    def is_exact(self, server_id: str) -> bool:
        watched = self._watched.get(server_id)
        return watched is not None and self._running(server_id) is not None and watched.presence.is_exact

    # What pages ask

    async def page(self, server_id: str, *, words: str, online_only: bool, limit: int, cursor: str) -> PlayerList:
        """Raises `ServerNotFound` and `CursorInvalid`."""
        question = Question(words, online_only, limit, read_cursor(cursor))
        files = await self.files(server_id)
        now_ms, visits = self._clock.now_ms(), dict(self._visits(server_id))
        await self.flush()
        seen = await in_store(self._database, lambda store: store.seen(server_id))
        page = await asyncio.to_thread(page_of, question, seen, files, visits, now_ms)
        names = [person.name for person in page.people]
        totals = await in_store(self._database, lambda store: store.totals(server_id, names))
        told = self._of(server_id).told
        views = []
        for person in page.people:
            key = name_key(person.name)
            views.append(view_of(person, totals.get(key, Totals(0, 0)), files, told.get(key), now_ms))
        return PlayerList(
            items=views,
            next_cursor=page.next_cursor,
            online=len(visits),
            max_players=self.max_players(server_id),
            is_exact=self.is_exact(server_id),
            whitelist=files.rules.whitelist,
        )

    async def sessions(self, server_id: str, name: str, *, limit: int, cursor: str) -> PlayerSessionList:
        """Raises `ServerNotFound`, `PlayerNameInvalid` and `CursorInvalid`."""
        self._servers.get(server_id)
        check_name(name)
        after = read_cursor(cursor)
        await self.flush()
        before = None if after is None else (after[0], after[1])
        found = await in_store(self._database, lambda store: store.sessions(server_id, name, limit=limit + 1, before=before))
        visit, now_ms = self.visit(server_id, name), self._clock.now_ms()
        items = []
        for session in found[:limit]:
            is_on = session.left_ms is None and visit is not None and session.seq == visit.seq
            until = session.left_ms if session.left_ms is not None else now_ms if is_on else session.joined_ms
            items.append(
                PlayerSession.model_validate(
                    {
                        "joined_at": rfc3339(session.joined_ms),
                        "left_at": rfc3339(session.left_ms),
                        "seconds": max(0, until - session.joined_ms) // 1000,
                        "end": session.end,
                    }
                )
            )
        more = len(found) > limit
        last = found[limit - 1] if more else None
        return PlayerSessionList(
            items=items, next_cursor=write_cursor((last.joined_ms, last.seq, "")) if last is not None else None
        )

    async def chat(self, server_id: str, *, words: str, limit: int, cursor: str) -> ChatPage:
        """Raises `ServerNotFound` and `CursorInvalid`."""
        self._servers.get(server_id)
        if cursor and not (cursor.isascii() and cursor.isdecimal() and len(cursor) < 19):
            raise invalid_cursor()
        before = int(cursor) if cursor else None
        await self.flush()
        found = await in_store(
            self._database, lambda store: store.chat(server_id, words=words, limit=limit + 1, before_seq=before)
        )
        items = [
            ChatLine(seq=line.seq, at=rfc3339(line.at_ms) or "", name=line.name, text=line.text, group=line.group)
            for line in found[:limit]
        ]
        return ChatPage(items=items, next_cursor=str(items[-1].seq) if len(found) > limit else None)

    async def roles(self, server_id: str) -> RoleList:
        """Raises `ServerNotFound`."""
        files = await self.files(server_id)
        return RoleList(items=[RoleView(code=role.code, name=role.name) for role in files.rules.roles])

    async def files(self, server_id: str) -> GameFiles:
        """What the game's files say at this moment. Raises `ServerNotFound`."""
        server = self._servers.get(server_id)
        files = await asyncio.to_thread(self._files.read, server.data_path)
        watched = self._of(server_id)
        watched.data_path = server.data_path
        if watched.max_players is None:
            watched.max_players = files.rules.max_players
        return files

    async def prune_chat(self, before_ms: int) -> int:
        """Delete what was said before; how many lines that were."""
        deleted = 0
        while part := await in_store(self._database, lambda store: store.prune_chat(before_ms, most=_PRUNED_AT_ONCE)):
            deleted += part
        return deleted

    async def flush(self) -> None:
        """Store what was heard so far, if the disk takes it: what is asked for then goes with what is known in memory."""
        await self._writing.flush()

    # What actions find out

    def learn(self, server_id: str, name: str | None, **answer: Any) -> None:
        """The game has answered something about somebody (fields of `Told`), or changed its ways for all."""
        if name is not None and answer:
            told = self._of(server_id).told
            known = told.get(name_key(name), Told(0))
            told[name_key(name)] = replace(known, at_ms=self._clock.now_ms(), **answer)
        self._tell_change({server_id})

    # Listening

    def _hear(self, event: Event) -> None:
        match event:
            case ServerTold():
                watched = self._of(event.server_id)
                self._write(event.server_id, watched.presence.hear(event.instance, event.seq, event.at_ms, event.what))
            case ServerChanged():
                self._note_end(event.server_id)
            case StatsAnswered():
                self._compare(event)
            case ServerConfigChanged() if self._find(event.server_id) is not None:
                self._keep(self._read_limit(event.server_id))

    async def _read_limit(self, server_id: str) -> None:
        """How many may be on can be another number now, and the game itself tells it only once a minute."""
        self._of(server_id).max_players = None
        await self.files(server_id)
        self._tell_change({server_id})

    def _note_end(self, server_id: str) -> None:
        watched, server = self._watched.get(server_id), self._find(server_id)
        if watched is None:
            return
        if server is None:  # it is gone
            del self._watched[server_id]
            if watched.data_path is not None:
                self._files.forget(watched.data_path)
            return
        status = server.status
        if status is not None and status.instance == watched.presence.instance and status.ended_ms is not None:
            watched.ended_ms = status.ended_ms
        if watched.presence.is_watched and _has_ended(server):
            self._end(server_id, watched)

    def _end(self, server_id: str, watched: _Watched) -> None:
        ended_ms, watched.ended_ms = watched.ended_ms, None
        if ended_ms is None and watched.presence.is_watched:
            ended_ms = self._clock.now_ms()
        watched.is_doubtful, watched.ask_after = False, 0.0
        self._write(server_id, watched.presence.end(ended_ms))

    def _compare(self, event: StatsAnswered) -> None:
        """What a game answers to `/stats` counts who is on, too: if it is another number, its list is asked for."""
        found = next((found for line in event.lines if (found := _ONLINE.match(line))), None)
        if found is None:
            return
        watched = self._of(event.server_id)
        watched.max_players = int(found[2])
        if int(found[1]) != len(watched.presence.visits):
            watched.is_doubtful = True

    def _write(self, server_id: str, writes: list[Write]) -> None:
        for write in writes:
            self._writing.add(server_id, write)

    def _tell_change(self, server_ids: set[str]) -> None:
        for server_id in sorted(server_ids):
            self._bus.publish(PlayersChanged(server_id))

    # Looking after

    async def _look_after(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_SECONDS)
            now = self._clock.monotonic()
            for server in self._servers.all():
                try:
                    self._look_at(server, now)
                except Exception:
                    log.exception("players_not_looked_at", server=server.id)
            if now - self._seen_at >= SEEN_EVERY_SECONDS:
                self._seen_at = now
                self._note_who_is_on()

    def _look_at(self, server: "GameServer", now: float) -> None:
        watched = self._of(server.id)
        if not server.is_running:
            if watched.presence.instance is not None and _has_ended(server):
                self._end(server.id, watched)
            return
        if watched.max_players is None and watched.ask_after == 0.0:
            self._keep(self.files(server.id))
        if server.state == "running" and not server.is_hung and self._is_due(watched, server, now):
            watched.ask_after = now + CONFIRM_AGAIN_SECONDS
            watched.asking = self._keep(self._confirm(server, watched))

    def _is_due(self, watched: _Watched, server: "GameServer", now: float) -> bool:
        if now < watched.ask_after or (watched.asking is not None and not watched.asking.done()):
            return False
        presence = watched.presence
        if presence.instance != server.instance or presence.confirmed_at is None or watched.is_doubtful:
            return True
        return bool(presence.visits) and now - presence.confirmed_at > CONFIRM_EVERY_SECONDS

    async def _confirm(self, server: "GameServer", watched: _Watched) -> None:
        """Ask the game who is on."""
        instance = server.instance
        try:
            asked = await server.commands.ask("/list clients", is_probe=True)
        except ManagerError as error:
            log.info("player_list_not_asked", server=server.id, error=error.message)
            return
        listed = read_client_list(asked.lines) if asked.is_complete else None
        if listed is None or instance is None or instance != server.instance:
            return
        was_exact = watched.presence.is_exact
        writes = watched.presence.confirm(instance, listed, self._clock.now_ms(), self._clock.monotonic())
        watched.is_doubtful = False
        self._write(server.id, writes)
        if not was_exact and not writes:
            self._tell_change({server.id})

    def _note_who_is_on(self) -> None:
        now_ms = self._clock.now_ms()
        for server_id, watched in self._watched.items():
            if watched.presence.visits and watched.presence.is_watched and self._running(server_id) is not None:
                names = tuple(visit.name for visit in watched.presence.visits.values())
                self._writing.add(server_id, SeenOn(names, now_ms))

    def _keep(self, work: "Coroutine[Any, Any, Any]") -> "asyncio.Task[Any]":
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._forget)
        return task

    def _forget(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("players_task_failed", exc_info=error)

    # Servers

    def _of(self, server_id: str) -> _Watched:
        return self._watched.setdefault(server_id, _Watched())

    def _visits(self, server_id: str) -> dict[str, Visit]:
        watched, server = self._watched.get(server_id), self._running(server_id)
        if watched is None or server is None or watched.presence.instance != server.instance:
            return {}
        return watched.presence.visits

    def _find(self, server_id: str) -> "GameServer | None":
        try:
            return self._servers.get(server_id)
        except ManagerError:
            return None

    def _running(self, server_id: str) -> "GameServer | None":
        server = self._find(server_id)
        return server if server is not None and server.is_running else None


def _has_ended(server: "GameServer") -> bool:
    """False while it runs, and as long as nobody has looked yet whether it does: at the start of the manager."""
    return not server.is_running and (server.record.outcome is not None or server.record.instance is None)


_players: Players | None = None


def use_players(players: Players | None) -> None:
    """Make `players` the one that `get_players` answers; called where the application is put together."""
    global _players  # noqa: PLW0603 - the one accessor for what the lifespan built
    _players = players


def get_players() -> Players:
    """The one of the running application. Raises `Unavailable` without one."""
    if _players is None:
        raise Unavailable("What is known of players is not open.")
    return _players
