"""One game server: what is stored of it, what its game does at this moment, and what its console tells."""

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from vintagestory_api.events import EventBus, ServerChanged, ServerTold
from vintagestory_api.kit.clock import Clock
from vintagestory_api.servers import line_events as told
from vintagestory_api.servers.console import Console
from vintagestory_api.servers.console_lines import ConsoleLine
from vintagestory_api.servers.host import Game, GameStatus, Heard, Output
from vintagestory_api.servers.life import SHUTDOWN_PHASE, Life
from vintagestory_api.servers.records import Happening, ServerRecord
from vintagestory_api.servers.schemas import ServerSettings, ServerState, TimelineKind
from vintagestory_api.servers.timeline import Timeline

if TYPE_CHECKING:
    from vintagestory_api.servers.commands import CommandDesk

log = structlog.get_logger(__name__)

#: Of complaints that come again and again, one in this time enters the timeline.
_THINNED_TO_MS = 600_000
_MAX_MOD_PROBLEMS = 100
#: A line whose own time is so much older than now was printed while nobody read.
_READ_LATE_MS = 5_000
_MAX_TEXT = 500


class GameServer:
    """Implements `GameListener`. Changes only in the event loop.

    `life` is the present start, or the latest one until its end is stored; then None. `on_end` is called when its game has
    ended, `on_lost` when its keeper is gone.
    """

    commands: "CommandDesk"

    def __init__(
        self, record: ServerRecord, data_path: Path, console: Console, *, clock: Clock, bus: EventBus, timeline: Timeline
    ) -> None:
        self.record = record
        self.data_path = data_path
        self.console = console
        self.is_hung = False
        self.hung_since_ms: int | None = None
        self.life: Life | None = None
        self.on_end: Callable[[Life], None] = lambda _life: None
        self.on_lost: Callable[[Life], None] = lambda _life: None
        self._clock = clock
        self._bus = bus
        self._timeline = timeline

    # What others ask

    @property
    def id(self) -> str:
        return self.record.id

    @property
    def name(self) -> str:
        return self.record.name

    @property
    def version(self) -> str | None:
        return self.record.version

    @property
    def port(self) -> int:
        return self.record.port

    @property
    def settings(self) -> ServerSettings:
        return self.record.settings

    @property
    def logs_path(self) -> Path:
        return self.data_path / "Logs"

    @property
    def game(self) -> Game | None:
        """The game while it runs and can be spoken to."""
        return self.life.game if self.life is not None and not self.life.ended.is_set() else None

    @property
    def status(self) -> GameStatus | None:
        life = self.life
        if life is None or life.game is None:
            return None
        return life.status or life.game.status

    @property
    def instance(self) -> str | None:
        return self.record.instance

    @property
    def ready_ms(self) -> int | None:
        return self.life.ready_ms if self.life is not None else None

    @property
    def state(self) -> ServerState:
        life = self.life
        if life is not None:
            if life.is_stopping or life.phase == SHUTDOWN_PHASE:
                return "stopping"
            return "running" if life.ready_ms is not None else "starting"
        if self.record.setup is not None:
            return "not_installed"
        return self.record.outcome or "stopped"

    @property
    def is_running(self) -> bool:
        """Its game is up, from its launch until its end."""
        return self.life is not None

    # What the game does

    def begin_life(self, life: Life) -> None:
        self.life = life
        self.changed()

    def end_life(self) -> None:
        """Its end is stored."""
        life, self.life = self.life, None
        self.is_hung, self.hung_since_ms = False, None
        if life is not None:
            life.closed.set()
        self.changed()

    def game_printed(self, output: Output) -> Heard:
        self._hear(self.console.feed(output))
        return Heard(self.console.pause_seconds(), self.console.take_new_probes())

    def _hear(self, events: list[tuple[ConsoleLine, told.LineEvent]]) -> None:
        life = self.life
        if life is None:
            return
        life.last_output = self._clock.monotonic()
        before = self.state
        for line, what in events:
            at_ms = self._time_of(line, life)
            self._learn(life, line, what, at_ms)
            self._bus.publish(ServerTold(self.id, life.instance, line.seq, at_ms, what))
        if events and (self.state != before or any(isinstance(what, told.PhaseEntered) for _, what in events)):
            self.changed()

    def game_ended(self, status: GameStatus) -> None:
        life = self.life
        if life is None or life.ended.is_set():
            return
        life.status = status
        life.ended.set()
        self.on_end(life)

    def keeper_lost(self) -> None:
        life = self.life
        if life is None or life.ended.is_set():
            return
        log.warning("keeper_lost", server=self.id)
        self.on_lost(life)

    def changed(self) -> None:
        self._bus.publish(ServerChanged(self.id))

    # The timeline

    def note(
        self,
        kind: TimelineKind,
        *,
        actor: str | None = None,
        run_id: str | None = None,
        instance: str | None = None,
        seq: int | None = None,
        at_ms: int | None = None,
        **details: Any,
    ) -> None:
        at_ms = self._clock.now_ms() if at_ms is None else at_ms
        self._timeline.note(Happening(self.id, at_ms, kind, actor, run_id, instance, seq, details))

    def _learn(self, life: Life, line: ConsoleLine, what: told.LineEvent, at_ms: int) -> None:
        life.learn(what)
        match what:
            case told.BecameReady() if life.ready_ms is None:
                life.become_ready(at_ms)
                self._note_line(life, line, "ready", at_ms, after_seconds=round(life.ready_after_seconds or 0.0, 1))
            case told.ModComplaint(mod=mod, problem=problem, text=text):
                if (mod, problem) not in life.mod_problems and len(life.mod_problems) < _MAX_MOD_PROBLEMS:
                    life.mod_problems.add((mod, problem))
                    self._note_line(life, line, "mod_problem", at_ms, mod=mod, problem=problem, text=text[:_MAX_TEXT])
            case told.Overloaded(tick_ms=tick_ms):
                self._note_thinned(life, "overloaded", at_ms, tick_ms=tick_ms)
            case told.AutosaveFailed(text=text):
                self._note_thinned(life, "autosave_failed", at_ms, text=text[:_MAX_TEXT])
            case told.DiskLow(text=text):
                self._note_thinned(life, "disk_low", at_ms, text=text[:_MAX_TEXT])
            case told.MemoryHigh(text=text):
                self._note_thinned(life, "memory_high", at_ms, text=text[:_MAX_TEXT])
            case _:
                pass

    def _note_line(self, life: Life, line: ConsoleLine, kind: TimelineKind, at_ms: int, **details: Any) -> None:
        self.note(kind, instance=life.instance, seq=line.seq, at_ms=at_ms, **details)

    def _note_thinned(self, life: Life, kind: TimelineKind, at_ms: int, **details: Any) -> None:
        """One entry for each stretch of time: its number stands where a line's would, below all of them."""
        if (kind, stretch := at_ms // _THINNED_TO_MS) in life.thinned:
            return
        life.thinned.add((kind, stretch))
        self.note(kind, instance=life.instance, seq=-stretch, at_ms=at_ms, **details)

    def _time_of(self, line: ConsoleLine, life: Life) -> int:
        """When it was printed: now, or when it says, if it was read late. Its time is local, to the second."""
        now = self._clock.now_ms()
        if line.time is None:
            return now
        try:
            said = round(time.mktime(datetime.fromisoformat(line.time).timetuple()) * 1000)
        except (ValueError, OverflowError):
            return now
        return said if life.started_ms <= said < now - _READ_LATE_MS else now
