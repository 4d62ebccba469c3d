"""What the mod database said about mods at the last check, and what follows from it for the mods of a server.

The former is kept in one small file; the latter is worked out anew each time, because the mods of a server, and its version of
the game, change between two checks.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson
import structlog

from vintagestory_api.mods.version import compare_mod_versions
from vintagestory_api.server_mods.choice import best_release, fit_of, fit_of_present, is_prerelease, release_named
from vintagestory_api.server_mods.installed import Installed
from vintagestory_api.server_mods.lock_list import SetEntry
from vintagestory_api.server_mods.modinfo import BUILTIN_MODS, mod_key
from vintagestory_api.server_mods.outside import Known
from vintagestory_api.server_mods.plan import Offer, Options, Release, Retraction
from vintagestory_api.server_mods.schemas import ModUpdate
from vintagestory_api.storage.atomic import write_atomically

log = structlog.get_logger(__name__)

_FORM: Final = 1
#: Updates of one mod of a server that were told.
_TOLD_VERSIONS: Final = 30


@dataclass(frozen=True)
class Facts:
    """About one mod. `newest` is its highest version for any version of the game, pre-releases included; `releases` are all
    of it, known where some server has an older one than the newest. `retracted`: versions in small letters, also of those that
    nobody has any more, but may go back to.

    `is_there`: the mod database knows the mod; `was_there`: it does, or did once.
    """

    newest: Release | None = None
    releases: tuple[Release, ...] = ()
    retracted: Mapping[str, Retraction] = field(default_factory=dict)
    is_there: bool = True
    was_there: bool = True

    @property
    def offered(self) -> tuple[Release, ...]:
        return self.releases or ((self.newest,) if self.newest is not None else ())


@dataclass(frozen=True)
class AllFacts:
    """`told`: server, key of the mod → versions whose finding was published."""

    checked_ms: int | None = None
    mods: Mapping[str, Facts] = field(default_factory=dict)
    told: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)


class UpdateFacts:
    """Implements `outside.UpdateResults`. The file is read at the first question; without it, nothing is known."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._now: AllFacts | None = None

    @property
    def now(self) -> AllFacts:
        if self._now is None:
            self._now = _read(self._path)
        return self._now

    @property
    def checked_ms(self) -> int | None:
        return self.now.checked_ms

    def known(self, installed: Iterable[Installed], game_version: str | None) -> Mapping[str, Known]:
        return known_of(self.now.mods, installed, game_version)

    def speaks_against(self, one: Installed, game_version: str) -> bool:
        """Nothing that is known of this mod is made for that version of the game, and something says so."""
        entry, present = one.entry, one.present
        facts = self.now.mods.get(entry.key) if is_asked_about(entry) else None
        offer = Offer(present.modid, releases=facts.offered) if facts is not None else None
        if fit_of_present(present, offer, game_version) != "not":
            return False
        if facts is None or entry.is_pinned or entry.is_held:
            return True
        return all(fit_of(release, game_version) == "not" for release in facts.offered if is_newer(release, entry))

    def taken_back(self, key: str) -> Mapping[str, Retraction]:
        facts = self.now.mods.get(key)
        return facts.retracted if facts is not None else {}

    def replace(self, facts: AllFacts) -> None:
        """From now on these. Does not write them."""
        self._now = facts

    def save(self) -> None:
        """Blocking. Raises `OSError`."""
        write_atomically(self._path, _written(self.now), durable=False)


def known_of(mods: Mapping[str, Facts], installed: Iterable[Installed], game_version: str | None) -> dict[str, Known]:
    """By the key of the mod; of two files of one mod, the enabled one with the higher version counts."""
    found: dict[str, tuple[SetEntry, Known]] = {}
    for one in installed:
        entry = one.entry
        facts = mods.get(entry.key) if is_asked_about(entry) else None
        if facts is None:
            continue
        before = found.get(entry.key)
        if before is None or _counts_more(entry, before[0]):
            found[entry.key] = entry, _known(entry, facts, game_version)
    return {key: known for key, (_entry, known) in found.items()}


