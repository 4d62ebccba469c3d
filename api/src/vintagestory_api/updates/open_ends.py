"""Updates that were cut off: by a kill of the manager, by a cancellation. They are finished or taken back, and never forgotten.

What was cut off before the switch has changed nothing. While it was switched, or on its way back, it goes back. Once the game was
started with what is new, and has not failed since, it is watched anew from the beginning, and counts or goes back then: its
keeper may have gone on all the time, and players with it.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog

from vintagestory_api.errors import ManagerError
from vintagestory_api.events import UpdateEnded
from vintagestory_api.servers.in_store import in_store as in_server_store
from vintagestory_api.servers.records import Happening
from vintagestory_api.servers.supervisor import Supervisor
from vintagestory_api.updates.around import Around
from vintagestory_api.updates.in_store import in_store
from vintagestory_api.updates.records import Update
from vintagestory_api.updates.undertaking import Undertaking
from vintagestory_api.updates.watching import failure_since

log = structlog.get_logger(__name__)

_KILLED = "The manager ended meanwhile."


class OpenEnds:
    def __init__(self, around: Around) -> None:
        self._around = around
        self._left: dict[str, Update] = {}
        self._under_way: dict[str, Undertaking] = {}
        around.servers.takes_over.append(self._takes_over)

    @property
    def is_any(self) -> bool:
        """One is made, or has to be finished; those of servers that are gone never are."""
        return bool(self._under_way) or not self._left.keys().isdisjoint(self._around.servers.ids)

    def users_of(self, version: str) -> list[str]:
        updates = [*self._left.values(), *(undertaking.update for undertaking in self._under_way.values())]
        return [update.server_id for update in updates if version in {update.game_from, update.game_to}]

    @contextmanager
    def under_way(self, undertaking: Undertaking) -> Iterator[None]:
        server_id = undertaking.update.server_id
        self._under_way[server_id] = undertaking
        undertaking.hold_backup()
        try:
            yield
        finally:
            undertaking.let_go()
            self._under_way.pop(server_id, None)

    async def read(self) -> None:
        """What an earlier manager left: before the servers are opened."""
        for update in await in_store(self._around.database, lambda store: store.not_ended()):
            if update.is_switched:
                self._left[update.server_id] = update
            else:
                await self._give_up(update)

    async def cut_off(self, undertaking: Undertaking, why: str, *, was_cancelled: bool) -> None:
        """Its run was ended before its time."""
        if not undertaking.update.is_switched:
            await undertaking.fail(why, was_cancelled=was_cancelled)
        elif undertaking.update.ended_at is None:
            supervisor = self._around.servers.supervisor(undertaking.update.server_id)
            self._left[undertaking.update.server_id] = undertaking.update
            supervisor.keep(self._go_on(supervisor, undertaking.update, why))

    async def _give_up(self, update: Update) -> None:
        """Nothing has changed: its server goes on as it was."""
        text = f"Nothing was updated: {_KILLED}"
        ended = update.changed(phase="done", outcome="failed", text=text, ended_at=self._around.clock.now_ms())
        await in_store(self._around.database, lambda store: store.save(ended))
        told = {"from": update.game_from, "to": update.game_to, "mods": update.mods_changed, "text": text}
        # Its server is not open yet.
        failed = Happening(update.server_id, self._around.clock.now_ms(), "update_failed", None, update.run_id, details=told)
        await in_server_store(self._around.database, lambda store: store.note([failed]))
        self._around.bus.publish(UpdateEnded(update.server_id, update.id, "failed", text))
        log.warning("update_given_up", server=update.server_id, update=update.id, phase=update.phase)

    def _takes_over(self, supervisor: Supervisor) -> bool:
        update = self._left.get(supervisor.server.id)
        if update is None:
            return False
        log.warning("update_taken_up", server=update.server_id, update=update.id, phase=update.phase)
        supervisor.keep(self._go_on(supervisor, update, None))
        return True

    async def _go_on(self, supervisor: Supervisor, update: Update, cancelled: str | None) -> None:
        """As an operation of its own, as soon as nothing else holds the server."""

        async def work() -> dict[str, Any]:
            undertaking = Undertaking(self._around, supervisor, update)
            self._left.pop(update.server_id, None)
            with self.under_way(undertaking):
                return await self._finish(supervisor, undertaking, cancelled)

        while not supervisor.aftermath.is_over:
            try:
                await supervisor.operate("update", work, actor=None, trigger="startup" if cancelled is None else "event")
            except ManagerError as error:
                log.info("update_waits", server=update.server_id, reason=error.message)
                await asyncio.sleep(self._around.pace.again)
            else:
                return
        # The server is gone, or the manager ends: nobody else has to wait for this any more.
        self._left.pop(update.server_id, None)

    async def _finish(self, supervisor: Supervisor, undertaking: Undertaking, cancelled: str | None) -> dict[str, Any]:
        update = undertaking.update
        if update.phase == "going_back":
            return await undertaking.go_back(update.text or _KILLED, update.blamed_mods)
        if cancelled is not None or update.phase == "switching":
            return await undertaking.go_back(cancelled or f"{_KILLED} It was just being switched.")
        if (failure := failure_since(supervisor, update.switched_at)) is not None:
            return await undertaking.go_back(failure.why, failure.blamed)
        return await undertaking.try_it()
