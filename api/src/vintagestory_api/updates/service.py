"""Updates of game servers: what is new, what is done of itself, and doing it."""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog

from vintagestory_api.errors import FieldError, Invalid, ManagerError, Unavailable
from vintagestory_api.events import Event, GameVersionFound, ServerModsChanged, UpdatesChanged
from vintagestory_api.game_versions.version import GameVersion
from vintagestory_api.kit.clock import rfc3339
from vintagestory_api.kit.ids import uuid7
from vintagestory_api.server_mods.update_facts import UpdateFacts
from vintagestory_api.servers.server import GameServer
from vintagestory_api.servers.supervisor import Supervisor
from vintagestory_api.services.run_context import current_run, report_progress
from vintagestory_api.services.run_records import RunRecord
from vintagestory_api.services.schedule import Trigger as RunTrigger
from vintagestory_api.updates.acting import Acting
from vintagestory_api.updates.around import Around
from vintagestory_api.updates.in_store import in_store
from vintagestory_api.updates.known import Known, known_of
from vintagestory_api.updates.looking import look
from vintagestory_api.updates.newest import that_can_be_had
from vintagestory_api.updates.open_ends import OpenEnds
from vintagestory_api.updates.plan import Plan
from vintagestory_api.updates.policy import check_policy
from vintagestory_api.updates.records import Trigger, Update
from vintagestory_api.updates.schemas import (
    UpdateHistory,
    UpdatePlan,
    UpdatePolicy,
    UpdateRequest,
    UpdateState,
    UpdateStates,
)
from vintagestory_api.updates.undertaking import Undertaking

log = structlog.get_logger(__name__)

_ID = re.compile(r"[0-9a-f-]{36}", re.ASCII)
_RUN_TRIGGERS: Mapping[Trigger, RunTrigger] = {"manual": "manual", "schedule": "schedule", "policy": "event"}


class InvalidUpdateCursor(Invalid):
    code = "invalid_cursor"


