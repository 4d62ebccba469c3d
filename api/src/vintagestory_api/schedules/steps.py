"""What each step does. A step ends when its thing is really done, or raises what kept it from that."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, assert_never

from vintagestory_api.errors import ManagerError
from vintagestory_api.events import Event, PlayersChanged, ServerChanged, ServerTold
from vintagestory_api.kit.redaction import redact
from vintagestory_api.schedules.around import Around
from vintagestory_api.schedules.conditions import names
from vintagestory_api.schedules.run_waiting import (
    LOOK_SECONDS,
    Tell,
    begin_when_free,
    changes,
    see_that_it_went_well,
    wait_for_run,
)
from vintagestory_api.schedules.schemas import (
    AnnounceStep,
    BackupStep,
    CommandStep,
    NotifyStep,
    RestartStep,
    SaveStep,
    StartStep,
    Step,
    StopStep,
    UpdateGameStep,
    UpdateModsStep,
    WaitStep,
)
from vintagestory_api.schedules.sentences import span, time_left, warn_marks
from vintagestory_api.servers.commands import ServerNotRunning
from vintagestory_api.servers.line_events import AutosaveFailed, WorldSaved
from vintagestory_api.servers.registry import ServerNotFound
from vintagestory_api.servers.server import GameServer
from vintagestory_api.servers.supervisor import ServerRuns, Supervisor
from vintagestory_api.services.run_records import RunRecord
from vintagestory_api.services.scheduler import RunNotRunning

_ANSWER_SECONDS = 15.0
_MINUTE_MS = 60_000
_MAX_ANSWER = 300
_HOUR = 3600.0
#: Of steps that say nothing else.
_TIMEOUTS = {
    "command": 60.0,
    "save": 600.0,
    "backup": 4 * _HOUR,
    "stop": 3 * _HOUR,
    "start": _HOUR,
    "restart": 4 * _HOUR,
    "update_mods": 6 * _HOUR,
    "update_game": 12 * _HOUR,
    "notify": 120.0,
}
#: What began such a run undoes it when it is cancelled; others are left to their end.
_CANCELLED_WITH_THE_STEP = frozenset({"backup", "update_mods", "update_game"})


class StepFailed(ManagerError):
    code = "step_failed"


@dataclass(frozen=True)
class Done:
    """`note`: what there is to tell. `was_needed`: false where it was so already, or concerned nobody."""

    note: str | None = None
    run_id: str | None = None
    was_needed: bool = True


def timeout_of(step: Step) -> float:
    if step.timeout_seconds is not None:
        return float(step.timeout_seconds)
    if isinstance(step, AnnounceStep):
        return max(step.warn_minutes, default=0) * 60 + 120.0
    if isinstance(step, WaitStep):
        return step.seconds + 60.0
    return _TIMEOUTS[step.do]


class Steps:
    """Of one run. `actor` is whoever its operations name; `tell` gets what a step is waiting for."""

    def __init__(self, around: Around, server_id: str, actor: str, tell: Tell) -> None:
        self._around = around
        self._server_id = server_id
        self._actor = actor
        self._tell = tell
        #: Of the operation that the present step began, also when the step fails.
        self.run_id: str | None = None
        #: It ran, or should have, when this began, and these steps have not stopped it since.
        self._is_to_be_up = self._is_wanted()

    async def do(self, step: Step) -> Done:
        """Raises `StepFailed` and other `ManagerError`s."""
        self.run_id = None
        match step:
            case AnnounceStep():
                return await self._announce(step)
            case CommandStep():
                self._is_to_be_up = self._is_to_be_up and step.command.split()[0].casefold() != "/stop"
                return await self._command(step)
            case SaveStep():
                return await self._save()
            case BackupStep() | UpdateModsStep() | UpdateGameStep() | StopStep() | StartStep() | RestartStep():
                return await self._operate(step)
            case WaitStep():
                return await self._wait(step)
            case NotifyStep():
                text = step.text.replace("{server}", self._server.name)
                await self._around.messages.send_message(self._server_id, text)
                return Done()
            case _:
                assert_never(step)

    @property
    def _supervisor(self) -> Supervisor:
        return self._around.servers.supervisor(self._server_id)

    @property
    def _server(self) -> GameServer:
        return self._supervisor.server

    def _is_wanted(self) -> bool:
        try:
            return self._server.record.wanted == "running"
        except ServerNotFound:
            return False

    def _online(self) -> list[str]:
        return self._around.players.online_names(self._server_id)

    # Speaking

    async def _announce(self, step: AnnounceStep) -> Done:
        if self._server.state != "running":
            return Done("The server is not online, so nobody was told.", was_needed=False)
        if not self._online():
            return Done("Nobody was on, so nobody was told.", was_needed=False)
        marks = warn_marks(step)
        if not marks:
            await self._say(step.text, None)
            return Done()
        return await self._count_down(step, marks)

    async def _count_down(self, step: AnnounceStep, marks: list[int]) -> Done:
        """Each warning at its time before the next step; over as soon as nobody is on any more."""
        clock = self._around.clock
        end = clock.now_ms() + marks[0] * _MINUTE_MS
        said = 0
        async with changes(self._around.bus, self._concerns_us) as changed:
            while (left := end - clock.now_ms()) > 0:
                if self._server.state != "running":
                    return Done("The server is not online any more, so it does not go on.")
                if not self._online():
                    return Done(f"All have left, so {span(left / 1000)} were saved.")
                due = [mark for mark in marks[said:] if mark * _MINUTE_MS >= left]
                if due:
                    said += len(due)
                    await self._say(step.text, due[-1])
                self._tell(time_left(left))
                next_mark = marks[said] * _MINUTE_MS if said < len(marks) else 0
                await changed(min(LOOK_SECONDS, max(0.01, (left - next_mark) / 1000)))
        return Done()

    async def _say(self, text: str, minutes: int | None) -> None:
        said = text.replace("{server}", self._server.name)
        if minutes is not None:
            said = said.replace("{minutes}", str(minutes))
        asked = await self._server.commands.ask(f"/announce {said}", timeout_seconds=_ANSWER_SECONDS)
        if asked.echo_seq is None and not asked.lines:
            raise StepFailed(f"{self._server.name} did not take the announcement within {_ANSWER_SECONDS:g} s.")

    async def _command(self, step: CommandStep) -> Done:
        asked = await self._server.commands.ask(step.command, timeout_seconds=min(timeout_of(step), _ANSWER_SECONDS))
        answer = " ".join(line.text for line in asked.lines)
        shown = redact(answer)[:_MAX_ANSWER] or None
        if asked.echo_seq is None and not asked.lines:
            raise StepFailed(f"{self._server.name} did not take the command within {_ANSWER_SECONDS:g} s.")
        if step.expect is not None and step.expect.casefold() not in answer.casefold():
            raise StepFailed(f'The answer does not hold "{step.expect}". It was: {shown or "nothing"}')
        return Done(shown)

    async def _save(self) -> Done:
        if self._server.state != "running":
            return Done("The server is not online, so there is nothing to save.", was_needed=False)
        saved: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()

        def listen(event: Event) -> None:
            if saved.done() or getattr(event, "server_id", None) != self._server_id:
                return
            match event:
                case ServerTold(what=WorldSaved()):
                    saved.set_result(None)
                case ServerTold(what=AutosaveFailed(text=text)):
                    saved.set_result(f"The game could not save: {text}")
                case ServerChanged() if self._server.state != "running":
                    saved.set_result(f"{self._server.name} ended before it said that its world is saved.")
                case _:
                    pass

        unsubscribe = self._around.bus.subscribe(listen)
        try:
            asked = await self._server.commands.ask("/autosavenow", timeout_seconds=_ANSWER_SECONDS)
            if asked.echo_seq is None and not asked.lines:
                raise StepFailed(f"{self._server.name} did not take the command within {_ANSWER_SECONDS:g} s.")
            if not saved.done() and any("autosave completed" in line.text.casefold() for line in asked.lines):
                return Done()
            if (problem := await saved) is not None:
                raise StepFailed(problem)
            return Done()
        finally:
            unsubscribe()

    # Operations

    async def _operate(self, step: Step) -> Done:
        try:
            run = await self._begun(lambda: self._begin_unless_stopped(step))
        except ServerRuns:
            return Done("It runs already.", was_needed=False)
        except ServerNotRunning:
            return Done("It was stopped already.", was_needed=False)
        if isinstance(run, str):
            return Done(run, was_needed=False)
        self.run_id = run.id
        try:
            ended = await wait_for_run(
                run.id,
                bus=self._around.bus,
                ledger=self._around.ledger,
                scheduler=self._around.scheduler(),
                tell=self._tell,
            )
        except asyncio.CancelledError:
            if step.do in _CANCELLED_WITH_THE_STEP:
                self._cancel(run.id)
            raise
        see_that_it_went_well(ended, _SUBJECTS[step.do])
        self._is_to_be_up = self._is_to_be_up or isinstance(step, StartStep | RestartStep)
        return Done(_said_of(step, ended["report"] or {}), run.id)

    async def _begun(self, begin: Callable[[], Awaitable[RunRecord | str]]) -> RunRecord | str:
        return await begin_when_free(
            begin, is_held=lambda: self._supervisor.operations.held is not None, bus=self._around.bus, tell=self._tell
        )

    async def _begin_unless_stopped(self, step: Step) -> RunRecord | str:
        if isinstance(step, StartStep | RestartStep) and self._is_to_be_up and not self._is_wanted():
            return "Somebody has stopped the server meanwhile, so it stays as it is."
        return await self._begin(step)

    async def _begin(self, step: Step) -> RunRecord | str:
        supervisor, actor = self._supervisor, self._actor
        match step:
            case BackupStep():
                return await self._around.backups.back_up(self._server_id, actor=actor, note=step.note)
            case UpdateModsStep():
                return await self._around.updates.update(self._server_id, "mods", actor=actor)
            case UpdateGameStep():
                return await self._around.updates.update(self._server_id, "game", actor=actor)
            case StopStep():
                self._is_to_be_up = False
                return await supervisor.stop(actor, trigger="schedule")
            case StartStep():
                return await supervisor.start(actor, trigger="schedule")
            case _:
                return await supervisor.restart(actor, trigger="schedule")

    def _cancel(self, run_id: str) -> None:
        try:
            self._around.scheduler().cancel_run(run_id)
        except RunNotRunning:
            return

    # Waiting

    async def _wait(self, step: WaitStep) -> Done:
        clock = self._around.clock
        end = clock.now_ms() + step.seconds * 1000
        async with changes(self._around.bus, self._concerns_us) as changed:
            while (left := end - clock.now_ms()) > 0:
                online = self._online() if step.until_empty else []
                if step.until_empty and not online:
                    return Done("Nobody is on.")
                waits_for = f", waits for {names(online)} to leave" if online else ""
                self._tell(time_left(left) + waits_for)
                await changed(min(LOOK_SECONDS, left / 1000))
        still_on = self._online() if step.until_empty else []
        return Done(f"The time is over; still on: {names(still_on)}." if still_on else None)

    def _concerns_us(self, event: Event) -> bool:
        return isinstance(event, PlayersChanged | ServerChanged) and event.server_id == self._server_id


_SUBJECTS = {
    "backup": "The backup",
    "stop": "The stop",
    "start": "The start",
    "restart": "The restart",
    "update_mods": "The update of the mods",
    "update_game": "The update of the game",
}


def _said_of(step: Step, report: dict[str, Any]) -> str | None:
    match step:
        case BackupStep():
            if report.get("world") == "damaged":
                raise StepFailed("The backup was made, but its world is damaged: see what the backup says of it.")
            return report.get("file_name")
        case StopStep():
            return f"By {report['by']}." if report.get("by") else None
        case StartStep() | RestartStep():
            seconds = report.get("ready_after_seconds")
            return f"Ready after {span(seconds)}." if seconds is not None else None
        case _:
            text = report.get("text")
            return text if isinstance(text, str) else None
