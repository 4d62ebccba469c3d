"""What alerts want to know of the rest of the manager, put together from those who know it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from vintagestory_api.errors import NotFound
from vintagestory_api.kit.clock import to_ms
from vintagestory_api.notifications.alert_rules import (
    SCHEDULE_PREFIX,
    BackupFacts,
    BrokenSchedule,
    ServerState,
    ShortageState,
)
from vintagestory_api.notifications.around import Around
from vintagestory_api.notifications.broken_backups import BrokenBackup

if TYPE_CHECKING:
    from vintagestory_api.manager import Manager
    from vintagestory_api.metrics.metrics import ServerShortage
    from vintagestory_api.servers.supervisor import Supervisor
    from vintagestory_api.updates.schemas import UpdateState


class AlertSources:
    """Asked when something is to be known, so that it does not matter what is built first."""

    def __init__(self, manager: "Manager") -> None:
        self._manager = manager

    def around(self) -> Around:
        manager = self._manager
        return Around(
            servers=lambda: server_states(manager.servers.supervisors(), manager.metrics.shortages()),
            scheduler=lambda: manager.scheduler,
            settings=lambda: manager.notifications.settings,
            backups=self._backups,
            broken_backups=self._broken_backups,
            updates=self._updates,
            schedule_title=self._schedule_title,
            broken_schedules=self._broken_schedules,
        )

    async def _backups(self) -> Sequence[BackupFacts]:
        servers = {server.id: server for server in self._manager.servers.all()}
        if not servers:
            return []
        states = await self._manager.backups.states()
        overdue = await self._manager.offsite.overdue({state.server_id: bool(state.ran_since) for state in states.items})
        return [
            BackupFacts(
                server_id=state.server_id,
                name=servers[state.server_id].name,
                made_at=servers[state.server_id].record.created_at,
                last_good_at=_moment(state.last_good.made_at) if state.last_good is not None else None,
                ran_since=bool(state.ran_since),
                offsite_problem=state.offsite_problem,
                offsite_is_overdue=state.server_id in overdue,
                drill_failed=state.last_drill_ok is False,
            )
            for state in states.items
            if state.server_id in servers
        ]

    async def _broken_backups(self) -> dict[str, list[BrokenBackup]]:
        return {
            server_id: [
                BrokenBackup(
                    one.summary.id,
                    one.summary.file_name,
                    one.summary.problem or "",
                    is_gone=not one.summary.is_there,
                    is_newest=one.is_newest,
                )
                for one in broken
            ]
            for server_id, broken in (await self._manager.backups.broken()).items()
        }

    async def _updates(self) -> dict[str, str | None]:
        if not self._manager.servers.ids:
            return {}
        return {state.server_id: _what_is_new(state) for state in (await self._manager.updates.states()).items}

    def _schedule_title(self, job_id: str) -> str | None:
        if not job_id.startswith(SCHEDULE_PREFIX):
            return None
        try:
            schedule = self._manager.schedules.get(job_id.removeprefix(SCHEDULE_PREFIX))
            return f"{schedule.name} ({self._manager.servers.get(schedule.server_id).name})"
        except NotFound:
            return None

    def _broken_schedules(self) -> list[BrokenSchedule]:
        return [
            BrokenSchedule(record.job_id, self._schedule_title(record.job_id) or record.name, record.server_id, why)
            for record, why in self._manager.schedules.broken()
        ]


def _moment(text: str) -> int:
    return to_ms(datetime.fromisoformat(text))


def _what_is_new(state: "UpdateState") -> str | None:
    """What could be installed by hand, in words; None where nothing is, or where it is not to be told."""
    if state.policy.game == "off" or state.newest_stable is None:
        return None
    if not state.not_ready:
        return (
            f"Version {state.newest_stable} of the game is out; {state.game_now} is installed. Its mods seem to be ready for it."
        )
    mods = ", ".join(state.not_ready[:5]) + (f" and {len(state.not_ready) - 5} more" if len(state.not_ready) > 5 else "")
    return f"Version {state.newest_stable} of the game is out; {state.game_now} is installed. Not ready for it: {mods}."


def server_states(supervisors: "Iterable[Supervisor]", shortages: "Sequence[ServerShortage]") -> list[ServerState]:
    """The game servers, those left out that are being deleted."""
    return [_server_state(supervisor, shortages) for supervisor in supervisors if supervisor.server.record.deleted_at is None]


def _server_state(supervisor: "Supervisor", shortages: "Sequence[ServerShortage]") -> ServerState:
    server, end = supervisor.server, supervisor.failures.latest_end
    told = end.details if end else {}
    return ServerState(
        id=server.id,
        name=server.name,
        state=server.state,
        is_wanted=server.record.wanted == "running",
        is_hung=server.is_hung,
        gave_up=supervisor.failures.gave_up,
        failure=str(told.get("summary") or told.get("why") or told.get("text") or "") or None,
        shortages=tuple(
            ShortageState(found.shortage.kind, found.shortage.is_urgent, found.shortage.text)
            for found in shortages
            if found.server_id == server.id
        ),
    )
