"""What the mod database says, brought into shape. Pure: JSON in, frozen dataclasses out.

Fields are read leniently, one by one: what is missing or odd becomes None, "" or 0. Only an answer that makes no sense as
a whole raises, and then `UpstreamError`. Source of the facts: the mod database's published code (vsmoddb) and its answers.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

from vintagestory_api.kit.clock import to_ms
from vintagestory_api.kit.upstream import UpstreamError
from vintagestory_api.mods.version import compare_mod_versions

#: How messages call this upstream.
MOD_DATABASE = "The mod database"

#: Error codes of install-information.
CANNOT_PARSE = 4001
NEEDS_A_VERSION = 4002
FORBIDDEN_WHEN_HOSTED = 4031
RETRACTION_STAYS = 4032
UNKNOWN = 4041
RETRACTED = 4101
RETRACTED_BY_MODERATOR = 4102

_DATE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII)
_NUMBER = re.compile(r"-?\d{1,19}", re.ASCII)
_UNSAFE_IN_FILE_NAMES = re.compile(r'[<>:"/\\|?*]')
_MAX_FILE_NAME_BYTES = 200
_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")


@dataclass(frozen=True)
class TagInfo:
    id: int
    name: str
    color: str


@dataclass(frozen=True)
class GameVersionInfo:
    """`tag_id` is a negative 64-bit number (the packed version) that does not fit into a JavaScript number."""

    tag_id: int
    name: str


@dataclass(frozen=True)
class Release:
    """One release of a mod. `file_id` and `file_name` are None when there is no file; `created_ms` is UTC."""

    release_id: int
    version: str
    mod_id_str: str | None
    file_id: int | None
    file_name: str | None
    downloads: int
    game_versions: tuple[str, ...]
    created_ms: int | None
    #: Written by the author, not sanitised.
    changelog_html: str = ""

    @property
    def download_path(self) -> str | None:
        """Path on the mod database that leads to the file. `mainfile` is no use: it may hold unescaped blanks."""
        if self.file_id is None or self.file_name is None:
            return None
        return f"/download/{self.file_id}/{quote(self.file_name, safe='')}"


@dataclass(frozen=True)
class ModDetails:
    """One mod with its releases, newest first by date as the mod database has them, which is not the order of versions."""

    mod_id: int
    asset_id: int
    name: str
    #: Written by the author, not sanitised.
    text_html: str
    author: str
    url_alias: str | None
    side: str
    type: str
    logo_url: str | None
    homepage_url: str | None
    source_code_url: str | None
    trailer_video_url: str | None
    issue_tracker_url: str | None
    wiki_url: str | None
    downloads: int
    follows: int
    trending_points: int
    comments: int
    created_ms: int | None
    last_released_ms: int | None
    tags: tuple[str, ...]
    releases: tuple[Release, ...]
    screenshot_urls: tuple[str, ...]


@dataclass(frozen=True)
class UpdateInfo:
    """Something newer for a mod that was asked about as `asked_id`.

    `certain` is False when the installed version could not be compared, so the mod database may only believe it is older.
    The game version was not considered: see `release.game_versions`.
    """

    asked_id: str
    installed_version: str
    release: Release
    certain: bool


@dataclass(frozen=True)
class InstallInfo:
    """What install-information says about one id. `error_code` is one of the codes above, or None."""

    asked_id: str
    file_name: str | None
    file_url: str | None
    recommended_upgrade: str | None
    #: Written by the author or a moderator, not sanitised.
    retraction_reason_html: str | None
    error_code: int | None

    @property
    def is_retracted(self) -> bool:
        return self.error_code in {RETRACTED, RETRACTED_BY_MODERATOR}

    @property
    def is_by_moderator(self) -> bool:
        return self.error_code == RETRACTED_BY_MODERATOR


def wrong_shape(what: str) -> UpstreamError:
    return UpstreamError(
        f"{MOD_DATABASE} sent an answer that makes no sense ({what}). Try again later.",
        upstream=MOD_DATABASE,
        reason="wrong_shape",
    )


def checked(answer: Any) -> dict[str, Any]:
    """The answer, when its own `statuscode` says that it is one: errors come inside HTTP 200, and the code is a string."""
    if not isinstance(answer, dict):
        raise wrong_shape("no object")
    said = answer.get("statuscode")
    code = str(said) if isinstance(said, str | int) else ""
    if code == "200":
        return answer
    if not re.fullmatch(r"\d{3}", code, re.ASCII):
        raise wrong_shape("no status")
    reason = "not_found" if code in {"404", "410"} else "rejected" if code.startswith("4") else "server_error"
    what = {
        "not_found": "does not have this",
        "rejected": "refused the request",
        "server_error": "has trouble of its own",
    }[reason]
    raise UpstreamError(
        f"{MOD_DATABASE} {what} (status {code}).",
        upstream=MOD_DATABASE,
        reason=reason,
        permanent=reason != "server_error",
        status=int(code),
    )


def parse_tags(answer: Any) -> list[TagInfo]:
    tags = []
    for row in _rows(checked(answer), "tags"):
        tag_id, name = _integer(row.get("tagid")), _text(row.get("name"))
        if tag_id is not None and name:
            tags.append(TagInfo(tag_id, name, _text(row.get("color"))))
    return tags


def parse_game_versions(answer: Any) -> list[GameVersionInfo]:
    versions = []
    for row in _rows(checked(answer), "gameversions"):
        tag_id, name = _integer(row.get("tagid")), _text(row.get("name")).removeprefix("v")
        if tag_id is not None and name:
            versions.append(GameVersionInfo(tag_id, name))
    return versions


def parse_mod(answer: Any) -> ModDetails:
    mod = checked(answer).get("mod")
    if not isinstance(mod, dict):
        raise wrong_shape("no mod")
    mod_id = _integer(mod.get("modid"))
    if mod_id is None:
        raise wrong_shape("a mod without a number")
    releases = (parse_release(row) for row in _rows(mod, "releases", required=False))
    screenshots = (_web_url(row.get("mainfile")) for row in _rows(mod, "screenshots", required=False))
    return ModDetails(
        mod_id=mod_id,
        asset_id=_integer(mod.get("assetid")) or 0,
        name=_text(mod.get("name")) or f"mod {mod_id}",
        text_html=_text(mod.get("text")),
        author=_text(mod.get("author")),
        url_alias=_text(mod.get("urlalias")) or None,
        side=_text(mod.get("side")) or "both",
        type=_text(mod.get("type")) or "mod",
        logo_url=_web_url(mod.get("logofilename")) or _web_url(mod.get("logofile")) or _web_url(mod.get("logofiledb")),
        homepage_url=_web_url(mod.get("homepageurl")),
        source_code_url=_web_url(mod.get("sourcecodeurl")),
        trailer_video_url=_web_url(mod.get("trailervideourl")),
        issue_tracker_url=_web_url(mod.get("issuetrackerurl")),
        wiki_url=_web_url(mod.get("wikiurl")),
        downloads=_count(mod.get("downloads")),
        follows=_count(mod.get("follows")),
        trending_points=_count(mod.get("trendingpoints")),
        comments=_count(mod.get("comments")),
        created_ms=parse_time(mod.get("created")),
        last_released_ms=parse_time(mod.get("lastreleased")),
        tags=_texts(mod.get("tags")),
        releases=tuple(release for release in releases if release is not None),
        screenshot_urls=tuple(url for url in screenshots if url is not None),
    )


def parse_release(row: dict[str, Any]) -> Release | None:
    """None for a row without a version, which nobody could choose."""
    version = _text(row.get("modversion"))
    if not version:
        return None
    file_name = safe_file_name(_text(row.get("filename")))
    file_id = _integer(row.get("fileid"))
    has_file = file_name is not None and file_id is not None and file_id > 0
    return Release(
        release_id=_integer(row.get("releaseid")) or 0,
        version=version,
        mod_id_str=_text(row.get("modidstr")) or None,
        file_id=file_id if has_file else None,
        file_name=file_name if has_file else None,
        downloads=_count(row.get("downloads")),
        game_versions=_game_versions(row.get("tags")),
        created_ms=parse_time(row.get("created")),
        changelog_html=_text(row.get("changelog")),
    )


def parse_updates(answer: Any) -> dict[str, Release]:
    """The newest releases by the mod database's own spelling of the id. Nothing newer is an empty list, not an object."""
    updates = checked(answer).get("updates")
    if isinstance(updates, list):
        # PHP writes a map with the keys 0, 1, … as a list: the ids are in the rows.
        named = [(_text(row.get("modidstr")), row) for row in updates if isinstance(row, dict)]
    elif isinstance(updates, dict):
        named = [(_text(key), row) for key, row in updates.items() if isinstance(row, dict)]
    else:
        raise wrong_shape("no updates")
    releases = {key: parse_release(row) for key, row in named if key}
    return {key: release for key, release in releases.items() if release is not None}


