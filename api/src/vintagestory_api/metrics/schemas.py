"""Resources of game servers over time."""

from typing import Literal

from pydantic import BaseModel, Field

SeriesRange = Literal["24h", "7d", "30d"]


class ResourcesNow(BaseModel):
    """`cpu_percent` of one core (200: two cores busy); `disk_bytes` is what the server's folder takes; null: not known."""

    at: str | None
    cpu_percent: float | None
    memory_bytes: int | None
    memory_limit_bytes: int | None = Field(description="where the game ends itself")
    disk_bytes: int | None
    disk_free_bytes: int | None
    disk_limit_bytes: int | None = Field(description="below so much free space the game ends itself")
    tick_ms: float | None
    players: int | None


class Series(BaseModel):
    """One list for each measure, all as long as `at` (UTC milliseconds); null where nothing was measured."""

    range: SeriesRange
    step_seconds: int
    at: list[int]
    cpu_percent: list[float | None]
    memory_bytes: list[int | None]
    disk_bytes: list[int | None]
    tick_ms: list[float | None]
    players: list[float | None]
    now: ResourcesNow


class ServerLastDay(BaseModel):
    """Both lists are as long as `at` of the answer; null where nothing was measured. `players`: the most at one time."""

    server_id: str
    players: list[float | None]
    tick_ms: list[float | None]
    tick_ms_now: float | None


class LastDay(BaseModel):
    """All game servers over the last day, for small charts beside each other; `at` in UTC milliseconds."""

    step_seconds: int
    at: list[int]
    servers: list[ServerLastDay]
