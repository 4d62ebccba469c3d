"""The catalogue of mods on the wire. Lists are built from rows rendered before; these models describe them."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

Moment = Annotated[str | None, Field(json_schema_extra={"format": "date-time"})]


class CatalogItem(BaseModel):
    id: int = Field(description="the mod's number in the mod database")
    asset_id: int
    name: str
    summary: str
    author: str
    modids: list[str] = Field(description="as in the modinfo.json of its releases; some mods have none, some several")
    side: str = Field(description="both, server or client")
    type: str = Field(description="mod, externaltool or other")
    tags: list[str]
    downloads: int
    follows: int
    comments: int
    trending_points: int
    logo_url: str | None = Field(description="address of the logo on this manager; null where the mod has none")
    url_alias: str | None
    page_url: str
    last_released: Moment


class ListedItem(CatalogItem):
    fit: Literal["likely", "not", "unknown"] | None = Field(
        description="whether it has a release for the line of the version that `fit_for` names; null without that parameter"
    )


class CatalogList(BaseModel):
    items: list[ListedItem]
    next_cursor: str | None
    total: int = Field(description="all mods that match")
    state: Literal["ready", "filling", "unavailable"] = Field(
        description="filling: what was asked for is being fetched, ask again soon; unavailable: it could not be fetched"
    )
    data_age_seconds: int | None = Field(description="since the last refresh that succeeded")
    refreshed_at: Moment


class CatalogRelease(BaseModel):
    id: int
    version: str
    is_prerelease: bool = False
    modid: str | None
    game_versions: list[str]
    created: Moment
    downloads: int
    file_id: int | None = Field(description="null when there is no file")
    file_name: str | None
    changelog_html: str = Field(description="sanitised")


class OtherMod(BaseModel):
    id: int
    name: str


class CatalogMod(CatalogItem):
    created: Moment
    description_html: str = Field(description="sanitised: plain formatting and links, no pictures")
    homepage_url: str | None
    source_code_url: str | None
    issue_tracker_url: str | None
    wiki_url: str | None
    trailer_video_url: str | None
    screenshot_urls: list[str]
    releases: list[CatalogRelease] = Field(
        description="highest version first, whatever the date; those whose version has no place in the order last"
    )
    listed: bool = Field(description="it is in the mod database's list")
    also: list[OtherMod] = Field(description="other mods with the same id, less downloaded")
    stale: bool = Field(description="the mod database could not be asked again, so this is what it said at fetched_at")
    fetched_at: Moment


class CatalogTag(BaseModel):
    name: str
    color: str | None
    mods: int = Field(description="how many mods have it")


class CatalogTags(BaseModel):
    items: list[CatalogTag]
    next_cursor: None = None