def match_updates(asked: Iterable[tuple[str, str]], found: dict[str, Release]) -> dict[str, UpdateInfo]:
    """The answer by the ids as they were asked.

    The mod database calls a mod outdated when the installed version does not parse or the id has other capitals than its
    own; where both versions can be placed, our own comparison decides.
    """
    by_folded = {key.casefold(): release for key, release in found.items()}
    updates = {}
    for mod_id, installed in asked:
        release = by_folded.get(mod_id.casefold())
        if release is None:
            continue
        order = compare_mod_versions(release.version, installed)
        if order is None or order > 0:
            updates[mod_id] = UpdateInfo(mod_id, installed, release, certain=order is not None)
    return updates


def parse_install_information(answer: Any, asked: Iterable[str], public_url: str) -> dict[str, InstallInfo]:
    """By the ids as they were asked; `public_url` is the mod database's, for its relative addresses."""
    data = answer.get("data") if isinstance(answer, dict) else None
    if data == []:
        data = {}
    if not isinstance(data, dict):
        raise wrong_shape("no data")
    rows: dict[str, list[dict[str, Any]]] = {}
    for key, row in data.items():
        if isinstance(row, dict):
            rows.setdefault(str(key).casefold(), []).append(row)
    infos = {}
    for mod_id in asked:
        candidates = rows.get(mod_id.casefold())
        if candidates:
            # An id asked with other capitals comes twice: as unknown, and with its data under its own spelling.
            row = min(candidates, key=lambda row: row.get("errorCode") == UNKNOWN)
            infos[mod_id] = _install_info(mod_id, row, public_url)
    return infos


