"""What alerts want to know of the rest of the manager, put together from those who know it."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from vintagestory_api.notifications.alert_rules import BackupFacts, ServerState, ShortageState
from vintagestory_api.notifications.alerts import Around

if TYPE_CHECKING:
    from vintagestory_api.manager import Manager
    from vintagestory_api.metrics.metrics import ServerShortage
    from vintagestory_api.servers.supervisor import Supervisor


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
            updates=self._updates,
            schedules=self._schedules,
        )

    async def _backups(self) -> Sequence[BackupFacts]:
        return []

    async def _updates(self) -> dict[str, str | None]:
        return {}

    def _schedules(self) -> dict[str, str]:
        manager = self._manager
        return {
            schedule.job_id: f"{schedule.name} ({server.name})"
            for server in manager.servers.all()
            for schedule in manager.schedules.of_server(server.id)
        }


def server_states(supervisors: "Iterable[Supervisor]", shortages: "Sequence[ServerShortage]") -> list[ServerState]:
    """The game servers, those left out that are being deleted."""
    return [_server_state(supervisor, shortages) for supervisor in supervisors if supervisor.server.record.deleted_at is None]


def _server_state(supervisor: "Supervisor", shortages: "Sequence[ServerShortage]") -> ServerState:
    server, end = supervisor.server, supervisor.latest_end
    told = end.details if end else {}
    return ServerState(
        id=server.id,
        name=server.name,
        state=server.state,
        is_wanted=server.record.wanted == "running",
        is_hung=server.is_hung,
        gave_up=supervisor.gave_up,
        failure=str(told.get("summary") or told.get("why") or told.get("text") or "") or None,
        shortages=tuple(
            ShortageState(found.shortage.kind, found.shortage.is_urgent, found.shortage.text)
            for found in shortages
            if found.server_id == server.id
        ),
    )
