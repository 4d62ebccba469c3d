"""Installed versions of the game as the API shows and takes them."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

HostPath = Annotated[str, StringConstraints(max_length=1000, pattern=r"^/[^\x00-\x1f\x7f]*$")]


class RuntimeView(BaseModel):
    """The .NET runtime that a version needs. `is_there` is null when the machine could not be asked."""

    framework: str | None
    needed: str | None
    found: list[str]
    is_there: bool | None
    message: str | None = Field(description="what to do, when it is not there")


class InstalledVersion(BaseModel):
    version: str
    channel: Literal["stable", "unstable"] | None
    size_bytes: int
    installed_at: str
    source: str = Field(description="the name of the archive or folder that it came from")
    used_by: list[str] = Field(description="ids of servers that use it")
    runtime: RuntimeView


class InstalledVersionList(BaseModel):
    items: list[InstalledVersion]
    next_cursor: None = None
    disk_free_bytes: int


class NewInstall(BaseModel):
    """From the version service, or from this machine: an archive (`archive`), or an install that is copied (`folder`), below the
    allowed roots."""

    model_config = ConfigDict(extra="forbid")

    version: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)] | None = None
    archive: HostPath | None = None
    folder: HostPath | None = None
