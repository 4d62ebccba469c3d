"""Which mods of a server are ready for another version of the game. Pure."""

from collections.abc import Iterable
from typing import Literal

from vintagestory_api.mods.version import compare_mod_versions
from vintagestory_api.server_mods.choice import NoChoice, best_release, fit_of, fit_of_present, is_prerelease, version_of
from vintagestory_api.server_mods.plan import Offer, Options, Present, Release
from vintagestory_api.server_mods.schemas import Fit, Readiness, ReadinessReport

Verdict = Literal["ready", "update", "likely", "not_ready", "unknown"]

_WITH_PRERELEASES = Options(allow_prereleases=True)


def readiness(
    installed: Iterable[Present], offers: Iterable[Offer], game_version: str, problem: str | None = None
) -> ReadinessReport:
    """`offers` may lack mods, about which then only their own file says something; `problem` is what is to be said of that.

    Items are in the order of their ids."""
    by_key = {offer.key: offer for offer in offers}
    items = [_ready(mod, by_key.get(mod.key), game_version) for mod in installed]
    items.sort(key=lambda item: (item.modid.casefold(), item.installed or ""))
    return ReadinessReport(
        game_version=game_version,
        items=items,
        ready=sum(item.verdict in {"ready", "update"} for item in items),
        not_ready=sum(item.verdict == "not_ready" for item in items),
        unknown=sum(item.verdict in {"unknown", "likely"} for item in items),
        problem=problem,
    )


def _ready(mod: Present, offer: Offer | None, game: str) -> Readiness:
    now = fit_of_present(mod, offer, game)
    newer = _newer(mod, offer, game)
    of_newer: Fit = fit_of(newer, game) if newer is not None else "unknown"
    if now == "verified":
        found = _told(mod, "ready", mod.version, f"Its version {mod.version} is made for {game}.")
    elif newer is not None and of_newer == "verified":
        message = f"Update it to {newer.version}, which is made for {game}.{_kept(mod)}"
        found = _told(mod, "update", newer.version, message)
    elif now == "likely":
        found = _told(mod, "likely", mod.version, _of_the_line(mod.version, game))
    elif newer is not None and of_newer == "likely":
        found = _told(mod, "likely", newer.version, _of_the_line(newer.version, game) + _kept(mod))
    else:
        found = _without_release(mod, offer, game, now)
    return found


def _of_the_line(version: str, game: str) -> str:
    return f"Its version {version} is made for this line of the game, but does not name {game}."


def _without_release(mod: Present, offer: Offer | None, game: str, now: Fit) -> Readiness:
    if offer is None or offer.is_stale:
        return _told(mod, "unknown", None, _not_asked(mod, offer, game, now))
    if offer.is_known:
        if now == "not" or any(fit_of(release, game) == "not" for release in offer.releases):
            return _told(mod, "not_ready", None, f"There is no release for {game} yet.{_prerelease(offer, game)}")
        return _told(mod, "unknown", None, "Its releases don't say for which versions of the game they are.")
    if now == "not":
        message = f"Its version {mod.version} is made for another version of the game, and no other is known."
        return _told(mod, "not_ready", None, message)
    return _told(mod, "unknown", None, "It is not in the mod database, so nobody says for which versions of the game it is.")


def _not_asked(mod: Present, offer: Offer | None, game: str, now: Fit) -> str:
    """A release may have come since, of which nobody could be asked."""
    if offer is not None:
        return f"Of the releases that were known before, none is for {game}; the mod database can't be asked for later ones."
    if now == "not":
        return f"Its version {mod.version} is made for another version of the game; the mod database can't be asked for others."
    return "The mod database was not asked about it yet, or did not answer."


def _told(mod: Present, verdict: Verdict, version: str | None, message: str) -> Readiness:
    return Readiness(
        modid=mod.modid, name=mod.name, installed=mod.version or None, verdict=verdict, version=version or None, message=message
    )


def _newer(mod: Present, offer: Offer | None, game: str) -> Release | None:
    """The highest release that fits, if it is later than what is there."""
    if offer is None:
        return None
    best = best_release(offer, game, Options(allow_prereleases=is_prerelease(mod.version)))
    if isinstance(best, NoChoice):
        return None
    is_later = version_of(mod.version) is None or compare_mod_versions(best.version, mod.version) == 1
    return best if is_later else None


def _prerelease(offer: Offer, game: str) -> str:
    best = best_release(offer, game, _WITH_PRERELEASES)
    if isinstance(best, NoChoice) or not is_prerelease(best.version) or fit_of(best, game) not in {"verified", "likely"}:
        return ""
    return f" There is a pre-release, {best.version}."


def _kept(mod: Present) -> str:
    if mod.is_held:
        return " It is held, so release it first."
    return " It is pinned, so name the version." if mod.is_pinned else ""
