"""The version API: which versions of the game exist, and where their builds lie.

Source of the facts: tools that read stable.json and unstable.json, and the recorded shape of these answers.
"""

import re
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from vintagestory_api.game_versions.version import GameVersion
from vintagestory_api.kit.upstream import MEGABYTE, Upstream, UpstreamError

Channel = Literal["stable", "unstable"]
CHANNELS: Final[tuple[Channel, ...]] = ("stable", "unstable")

#: How messages call this upstream.
VERSION_API = "The version service"
#: A few hundred versions with five builds each make less than 1 MB.
MAX_ANSWER_BYTES = 4 * MEGABYTE

_PLATFORM = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}", re.ASCII)
_MD5 = re.compile(r"[0-9a-fA-F]{32}", re.ASCII)
_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,199}", re.ASCII)


@dataclass(frozen=True, order=True)
class Build:
    """One archive of a version. `size_text` is for people ("40.2 MB"); `md5` is None when the answer held no good one.

    `url` is the address to fetch it from, None when the answer held none that can be used. The file name is never built
    from the version: names changed between versions.
    """

    platform: str
    file_name: str
    size_text: str | None
    md5: str | None
    url: str | None


@dataclass(frozen=True)
class ChannelList:
    """The versions of one channel. `skipped` counts entries that make no version or no build."""

    versions: dict[GameVersion, tuple[Build, ...]]
    skipped: int


class VersionApi:
    def __init__(self, upstream: Upstream) -> None:
        self.upstream = upstream

    async def channel(self, channel: Channel) -> ChannelList:
        """Raises `UpstreamError` and `CircuitOpen`."""
        return await self.upstream.get_json(f"/{channel}.json", parse=parse_channel, max_bytes=MAX_ANSWER_BYTES)


def parse_channel(answer: Any) -> ChannelList:
    """Read one answer; its order and its marks of the latest version are not relied on. Raises `UpstreamError` only."""
    if answer == []:
        answer = {}  # what PHP makes of an empty map
    if not isinstance(answer, dict):
        raise UpstreamError(
            f"{VERSION_API} sent something else than a list of versions. Try again later.",
            upstream=VERSION_API,
            reason="wrong_shape",
        )
    versions: dict[GameVersion, tuple[Build, ...]] = {}
    skipped = 0
    for key, platforms in answer.items():
        version = GameVersion.try_parse(str(key), lenient=True)
        if platforms == []:
            platforms = {}  # noqa: PLW2901 - an empty map again
        if version is None or version in versions or not isinstance(platforms, dict):
            skipped += 1
            continue
        builds = [parse_build(platform, row) for platform, row in platforms.items()]
        versions[version] = tuple(sorted(build for build in builds if build is not None))
        skipped += builds.count(None)
    return ChannelList(versions, skipped)


def parse_build(platform: Any, row: Any) -> Build | None:
    """None for what can't be downloaded safely: without a file name, or with one that is a path."""
    if not isinstance(platform, str) or not _PLATFORM.fullmatch(platform) or not isinstance(row, dict):
        return None
    file_name = row.get("filename")
    if not isinstance(file_name, str) or not _FILE_NAME.fullmatch(file_name):
        return None
    md5 = row.get("md5")
    size_text = row.get("filesize")
    urls = row.get("urls")
    addresses = [urls.get("cdn"), urls.get("local")] if isinstance(urls, dict) else []
    return Build(
        platform=platform,
        file_name=file_name,
        size_text=size_text.strip()[:40]
        if isinstance(size_text, str) and size_text.isprintable() and size_text.strip()
        else None,
        md5=md5.lower() if isinstance(md5, str) and _MD5.fullmatch(md5) else None,
        url=next((url for url in addresses if _is_web_address(url)), None),
    )


def _is_web_address(url: Any) -> bool:
    if not isinstance(url, str) or not url.isprintable() or len(url) > 2_000:
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False
