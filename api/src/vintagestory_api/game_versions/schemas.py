"""Wire shapes of the game versions."""

from typing import Literal

from pydantic import BaseModel

from vintagestory_api.game_versions.catalog import VersionEntry
from vintagestory_api.game_versions.client import Build
from vintagestory_api.kit.clock import rfc3339


class BuildOut(BaseModel):
    """One archive. `size_text` is meant for people; `md5` and `url` are null where the version API has none."""

    platform: str
    file_name: str
    size_text: str | None
    md5: str | None
    url: str | None

    @classmethod
    def of(cls, build: Build) -> "BuildOut":
        return cls(platform=build.platform, file_name=build.file_name, size_text=build.size_text, md5=build.md5, url=build.url)


class GameVersionOut(BaseModel):
    version: str
    channel: Literal["stable", "unstable"]
    kind: Literal["stable", "rc", "pre", "dev"]
    minor: str
    latest: bool
    first_seen: str | None
    builds: list[BuildOut]

    @classmethod
    def of(cls, entry: VersionEntry) -> "GameVersionOut":
        return cls(
            version=str(entry.version),
            channel=entry.channel,
            kind=entry.kind,
            minor=entry.version.minor,
            latest=entry.latest,
            first_seen=rfc3339(entry.first_seen_ms),
            builds=[BuildOut.of(build) for build in entry.builds],
        )


class GameVersionList(BaseModel):
    """`data_age_seconds` counts from the last check that succeeded, whether or not it found something new."""

    items: list[GameVersionOut]
    next_cursor: None = None
    state: Literal["ready", "filling", "unavailable"]
    data_age_seconds: int | None
    refreshed_at: str | None
