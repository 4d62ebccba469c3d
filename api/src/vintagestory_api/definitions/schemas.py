"""Definitions of game servers as the API shows and takes them."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from vintagestory_api.servers.schemas import ServerId

#: The parts of a definition, in the order in which they are applied.
PartName = Literal[
    "server", "version", "world", "configuration", "game_roles", "mods", "schedules", "backups", "updates", "notifications"
]
DefinitionYaml = Annotated[str, StringConstraints(min_length=1, max_length=1_000_000)]


class DefinitionText(BaseModel):
    """`server_id`: which server is meant, also where the file names another one; one that is not there is made under this id.
    Without it the file decides."""

    model_config = ConfigDict(extra="forbid")

    # It may hold addresses and passwords, which the trail of changes does not keep, also where nothing was made of it.
    yaml: DefinitionYaml = Field(json_schema_extra={"writeOnly": True})
    server_id: ServerId | None = None


class ApplyDefinition(DefinitionText):
    """`digest` is that of the plan which was looked at: when another plan would be made by now, nothing is done."""

    digest: Annotated[str, StringConstraints(min_length=1, max_length=64)]


class DefinitionStep(BaseModel):
    """One thing that would be done, in words. `action` keep: it stays although it differs, for the reason in `text`."""

    action: Literal["create", "change", "remove", "keep"]
    text: str


class DefinitionNote(BaseModel):
    """`blocks`: nothing of the file can be applied as long as this is so."""

    blocks: bool
    text: str


class DefinitionPart(BaseModel):
    """`state`: create, change: something is to be done; same: it is as the file says; left_alone: the file says nothing of it, or
    it can't be changed; blocked."""

    part: PartName
    state: Literal["create", "change", "same", "left_alone", "blocked"]
    steps: list[DefinitionStep]
    notes: list[DefinitionNote]


class DefinitionPlan(BaseModel):
    """What applying a definition would do, part by part. `to_fill_in`: secrets that no file holds, and that somebody has to
    enter afterwards."""

    digest: str
    server_id: str
    server_name: str
    creates: bool
    restarts: bool = Field(description="its game runs, and is restarted")
    has_changes: bool
    can_be_applied: bool
    parts: list[DefinitionPart]
    to_fill_in: list[str]


class AppliedPart(BaseModel):
    """`outcome`: done; same: nothing was to do; failed, for the reason in `text`; not_done: because of what failed before."""

    part: PartName
    outcome: Literal["done", "same", "failed", "not_done"]
    text: str | None = None
