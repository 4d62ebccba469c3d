"""One mod with its releases, as its page shows it: the mod database's details, with the author's HTML made harmless."""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from vintagestory_api.kit.clock import rfc3339
from vintagestory_api.kit.release_version import STABLE
from vintagestory_api.mods.catalog_import import page_url
from vintagestory_api.mods.moddb_answers import ModDetails, Release
from vintagestory_api.mods.version import ModVersion

#: No pictures: the browser would fetch them from wherever the author likes.
_TAGS: Final = frozenset(
    "a abbr b blockquote br code dd del details div dl dt em h1 h2 h3 h4 h5 h6 hr i ins kbd li mark ol p pre s small span "  # noqa: SIM905 - a list would take 44 lines
    "strike strong sub summary sup table tbody td tfoot th thead tr u ul".split()
)
_ATTRIBUTES: Final = {"a": {"href", "title"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}, "ol": {"start"}}
_MAX_HTML_CHARACTERS: Final = 500_000


def harmless(html: str) -> str:
    """`html` with only plain formatting left, and links that open the web and nothing else. Slow for long texts."""
    import nh3  # noqa: PLC0415 - only needed once someone opens a mod's page

    return nh3.clean(
        html[:_MAX_HTML_CHARACTERS],
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https"},
        url_relative="deny",
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )


def render_details(mod: ModDetails, item: Mapping[str, Any]) -> bytes:
    """A JSON object without its closing brace, so that what is only known when it is asked for can be added.

    `item` is the mod as lists show it, or empty; its details have no summary, and ids only in their releases.
    """
    from_releases = dict.fromkeys(release.mod_id_str for release in mod.releases if release.mod_id_str)
    document = {
        "id": mod.mod_id,
        "asset_id": mod.asset_id,
        "name": mod.name,
        "summary": item.get("summary", ""),
        "author": mod.author,
        "modids": item.get("modids") or list(from_releases),
        "side": mod.side,
        "type": mod.type,
        "tags": mod.tags,
        "downloads": mod.downloads,
        "follows": mod.follows,
        "comments": mod.comments,
        "trending_points": mod.trending_points,
        "url_alias": mod.url_alias,
        "page_url": page_url(mod.asset_id, mod.url_alias),
        "last_released": rfc3339(mod.last_released_ms),
        "created": rfc3339(mod.created_ms),
        "description_html": harmless(mod.text_html),
        "homepage_url": mod.homepage_url,
        "source_code_url": mod.source_code_url,
        "issue_tracker_url": mod.issue_tracker_url,
        "wiki_url": mod.wiki_url,
        "trailer_video_url": mod.trailer_video_url,
        "screenshot_urls": mod.screenshot_urls,
        "releases": [_release(release) for release in sorted(mod.releases, key=_newest_first)],
    }
    return orjson.dumps(document)[:-1]


def _newest_first(release: Release) -> tuple[Any, ...]:
    """By version; what has no place in the order of versions comes last, as it was."""
    version = ModVersion.parse(release.version[:100])
    if version is None:
        return (1,)
    return (0, *(-number for number in version.numbers), -version.stage, -version.build)


def _release(release: Release) -> dict[str, Any]:
    return {
        "id": release.release_id,
        "version": release.version,
        "is_prerelease": (version := ModVersion.parse(release.version[:100])) is not None and version.stage != STABLE,
        "modid": release.mod_id_str,
        "game_versions": release.game_versions,
        "created": rfc3339(release.created_ms),
        "downloads": release.downloads,
        "file_id": release.file_id,
        "file_name": release.file_name,
        "changelog_html": harmless(release.changelog_html),
    }
