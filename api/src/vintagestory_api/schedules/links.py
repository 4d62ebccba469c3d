"""How schedules reach the services that do the work of some steps."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from vintagestory_api.kit.clock import to_ms
from vintagestory_api.services.run_records import RunRecord

if TYPE_CHECKING:
    from vintagestory_api.backups.service import Backups
    from vintagestory_api.notifications.service import Notifications
    from vintagestory_api.updates.service import Updates


class BackupLink:
    def __init__(self, service: Callable[[], "Backups"]) -> None:
        self._service = service

    async def back_up(self, server_id: str, *, actor: str, note: str | None) -> RunRecord:
        return await self._service().make(server_id, kind="schedule", actor=actor, trigger="schedule", note=note)

    async def last_good_ms(self, server_id: str) -> int | None:
        found = await self._service().last_good(server_id)
        return None if found is None else to_ms(datetime.fromisoformat(found.made_at))

    async def ran_since_last_good(self, server_id: str) -> bool:
        return await self._service().ran_since_last_good(server_id)


class UpdateLink:
    def __init__(self, service: Callable[[], "Updates"]) -> None:
        self._service = service

    async def update(self, server_id: str, what: Literal["mods", "game"], *, actor: str) -> RunRecord | str:
        return await self._service().acting.for_schedule(server_id, what, actor=actor)


class MessageLink:
    def __init__(self, service: Callable[[], "Notifications"]) -> None:
        self._service = service

    async def send_message(self, server_id: str, text: str) -> None:
        await self._service().send_message(server_id, text)
