"""Restores and drills as they are stored, and the book of restores. The store behind it is imported at its first use."""

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from vintagestory_api.backups.in_store import in_store as in_backup_store
from vintagestory_api.backups.restore_words import CANCELLED
from vintagestory_api.backups.schemas import RestoreRecord
from vintagestory_api.events import BackupsChanged, EventBus
from vintagestory_api.kit.clock import Clock, rfc3339
from vintagestory_api.kit.ids import uuid7
from vintagestory_api.servers.in_store import in_store as in_server_store
from vintagestory_api.servers.operations import run_id
from vintagestory_api.servers.records import Happening
from vintagestory_api.servers.registry import Servers
from vintagestory_api.storage.database import Database

if TYPE_CHECKING:
    from vintagestory_api.backups.restore_store import RestoreStore

Outcome = Literal["restored", "put_back", "failed"]

T = TypeVar("T")


@dataclass(frozen=True)
class Undertaking:
    """`kind`: what is under way. A drill that found everything in order is `restored`. `present_backup_id`: of what was there
    before. Times in UTC milliseconds."""

    id: str
    server_id: str
    backup_id: str
    started_at: int
    kind: Literal["restore", "drill"] = "restore"
    run_id: str | None = None
    actor: str | None = None
    present_backup_id: str | None = None
    ended_at: int | None = None
    outcome: Outcome | None = None
    text: str | None = None

    def changed(self, **fields: Any) -> "Undertaking":
        return replace(self, **fields)

    def view(self, made_at: Mapping[str, int]) -> RestoreRecord:
        """`made_at`: of the backups that are known."""
        return RestoreRecord(
            id=self.id,
            server_id=self.server_id,
            backup_id=self.backup_id,
            backup_made_at=rfc3339(made_at.get(self.backup_id)),
            present_backup_id=self.present_backup_id if self.present_backup_id in made_at else None,
            run_id=self.run_id,
            actor=self.actor,
            started_at=rfc3339(self.started_at) or "",
            ended_at=rfc3339(self.ended_at),
            outcome=self.outcome,
            text=self.text,
        )


async def in_restore_store(database: Database, work: "Callable[[RestoreStore], T]") -> T:
    """Do `work` on the store in one transaction, off the event loop."""
    await database.engine()  # imports SQLAlchemy in a thread, so the import below is short
    from vintagestory_api.backups.restore_store import RestoreStore  # noqa: PLC0415 - SQLAlchemy costs half a second; start-up must not wait

    return await database.run(lambda connection: work(RestoreStore(connection)))


class RestoreBook:
    """What is written down of restores: in the database, in the timeline, and for pages that are open."""

    def __init__(self, database: Database, servers: Servers, clock: Clock, bus: EventBus) -> None:
        self._database = database
        self._servers = servers
        self._clock = clock
        self._bus = bus

    async def of_server(self, server_id: str, *, limit: int) -> list[RestoreRecord]:
        """Newest first."""
        found = await in_restore_store(self._database, lambda store: store.of_server(server_id, limit=limit))
        named = list({backup_id for one in found for backup_id in (one.backup_id, one.present_backup_id) if backup_id})
        backups = await in_backup_store(self._database, lambda store: store.of_ids(named))
        made_at = {backup.id: backup.made_at for backup in backups}
        return [one.view(made_at) for one in found]

    def new(self, server_id: str, backup_id: str, actor: str | None) -> Undertaking:
        return Undertaking(uuid7(), server_id, backup_id, self._clock.now_ms(), run_id=run_id(), actor=actor)

    async def begin(self, new: Undertaking) -> None:
        await in_restore_store(self._database, lambda store: store.add(new))
        self._bus.publish(BackupsChanged(new.server_id))

    async def kept_present(self, restore_id: str, present_backup_id: str) -> None:
        """By that backup it can be taken back."""

        def keep(store: "RestoreStore") -> None:
            if (begun := store.get(restore_id)) is not None:
                store.save(begun.changed(present_backup_id=present_backup_id))

        await in_restore_store(self._database, keep)

    async def end(self, begun: Undertaking, outcome: Outcome, text: str | None, actor: str | None) -> None:
        def finish(store: "RestoreStore") -> Undertaking:
            ended = (store.get(begun.id) or begun).changed(ended_at=self._clock.now_ms(), outcome=outcome, text=text)
            store.save(ended)
            return ended

        ended = await in_restore_store(self._database, finish)
        await self._note(ended, actor)
        self._bus.publish(BackupsChanged(ended.server_id))

    async def end_by_id(self, restore_id: str, outcome: Outcome, text: str | None, actor: str | None) -> None:
        """Does nothing for one that has ended, or that nobody knows; but what could not be put back at first may be later."""
        begun = await in_restore_store(self._database, lambda store: store.get(restore_id))
        if begun is not None and (begun.ended_at is None or (begun.outcome, outcome) == ("failed", "put_back")):
            await self.end(begun, outcome, text, actor)

    async def end_before(self, first_id: str, open_ones: Set[str], text: str) -> None:
        """Those older than that id which nobody goes on with."""
        for begun in await in_restore_store(self._database, lambda store: store.not_ended()):
            if begun.id < first_id and begun.id not in open_ones and begun.kind == "restore":
                await self.end(begun, "failed", text, None)

    async def _note(self, ended: Undertaking, actor: str | None) -> None:
        """In the timeline, also while the servers are not open yet."""
        if ended.outcome == "restored":
            backup = await in_backup_store(self._database, lambda store: store.get(ended.backup_id))
            made_at = rfc3339(backup.made_at) if backup is not None else None
            details: dict[str, Any] = {"backup_id": ended.backup_id, "made_at": made_at, "into": ended.server_id}
            happening = Happening(ended.server_id, self._clock.now_ms(), "restored", actor, ended.run_id, details=details)
        else:
            details = {"backup_id": ended.backup_id, "text": ended.text}
            if ended.text is not None and ended.text.startswith(CANCELLED):
                details["cancelled"] = True
            happening = Happening(ended.server_id, self._clock.now_ms(), "restore_failed", actor, ended.run_id, details=details)
        if ended.server_id in self._servers.ids:
            self._servers.timeline.note(happening)
        else:
            await in_server_store(self._database, lambda store: store.note([happening]))
