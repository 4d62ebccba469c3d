"""Updates that go back, as the API shows and takes them."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from vintagestory_api.schedules.schemas import QuietHours

GamePolicy = Literal["off", "tell", "patch", "stable"]
ModPolicy = Literal["off", "tell", "fitting"]
Phase = Literal["planned", "announcing", "backing_up", "stopping", "switching", "starting", "watching", "going_back", "done"]
Outcome = Literal["updated", "went_back", "failed", "nothing_to_do"]


class UpdatePolicy(BaseModel):
    """Of one server. `game`: off; tell me; patch versions (1.22.5 to 1.22.7) by itself; all stable versions by itself. `mods`:
    likewise, only releases that fit. Nothing happens by itself outside `window` (null: any time), while players are on unless
    `with_players`, or into a version that a pinned or held mod does not support. `watch_seconds`: how long the log is watched
    after the game is ready before the update counts."""

    model_config = ConfigDict(extra="forbid")

    game: GamePolicy = "tell"
    mods: ModPolicy = "tell"
    window: QuietHours | None = None
    zone: Annotated[str, StringConstraints(max_length=64)] = "UTC"
    with_players: bool = False
    warn_minutes: Annotated[list[Annotated[int, Field(ge=1, le=240)]], Field(max_length=20)] = [10, 5, 1]
    watch_seconds: Annotated[int, Field(ge=0, le=3600)] = 120


class UpdateRequest(BaseModel):
    """`game_version`: null leaves the game as it is. `mods`: none, or those that fit the (new) version. `warn_minutes`: null
    means those of the policy, empty none; only while players are on. `allow_unready`: also when mods are not ready for that
    version (never when pinned ones are not). `digest`: of the plan that was looked at."""

    model_config = ConfigDict(extra="forbid")

    game_version: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)] | None = None
    mods: Literal["none", "fitting"] = "fitting"
    warn_minutes: Annotated[list[Annotated[int, Field(ge=1, le=240)]], Field(max_length=20)] | None = None
    watch_seconds: Annotated[int, Field(ge=0, le=3600)] | None = None
    allow_unready: bool = False
    digest: Annotated[str, StringConstraints(max_length=64)] | None = None


class ModStep(BaseModel):
    """`fit` of the version that it would have, for the version of the game that the server would have."""

    modid: str
    name: str | None
    now: str | None
    then: str | None
    fit: Literal["verified", "likely", "unknown", "not"]
    is_pinned: bool
    note: str | None


class UpdateStep(BaseModel):
    do: Literal["announce", "backup", "stop", "switch_game", "switch_mods", "start", "watch"]
    sentence: str


class UpdatePlan(BaseModel):
    """What an update would do. `is_ready`: nothing speaks against it. `problems` keep it from being done; `warnings` should be
    known."""

    server_id: str
    game_now: str | None
    game_then: str | None
    mods: list[ModStep]
    steps: list[UpdateStep]
    players_online: int
    bytes_needed: int
    bytes_free: int
    is_ready: bool
    warnings: list[str]
    problems: list[str]
    nothing_to_do: bool
    digest: str


class UpdateState(BaseModel):
    """What is new for a server. `newest_patch` and `newest_stable`: null when it has them. `not_ready`: mods that don't support
    `newest_stable`. `waits_for`: why what the policy would do is not done yet, in words."""

    server_id: str
    server_name: str
    policy: UpdatePolicy
    game_now: str | None
    newest_patch: str | None
    newest_stable: str | None
    mod_updates: int
    not_ready: list[str]
    waits_for: str | None
    checked_at: str | None
    current: "UpdateRecord | None"


class UpdateStates(BaseModel):
    items: list[UpdateState]
    next_cursor: None = None


class UpdateRecord(BaseModel):
    """One update, done or under way. `text`: what became of it and why, in a sentence. `trigger`: a person, a schedule, or the
    policy. `warns`: players are warned before, or were."""

    id: str
    server_id: str
    run_id: str | None
    trigger: Literal["manual", "schedule", "policy"]
    actor: str | None
    started_at: str
    ended_at: str | None
    phase: Phase
    outcome: Outcome | None
    game_from: str | None
    game_to: str | None
    mods_changed: int
    warns: bool
    backup_id: str | None
    text: str | None
    blamed_mods: list[str]


class UpdateHistory(BaseModel):
    items: list[UpdateRecord]
    next_cursor: str | None
