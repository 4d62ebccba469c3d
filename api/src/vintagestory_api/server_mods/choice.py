"""Which release of a mod is the one to take: the highest by the order of versions, not by date, of those that may be taken."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from vintagestory_api.kit.release_version import STABLE
from vintagestory_api.mods.version import ModVersion
from vintagestory_api.server_mods.fit import fit_for
from vintagestory_api.server_mods.modinfo import any_version
from vintagestory_api.server_mods.plan import NoteCode, Offer, Options, Present, Release
from vintagestory_api.server_mods.schemas import Fit

_FIT_ORDER: Final[tuple[Fit, ...]] = ("verified", "likely", "unknown", "not")


@dataclass(frozen=True, slots=True)
class NoChoice:
    """Why there is no release to take. `best`: the highest version of those that were left last."""

    code: NoteCode
    best: str | None = None


@lru_cache(maxsize=20_000)
def version_of(text: str) -> ModVersion | None:
    return ModVersion.parse(text[:100])


def satisfies(version: str, least: str | None) -> bool:
    """Whether a version is at least `least`, None being any. What has no place in the order satisfies only its own text; where
    `least` itself has none, nothing can be said against any version."""
    least = any_version(least)
    if least is None or least.casefold() == version.strip().casefold():
        return True
    wanted, found = version_of(least), version_of(version)
    return wanted is None or (found is not None and found >= wanted)


def is_prerelease(version: str) -> bool:
    parsed = version_of(version)
    return parsed is not None and parsed.stage != STABLE


def fit_of(release: Release, game_version: str | None) -> Fit:
    return fit_for(game_version, release.game_versions, lowest=release.game_version)


def same_version(left: str, right: str) -> bool:
    if left.strip().casefold() == right.strip().casefold():
        return True
    first, second = version_of(left), version_of(right)
    return first is not None and first == second


def _is_later(version: str, current: str) -> bool:
    first, second = version_of(version), version_of(current)
    return first is not None and second is not None and first > second


def release_named(offer: Offer, version: str) -> Release | None:
    """The release of a version that somebody named: the one spelled so, or else one that is the same in the order."""
    exact = [release for release in offer.releases if release.version.strip().casefold() == version.strip().casefold()]
    alike = exact or [release for release in offer.releases if same_version(release.version, version)]
    return max(alike, key=_age, default=None)


def release_of(offer: Offer, present: Present) -> Release | None:
    """The release that an installed file is."""
    by_id = [one for one in offer.releases if one.release_id == present.release_id is not None]
    if by_id:
        return by_id[0]
    return release_named(offer, present.version) if present.version else None


def fit_of_present(present: Present, offer: Offer | None, game_version: str | None) -> Fit:
    """By what its release names, as far as that is known, and what its file wants."""
    release = release_of(offer, present) if offer is not None else None
    tags = present.game_versions or (release.game_versions if release else ())
    return fit_for(game_version, tags, lowest=present.game_version)


def best_release(offer: Offer, game_version: str | None, options: Options, *, least: str | None = None) -> Release | NoChoice:
    """The highest version that fits; where none does, the highest of those that say nothing about it; then, if that is allowed,
    the highest of all. What can't be placed in the order of versions never wins over what can."""
    if not offer.is_known:
        return NoChoice("not_found")
    left: Sequence[Release] = offer.releases
    if not left:
        return NoChoice("no_release")
    offered = [release for release in left if not release.is_retracted]
    enough = [release for release in offered if satisfies(release.version, least)]
    released = [release for release in enough if options.allow_prereleases or not is_prerelease(release.version)]
    left_by: tuple[tuple[NoteCode, list[Release]], ...] = (
        ("retracted", offered),
        ("dependency_too_old", enough),
        ("prerelease_only", released),
    )
    for code, kept in left_by:
        if not kept:
            return NoChoice(code, _highest(left))
        left = kept
    placed = [release for release in left if version_of(release.version) is not None]
    others = [release for release in left if version_of(release.version) is None]
    for group in (placed, others):
        if found := _best_fitting(group, game_version, options):
            return found
    return NoChoice("not_fitting", _highest(left))


def newer_release(
    offer: Offer, current: str, current_fit: Fit, game_version: str | None, options: Options
) -> Release | NoChoice | None:
    """The release to update `current` to. None where there is no higher version; `NoChoice` where none of those may be taken.

    What fits is only replaced by what fits, too, and what says nothing about it not by what doesn't fit.
    """
    higher = tuple(one for one in offer.releases if not one.is_retracted and _is_later(one.version, current))
    if not higher:
        return None
    best = best_release(Offer(offer.modid, releases=higher), game_version, options)
    if isinstance(best, NoChoice):
        return best
    fit = _fit_to_choose_by(best, game_version)
    if fit in {"verified", "likely"} or _FIT_ORDER.index(fit) <= _FIT_ORDER.index(current_fit):
        return best
    return NoChoice("unknown_fit" if fit == "unknown" else "not_fitting", best.version)


def lower_release(offer: Offer, below: str, above: str | None, game_version: str | None, options: Options) -> Release | None:
    """The best of those that fit and lie below a version, and above `above`, where that is given."""
    between = tuple(
        one for one in offer.releases if _is_later(below, one.version) and (above is None or _is_later(one.version, above))
    )
    best = best_release(replace(offer, releases=between), game_version, options)
    if isinstance(best, NoChoice) or (game_version is not None and fit_of(best, game_version) not in {"verified", "likely"}):
        return None
    return best


def _fit_to_choose_by(release: Release, game_version: str | None) -> Fit:
    """What a file wants may only count against it: else the choice would depend on which files were looked into."""
    return "not" if fit_of(release, game_version) == "not" else fit_for(game_version, release.game_versions)


def _best_fitting(releases: Iterable[Release], game_version: str | None, options: Options) -> Release | None:
    ordered = sorted(releases, key=_rank, reverse=True)
    fallbacks: dict[Fit, Release] = {}
    best: tuple[Release, Fit] | None = None
    for release in ordered:
        if best is not None and version_of(release.version) != version_of(best[0].version):
            break
        fit = _fit_to_choose_by(release, game_version)
        if fit in {"verified", "likely"}:
            if best is None or _FIT_ORDER.index(fit) < _FIT_ORDER.index(best[1]):
                best = (release, fit)
        else:
            fallbacks.setdefault(fit, release)
    if best is not None:
        return best[0]
    return fallbacks.get("unknown") or (fallbacks.get("not") if options.allow_unfitting else None)


def _rank(release: Release) -> tuple[bool, ModVersion, tuple[int, str, str]]:
    version = version_of(release.version)
    return version is not None, version or ModVersion((0, 0, 0, 0)), _age(release)


def _age(release: Release) -> tuple[int, str, str]:
    return release.release_id or 0, release.version, release.sha256 or ""


def _highest(releases: Iterable[Release]) -> str:
    return max(releases, key=_rank).version
