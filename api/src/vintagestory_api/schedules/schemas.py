"""Schedules as the API and YAML files show and take them."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=400, pattern=r"^[^\x00-\x1f\x7f]*$")]
ScheduleName = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]*$")
]
ClockTime = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Minutes = Annotated[int, Field(ge=0, le=1440)]

EventName = Literal[
    "server_ready", "server_stopped", "server_crashed", "player_joined", "last_player_left", "empty_for", "backup_made",
    "backup_failed", "mod_update_found", "game_version_found",
]  # fmt: skip


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


# When


class CronTrigger(_Strict):
    """`zone`: an IANA name; across DST the rules of Debian's cron."""

    kind: Literal["cron"]
    cron: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    zone: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)] = "UTC"


class IntervalTrigger(_Strict):
    kind: Literal["interval"]
    seconds: Annotated[int, Field(ge=60, le=31_536_000)]


class EventTrigger(_Strict):
    """`minutes`: for `empty_for`, how long nobody has been on. `wait_minutes`: at most one run in this time."""

    kind: Literal["event"]
    event: EventName
    minutes: Minutes | None = None
    wait_minutes: Minutes = 0

    @model_validator(mode="after")
    def _complete(self) -> "EventTrigger":
        if (self.event == "empty_for") != (self.minutes is not None):
            raise ValueError("`minutes` belongs to the event `empty_for`, and only to it")
        return self


ScheduleTrigger = Annotated[CronTrigger | IntervalTrigger | EventTrigger, Field(discriminator="kind")]


# Whether


class QuietHours(_Strict):
    """From one time of the day to another, over midnight where the second is earlier. In the zone of the schedule."""

    begin: ClockTime
    end: ClockTime


class Conditions(_Strict):
    """All have to be true, else the run is skipped with the reason. `defer_minutes`: while players are on, wait for up to so long
    for them to leave, then go on all the same (`defer_then: run`) or skip. `zone`: of quiet hours, that of the trigger where left
    out."""

    server: Literal["any", "online", "offline"] = "any"
    only_empty: bool = False
    defer_minutes: Minutes = 0
    defer_then: Literal["run", "skip"] = "run"
    quiet_hours: QuietHours | None = None
    ran_since_backup: Annotated[bool, Field(description="only if the server ran since its last good backup")] = False
    players_since_backup: Annotated[bool, Field(description="only if somebody was on since its last good backup")] = False
    zone: Annotated[str, StringConstraints(max_length=64)] | None = None


# What


class _Step(_Strict):
    """`timeout_seconds`: after it the step has failed. `on_failure`: stop leaves out the following steps (but not `finally`)."""

    timeout_seconds: Annotated[int, Field(ge=1, le=86_400)] | None = None
    on_failure: Literal["stop", "continue"] = "stop"


class AnnounceStep(_Step):
    """Say something to all players. `{minutes}` and `{server}` are filled in. With `warn_minutes` it is said so long before the
    next step, each time with the minutes that are left; skipped at once when nobody is on."""

    do: Literal["announce"]
    text: Line
    warn_minutes: Annotated[list[Annotated[int, Field(ge=1, le=240)]], Field(max_length=20)] = []


class CommandStep(_Step):
    do: Literal["command"]
    command: Line
    expect: Line | None = Field(None, description="the answer has to hold this text, in any letter case")


class SaveStep(_Step):
    do: Literal["save"]


class BackupStep(_Step):
    do: Literal["backup"]
    note: Line | None = None


class StopStep(_Step):
    do: Literal["stop"]


class StartStep(_Step):
    do: Literal["start"]


class RestartStep(_Step):
    do: Literal["restart"]


class UpdateModsStep(_Step):
    do: Literal["update_mods"]


class UpdateGameStep(_Step):
    """To the newest stable version where the server's update policy says so, else the newest patch version. What went back is
    not tried again before something about it is new."""

    do: Literal["update_game"]


class WaitStep(_Step):
    """A time, or until nobody is on (then at most `seconds`)."""

    do: Literal["wait"]
    seconds: Annotated[int, Field(ge=1, le=86_400)]
    until_empty: bool = False