def is_asked_about(entry: SetEntry) -> bool:
    return entry.is_mod and entry.modid is not None and entry.key not in BUILTIN_MODS


def is_newer(release: Release, entry: SetEntry) -> bool:
    """Whether a release is worth a look for who has `entry`, also where its version says nothing that could be compared."""
    version = entry.version or ""
    order = compare_mod_versions(release.version, version)
    if order is not None:
        return order > 0
    if compare_mod_versions(release.version, "0") is None:
        return False
    return entry.release_id is None or (release.release_id or 0) > entry.release_id


def _counts_more(entry: SetEntry, other: SetEntry) -> bool:
    if entry.is_enabled != other.is_enabled:
        return entry.is_enabled
    return compare_mod_versions(entry.version or "", other.version or "") == 1


def _known(entry: SetEntry, facts: Facts, game_version: str | None) -> Known:
    version = entry.version or ""
    own = release_named(Offer(entry.modid or "", releases=facts.offered), version) if version else None
    retraction = facts.retracted.get(version.casefold())
    return Known(
        update=_update(entry, facts, game_version),
        game_versions=own.game_versions if own is not None else (),
        retraction=retraction,
        is_gone=not facts.is_there and retraction is None and (facts.was_there or entry.source == "moddb"),
    )


def _update(entry: SetEntry, facts: Facts, game_version: str | None) -> ModUpdate | None:
    """Pre-releases are for those who have one."""
    newer = tuple(release for release in facts.offered if release.file_id is not None and is_newer(release, entry))
    options = Options(allow_prereleases=is_prerelease(entry.version or ""), allow_unfitting=True)
    best = best_release(Offer(entry.modid or "", releases=newer), game_version, options) if newer else None
    if not isinstance(best, Release):
        return None
    return ModUpdate(
        version=best.version,
        fit=fit_of(best, game_version),
        game_versions=list(best.game_versions),
        is_prerelease=is_prerelease(best.version),
        release_id=best.release_id,
    )


def told_with(told: Iterable[str], version: str) -> tuple[str, ...]:
    return (*told, version)[-_TOLD_VERSIONS:]


# The file


def _written(facts: AllFacts) -> bytes:
    return orjson.dumps(
        {
            "form": _FORM,
            "checked_ms": facts.checked_ms,
            "mods": {
                key: {
                    "newest": _row(one.newest) if one.newest is not None else None,
                    "releases": [_row(release) for release in one.releases],
                    "retracted": {version: [why.reason, why.by_moderator] for version, why in one.retracted.items()},
                    "is_there": one.is_there,
                    "was_there": one.was_there,
                }
                for key, one in facts.mods.items()
            },
            "told": facts.told,
        }
    )


def _row(release: Release) -> list[Any]:
    return [release.version, list(release.game_versions), release.release_id, release.file_id]


def _read(path: Path) -> AllFacts:
    try:
        document: Any = orjson.loads(path.read_bytes())
        if document["form"] != _FORM:
            return AllFacts()
        return AllFacts(
            checked_ms=document["checked_ms"],
            mods={mod_key(key): _facts(one) for key, one in document["mods"].items()},
            told={server: {key: tuple(versions) for key, versions in mods.items()} for server, mods in document["told"].items()},
        )
    except FileNotFoundError:
        return AllFacts()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        log.warning("update_facts_unreadable", error=type(error).__name__)
        return AllFacts()


def _facts(one: Mapping[str, Any]) -> Facts:
    return Facts(
        newest=_release(one["newest"]) if one["newest"] is not None else None,
        releases=tuple(map(_release, one["releases"])),
        retracted={version: _retraction(why) for version, why in one["retracted"].items()},
        is_there=one["is_there"],
        was_there=one["was_there"],
    )


def _retraction(row: Any) -> Retraction:
    # Managers before this one wrote the reason alone.
    reason, by_moderator = row if isinstance(row, list) else (row, False)
    return Retraction(reason, by_moderator=bool(by_moderator))


def _release(row: list[Any]) -> Release:
    version, game_versions, release_id, file_id = row
    return Release(str(version), tuple(game_versions), release_id=release_id, file_id=file_id)
