"""The version API: which builds of the game exist, per channel (source: the tools that read it).

The oddities that clients trip over are all here: keys in no useful order, versions without a platform, `urls.cdn` null,
sizes as text, and `latest` as 1 in one channel and true in the other.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final, Literal, get_args

from starlette.responses import Response

from vintagestory_sandbox.answers import Exact
from vintagestory_sandbox.builds import archive_name
from vintagestory_sandbox.catalogue import BadChange
from vintagestory_sandbox.game_calendar import tagged_versions
from vintagestory_sandbox.game_files import GameFiles
from vintagestory_sandbox.packed_version import pack
from vintagestory_sandbox.php import encode_json

Channel = Literal["stable", "unstable", "pre"]

CHANNELS: Final[tuple[Channel, ...]] = get_args(Channel)
OLDEST: Final = "1.18.8"

# Platform: start and ending of the file's name.
_PLATFORMS = {
    "windowsserver": ("vs_server_win-x64_", "zip"),
    "linuxserver": ("vs_server_linux-x64_", "tar.gz"),
    "windows": ("vs_install_win-x64_", "exe"),
    "linux": ("vs_client_linux-x64_", "tar.gz"),
    "mac": ("vs_client_osx-x64_", "tar.gz"),
}
_HAS_ARCHIVE = "linuxserver"
# Only these were built for these versions.
_ONLY: dict[str, tuple[str, ...]] = {
    "1.19.2": ("windows", "linux", "mac"),
    "1.20.2": ("windowsserver", "windows"),
    "1.22.3": ("linuxserver", "linux", "windows"),
    "1.22.0-rc.4": ("linuxserver",),
}
_WITHOUT_CDN = "1.21.5"
_MARKS: dict[Channel, int | bool] = {"stable": 1, "unstable": True, "pre": 1}
_STABLE_TXT, _UNSTABLE_TXT = "/lateststable.txt", "/latestunstable.txt"
_LISTS: dict[str, tuple[Channel, ...]] = {
    "/stable.json": ("stable",),
    "/unstable.json": ("unstable",),
    "/stable-unstable.json": ("stable", "unstable"),
    "/pre.json": ("pre",),
}

PATHS: Final = (*_LISTS, _STABLE_TXT, _UNSTABLE_TXT)


@dataclass(frozen=True, slots=True)
class _Build:
    version: str
    platforms: tuple[str, ...]


class VersionApi:
    """Answers of the version API. Archives are told to lie below `base_url`; those for Linux servers really do."""

    def __init__(self, base_url: str, seed: int, game_files: GameFiles) -> None:
        self._base_url = base_url
        self._seed = seed
        self._game_files = game_files
        self._builds: dict[Channel, list[_Build]] = {channel: [] for channel in CHANNELS}
        self._latest: dict[Channel, str] = {}
        oldest = pack(OLDEST) or 0
        for version in tagged_versions():
            if (pack(version) or 0) >= oldest and version != "1.21.7-rc.1":
                self.add(_channel_of(version), version)

    def add(self, channel: str, version: str, *, platforms: Sequence[str] | None = None, latest: bool = True) -> None:
        """Publish a version in a channel, as its latest unless told otherwise. Raises BadChange for what can't be."""
        if channel not in CHANNELS:
            raise BadChange(f"there is no channel {channel}; channels are {', '.join(CHANNELS)}")
        if pack(version) is None:
            raise BadChange(f"{version} is no version of the game")
        unknown = set(platforms or ()) - set(_PLATFORMS)
        if unknown:
            raise BadChange(f"there are no builds for {', '.join(sorted(unknown))}; platforms are {', '.join(_PLATFORMS)}")
        names = _ONLY.get(version, tuple(_PLATFORMS)) if platforms is None else tuple(platforms)
        builds = [build for build in self._builds[channel] if build.version != version]
        self._builds[channel] = [*builds, _Build(version, names)]
        if latest:
            self._latest[channel] = version

    def remove(self, channel: str, version: str) -> None:
        """Take a version away from a channel."""
        if channel not in CHANNELS or all(build.version != version for build in self._builds[channel]):
            raise BadChange(f"there is no version {version} in {channel}")
        self._builds[channel] = [build for build in self._builds[channel] if build.version != version]

    @property
    def channel_of(self) -> dict[str, str]:
        """The channel of each version that has a build for Linux servers."""
        return {
            build.version: channel for channel in CHANNELS for build in self._builds[channel] if _HAS_ARCHIVE in build.platforms
        }

    def answer(self, path: str) -> Response:
        """The answer to one of `PATHS`."""
        if path == _STABLE_TXT:
            return _text(self._latest["stable"])
        if path == _UNSTABLE_TXT:
            return _text(self._latest["unstable"])
        listed = {build.version: self._entry(channel, build) for channel in _LISTS[path] for build in self._builds[channel]}
        versions = list(listed)
        Random(f"{self._seed}:{path}").shuffle(versions)
        # Never first: a client that takes the first for the newest shall notice.
        versions.append(versions.pop(versions.index(max(versions, key=lambda version: pack(version) or 0))))
        return Exact(
            encode_json({version: listed[version] for version in versions}), headers=(("Content-Type", "application/json"),)
        )

    def _entry(self, channel: Channel, build: _Build) -> dict[str, Any]:
        return {platform: self._archive(channel, build.version, platform) for platform in build.platforms}

    def _archive(self, channel: Channel, version: str, platform: str) -> dict[str, Any]:
        start, ending = _PLATFORMS[platform]
        filename = f"{start}{version}.{ending}"
        if platform == _HAS_ARCHIVE:
            built = self._game_files.archive(version)
            filename, digest, megabytes = archive_name(version), built.md5, max(0.1, built.size / 1_000_000)
        else:
            digest, megabytes = self._made_up(filename, platform)
        archive: dict[str, Any] = {
            "filename": filename,
            "filesize": f"{megabytes:.1f} MB",
            "md5": digest,
            "urls": {
                "cdn": None if version == _WITHOUT_CDN else f"{self._base_url}/gamefiles/{channel}/{filename}",
                "local": f"{self._base_url}/local/gamefiles/{channel}/{filename}",
            },
        }
        if self._latest.get(channel) == version:
            archive["latest"] = _MARKS[channel]
        return archive

    def _made_up(self, filename: str, platform: str) -> tuple[str, float]:
        """Checksum and size in megabytes of a build that nobody here can have."""
        digest = hashlib.md5(f"{self._seed}:{filename}".encode(), usedforsecurity=False).hexdigest()
        return digest, 38 + int(digest[:2], 16) % 60 / 10 if "server" in platform else 420 + int(digest[:2], 16) % 90


def _channel_of(version: str) -> Channel:
    if "-rc." in version:
        return "unstable"
    return "pre" if "-" in version else "stable"


def _text(version: str) -> Response:
    return Exact(version.encode(), headers=(("Content-Type", "text/plain"),))
