"""Updates of game servers: what is new, what is done of itself, and doing it."""

import re

from vintagestory_api.errors import FieldError, Invalid, Unavailable
from vintagestory_api.events import EventBus, UpdatesChanged
from vintagestory_api.kit.clock import Clock
from vintagestory_api.servers.registry import Servers
from vintagestory_api.services.run_records import RunRecord
from vintagestory_api.storage.database import Database
from vintagestory_api.updates.in_store import in_store
from vintagestory_api.updates.records import Trigger
from vintagestory_api.updates.schemas import UpdateHistory, UpdatePlan, UpdatePolicy, UpdateRequest, UpdateState, UpdateStates

_ID = re.compile(r"[0-9a-f-]{36}", re.ASCII)


class InvalidUpdateCursor(Invalid):
    code = "invalid_cursor"


class Updates:
    """Made once; `start` and `close` belong to the manager's life."""

    def __init__(self, servers: Servers, database: Database, *, clock: Clock, bus: EventBus) -> None:
        self._servers = servers
        self._database = database
        self._clock = clock
        self._bus = bus

    async def states(self) -> UpdateStates:
        return UpdateStates(items=[await self.state(server.id) for server in self._servers.all()])

    async def state(self, server_id: str) -> UpdateState:
        """Raises `ServerNotFound`."""
        server = self._servers.get(server_id)
        policies, latest = await in_store(self._database, lambda store: (store.policies(), store.latest()))
        current = latest.get(server.id)
        return UpdateState(
            server_id=server.id,
            server_name=server.name,
            policy=policies.get(server.id) or UpdatePolicy(),
            game_now=server.version,
            newest_patch=None,
            newest_stable=None,
            mod_updates=0,
            not_ready=[],
            waits_for=None,
            checked_at=None,
            current=current.view() if current is not None and current.ended_at is None else None,
        )

    async def set_policy(self, server_id: str, policy: UpdatePolicy) -> UpdateState:
        """Raises `ServerNotFound`."""
        self._servers.get(server_id)
        await in_store(self._database, lambda store: store.save_policy(server_id, policy))
        self._bus.publish(UpdatesChanged(server_id))
        return await self.state(server_id)

    async def history(self, server_id: str, *, limit: int, cursor: str) -> UpdateHistory:
        """Raises `ServerNotFound`, `InvalidUpdateCursor`."""
        self._servers.get(server_id)
        before = _read_cursor(cursor)
        found = await in_store(self._database, lambda store: store.of_server(server_id, limit=limit + 1, before=before))
        page = found[:limit]
        return UpdateHistory(items=[one.view() for one in page], next_cursor=page[-1].id if len(found) > limit else None)

    async def plan(self, server_id: str, wanted: UpdateRequest) -> UpdatePlan:
        self._servers.get(server_id)
        raise Unavailable("Updates can't be planned yet.")

    async def start_now(
        self, server_id: str, wanted: UpdateRequest, *, actor: str | None, trigger: Trigger = "manual"
    ) -> RunRecord:
        self._servers.get(server_id)
        raise Unavailable("Updates can't be made yet.")


def _read_cursor(text: str) -> str | None:
    if not text:
        return None
    if _ID.fullmatch(text) is None:
        raise InvalidUpdateCursor(
            "This cursor is none of ours. Leave it out to start from the newest update.",
            fields=[FieldError("cursor", "give the next_cursor of the page before")],
        )
    return text
