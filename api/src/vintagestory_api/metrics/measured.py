"""What is known of one server's resources at this moment, put together from what was measured at different times."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Protocol

from vintagestory_api.kit.clock import rfc3339
from vintagestory_api.metrics.limits import GameLimits, read_limits
from vintagestory_api.metrics.processes import ProcessUse, cpu_percent, device_of, free_bytes, process_use
from vintagestory_api.metrics.sample import Sample, minute_of
from vintagestory_api.metrics.schemas import ResourcesNow
from vintagestory_api.metrics.shortages import PACE_MS, Shortage, ShortageKind
from vintagestory_api.metrics.stats_answer import StatsAnswer
from vintagestory_api.servers.host import GameStatus

#: An answer to `/stats` counts for so long: it is asked for once a minute, and a busy server may answer late.
_ANSWER_MS: Final = 150_000
_FREE_SPACE_EVERY_MS: Final = 600_000


class SampledServer(Protocol):
    """What is needed of a game server."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def status(self) -> GameStatus | None: ...
    @property
    def data_path(self) -> Path: ...


class Servers(Protocol):
    def all(self) -> Iterable[SampledServer]: ...


@dataclass(frozen=True)
class Look:
    """One look at a game and its folder. `use` is None while no game runs."""

    use: ProcessUse | None
    disk_free_bytes: int | None
    limits: GameLimits
    device: int | None = None


def look_at(game_pid: int | None, data_path: Path) -> Look:
    """Blocking: a few milliseconds."""
    use = process_use(game_pid) if game_pid is not None else None
    return Look(use, free_bytes(data_path), read_limits(data_path), device_of(data_path))


@dataclass
class Measured:
    """Of one server. Times in UTC milliseconds."""

    looked_at: int | None = None
    use: ProcessUse | None = None
    cpu_percent: float | None = None
    disk_free_bytes: int | None = None
    limits: GameLimits = field(default_factory=GameLimits)
    device: int | None = None
    disk_bytes: int | None = None
    disk_tried_at: int | None = None
    answer: StatsAnswer = field(default_factory=StatsAnswer)
    answered_at: int | None = None
    free_space: "deque[tuple[int, int]]" = field(default_factory=deque)
    is_history_loaded: bool = False
    shortages: dict[ShortageKind, Shortage] = field(default_factory=dict)
    short_since: dict[ShortageKind, int] = field(default_factory=dict)
    noted_on: dict[ShortageKind, int] = field(default_factory=dict)

    def note_look(self, look: Look, now_ms: int) -> None:
        before, since = self.use, self.looked_at
        self.use, self.looked_at = look.use, now_ms
        self.disk_free_bytes, self.limits, self.device = look.disk_free_bytes, look.limits, look.device
        self.cpu_percent = None
        if look.use is None:
            self.answer, self.answered_at = StatsAnswer(), None
        elif before is not None and since is not None and before.cpu_seconds.keys() & look.use.cpu_seconds.keys():
            self.cpu_percent = cpu_percent(before, look.use, (now_ms - since) / 1000)
        self._remember_free_space(now_ms)

    def note_answer(self, answer: StatsAnswer, now_ms: int) -> None:
        self.answer, self.answered_at = answer, now_ms

    def load_free_space(self, history: list[tuple[int, int]]) -> None:
        """What an earlier manager has measured."""
        self.is_history_loaded = True
        own = list(self.free_space)
        self.free_space.clear()
        for at, free in [*(item for item in history if not own or item[0] < own[0][0]), *own]:
            self._append_free_space(at, free)

    def _remember_free_space(self, now_ms: int) -> None:
        if self.disk_free_bytes is not None:
            self._append_free_space(now_ms, self.disk_free_bytes)
        while self.free_space and self.free_space[0][0] < now_ms - PACE_MS:
            self.free_space.popleft()

    def _append_free_space(self, at: int, free: int) -> None:
        if not self.free_space or at - self.free_space[-1][0] >= _FREE_SPACE_EVERY_MS:
            self.free_space.append((at, free))

    def current_answer(self, now_ms: int) -> StatsAnswer:
        is_fresh = self.answered_at is not None and now_ms - self.answered_at <= _ANSWER_MS
        return self.answer if is_fresh else replace(StatsAnswer(), players_max=self.answer.players_max)

    def sample(self, server_id: str, now_ms: int) -> Sample | None:
        """The row to keep; None while the game does not run."""
        if self.use is None:
            return None
        answer = self.current_answer(now_ms)
        return Sample(
            server_id=server_id,
            at=minute_of(now_ms),
            cpu_percent=self.cpu_percent,
            memory_bytes=self.use.memory_bytes,
            disk_bytes=self.disk_bytes,
            disk_free_bytes=self.disk_free_bytes,
            tick_ms=answer.tick_ms,
            players=answer.players,
        )

    def now(self, now_ms: int) -> ResourcesNow:
        answer = self.current_answer(now_ms)
        return ResourcesNow(
            at=rfc3339(self.looked_at),
            cpu_percent=self.cpu_percent,
            memory_bytes=self.use.memory_bytes if self.use else None,
            memory_limit_bytes=self.limits.memory_bytes,
            disk_bytes=self.disk_bytes,
            disk_free_bytes=self.disk_free_bytes,
            disk_limit_bytes=self.limits.disk_bytes,
            tick_ms=answer.tick_ms,
            players=answer.players,
        )
