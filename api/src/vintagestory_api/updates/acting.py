"""What updates do without anybody looking: of themselves, at most one at a time, and for schedules."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import structlog

from vintagestory_api.errors import ManagerError
from vintagestory_api.game_versions.version import GameVersion
from vintagestory_api.servers.supervisor import Supervisor
from vintagestory_api.services.run_records import RunRecord
from vintagestory_api.updates.looking import busy_words
from vintagestory_api.updates.plan import UpdateBlocked
from vintagestory_api.updates.policy import (
    Moment,
    is_told,
    nobody_knows,
    waits_for,
    was_tried,
    went_back,
    wishes,
    wishes_of_schedule,
)
from vintagestory_api.updates.schemas import UpdatePolicy

if TYPE_CHECKING:
    from vintagestory_api.updates.service import Updates

log = structlog.get_logger(__name__)

_REMEMBERED = 50


@dataclass(frozen=True)
class ActReport:
    """`told`: servers for which there is something that is left to people."""

    servers: int
    begun: int
    waiting: int
    told: int


class Acting:
    def __init__(self, updates: "Updates") -> None:
        self._updates = updates
        self._told: dict[str, str | None] = {}

    async def act(self) -> ActReport:
        updates = self._updates
        supervisors = [one for one in updates.around.servers.supervisors() if one.server.record.deleted_at is None]
        if not supervisors:
            return ActReport(0, 0, 0, 0)
        policies, stable = await updates.policies(), await updates.stable_versions()
        begun = waiting = told = 0
        for supervisor in supervisors:
            server_id = supervisor.server.id
            policy = policies.get(server_id) or UpdatePolicy()
            has_begun, waits, new = await self._one(supervisor, policy, stable, may_begin=not begun)
            begun, waiting, told = begun + has_begun, waiting + (waits is not None), told + (new is not None)
            self._note(server_id, waits, new)
        return ActReport(len(supervisors), begun, waiting, told)

    async def _one(
        self, supervisor: Supervisor, policy: UpdatePolicy, stable: Sequence[GameVersion], *, may_begin: bool
    ) -> tuple[bool, str | None, str | None]:
        """Whether an update was begun; why one waits; what is left to people."""
        server, around = supervisor.server, self._updates.around
        known = await self._updates.known(server, stable)
        new = is_told(policy, known.newest, known.mod_updates)
        wanted = wishes(policy, known.newest, known.mod_updates)
        if not wanted:
            return False, None, new
        moment = Moment(
            around.clock.now_ms(),
            len(around.players(server.id)) if server.is_running else 0,
            busy_words(supervisor.operations),
            is_set_up=server.record.setup is None,
        )
        waits = waits_for(policy, moment)
        if waits is None and (not may_begin or self._updates.is_any_under_way):
            waits = "another server is being updated"
        if waits is not None:
            return False, waits, new
        past = await self._updates.past(server.id, limit=_REMEMBERED)
        for wish in wanted:
            try:
                plan = await self._updates.plan_of(server.id, wish)
                if plan.nothing_to_do:
                    continue
                why_not = " ".join(plan.problems) or nobody_knows(plan) or was_tried(plan.key, past, moment.now_ms)
                if why_not is None:
                    await self._updates.begin(supervisor, plan, wish, actor=None, trigger="policy")
                    return True, None, new
            except ManagerError as error:
                why_not = error.message
            waits = waits or why_not
        return False, waits, new

    async def for_schedule(self, server_id: str, what: Literal["mods", "game"], *, actor: str) -> RunRecord | str:
        """What a step of a schedule wants; words where nothing is to be done. Raises `ServerNotFound`, `ServerBusy`,
        `UpdateBlocked`, and what planning raises."""
        updates = self._updates
        supervisor = updates.around.servers.supervisor(server_id)
        await updates.see_that_it_is_free(supervisor, actor)
        state, past = await updates.state(server_id), await updates.past(server_id, limit=_REMEMBERED)
        said: str | None = None
        refused: UpdateBlocked | None = None
        for wish in wishes_of_schedule(state, what):
            plan = await updates.plan_of(server_id, wish)
            if plan.nothing_to_do:
                continue
            if (why_not := went_back(plan.key, past)) is not None:
                said = said or f"{plan.facts.game_then if plan.changes_game else 'The update'}: {why_not}."
                continue
            try:
                if (unknown := nobody_knows(plan)) is not None:
                    raise UpdateBlocked(f"This update is not made by itself: {unknown}.")
                return await updates.begin(supervisor, plan, wish, actor=actor, trigger="schedule")
            except UpdateBlocked as error:
                refused = refused or error
        if refused is not None:
            raise refused
        return said or "There is nothing new."

    def _note(self, server_id: str, waits: str | None, new: str | None) -> None:
        """Tell when something is other than at the last look."""
        known = self._updates.waits
        is_other = known.get(server_id) != waits or self._told.get(server_id) != new
        self._told[server_id] = new
        if waits is None:
            known.pop(server_id, None)
        else:
            known[server_id] = waits
        if is_other:
            self._updates.tell(server_id)