class NotifyStep(_Step):
    do: Literal["notify"]
    text: Line


Step = Annotated[
    AnnounceStep
    | CommandStep
    | SaveStep
    | BackupStep
    | StopStep
    | StartStep
    | RestartStep
    | UpdateModsStep
    | UpdateGameStep
    | WaitStep
    | NotifyStep,
    Field(discriminator="do"),
]


class ScheduleBody(_Strict):
    """What a schedule is. `overlap`: what becomes of a tick while the run before goes on. `catch_up`: which ticks are run later
    that came while the manager was away; `all` at most `catch_up_limit`."""

    name: ScheduleName
    enabled: bool = True
    trigger: ScheduleTrigger
    conditions: Conditions = Field(default_factory=Conditions)
    steps: Annotated[list[Step], Field(min_length=1, max_length=50)]
    finally_: Annotated[list[Step], Field(max_length=20, alias="finally")] = []
    overlap: Literal["skip", "queue", "cancel_previous"] = "skip"
    catch_up: Literal["none", "one", "all"] = "none"
    catch_up_limit: Annotated[int, Field(ge=1, le=100)] = 10
    timeout_seconds: Annotated[int, Field(ge=60, le=172_800)] = 21_600

    model_config = ConfigDict(extra="forbid", populate_by_name=True, serialize_by_alias=True)


class ScheduleDraft(ScheduleBody):
    """A schedule that is still being written: it may lack its name and its steps."""

    name: Annotated[str, StringConstraints(max_length=80)] = ""
    steps: Annotated[list[Step], Field(max_length=50)] = []


class Sentences(BaseModel):
    """A schedule in words. `sentence`: the whole; `step_sentences` and `finally_sentences`: each of its steps."""

    sentence: str
    step_sentences: list[str]
    finally_sentences: list[str]


class Schedule(ScheduleBody, Sentences):
    """`next_run_at`: null for events, and while it is turned off. `last_run`: id, state, reason and time of the latest run or
    skip."""

    id: str
    server_id: str
    job_id: str
    next_run_at: str | None
    last_run_id: str | None
    last_run_state: str | None
    last_run_reason: str | None
    last_run_at: str | None
    is_running: bool
    problem: str | None = Field(description="why it can't run as it is, such as a zone that does not exist; null when it can")
    created_by: str
    updated_at: str


class ScheduleList(BaseModel):
    items: list[Schedule]
    next_cursor: str | None = None


class ScheduleChange(_Strict):
    """Only what is given changes."""

    enabled: bool | None = None
    body: ScheduleBody | None = None


class NextRuns(BaseModel):
    """`times` with the offset of the zone at that moment; `notes`: what the clocks do to them, such as a time that does not exist
    on that day."""

    times: list[str]
    notes: list[str]


class SchedulePreview(NextRuns, Sentences):
    """When what is being written would be due, and what it says."""


class DryStep(BaseModel):
    """What one step would do now. `ok` null: that can't be told before."""

    do: str
    sentence: str
    ok: bool | None
    note: str | None
    is_finally: bool


class DryRun(BaseModel):
    """What a run at this moment would do. `would_run` false: the conditions are not met, and `reason` says why."""

    would_run: bool
    reason: str | None
    waits: str | None
    steps: list[DryStep]


class ScheduleFile(_Strict):
    """Schedules of a server as a YAML document. What has the name of one that is there replaces it."""

    format: Literal["vsmanager.schedules/1"] = "vsmanager.schedules/1"
    schedules: Annotated[list[ScheduleBody], Field(max_length=200)]


class ScheduleText(_Strict):
    yaml: Annotated[str, StringConstraints(max_length=500_000)]
    remove_others: bool = False
    dry_run: bool = False


class AppliedSchedules(BaseModel):
    """Names."""

    added: list[str]
    changed: list[str]
    unchanged: list[str]
    removed: list[str]


class ScheduleTemplate(BaseModel):
    """A schedule to begin with."""

    id: str
    title: str
    text: str
    body: ScheduleBody


class TemplateList(BaseModel):
    items: list[ScheduleTemplate]
    next_cursor: None = None
