"""Alerts, and who is told of them, as the API shows and takes them."""

from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, model_validator

from vintagestory_api.schedules.schemas import QuietHours

Severity = Literal["info", "warning", "critical"]
#: What can be told of. `test` and `message` (a step of a schedule) are no alerts.
NoticeKind = Literal[
    "job_failing", "job_missed", "job_paused", "server_crashed", "server_gave_up", "server_hung", "server_failed_to_start",
    "disk_low", "memory_high", "backup_failed", "backup_damaged", "backup_broken", "backup_overdue", "offsite_failed",
    "offsite_overdue", "drill_failed", "schedule_failed", "update_available", "mod_update_available", "update_done",
    "update_went_back", "update_failed", "restore_failed", "server_started", "server_stopped", "player_joined", "player_left",
    "manager_started", "notification_failed", "message", "test",
]  # fmt: skip

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Alert(BaseModel):
    """Something that needs somebody, until it is over. The same thing again raises `count`, not a second alert. `action`: a page
    of the UI where it is dealt with."""

    id: str
    kind: NoticeKind
    severity: Severity
    server_id: str | None
    job_id: str | None
    title: str
    text: str
    opened_at: str
    last_at: str
    count: int
    closed_at: str | None
    acknowledged_at: str | None
    acknowledged_by: str | None
    action: str | None


class AlertList(BaseModel):
    """Open ones first, then the newest."""

    items: list[Alert]
    next_cursor: str | None
    open_count: int


class Rule(_Strict):
    """Which notices go to a target. Empty lists: all. `min_severity`: where it is left out, `info` for kinds that are named, else
    `warning`."""

    kinds: Annotated[list[NoticeKind], Field(max_length=40)] = []
    servers: Annotated[list[Annotated[str, StringConstraints(max_length=64)]], Field(max_length=200)] = []
    min_severity: Severity = "warning"

    @model_validator(mode="after")
    def _named_kinds_are_wanted(self) -> "Rule":
        if self.kinds and "min_severity" not in self.model_fields_set:
            self.min_severity = "info"
        return self


class TargetOptions(_Strict):
    """`template`: of the text; `{title}`, `{text}`, `{server}`, `{kind}`, `{severity}`, `{time}`, `{count}` are filled in,
    nothing else happens in it. `digest_minutes`: gather what is not critical for so long and send it as one. `quiet_hours`: what
    is not critical waits for their end. `repeat_minutes`: the same alert is told again so long after, while it is open; 0: never.
    """

    enabled: bool = True
    rules: Annotated[list[Rule], Field(max_length=50)] = [Rule()]
    template: Annotated[str, StringConstraints(max_length=2000)] | None = None
    digest_minutes: Annotated[int, Field(ge=0, le=1440)] = 0
    quiet_hours: QuietHours | None = None
    zone: Annotated[str, StringConstraints(max_length=64)] = "UTC"
    repeat_minutes: Annotated[int, Field(ge=0, le=10_080)] = 0
    told_when_over: bool = Field(True, description="also say when an alert is over")

    @model_validator(mode="after")
    def _zone_exists(self) -> "TargetOptions":
        try:
            ZoneInfo(self.zone)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"{self.zone!r} is no time zone: give one like Europe/Berlin") from None
        return self


class NewTarget(TargetOptions):
    """`address`: an Apprise URL (`discord://…`, `tgram://…`, `ntfy://…`, `mailto://…`). It is a secret: only ever written."""

    name: Name
    address: SecretStr = Field(max_length=4000)


class TargetChange(_Strict):
    """Only what is given changes."""

    name: Name | None = None
    address: SecretStr | None = Field(None, max_length=4000)
    options: TargetOptions | None = None


class Target(TargetOptions):
    """`service`: what kind of address it is, such as Discord. `where`: the address with everything secret masked."""

    id: str
    name: str
    service: str
    where: str
    last_sent_at: str | None
    last_problem: str | None
    waiting: int


class TargetList(BaseModel):
    items: list[Target]
    next_cursor: None = None


class TestResult(BaseModel):
    ok: bool
    message: str
    seconds: float


class Delivery(BaseModel):
    """One message to one target. `state`: waiting (digest, quiet hours or another try), sent, failed (given up), dropped."""

    id: str
    target_id: str
    target_name: str
    at: str
    title: str
    text: str
    state: Literal["waiting", "sent", "failed", "dropped"]
    attempts: int
    next_try_at: str | None
    error: str | None
    notices: int


class DeliveryList(BaseModel):
    items: list[Delivery]
    next_cursor: str | None


class AlertSettings(_Strict):
    """`failures`: so many failed runs of a job in a row raise an alert, and `pause_after` (0: never) pause it.
    `missed_grace_seconds`: how late a run may be. `backup_overdue_hours`: a server that ran since then should have a good backup
    (0: no alert). `ping_url`: an address of an outside watchdog that is asked every `ping_minutes` while all is well (`…/fail`
    while a critical alert is open); it is a secret: shown as set or not."""

    failures: Annotated[int, Field(ge=1, le=100)] = 3
    pause_after: Annotated[int, Field(ge=0, le=1000)] = 0
    missed_grace_seconds: Annotated[int, Field(ge=60, le=86_400)] = 600
    backup_overdue_hours: Annotated[int, Field(ge=0, le=10_000)] = 26
    ping_minutes: Annotated[int, Field(ge=1, le=1440)] = 5


class AlertSettingsView(AlertSettings):
    has_ping_url: bool
    last_ping_at: str | None
    last_ping_problem: str | None


class AlertSettingsChange(_Strict):
    """Only what is given changes; an empty `ping_url` removes it."""

    failures: Annotated[int, Field(ge=1, le=100)] | None = None
    pause_after: Annotated[int, Field(ge=0, le=1000)] | None = None
    missed_grace_seconds: Annotated[int, Field(ge=60, le=86_400)] | None = None
    backup_overdue_hours: Annotated[int, Field(ge=0, le=10_000)] | None = None
    ping_minutes: Annotated[int, Field(ge=1, le=1440)] | None = None
    ping_url: SecretStr | None = Field(None, max_length=2000)
