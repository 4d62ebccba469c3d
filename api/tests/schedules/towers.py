"""Schedules with everything real but the game: a server that is made up, people that come and go at a word."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from tests.clocks import MovableClock
from tests.waiting import until
from vintagestory_api.errors import ManagerError
from vintagestory_api.events import EventBus, PlayersChanged, ServerChanged, ServerTold
from vintagestory_api.runs.ledger import RunsLedger
from vintagestory_api.schedules.around import Around
from vintagestory_api.schedules.records import ScheduleRecord
from vintagestory_api.schedules.schemas import ScheduleBody
from vintagestory_api.schedules.service import Schedules
from vintagestory_api.servers.commands import Asked
from vintagestory_api.servers.line_events import LineEvent
from vintagestory_api.servers.operations import Held, ServerBusy
from vintagestory_api.servers.registry import ServerNotFound
from vintagestory_api.services.run_records import RunRecord
from vintagestory_api.services.scheduler import SchedulerService
from vintagestory_api.storage.database import Database


class StandInOperations:
    held: Held | None = None


class StandInServer:
    """Takes every command; `answers` are what it prints to each, `tells` what its lines then tell."""

    def __init__(self, bus: EventBus) -> None:
        self.id = "home"
        self.name = "Home"
        self.state = "running"
        self.wanted = "running"
        self.record = self
        self.ready_ms: int | None = None
        self.said: list[str] = []
        self.takes_commands = True
        self.tells: dict[str, LineEvent] = {}
        self.commands = self
        self._bus = bus

    async def ask(self, command: str, *, timeout_seconds: float = 5.0) -> Asked:
        assert timeout_seconds > 0
        self.said.append(command)
        if command == "/stop":
            self.state = self.wanted = "stopped"
        if (what := self.tells.get(command)) is not None:
            self._bus.publish(ServerTold(self.id, "life", 1, 0, what))
        return Asked(command, 1 if self.takes_commands else None, [], is_complete=True)


class StandInSupervisor:
    def __init__(self, server: StandInServer, scheduler: Callable[[], SchedulerService]) -> None:
        self.server = server
        self.operations = StandInOperations()
        self.started = 0
        self.fails_with: ManagerError | None = None
        self._scheduler = scheduler

    async def start(self, actor: str | None, *, trigger: Any) -> RunRecord:
        return await self._begin("server_start", trigger)

    async def stop(self, actor: str | None, *, trigger: Any) -> RunRecord:
        return await self._begin("server_stop", trigger)

    async def _begin(self, job_id: str, trigger: Any) -> RunRecord:
        if self.operations.held is not None:
            raise ServerBusy("The server is being backed up by Ada at the moment. Wait for that.")

        async def work() -> None:
            if self.fails_with is not None:
                raise self.fails_with
            self.started += job_id == "server_start"
            self.server.state = self.server.wanted = "running" if job_id == "server_start" else "stopped"

        return await self._scheduler().run_now(job_id, work, trigger=trigger, server_key="home")


class StandInServers:
    def __init__(self, supervisor: StandInSupervisor) -> None:
        self._supervisor = supervisor
        self.ids = {"home"}

    def supervisor(self, server_id: str) -> StandInSupervisor:
        if server_id not in self.ids:
            raise ServerNotFound(server_id)
        return self._supervisor

    def get(self, server_id: str) -> StandInServer:
        return self.supervisor(server_id).server

    def all(self) -> list[StandInServer]:
        return [self._supervisor.server] if self.ids else []

    async def taken_up(self) -> None:
        return


class Tower:
    """One server `home`. `restart` is a new manager on the same data, `die_and_restart` one after a killed one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.clock = MovableClock()
        self.online: list[str] = []
        self.last_left: int | None = None
        self.messages: list[str] = []
        self._new()

    def _new(self) -> None:
        self.bus = EventBus()
        self.ledger = RunsLedger(self.path, self.clock)
        self.ledger.open()
        self.database = Database(self.path)
        self.scheduler = SchedulerService(ledger=self.ledger, clock=self.clock, bus=self.bus)
        self.server = StandInServer(self.bus)
        self.supervisor = StandInSupervisor(self.server, lambda: self.scheduler)
        self.servers = StandInServers(self.supervisor)
        stand_in = cast("Any", self)
        self.schedules = Schedules(
            Around(
                database=self.database,
                clock=self.clock,
                bus=self.bus,
                ledger=self.ledger,
                servers=cast("Any", self.servers),
                scheduler=lambda: self.scheduler,
                players=stand_in,
                backups=stand_in,
                updates=stand_in,
                messages=stand_in,
            )
        )

    async def open(self) -> None:
        self.scheduler.start()
        await self.schedules.start()

    async def close(self) -> None:
        await self.schedules.close()
        await self.scheduler.shutdown()
        await self.database.aclose()
        await asyncio.to_thread(self.ledger.close)

    async def restart(self, *, away_seconds: float = 0) -> None:
        await self.close()
        self.clock.move(away_seconds)
        self._new()
        await self.open()

    # What schedules ask

    def online_names(self, server_id: str) -> list[str]:
        assert server_id == "home"
        return list(self.online)

    async def last_left_ms(self, server_id: str) -> int | None:
        assert server_id == "home"
        return self.last_left

    async def send_message(self, server_id: str, text: str) -> None:
        self.messages.append(f"{server_id}: {text}")

    # What tests do

    def comes(self, name: str) -> None:
        self.online.append(name)
        self.bus.publish(PlayersChanged("home"))

    def goes(self, name: str) -> None:
        self.online.remove(name)
        self.last_left = self.clock.now_ms()
        self.bus.publish(PlayersChanged("home"))

    def becomes(self, state: str) -> None:
        self.server.state = state
        self.bus.publish(ServerChanged("home"))

    async def add(self, *steps: dict[str, Any], name: str = "It", **fields: Any) -> ScheduleRecord:
        trigger = {"kind": "event", "event": "mod_update_found"}
        body = ScheduleBody.model_validate({"name": name, "trigger": trigger, "steps": list(steps), **fields})
        made = await self.schedules.create("home", body, "ada")
        return self.schedules.get(made.id)

    async def runs(self, record: ScheduleRecord) -> list[RunRecord]:
        """Oldest first."""
        await self.ledger.flush()
        return (await self.ledger.list_runs(job_id=record.job_id, limit=200))[::-1]

    async def until_runs(self, record: ScheduleRecord, count: int) -> list[RunRecord]:
        """When so many are recorded, and all of them have ended."""
        found: list[RunRecord] = []
        for _ in range(6_000):
            found = await self.runs(record)
            if len(found) >= count and all(run.is_final for run in found):
                return found
            await asyncio.sleep(0.01)
        raise AssertionError(f"there are not {count} ended runs: {found}")

    async def says(self, run_id: str, words: str) -> None:
        def it_says() -> bool:
            run = self.scheduler.running_run(run_id)
            return run is not None and words in (run.message or "")

        await until(it_says, what=words)