def _install_info(mod_id: str, row: dict[str, Any], public_url: str) -> InstallInfo:
    file_name = safe_file_name(_text(row.get("fileName")))
    file_url = _on_the_mod_database(_text(row.get("fileUrl")), public_url) if file_name else None
    return InstallInfo(
        asked_id=mod_id,
        file_name=file_name if file_url else None,
        file_url=file_url,
        recommended_upgrade=_text(row.get("recommendedUpgrade")) or None,
        retraction_reason_html=_text(row.get("retractionReason")) or None,
        error_code=_integer(row.get("errorCode")),
    )


def _on_the_mod_database(path: str, public_url: str) -> str | None:
    """`/download/<number>/<name>` as a whole address; anything that points elsewhere is None."""
    return public_url + path if re.fullmatch(r"/download/\d+/[^/\s\\?#]+", path, re.ASCII) else None


def safe_file_name(text: str) -> str | None:
    """One plain name for a file, whatever the answer holds: no folders, no control characters, bounded.

    None if nothing is left.
    """
    name = "".join(char for char in text if char.isprintable())
    name = _UNSAFE_IN_FILE_NAMES.sub("_", name).strip(" .")
    if _DEVICES.fullmatch(name):
        name = f"_{name}"
    if len(name.encode("utf-8", "replace")) > _MAX_FILE_NAME_BYTES:
        stem, dot, extension = name.rpartition(".")
        keep = extension[:10] if dot else ""
        name = _shortened(stem or name, _MAX_FILE_NAME_BYTES - len(keep.encode()) - 1) + (f".{keep}" if keep else "")
    return name or None


def parse_time(value: Any) -> int | None:
    """UTC milliseconds of `YYYY-MM-DD HH:MM:SS`, which has no zone and is taken as UTC; None for anything else."""
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        return None
    try:
        return to_ms(datetime.strptime(value, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC))
    except ValueError:
        return None


def _shortened(text: str, max_bytes: int) -> str:
    return text.encode("utf-8", "replace")[:max_bytes].decode("utf-8", "ignore")


def _rows(holder: dict[str, Any], key: str, *, required: bool = True) -> list[dict[str, Any]]:
    rows = holder.get(key)
    if isinstance(rows, dict):
        rows = list(rows.values())
    if not isinstance(rows, list):
        if required:
            raise wrong_shape(f"no {key}")
        return []
    return [row for row in rows if isinstance(row, dict)]


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return ""


def _integer(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return int(value)
    return None


def _count(value: Any) -> int:
    return max(0, _integer(value) or 0)


def _texts(value: Any) -> tuple[str, ...]:
    """Tags: many mods have exactly one, which is empty."""
    return tuple(dict.fromkeys(text for text in map(_text, value) if text)) if isinstance(value, list) else ()


def _game_versions(value: Any) -> tuple[str, ...]:
    """Exact game versions; 0.0.0 stands for none, and old answers have a v in front."""
    versions = (text.removeprefix("v") for text in _texts(value))
    return tuple(version for version in versions if version not in {"", "0.0.0"})


def _web_url(value: Any) -> str | None:
    """A link that a page may show: http or https with a host, never a script."""
    text = _text(value)
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        return None
    return text if parts.scheme in {"http", "https"} and host and text.isprintable() else None
