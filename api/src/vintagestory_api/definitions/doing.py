"""Begins operations on servers as somebody would, when nobody else is at work there, and waits for how they end."""

from collections.abc import Awaitable, Callable
from typing import Any

from vintagestory_api.definitions.around import Around
from vintagestory_api.schedules.run_waiting import begin_when_free, see_that_it_went_well, wait_for_run
from vintagestory_api.servers.setup import SameVersion
from vintagestory_api.services.run_context import report_progress
from vintagestory_api.services.run_records import RunRecord


class Doing:
    def __init__(self, around: Around) -> None:
        self._around = around

    async def until_made(self, server_id: str, actor: str) -> None:
        """Its creation is under way, or is taken up again. Raises `RunNotWell` with the reason why it is not made."""
        supervisor = self._around.servers.supervisor(server_id)
        held = supervisor.operations.held
        if held is not None:
            await held.claimed.wait()
            if held.kind == "create" and held.run_id:
                await self._ended(held.run_id, "Making the server")
        if supervisor.server.record.setup is not None:
            await self._operation(
                server_id, lambda: self._around.setup.finish(supervisor, actor, start=False), "Making the server"
            )

    async def back_up(self, server_id: str, actor: str, note: str) -> None:
        await self._operation(
            server_id,
            lambda: self._around.backups.make(server_id, kind="before_update", actor=actor, note=note),
            "The backup",
        )

    async def change_version(self, server_id: str, version: str, actor: str) -> None:
        supervisor = self._around.servers.supervisor(server_id)

        async def begin() -> RunRecord | str:
            try:
                return await self._around.setup.change_version(supervisor, version, actor)
            except SameVersion:
                return "It has that version already."

        await self._operation(server_id, begin, "The change of the version")

    async def import_mods(self, server_id: str, begin: Callable[[], Awaitable[RunRecord]]) -> dict[str, Any]:
        return await self._operation(server_id, begin, "The change of the mods")

    async def _operation(self, server_id: str, begin: Callable[[], Awaitable[RunRecord | str]], what: str) -> dict[str, Any]:
        """Its report. Raises `RunNotWell`, and what `begin` raises."""
        operations = self._around.servers.supervisor(server_id).operations
        run = await begin_when_free(
            begin,
            is_held=lambda: operations.held is not None,
            bus=self._around.bus,
            tell=lambda words: report_progress(None, words),
        )
        if isinstance(run, str):
            return {}
        return await self._ended(run.id, what)

    async def _ended(self, run_id: str, what: str) -> dict[str, Any]:
        run = await wait_for_run(
            run_id,
            bus=self._around.bus,
            ledger=self._around.ledger,
            scheduler=self._around.scheduler(),
            tell=lambda words: report_progress(None, f"{what}: {words}"),
        )
        see_that_it_went_well(run, what)
        return run["report"] or {}
