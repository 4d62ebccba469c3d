"""The overview on the wire."""

from typing import Literal

from pydantic import BaseModel, Field

from vintagestory_api.health import SchedulerHealth, UpstreamState
from vintagestory_api.kit.clock import rfc3339
from vintagestory_api.overview.attention import ActionKind, Attention, Severity


class JobCounts(BaseModel):
    """Every job counts once in `ok`, `failing`, `late`, `paused`, `off` and `never_ran`; the `running` ones count there, too."""

    total: int
    ok: int
    failing: int
    late: int
    paused: int
    off: int
    never_ran: int
    running: int


class CatalogAge(BaseModel):
    """`mods` is null while the catalogue can't be read."""

    mods: int | None
    updated_at: str | None


class NewestGameVersions(BaseModel):
    latest_stable: str | None
    latest_unstable: str | None
    updated_at: str | None


class AttentionAction(BaseModel):
    """`target` is a page of the web UI, a job, or `settings`."""

    kind: ActionKind
    target: str


class AttentionItem(BaseModel):
    """Something that needs a person. The `id` stays the same while it lasts; `since` is null where it is not known. `server_id`
    is that of an alert about a server."""

    id: str
    severity: Severity
    title: str
    text: str
    since: str | None
    action: AttentionAction | None
    server_id: str | None = None

    @classmethod
    def of(cls, item: Attention) -> "AttentionItem":
        action = AttentionAction(kind=item.action.kind, target=item.action.target) if item.action else None
        return cls(
            id=item.id,
            severity=item.severity,
            title=item.title,
            text=item.text,
            since=rfc3339(item.since),
            action=action,
            server_id=item.server_id,
        )


class Overview(BaseModel):
    """`needs_attention`: at least one item of `attention` is worse than `info`."""

    status: Literal["ok", "needs_attention"]
    version: str
    started_at: str
    scheduler: SchedulerHealth
    jobs: JobCounts
    upstreams: list[UpstreamState]
    catalog: CatalogAge
    game_versions: NewestGameVersions
    attention: list[AttentionItem] = Field(description="the worst first; of the same weight, the newest first")


BackupCare = Literal["good", "overdue", "failed", "none"]


class NextAction(BaseModel):
    """What a schedule does next by itself."""

    schedule_id: str
    name: str
    at: str


class ServerCare(BaseModel):
    """What looks after one server. `backup`: the last one is good enough; the server ran for too long without a good one; the
    last try failed; there is none, and no need of one yet. `game_update`: a version that it could have now, as far as is known:
    its mods are ready for it, and its policy wants to know."""

    server_id: str
    backup: BackupCare
    last_good_backup_at: str | None
    next_action: NextAction | None
    game_update: str | None
    mod_updates: int


class ServerCares(BaseModel):
    items: list[ServerCare]
    next_cursor: None = None
