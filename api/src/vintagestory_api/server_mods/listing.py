"""What a page about a server's mods shows. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from vintagestory_api.server_mods.choice import satisfies
from vintagestory_api.server_mods.fit import fit_for
from vintagestory_api.server_mods.installed import Installed
from vintagestory_api.server_mods.lock_list import SetEntry
from vintagestory_api.server_mods.log_troubles import TroublesByMod
from vintagestory_api.server_mods.modinfo import BUILTIN_MODS, mod_key
from vintagestory_api.server_mods.outside import InCatalog, Known
from vintagestory_api.server_mods.schemas import Fit, InstalledMod, ModDependency, ModKind, ModTrouble

_MOST_FILES_NAMED = 5
_NOTHING_KNOWN = Known()


def installed_mods(
    items: Iterable[Installed],
    *,
    game_version: str | None,
    known: Mapping[str, Known],
    places: Mapping[str, InCatalog],
    told: TroublesByMod,
) -> list[InstalledMod]:
    """By name. What is no mod at all is left out."""
    mods = [one for one in items if one.entry.is_mod]
    enabled = [one for one in mods if one.entry.is_loaded]
    files: dict[str, list[str]] = {}
    for one in enabled:
        files.setdefault(one.entry.key, []).append(one.entry.file_name)
    counts = Counter(one.entry.key for one in mods if one.entry.modid)
    versions = {one.entry.key: one.entry.version or "" for one in enabled}
    needed_by = _needed_by(enabled)
    found = []
    for one in mods:
        entry, info = one.entry, one.info
        about = known.get(entry.key, _NOTHING_KNOWN)
        fit = fit_for(game_version, about.game_versions or entry.game_versions, lowest=info.game_version if info else None)
        place = places.get(entry.key)
        troubles = [*_own_troubles(one, about, fit, game_version)]
        if entry.is_loaded:
            troubles += _troubles_in_the_set(one, files[entry.key], versions)
            troubles += told.of(entry.modid, entry.file_name)
        found.append(
            InstalledMod(
                file_name=entry.file_name,
                kind=_kind(entry),
                size_bytes=entry.size_bytes,
                sha256=entry.sha256 or None,
                modid=entry.modid,
                name=entry.name,
                version=entry.version,
                description=info.description if info else None,
                authors=list(info.authors) if info else [],
                side=entry.side,
                dependencies=[ModDependency(modid=each.modid, version=each.version) for each in info.dependencies]
                if info
                else [],
                game_version=info.game_version if info else None,
                is_enabled=entry.is_loaded,
                is_pinned=entry.is_pinned,
                is_held=entry.is_held,
                is_double=counts[entry.key] > 1,
                by_hand=entry.source == "hand",
                fit=fit,
                update=about.update,
                troubles=troubles,
                needed_by=needed_by.get(entry.key, []),
                catalog_id=place.catalog_id if place else None,
                logo_url=place.logo_url if place else None,
            )
        )
    return sorted(found, key=lambda mod: ((mod.name or mod.modid or mod.file_name).casefold(), mod.file_name))


def _needed_by(enabled: Sequence[Installed]) -> dict[str, list[str]]:
    found: dict[str, set[str]] = {}
    for one in enabled:
        for dependency in one.info.dependencies if one.info else ():
            if mod_key(dependency.modid) != one.entry.key:
                found.setdefault(mod_key(dependency.modid), set()).add(one.entry.modid or one.entry.file_name)
    return {key: sorted(modids) for key, modids in found.items()}


def _own_troubles(one: Installed, about: Known, fit: Fit, game_version: str | None) -> Iterable[ModTrouble]:
    if one.problem is not None:
        yield ModTrouble(code="unreadable", message=one.problem.message)
    elif one.info is None and one.entry.mod_kind in {"dll", "cs"}:
        message = "It does not say which mod it is, so neither its version nor what it needs is known."
        yield ModTrouble(code="unreadable", message=message)
    if one.entry.side == "client":
        yield ModTrouble(code="client_only", message="It is for players only; a server does not need it.")
    if fit == "not":
        yield ModTrouble(code="not_fitting", message=f"It is made for another version of the game than {game_version}.")
    if about.retraction is not None:
        who = "A moderator of the mod database has taken down" if about.retraction.by_moderator else "Its author has retracted"
        why = f": {about.retraction.reason}" if about.retraction.reason else "."
        yield ModTrouble(code="retracted", message=f"{who} this release{why}")
    if about.is_gone:
        message = "The mod database does not know it any more. Players who don't have it yet can't get it from there."
        yield ModTrouble(code="gone", message=message)


def _troubles_in_the_set(one: Installed, files: Sequence[str], versions: Mapping[str, str]) -> Iterable[ModTrouble]:
    if others := [name for name in files if name != one.entry.file_name]:
        has = f"{', '.join(sorted(others)[:_MOST_FILES_NAMED])} {'has' if len(others) == 1 else 'have'}"
        message = f"{has} the same mod id. The game loads the one with the highest version."
        yield ModTrouble(code="duplicate", message=message)
    for dependency in one.info.dependencies if one.info else ():
        key = mod_key(dependency.modid)
        if key in BUILTIN_MODS:
            continue
        if key not in versions:
            wanted = f" {dependency.version}" if dependency.version else ""
            yield ModTrouble(code="missing_dependency", message=f"It needs {dependency.modid}{wanted}, which is not there.")
        elif not satisfies(versions[key], dependency.version):
            message = f"It needs {dependency.modid} {dependency.version} or later; there is {versions[key] or 'another'}."
            yield ModTrouble(code="wrong_dependency_version", message=message)


def _kind(entry: SetEntry) -> ModKind:
    return entry.mod_kind or "folder"