class Updates:
    """Made once; `start` and `close` belong to the manager's life. `checked_ms`: when the list of versions was last read."""

    def __init__(self, around: Around, facts: UpdateFacts, *, checked_ms: Callable[[], int | None]) -> None:
        self.around = around
        self._facts = facts
        self._checked_ms = checked_ms
        self._ends = OpenEnds(around)
        #: Server → why what its policy would do is not done yet, in words.
        self.waits: dict[str, str] = {}
        self.acting = Acting(self)
        self._unsubscribe: Callable[[], None] = lambda: None

    # Life

    def start(self) -> None:
        self._unsubscribe = self.around.bus.subscribe(self._notice)

    async def recover(self) -> None:
        """Before the servers are opened: see what an earlier manager did not finish."""
        await self._ends.read()

    def close(self) -> None:
        self._unsubscribe()

    @property
    def is_any_under_way(self) -> bool:
        return self._ends.is_any

    def users_of(self, version: str) -> list[str]:
        """Ids of servers that may need this version to go back to, or are about to have it."""
        return self._ends.users_of(version)

    def _notice(self, event: Event) -> None:
        match event:
            case GameVersionFound():
                for server in self.around.servers.all():
                    self.tell(server.id)
            case ServerModsChanged(server_id=server_id):
                self.tell(server_id)
            case _:
                pass

    def tell(self, server_id: str) -> None:
        self.around.bus.publish(UpdatesChanged(server_id))

    # Asking

    async def states(self) -> UpdateStates:
        """Of every server that is not being deleted."""
        servers = [server for server in self.around.servers.all() if server.record.deleted_at is None]
        return UpdateStates(items=await self._states(servers))

    async def state(self, server_id: str) -> UpdateState:
        """Raises `ServerNotFound`."""
        (found,) = await self._states([self.around.servers.get(server_id)])
        return found

    async def history(self, server_id: str, *, limit: int, cursor: str) -> UpdateHistory:
        """Raises `ServerNotFound`, `InvalidUpdateCursor`."""
        self.around.servers.get(server_id)
        before = _read_cursor(cursor)
        found = await self.past(server_id, limit=limit + 1, before=before)
        page = found[:limit]
        return UpdateHistory(items=[one.view() for one in page], next_cursor=page[-1].id if len(found) > limit else None)

    async def past(self, server_id: str, *, limit: int, before: str | None = None) -> list[Update]:
        return await in_store(self.around.database, lambda store: store.of_server(server_id, limit=limit, before=before))

    async def plan(self, server_id: str, wanted: UpdateRequest) -> UpdatePlan:
        """Raises `ServerNotFound`, `ServerNotSetUp`, `InvalidGameVersion`, and what planning mods raises."""
        return (await self.plan_of(server_id, wanted)).view()

    async def plan_of(self, server_id: str, wanted: UpdateRequest) -> Plan:
        supervisor = self.around.servers.supervisor(server_id)
        return await look(self.around, supervisor, wanted, await self.policy(server_id), report_progress)

    async def known(self, server: GameServer, stable: Sequence[GameVersion]) -> Known:
        return await known_of(server, stable, self.around.mods, self._facts)

    async def stable_versions(self) -> list[GameVersion]:
        """As far as they are known."""
        try:
            return that_can_be_had(await self.around.version_list.list_versions("stable"))
        except ManagerError as error:
            log.warning("game_versions_not_known", error=error.message)
            return []

    async def _states(self, servers: Sequence[GameServer]) -> list[UpdateState]:
        policies, latest = await in_store(self.around.database, lambda store: (store.policies(), store.latest()))
        stable = await self.stable_versions()
        return [await self._state(server, stable, policies.get(server.id), latest.get(server.id)) for server in servers]

    async def _state(
        self, server: GameServer, stable: Sequence[GameVersion], policy: UpdatePolicy | None, latest: Update | None
    ) -> UpdateState:
        known = await self.known(server, stable)
        return UpdateState(
            server_id=server.id,
            server_name=server.name,
            policy=policy or UpdatePolicy(),
            game_now=server.version,
            newest_patch=known.newest.patch,
            newest_stable=known.newest.stable,
            mod_updates=known.mod_updates,
            not_ready=list(known.not_ready),
            waits_for=self.waits.get(server.id),
            checked_at=rfc3339(self._checked_ms()),
            current=latest.view() if latest is not None and latest.ended_at is None else None,
        )

    # Policies

    async def policies(self) -> dict[str, UpdatePolicy]:
        return await in_store(self.around.database, lambda store: store.policies())

    async def policy(self, server_id: str) -> UpdatePolicy:
        return (await self.policies()).get(server_id) or UpdatePolicy()

    async def set_policy(self, server_id: str, policy: UpdatePolicy) -> UpdateState:
        """Raises `ServerNotFound`, `InvalidUpdatePolicy`."""
        self.around.servers.get(server_id)
        check_policy(policy)
        await in_store(self.around.database, lambda store: store.save_policy(server_id, policy))
        self.waits.pop(server_id, None)
        self.tell(server_id)
        return await self.state(server_id)

    # Doing

    async def start_now(
        self, server_id: str, wanted: UpdateRequest, *, actor: str | None, trigger: Trigger = "manual"
    ) -> RunRecord:
        """Raises what `plan` raises, `ServerBusy`, `UpdateBlocked`, `UpdatePlanChanged`, `NothingToUpdate`; all else becomes the
        run's error."""
        supervisor = self.around.servers.supervisor(server_id)
        await self.see_that_it_is_free(supervisor, actor)
        return await self.begin(supervisor, await self.plan_of(server_id, wanted), wanted, actor=actor, trigger=trigger)

    async def see_that_it_is_free(self, supervisor: Supervisor, actor: str | None) -> None:
        """Raises `ServerBusy`."""
        if supervisor.operations.held is not None:
            async with supervisor.operations.briefly("update", actor):
                pass

    async def begin(
        self, supervisor: Supervisor, plan: Plan, wanted: UpdateRequest, *, actor: str | None, trigger: Trigger
    ) -> RunRecord:
        """Raises `ServerBusy`, and what `Plan.check` raises."""
        plan.check(wanted.digest)
        server, facts = supervisor.server, plan.facts

        async def work() -> dict[str, Any]:
            update = Update(
                id=uuid7(),
                server_id=server.id,
                started_at=self.around.clock.now_ms(),
                trigger=trigger,
                wanted=server.record.wanted,
                watch_seconds=facts.watch_seconds,
                key=plan.key,
                actor=actor,
                game_from=server.version,
                game_to=facts.game_then,
                mods_changed=len(facts.mods.steps),
                warns=bool(facts.players and facts.warn_minutes),
            )
            await in_store(self.around.database, lambda store: store.add(update))
            undertaking = Undertaking(self.around, supervisor, update)
            with self._ends.under_way(undertaking):
                return await self._cancellable(undertaking, lambda: undertaking.make(plan, list(facts.warn_minutes)))

        self.waits.pop(server.id, None)
        return await supervisor.operate("update", work, actor=actor, trigger=_RUN_TRIGGERS[trigger])

    async def _cancellable(self, undertaking: Undertaking, work: Callable[[], Any]) -> dict[str, Any]:
        """When the manager ends, the next one sees to it; whatever else cuts it off, it goes back if it has to."""
        try:
            report: dict[str, Any] = await work()
        except asyncio.CancelledError:
            run = current_run.get()
            if run is not None and run.cancel_cause != "shutdown":
                by_user = run.cancel_cause == "user"
                why = "It was cancelled." if by_user else "It took too long."
                await self._ends.cut_off(undertaking, why, was_cancelled=by_user)
            raise
        return report


def _read_cursor(text: str) -> str | None:
    if not text:
        return None
    if _ID.fullmatch(text) is None:
        raise InvalidUpdateCursor(
            "This cursor is none of ours. Leave it out to start from the newest update.",
            fields=[FieldError("cursor", "give the next_cursor of the page before")],
        )
    return text


_updates: Updates | None = None


def use_updates(updates: Updates | None) -> None:
    """Tell jobs which updates they act on. Called by the application as it starts and stops."""
    global _updates  # noqa: PLW0603 - a job's function has no arguments, so this is its way to the object built at start
    _updates = updates


def get_updates() -> Updates:
    if _updates is None:
        raise Unavailable("Updates are not open: the manager is starting or stopping. Try again.")
    return _updates
