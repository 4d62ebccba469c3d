"""Players as the API shows them."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

WhitelistMode = Literal["on", "off", "unknown"]

PlayerName = Annotated[str, StringConstraints(pattern=r"^[\w-]{1,16}$")]
PlayerReason = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]


class PlayerView(BaseModel):
    """A player of one server. What the game's files and answers tell is null where it is not known.

    `play_time_seconds` counts the present session, too; `first_seen` and `last_seen` are null for somebody who never joined.
    """

    name: str
    uid: str | None
    is_online: bool
    online_since: str | None
    first_seen: str | None
    last_seen: str | None
    play_time_seconds: int
    sessions: int
    role: str | None
    is_whitelisted: bool | None
    is_banned: bool | None
    banned_until: str | None = Field(description="null also for a ban whose end can't be told")
    is_banned_for_ever: bool = Field(description="until more than 20 years from now, which is how the game says it")
    ban_reason: str | None


class PlayerList(BaseModel):
    """Who is on comes first, then who was seen last. `is_exact`: the count was confirmed by the game's own list."""

    items: list[PlayerView]
    next_cursor: str | None
    online: int
    max_players: int | None
    is_exact: bool
    whitelist: WhitelistMode


class PlayerSession(BaseModel):
    joined_at: str
    left_at: str | None
    seconds: int
    end: Literal["left", "kicked", "server_ended", "unknown"] | None


class PlayerSessionList(BaseModel):
    items: list[PlayerSession]
    next_cursor: str | None


class ChatLine(BaseModel):
    seq: int
    at: str
    name: str
    text: str
    group: int | None


class ChatPage(BaseModel):
    """Newest first."""

    items: list[ChatLine]
    next_cursor: str | None


class Kick(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: PlayerReason | None = None


class Ban(BaseModel):
    """`unit` and `amount` as the game's own command wants them."""

    model_config = ConfigDict(extra="forbid")

    amount: Annotated[int, Field(strict=True, ge=1, le=1000)] = 50
    unit: Literal["minute", "hour", "day", "week", "year"] = "year"
    reason: PlayerReason | None = None


class RoleChange(BaseModel):
    model_config = ConfigDict(extra="forbid")

    role: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,40}$")]


class WhitelistChange(BaseModel):
    model_config = ConfigDict(extra="forbid")

    mode: Literal["on", "off"]


class PlayerActionResult(BaseModel):
    """`outcome`: `done` was confirmed by what the game answered or by its files (`confirmed_by`); `refused` is the game's own no;
    `unknown`: it was asked for, and whether it took effect can't be told. `message` says it in words."""

    outcome: Literal["done", "refused", "unknown"]
    confirmed_by: Literal["answer", "file"] | None
    message: str
    answer: list[str]


class RoleView(BaseModel):
    code: str
    name: str


class RoleList(BaseModel):
    """The roles that the server's configuration defines."""

    items: list[RoleView]
    next_cursor: None = None
