"""How schedules reach the services that do the work of some steps. What is not there fails its steps alone."""

from collections.abc import Callable
from typing import Any, Literal

from vintagestory_api.errors import Unavailable
from vintagestory_api.services.run_records import RunRecord


class NotThere(Unavailable):
    code = "step_not_possible"


class BackupLink:
    def __init__(self, service: Callable[[], Any]) -> None:
        self._service = service

    async def back_up(self, server_id: str, *, actor: str, note: str | None) -> RunRecord:
        run: RunRecord = await self._there().make(server_id, kind="schedule", actor=actor, trigger="schedule", note=note)
        return run

    async def last_good_ms(self, server_id: str) -> int | None:
        raise NotImplementedError

    async def ran_since_last_good(self, server_id: str) -> bool:
        return bool(await self._there().ran_since_last_good(server_id))

    def _there(self) -> Any:
        service = self._service()
        if service is None:
            raise NotThere("This manager can't make backups.")
        return service


class UpdateLink:
    def __init__(self, service: Callable[[], Any]) -> None:
        self._service = service

    async def update(self, server_id: str, what: Literal["mods", "game"], *, actor: str) -> RunRecord | None:
        raise NotThere("This manager can't make updates.")


class MessageLink:
    def __init__(self, service: Callable[[], Any]) -> None:
        self._service = service

    async def send_message(self, server_id: str, text: str) -> None:
        service = self._service()
        if service is None:
            raise NotThere("This manager can't send messages.")
        await service.send_message(server_id, text)
