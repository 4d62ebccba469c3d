"""One start of a game, from its launch to its end, as far as its console and its keeper have told."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

from vintagestory_api.servers import line_events as told
from vintagestory_api.servers.crash import EndFacts, Ending
from vintagestory_api.servers.host import Game, GameStatus
from vintagestory_api.servers.records import Happening

#: Phase of a start → how far it has come.
_PROGRESS = {
    "Initialization": 0.05,
    "Configuration": 0.1,
    "LoadAssets": 0.2,
    "AssetsFinalize": 0.35,
    "LoadGamePre": 0.5,
    "GameReady": 0.65,
    "WorldReady": 0.8,
    "RunGame": 0.95,
}
SHUTDOWN_PHASE = "Shutdown"


@dataclass
class Life:
    """`asked`: the manager wants it to end. `was_found_ended`: nobody kept it any more when the manager started. `launched` is
    set when its keeper can be spoken to, or there is none; `ready` when players can join; `ended` when its game has; `closed`
    when that is stored."""

    instance: str
    started_ms: int
    version: str | None = None
    first_seq: int = 0
    game: Game | None = None
    status: GameStatus | None = None
    asked: bool = False
    was_killed: bool = False
    was_found_ended: bool = False
    ready_ms: int | None = None
    phase: str | None = None
    progress: float = 0.0
    stop_reason: str | None = None
    thread: str | None = None
    crash_reported: bool = False
    mods: tuple[str, ...] = ()
    needs_runtime: bool = False
    runtime: str | None = None
    refusal: str | None = None
    disk_low: str | None = None
    memory_high: str | None = None
    #: Mod and kind of its problem; those are in the timeline already.
    mod_problems: set[tuple[str, str]] = field(default_factory=set)
    #: Kinds of complaints and stretches of time that are in the timeline already.
    thinned: set[tuple[str, int]] = field(default_factory=set)
    last_output: float = 0.0
    #: Why it can't be spoken to, although it runs.
    problem: str | None = None
    ending: Ending | None = None
    launched: asyncio.Event = field(default_factory=asyncio.Event)
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    closed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_stopping(self) -> bool:
        return self.asked or self.stop_reason is not None

    @property
    def ready_after_seconds(self) -> float | None:
        return None if self.ready_ms is None else max(0, self.ready_ms - self.started_ms) / 1000

    def take_up(self, happenings: Iterable[Happening]) -> None:
        """What an earlier manager noted of this start; the lines that told it may be gone."""
        for happening in happenings:
            match happening.kind:
                case "started":
                    self.started_ms = happening.at
                    self.version = happening.details.get("version")
                case "ready":
                    self.become_ready(happening.at)
                case "stop_asked":
                    self.asked = True
                case "mod_problem":
                    self.mod_problems.add((str(happening.details.get("mod")), str(happening.details.get("problem"))))
                case kind if happening.seq is not None and happening.seq < 0:
                    self.thinned.add((kind, -happening.seq))
                case _:
                    pass

    def become_ready(self, at_ms: int) -> None:
        self.ready_ms = at_ms
        self.progress = 1.0
        self.ready.set()

    def learn(self, what: told.LineEvent) -> None:
        """Take in what a line says, except that it is ready, which has a time."""
        match what:
            case told.PhaseEntered(phase=phase):
                self.phase = phase
                self.progress = max(self.progress, _PROGRESS.get(phase, 0.0))
            case told.StopBegan(reason=reason):
                self.stop_reason = reason if self.stop_reason is None else self.stop_reason
            case told.ShutdownByThread(thread=thread):
                self.thread = thread
            case told.CrashReported(mods=mods):
                self.crash_reported = True
                self.mods = mods or self.mods
            case told.RuntimeMissing(needed=needed):
                self.needs_runtime, self.runtime = True, needed
            case told.StartRefused(why=why):
                self.refusal = self.refusal or why
            case told.DiskLow(text=text):
                self.disk_low = text
            case told.MemoryHigh(text=text):
                self.memory_high = text
            case _:
                pass

    def end_facts(self, fatal: str | None, last_line: str | None, *, wanted_stopped: bool) -> EndFacts:
        status = self.status
        signals = status.stop_signals if status else ()
        return EndFacts(
            asked=self.asked or wanted_stopped,
            was_ready=self.ready_ms is not None,
            start_error=status.start_error if status else None,
            exit_code=status.exit_code if status else None,
            signals=tuple(signals),
            stop_reason=self.stop_reason,
            by_keeper="/stop" in signals,
            thread=self.thread,
            crash_reported=self.crash_reported,
            mods=self.mods,
            needs_runtime=self.needs_runtime,
            runtime=self.runtime,
            refusal=self.refusal,
            fatal=fatal,
            last_line=last_line,
            disk_low=self.disk_low,
            memory_high=self.memory_high,
        )
