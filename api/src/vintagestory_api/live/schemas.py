"""The events of the live stream on the wire. Each class is one kind of SSE message; `data` is JSON on one line."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, RootModel

from vintagestory_api.access.schemas import Me
from vintagestory_api.runs.schemas import Run

EventId = Annotated[str, Field(description="`<boot>-<number>`; send it back as `Last-Event-ID` to go on after this event")]


class Hello(BaseModel):
    """`boot` is another one after each start of the manager; `version` is the manager's; `me` is whom the stream is for."""

    boot: str
    version: str
    me: Me


class NoDetails(BaseModel):
    """Nothing but that it happened: ask again for what you show of it."""


class ChangedJob(BaseModel):
    job_id: str


class GameVersionFound(BaseModel):
    version: str
    channel: Literal["stable", "unstable"]


class Bye(BaseModel):
    """`revoked`: the token, user or session that opened the stream may not read it any more, or has another role now."""

    reason: Literal["revoked", "shutdown"]


class ChangedServer(BaseModel):
    server_id: str


class HelloEvent(BaseModel):
    """The first event of every stream."""

    event: Literal["hello"]
    id: EventId | None = Field(None, description="left out where `reset` follows")
    data: Hello


class ResetEvent(BaseModel):
    """Events were lost for good (too long away, or the manager was started anew): ask again for all that you show."""

    event: Literal["reset"]
    id: EventId
    data: NoDetails


class RunEvent(BaseModel):
    """A run began, moved on (at most four times a second) or ended; also ticks that were skipped or missed."""

    event: Literal["run"]
    id: EventId
    data: Run


class JobEvent(BaseModel):
    """A job was paused, resumed, turned on or off, or got another interval or next run."""

    event: Literal["job"]
    id: EventId
    data: ChangedJob


class GameVersionEvent(BaseModel):
    """A version of the game was found that was not known before."""

    event: Literal["game_version"]
    id: EventId
    data: GameVersionFound


class ServerEvent(BaseModel):
    """A game server has another state, version, operation or settings, is new or gone, or its timeline has grown."""

    event: Literal["server"]
    id: EventId
    data: ChangedServer


class PlayersEvent(BaseModel):
    """Who is on a game server, or what is known of its players, changed."""

    event: Literal["players"]
    id: EventId
    data: ChangedServer


class ServerModsEvent(BaseModel):
    """The mods of a game server, what waits for its next start, or the updates known for them, changed."""

    event: Literal["server_mods"]
    id: EventId
    data: ChangedServer


class ServerConfigEvent(BaseModel):
    """The configuration of a game, or what of it waits for the next stop, changed."""

    event: Literal["server_config"]
    id: EventId
    data: ChangedServer


class BackupsEvent(BaseModel):
    """The backups of a game server, their rules, or their copies elsewhere, changed."""

    event: Literal["backups"]
    id: EventId
    data: ChangedServer


class SchedulesEvent(BaseModel):
    """A schedule of a game server is new, other than before, or gone."""

    event: Literal["schedules"]
    id: EventId
    data: ChangedServer


class UpdatesEvent(BaseModel):
    """What could be updated on a game server, or an update of it, changed."""

    event: Literal["updates"]
    id: EventId
    data: ChangedServer


class AlertsEvent(BaseModel):
    """An alert was raised, came again, was closed or acknowledged."""

    event: Literal["alerts"]
    id: EventId
    data: NoDetails


class NotificationsEvent(BaseModel):
    """Who is told of alerts, or what became of a notification, changed. Only for admins."""

    event: Literal["notifications"]
    id: EventId
    data: NoDetails


class InstalledVersionsEvent(BaseModel):
    """A version of the game was installed or removed."""

    event: Literal["installed_versions"]
    id: EventId
    data: NoDetails


class SettingsEvent(BaseModel):
    """Other settings are in force, whoever changed them."""

    event: Literal["settings"]
    id: EventId
    data: NoDetails


class OverviewEvent(BaseModel):
    """Something in the overview changed that no other event tells: an upstream, a problem, what needs attention."""

    event: Literal["overview"]
    id: EventId
    data: NoDetails


class AccessEvent(BaseModel):
    """Users, tokens or the audit trail changed. Only for admins."""

    event: Literal["access"]
    id: EventId
    data: NoDetails


class ByeEvent(BaseModel):
    """The last event before the manager closes the stream."""

    event: Literal["bye"]
    data: Bye


class LiveEvent(
    RootModel[
        Annotated[
            HelloEvent
            | ResetEvent
            | RunEvent
            | JobEvent
            | GameVersionEvent
            | ServerEvent
            | PlayersEvent
            | InstalledVersionsEvent
            | ServerModsEvent
            | ServerConfigEvent
            | BackupsEvent
            | SchedulesEvent
            | UpdatesEvent
            | AlertsEvent
            | NotificationsEvent
            | SettingsEvent
            | OverviewEvent
            | AccessEvent
            | ByeEvent,
            Field(discriminator="event"),
        ]
    ]
):
    """One message of the stream: the fields `event`, `id` and `data` of SSE, the last one as JSON."""
