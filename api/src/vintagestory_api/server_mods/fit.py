"""How well a release of a mod fits a version of the game. Authors name exact versions, and forget the later patches of a line."""

from collections.abc import Sequence
from functools import lru_cache

from vintagestory_api.game_versions.version import GameVersion
from vintagestory_api.server_mods.schemas import Fit


def fit_for(game_version: str | None, tags: Sequence[str], *, lowest: str | None = None) -> Fit:
    """`tags`: versions of the game that a release names; `lowest`: the one that its modinfo wants at least, where it is known.

    verified: named exactly; likely: the same line (1.21.x), by name or by what it wants at least; not: only other lines, or it
    wants a later one; unknown: nothing is said that can be compared.
    """
    wanted = game_version_of(game_version)
    if wanted is None:
        return "unknown"
    least = game_version_of(lowest)
    if least is not None and wanted < least:
        return "not"
    named = [version for version in map(game_version_of, tags) if version is not None]
    if wanted in named:
        return "verified"
    if any(_same_line(version, wanted) for version in named):
        return "likely"
    if named:
        return "not"
    return "likely" if least is not None and _same_line(least, wanted) else "unknown"


@lru_cache(maxsize=4096)
def game_version_of(text: str | None) -> GameVersion | None:
    """None for what is none, also for `0.0.0`, which the mod database says where nothing was named."""
    version = GameVersion.try_parse(text[:60], lenient=True) if text else None
    return None if version is None or (version.major, version.minor_number, version.patch) == (0, 0, 0) else version


def _same_line(left: GameVersion, right: GameVersion) -> bool:
    return (left.major, left.minor_number) == (right.major, right.minor_number)
