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
