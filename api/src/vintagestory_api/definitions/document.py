"""What a definition of a game server can hold."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, model_validator

from vintagestory_api.backups.schemas import BackupSettings
from vintagestory_api.notifications.schemas import Name, NoticeKind, Rule, Severity, TargetOptions
from vintagestory_api.schedules.schemas import QuietHours, ScheduleBody
from vintagestory_api.server_config.schemas import GameRole
from vintagestory_api.server_mods.schemas import LockEntry, ModSide
from vintagestory_api.servers.schemas import Port, ServerId, ServerName, ServerSettings, VersionText, WorldOptions
from vintagestory_api.updates.schemas import UpdatePolicy

FORMAT: Final = "vsmanager.server/1"

#: What a file can ask to be tidied: whatever of it the file does not name is removed.
Removable = Literal["mods", "schedules"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class DefinedServer(_Strict):
    """`id` and `name` say which server it is; what is left out stays as it is. `password`: only for a server that is made."""

    id: ServerId | None = None
    name: ServerName | None = None
    version: VersionText | None = None
    port: Port | None = None
    password: Annotated[SecretStr, Field(max_length=100)] | None = None
    settings: ServerSettings | None = None


def _as_text(value: Any) -> Any:
    """People write `true` and `2` where the game wants text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else value


class DefinedWorld(WorldOptions):
    """What a world is made with. Of one that exists, nothing of it can be changed."""

    @model_validator(mode="before")
    @classmethod
    def _values_as_text(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        attributes = given.get("attributes")
        if isinstance(attributes, dict):
            attributes = {name: _as_text(value) for name, value in attributes.items()}
        as_text = {"seed": _as_text(given.get("seed")), "attributes": attributes}
        return {**given, **{name: value for name, value in as_text.items() if name in given}}


class DefinedConfiguration(_Strict):
    """Settings by the names of the game, nested as in its files."""

    serverconfig: Annotated[dict[str, Any], Field(max_length=300)] = {}
    servermagicnumbers: Annotated[dict[str, Any], Field(max_length=300)] = {}


class DefinedRoles(_Strict):
    default_role: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
    roles: Annotated[list[GameRole], Field(min_length=1, max_length=100)]


class DefinedMod(_Strict):
    """One line of the lock list. `source`, `release_id`, `file_id` and `game_versions` name it in the mod database."""

    modid: Annotated[str, StringConstraints(min_length=1, max_length=255)] | None = None
    version: Annotated[str, StringConstraints(max_length=60)] | None = None
    file_name: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    size_bytes: Annotated[int, Field(ge=0)] = 0
    side: ModSide = "both"
    source: Literal["moddb", "upload", "hand"] = "moddb"
    release_id: int | None = None
    file_id: int | None = None
    game_versions: Annotated[list[Annotated[str, StringConstraints(max_length=60)]], Field(max_length=500)] = []
    is_enabled: bool = True
    is_pinned: bool = False
    is_held: bool = False

    def lock_entry(self) -> LockEntry:
        return LockEntry(**self.model_dump(exclude={"game_versions"}), game_versions=tuple(self.game_versions))


class DefinedRule(_Strict):
    """Which notices go to the target. `only_this_server` false: those of all servers."""

    kinds: Annotated[list[NoticeKind], Field(max_length=40)] = []
    min_severity: Severity = "warning"
    only_this_server: bool = True

    def rule(self, server_id: str) -> Rule:
        servers = [server_id] if self.only_this_server else []
        return Rule(kinds=self.kinds, servers=servers, min_severity=self.min_severity)


class DefinedTarget(_Strict):
    """Who is told. `address` is a secret and in no exported file: a target that is not there yet is made only with it.
    `service`: what kind it was, for whoever fills that in. The others as in `TargetOptions`."""

    name: Name
    service: Annotated[str, StringConstraints(max_length=100)] = ""
    address: Annotated[SecretStr, Field(max_length=4000)] | None = None
    rules: Annotated[list[DefinedRule], Field(max_length=50)] = []
    enabled: bool = True
    template: Annotated[str, StringConstraints(max_length=2000)] | None = None
    digest_minutes: Annotated[int, Field(ge=0, le=1440)] = 0
    quiet_hours: QuietHours | None = None
    zone: Annotated[str, StringConstraints(max_length=64)] = "UTC"
    repeat_minutes: Annotated[int, Field(ge=0, le=10_080)] = 0
    told_when_over: bool = True

    @model_validator(mode="after")
    def _can_be_one(self) -> "DefinedTarget":
        self.options("")
        return self

    def options(self, server_id: str) -> TargetOptions:
        """Of a target that is made for this server."""
        facts = self.model_dump(include=set(TargetOptions.model_fields) - {"rules"})
        return TargetOptions.model_validate({**facts, "rules": [rule.rule(server_id) for rule in self.rules]})


class Definition(_Strict):
    """A whole file. A part that is left out is left alone."""

    format: Literal["vsmanager.server/1"] = FORMAT
    server: DefinedServer = DefinedServer()
    world: DefinedWorld | None = None
    configuration: DefinedConfiguration | None = None
    game_roles: DefinedRoles | None = None
    mods: Annotated[list[DefinedMod], Field(max_length=1000)] | None = None
    schedules: Annotated[list[ScheduleBody], Field(max_length=200)] | None = None
    backups: BackupSettings | None = None
    updates: UpdatePolicy | None = None
    notifications: Annotated[list[DefinedTarget], Field(max_length=50)] | None = None
    remove_others: Annotated[list[Removable], Field(max_length=2)] = []
