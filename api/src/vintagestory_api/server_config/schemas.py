"""The configuration of game servers as the API shows it."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

ConfigFileName = Literal["serverconfig", "servermagicnumbers"]

FieldType = Literal["bool", "int", "float", "text", "long_text", "choice", "list", "secret"]

#: `live`: a command changes it while the game runs; `stop`: in force after the next stop; `new_world`: read only when a world is
#: made; `never`: the game's own, not changed here.
TakesEffect = Literal["live", "stop", "new_world", "never"]

#: Keeps a field of a request, which may hold a password, out of the audit trail.
WRITE_ONLY: Final[dict[str, Any]] = {"writeOnly": True}

Path = Annotated[list[Annotated[str, StringConstraints(max_length=200)]], Field(min_length=1, max_length=4)]


class ConfigChoice(BaseModel):
    value: Any
    title: str


class ConfigField(BaseModel):
    """What is known of one setting. `path` names it in the file, from the outermost object on, with the game's own names.

    `value` is null for a secret and where the file does not say; `is_set` tells those apart. `default` is the game's own.
    `since`: the first version of the game that knows it. `problem`: why the value in the file is no good, in words.
    """

    path: list[str]
    title: str
    text: str = Field(description="what it does, and what to think of")
    group: str
    type: FieldType
    unit: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    max_length: int | None = None
    choices: list[ConfigChoice] = []
    allows_others: bool = Field(default=False, description="values beside the choices are taken, too")
    default: Any = None
    takes_effect: TakesEffect
    command: str | None = Field(default=None, description="of the console, with which it is changed while the game runs")
    is_advanced: bool = False
    since: str | None = None
    value: Any = None
    is_set: bool
    problem: str | None = None


class ConfigPending(BaseModel):
    """A change that waits for the next stop. `value` and `before` are null for a secret.

    `path` is that of a field, or of `Roles`.
    """

    file: ConfigFileName
    path: list[str]
    title: str
    value: Any
    before: Any
    is_secret: bool = False
    actor: str
    at: str


class UnknownSetting(BaseModel):
    """A setting that only the game or a mod knows. It is kept as it is, with its place."""

    path: list[str]
    value: Any


class LandClaimSize(BaseModel):
    x: int = Field(ge=0, le=10_000)
    y: int = Field(ge=0, le=10_000)
    z: int = Field(ge=0, le=10_000)


class GameRole(BaseModel):
    """A role of players in the game. `default_game_mode`: 0 guest, 1 survival, 2 creative, 3 spectator.

    `color` is a .NET colour name. `land_claim_allowance` in m³. `auto_grant`: has every privilege, also those that mods add.
    """

    model_config = ConfigDict(extra="forbid")

    code: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
    name: Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]*$")]
    description: Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$")] | None = None
    privilege_level: int = Field(ge=-1_000_000, le=1_000_000)
    privileges: list[Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:-]{1,60}$")]] = Field(max_length=500)
    default_game_mode: Literal[0, 1, 2, 3] | None = None
    color: Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{1,40}$")] | None = None
    land_claim_allowance: int = Field(ge=0, le=2_147_483_647)
    land_claim_min_size: LandClaimSize | None = None
    land_claim_max_areas: int = Field(ge=0, le=2_147_483_647)
    auto_grant: bool = False


class Privilege(BaseModel):
    code: str
    text: str


class GameRoles(BaseModel):
    """`roles` as they will be: with what waits for the next stop. `problem`: why they can't be edited here, in words."""

    roles: list[GameRole]
    default_role: str | None
    privileges: list[Privilege] = Field(description="those that the game knows; mods add others")
    players: dict[str, int] = Field(description="how many known players have each role, by its code")
    is_pending: bool
    etag: str
    problem: str | None = None


class GameRolesChange(BaseModel):
    model_config = ConfigDict(extra="forbid")

    etag: str
    roles: list[GameRole] = Field(min_length=1, max_length=100)
    default_role: str


class ServerConfigView(BaseModel):
    """One configuration file. `etag` is that of the file as it lies on disk.

    `problem`: why it can't be read, in words; then there are no fields, and `raw` editing mends it. `world_exists`: settings
    that are read only when a world is made change nothing any more. `whitelist`: what the whitelist really does, in words.
    """

    file: ConfigFileName
    file_name: str
    is_there: bool
    etag: str
    problem: str | None
    problem_line: int | None = None
    modified_at: str | None
    config_version: str | None
    server_runs: bool
    world_exists: bool
    fields: list[ConfigField]
    unknown: list[UnknownSetting]
    pending: list[ConfigPending]
    whitelist: str | None = None


class ConfigChange(BaseModel):
    model_config = ConfigDict(extra="forbid")

    path: Path
    value: Any


class ConfigChanges(BaseModel):
    """`etag` is that of the file that was looked at.

    With `overwrite`, what others have changed since in the same settings is replaced.
    """

    model_config = ConfigDict(extra="forbid")

    etag: str
    changes: list[ConfigChange] = Field(min_length=1, max_length=500, json_schema_extra=WRITE_ONLY)
    overwrite: bool = False


class ChangeOutcome(BaseModel):
    """`written`: in the file, in force at the next start. `live`: in force now, confirmed by the game.

    `pending`: written at the next stop, for the reason in `text` where there is one.
    """

    path: list[str]
    outcome: Literal["written", "live", "pending", "unchanged"]
    text: str | None = None


class ConfigChanged(BaseModel):
    outcomes: list[ChangeOutcome]
    config: ServerConfigView


class RawConfig(BaseModel):
    """The text of the file. Passwords are shown as `••••••••`, and stay as they are where that is sent back."""

    text: str
    etag: str
    problem: str | None
    problem_line: int | None = None


class RawConfigChange(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, StringConstraints(max_length=2_000_000)] = Field(json_schema_extra=WRITE_ONLY)
    etag: str


class ConfigDifference(BaseModel):
    """`before` and `after` are null for secrets, and where there is no such setting: see `kind`."""

    path: list[str]
    title: str
    kind: Literal["added", "removed", "changed"]
    before: Any
    after: Any
    is_secret: bool = False


class ConfigVersion(BaseModel):
    """What the file was, from `at` on. `cause`: the manager wrote it, the game (or somebody by hand) did, or an earlier version
    was brought back. `changes`: how it differs from the version before it, the first 20."""

    id: str
    at: str
    actor: str | None
    cause: Literal["manager", "outside", "returned"]
    is_current: bool
    changes: list[ConfigDifference]
    changes_total: int


class ConfigVersionList(BaseModel):
    items: list[ConfigVersion]
    next_cursor: str | None


class ConfigVersionView(BaseModel):
    """`text` with secrets hidden. `to_current`: what would change if it were brought back."""

    version: ConfigVersion
    text: str
    to_current: list[ConfigDifference]
