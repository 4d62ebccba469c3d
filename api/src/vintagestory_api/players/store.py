"""Players, their sessions and what they said, in the database. Importing this module imports SQLAlchemy: see `in_store`."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, case, delete, func, or_, select, tuple_, update
from sqlalchemy.dialects.sqlite import insert

from vintagestory_api.players.names import name_key
from vintagestory_api.players.presence import AllEnded, ChatKept, SeenOn, SessionBegan, SessionEnded, Visit, Write
from vintagestory_api.players.records import ChatRecord, SeenPlayer, SessionRecord, Totals
from vintagestory_api.servers.tables import chat, player_sessions, players, servers

#: So many rows are handed over at once: the event loop gets its turn between two such parts.
_ROWS_AT_ONCE = 500
_NAMES_AT_ONCE = 500


class PlayerStore:
    """The statements, on one connection and inside its transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # What happened

    def keep(self, writes: Sequence[tuple[str, Write]]) -> None:
        """Store what happened, in order, each with the id of its server. What is stored already, and what belongs to a server
        that is gone, is left out."""
        there = self._existing({server_id for server_id, _ in writes})
        said = []
        for server_id, write in writes:
            if server_id not in there:
                continue
            match write:
                case SessionBegan():
                    self._begin(server_id, write)
                case SessionEnded():
                    self._end(server_id, write)
                case AllEnded():
                    self._end_all(server_id, write)
                case SeenOn():
                    self._see(server_id, write.names, write.at_ms)
                case ChatKept():
                    said.append(_chat_row(server_id, write))
        for start in range(0, len(said), _ROWS_AT_ONCE):
            self._connection.execute(insert(chat).on_conflict_do_nothing(), said[start : start + _ROWS_AT_ONCE])

    def _existing(self, server_ids: set[str]) -> set[str]:
        return set(self._connection.execute(select(servers.c.id).where(servers.c.id.in_(server_ids))).scalars())

    def _begin(self, server_id: str, began: SessionBegan) -> None:
        key = name_key(began.name)
        session = {
            "server_id": server_id,
            "instance": began.instance,
            "seq": began.seq,
            "name_key": key,
            "joined_at": began.at_ms,
        }
        is_new = self._connection.execute(insert(player_sessions).values(session).on_conflict_do_nothing()).rowcount > 0
        seen = insert(players).values(
            server_id=server_id, name_key=key, name=began.name, uid=began.uid, first_seen=began.at_ms, last_seen=began.at_ms
        )
        # A line that is read again tells nothing new about when somebody was seen.
        newer = {"last_seen": func.max(players.c.last_seen, seen.excluded.last_seen)} if is_new else {}
        changes = {"name": seen.excluded.name, "uid": func.coalesce(seen.excluded.uid, players.c.uid), **newer}
        self._connection.execute(seen.on_conflict_do_update(index_elements=["server_id", "name_key"], set_=changes))

    def _end(self, server_id: str, ended: SessionEnded) -> None:
        key, session = name_key(ended.name), player_sessions.c
        latest = (
            select(session.seq)
            .where(
                session.server_id == server_id,
                session.instance == ended.instance,
                session.name_key == key,
                session.seq < ended.before_seq,
            )
            .order_by(session.seq.desc())
            .limit(1)
            .scalar_subquery()
        )
        open_one = update(player_sessions).where(
            session.server_id == server_id, session.instance == ended.instance, session.seq == latest, session.left_at.is_(None)
        )
        values = {"left_at": func.max(session.joined_at, ended.at_ms), "end": ended.end}
        if self._connection.execute(open_one.values(values)).rowcount:
            self._see(server_id, (ended.name,), ended.at_ms)

    def _end_all(self, server_id: str, ended: AllEnded) -> None:
        session = player_sessions.c
        still_open = (session.server_id == server_id) & (session.instance == ended.instance) & session.left_at.is_(None)
        self._end_those(still_open, ended.at_ms, ended.end)

    def _end_those(self, which: Any, at_ms: int | None, end: str) -> None:
        session = player_sessions.c
        seen = (
            select(players.c.last_seen)
            .where(players.c.server_id == session.server_id, players.c.name_key == session.name_key)
            .scalar_subquery()
        )
        left = func.max(session.joined_at, func.coalesce(seen, session.joined_at) if at_ms is None else at_ms)
        self._connection.execute(update(player_sessions).where(which).values(left_at=left, end=end))

    def _see(self, server_id: str, names: Iterable[str], at_ms: int) -> None:
        keys = sorted({name_key(name) for name in names})
        for start in range(0, len(keys), _NAMES_AT_ONCE):
            part = keys[start : start + _NAMES_AT_ONCE]
            here = (players.c.server_id == server_id) & players.c.name_key.in_(part)
            last = case((players.c.last_seen < at_ms, at_ms), else_=players.c.last_seen)
            self._connection.execute(update(players).where(here).values(last_seen=last))

    # What was left open

    def take_up(self) -> dict[str, tuple[str, list[Visit]]]:
        """For each server the latest start of its game with open sessions, and those; older ones are ended, as of when each
        player was known to be on last."""
        session = player_sessions.c
        rows = self._connection.execute(
            select(player_sessions, players.c.name, players.c.uid)
            .join(players, (players.c.server_id == session.server_id) & (players.c.name_key == session.name_key), isouter=True)
            .where(session.left_at.is_(None))
            .order_by(session.seq)
        ).all()
        latest = {row.server_id: row.instance for row in rows}
        for server_id, instance in latest.items():
            older = (session.server_id == server_id) & (session.instance != instance) & session.left_at.is_(None)
            self._end_those(older, None, "unknown")
        found: dict[str, tuple[str, list[Visit]]] = {}
        for row in rows:
            if row.instance == latest[row.server_id]:
                visits = found.setdefault(row.server_id, (row.instance, []))[1]
                visits.append(Visit(row.name or row.name_key, row.uid, row.seq, row.joined_at))
        return found

    # What people ask

    def seen(self, server_id: str) -> list[SeenPlayer]:
        """Everybody who was ever on."""
        columns = (players.c.name, players.c.uid, players.c.first_seen, players.c.last_seen)
        rows = self._connection.execute(select(*columns).where(players.c.server_id == server_id))
        return [SeenPlayer(*row) for row in rows]

    def totals(self, server_id: str, names: Iterable[str]) -> dict[str, Totals]:
        """Sessions and the time of those that have ended, by the keys of the names."""
        session = player_sessions.c
        found = {}
        keys = sorted({name_key(name) for name in names})
        for start in range(0, len(keys), _NAMES_AT_ONCE):
            query = (
                select(
                    session.name_key,
                    func.count(),
                    func.coalesce(func.sum(session.left_at - session.joined_at), 0),
                )
                .where(session.server_id == server_id, session.name_key.in_(keys[start : start + _NAMES_AT_ONCE]))
                .group_by(session.name_key)
            )
            for key, count, played_ms in self._connection.execute(query):
                found[key] = Totals(count, played_ms)
        return found

    def sessions(self, server_id: str, name: str, *, limit: int, before: tuple[int, int] | None) -> list[SessionRecord]:
        """Newest first; `before` is joined_at and seq of the last one seen."""
        session = player_sessions.c
        query = (
            select(session.seq, session.joined_at, session.left_at, session.end)
            .where(session.server_id == server_id, session.name_key == name_key(name))
            .order_by(session.joined_at.desc(), session.seq.desc())
            .limit(limit)
        )
        if before is not None:
            joined_at, seq = before
            query = query.where(or_(session.joined_at < joined_at, (session.joined_at == joined_at) & (session.seq < seq)))
        return [SessionRecord(*row) for row in self._connection.execute(query)]

    def last_left(self, server_id: str) -> int | None:
        """When the latest session that has ended did."""
        query = select(func.max(player_sessions.c.left_at)).where(player_sessions.c.server_id == server_id)
        latest: int | None = self._connection.execute(query).scalar_one()
        return latest

    def chat(self, server_id: str, *, words: str, limit: int, before_seq: int | None) -> list[ChatRecord]:
        """Newest first; `words` occur in the text or the name, whatever their capitals."""
        line = chat.c
        query = (
            select(line.seq, line.at, line.name, line.text, line.group_id)
            .where(line.server_id == server_id)
            .order_by(line.seq.desc())
            .limit(limit)
        )
        if before_seq is not None:
            query = query.where(line.seq < before_seq)
        if words:
            query = query.where(or_(line.text.icontains(words, autoescape=True), line.name.icontains(words, autoescape=True)))
        return [ChatRecord(*row) for row in self._connection.execute(query)]

    def prune_chat(self, before_ms: int, *, most: int) -> int:
        """Delete up to `most` lines that are older than `before_ms`; how many that were."""
        line = (chat.c.server_id, chat.c.instance, chat.c.seq)
        oldest = select(*line).where(chat.c.at < before_ms).order_by(chat.c.at).limit(most)
        return int(self._connection.execute(delete(chat).where(tuple_(*line).in_(oldest))).rowcount)


def _chat_row(server_id: str, said: ChatKept) -> dict[str, Any]:
    return {
        "server_id": server_id,
        "instance": said.instance,
        "seq": said.seq,
        "at": said.at_ms,
        "name": said.name,
        "text": said.text,
        "group_id": said.group,
    }
