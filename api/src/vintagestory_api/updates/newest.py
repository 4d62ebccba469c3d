"""Which newer versions of the game a server could have. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from vintagestory_api.game_versions.catalog import VersionEntry
from vintagestory_api.game_versions.installs import PLATFORM
from vintagestory_api.game_versions.version import GameVersion


@dataclass(frozen=True)
class Newest:
    """`patch`: the newest of its own line; `stable`: the newest of all. None where it has them, or nothing newer is known."""

    patch: str | None = None
    stable: str | None = None


def newest(now: str | None, stable: Iterable[GameVersion]) -> Newest:
    present = GameVersion.try_parse(now or "", lenient=True)
    if present is None:
        return Newest()
    newer = [version for version in stable if version.kind == "stable" and version > present]
    patches = [version for version in newer if version.minor == present.minor]
    return Newest(str(max(patches)) if patches else None, str(max(newer)) if newer else None)


def that_can_be_had(entries: Iterable[VersionEntry]) -> list[GameVersion]:
    """Those of which there is an archive for this platform."""
    return [entry.version for entry in entries if any(build.platform == PLATFORM for build in entry.builds)]


def is_older(version: str, than: str | None) -> bool:
    left, right = GameVersion.try_parse(version, lenient=True), GameVersion.try_parse(than or "", lenient=True)
    return left is not None and right is not None and left < right


def is_other_line(version: str | None, than: str | None) -> bool:
    left, right = GameVersion.try_parse(version or "", lenient=True), GameVersion.try_parse(than or "", lenient=True)
    return left is not None and right is not None and left.minor != right.minor


def is_prerelease(version: str) -> bool:
    parsed = GameVersion.try_parse(version, lenient=True)
    return parsed is not None and parsed.kind != "stable"
