"""Alerts, targets and deliveries as they are stored. Times are integer UTC milliseconds."""

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from vintagestory_api.kit.ids import uuid7
from vintagestory_api.notifications.schemas import NoticeKind, Severity, TargetOptions

#: What a notice says of its alert: it is new, still open, or over. `once`: there is no alert, it just happened.
NoticePhase = Literal["new", "still", "over", "once"]
DeliveryState = Literal["waiting", "sent", "failed", "dropped"]

#: So many notices of one message are kept with their words; of the others only how many there are.
NOTICES_KEPT = 20


@dataclass(frozen=True)
class AlertRecord:
    """`key`: at most one alert of a key is open."""

    key: str
    kind: NoticeKind
    severity: Severity
    title: str
    text: str
    opened_at: int
    last_at: int
    server_id: str | None = None
    job_id: str | None = None
    action: str | None = None
    count: int = 1
    closed_at: int | None = None
    acknowledged_at: int | None = None
    acknowledged_by: str | None = None
    id: str = field(default_factory=uuid7)


@dataclass(frozen=True)
class Notice:
    """Something to tell. `key`: notices of one key are about the same thing; `more`: how often it came again untold."""

    kind: NoticeKind
    severity: Severity
    title: str
    text: str
    at: int
    key: str = ""
    phase: NoticePhase = "once"
    server_id: str | None = None
    server_name: str | None = None
    action: str | None = None
    more: int = 0

    @property
    def is_urgent(self) -> bool:
        """It waits for no digest and no quiet hours."""
        return self.severity == "critical" and self.phase != "over"

    def stored(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if value not in (None, "", 0)}


@dataclass(frozen=True)
class TargetRecord:
    """`service` and `scheme` of its address, which is a secret and lies elsewhere."""

    name: str
    service: str
    scheme: str
    options: TargetOptions
    created_at: int
    last_sent_at: int | None = None
    last_problem: str | None = None
    id: str = field(default_factory=uuid7)

    def changed(self, **fields: Any) -> "TargetRecord":
        return replace(self, **fields)


@dataclass(frozen=True)
class Delivery:
    """One message to one target, made of one notice or of several.

    `more`: notices that it stands for beyond those that are kept. `is_gathering`: what comes until it is sent may still join it.
    `is_under_way`: it was handed out; a manager that was killed meanwhile can't know whether it arrived. `title` and `text`: what
    was sent.
    """

    target_id: str
    target_name: str
    at: int
    notices: tuple[Notice, ...]
    state: DeliveryState = "waiting"
    attempts: int = 0
    next_try_at: int | None = None
    more: int = 0
    is_gathering: bool = False
    is_under_way: bool = False
    maybe_twice: bool = False
    error: str | None = None
    title: str = ""
    text: str = ""
    id: str = field(default_factory=uuid7)

    def changed(self, **fields: Any) -> "Delivery":
        return replace(self, **fields)

    def joined_by(self, notice: Notice) -> "Delivery":
        """With one more notice; one of the same thing takes the place of the former, which is then counted."""
        same = next((known for known in self.notices if known.key and known.key == notice.key), None)
        if same is not None:
            newer = replace(notice, more=notice.more + same.more + 1)
            return self.changed(notices=tuple(newer if known is same else known for known in self.notices))
        if len(self.notices) >= NOTICES_KEPT:
            return self.changed(more=self.more + 1)
        return self.changed(notices=(*self.notices, notice))

    @property
    def count(self) -> int:
        return len(self.notices) + self.more
