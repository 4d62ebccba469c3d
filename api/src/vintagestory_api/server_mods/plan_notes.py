"""What there is to say about a set of mods as a plan would make it: who lacks something, what does not fit, what is double."""

from collections.abc import Iterable

from vintagestory_api.server_mods.choice import fit_of, satisfies
from vintagestory_api.server_mods.fit import fit_for
from vintagestory_api.server_mods.modinfo import BUILTIN_MODS, Dependency, any_version, mod_key
from vintagestory_api.server_mods.plan import NoteCode, Release
from vintagestory_api.server_mods.rings import rings
from vintagestory_api.server_mods.working_set import Mod, WorkingSet

_MOST_VERSIONS_SHOWN = 5


def tell_unmet_dependencies(working: WorkingSet) -> None:
    """Of all mods that are loaded. What this plan causes blocks it, what was so before does not."""
    for mod in working.mods.values():
        if not mod.is_loaded:
            continue
        for dependency in mod.dependencies:
            key = mod_key(dependency.modid)
            if key not in BUILTIN_MODS and key not in working.unknown:
                _tell_if_unmet(working, mod, dependency, working.mods.get(key))


def _tell_if_unmet(working: WorkingSet, mod: Mod, dependency: Dependency, other: Mod | None) -> None:
    if other is not None and other.is_loaded and satisfies(other.version, dependency.version):
        return
    code: NoteCode = "missing_dependency"
    if other is None or not other.is_there:
        has = "which is not there"
    elif not other.is_enabled:
        has = "which is disabled"
    else:
        code, has = "dependency_too_old", f"and has {other.version or 'one without a version'}"
    least = any_version(dependency.version)
    wants = dependency.modid if least is None else f"{dependency.modid} {least} or later"
    message = f"{working.name_of(mod.key)} needs {wants}, {has}"
    why = working.why_not.get(mod_key(dependency.modid)) if mod.is_touched else None
    if why is not None:
        code, message = why[0], f"{message}: {why[1]}"
    is_new = mod.is_touched or (other is not None and other.differs)
    working.note(code, working.modid_of(mod.key), f"{message}.", blocks=is_new and working.options.with_dependencies)


def tell_about_releases(working: WorkingSet) -> None:
    for mod in working.mods.values():
        if mod.release is not None and mod.is_there:
            _tell_about_release(working, mod, mod.release)
        elif mod.present is not None and mod.is_there and mod.is_asked:
            _tell_about_present(working, mod)


def _tell_about_release(working: WorkingSet, mod: Mod, release: Release) -> None:
    name, modid = f"{working.name_of(mod.key)} {release.version}", working.modid_of(mod.key)
    fit = fit_of(release, working.game_version)
    if fit == "not":
        message = f"{name} is {_made_for(working, release)}."
        working.note("not_fitting", modid, message, blocks=not working.options.allow_unfitting)
    elif fit == "unknown" and working.game_version is not None:
        working.note("unknown_fit", modid, f"{name} doesn't say for which version of the game it is.", blocks=False)
    if working.side_of(mod) == "client":
        working.note("client_only", modid, f"{name} is only for players: on a server it does nothing.", blocks=False)


def _tell_about_present(working: WorkingSet, mod: Mod) -> None:
    release = working.release_of(mod)
    name, modid = f"{working.name_of(mod.key)} {mod.version}", working.modid_of(mod.key)
    if release is not None and release.is_retracted:
        message = f"{name}, which is installed, was {release.retraction.told}."
        working.note("retracted", modid, message, blocks=False)
    lowest = mod.present.game_version if mod.present else None
    if mod.is_touched and mod.is_loaded and fit_for(working.game_version, (), lowest=lowest) == "not":
        working.note("not_fitting", modid, f"{name} wants version {lowest} of the game or later.", blocks=False)


def _made_for(working: WorkingSet, release: Release) -> str:
    lowest = release.game_version
    if lowest is not None and fit_for(working.game_version, (), lowest=lowest) == "not":
        return f"made for version {lowest} of the game or later, and the server has {working.game_version}"
    shown = ", ".join(release.game_versions[:_MOST_VERSIONS_SHOWN])
    if len(release.game_versions) > _MOST_VERSIONS_SHOWN:
        shown += " …"
    return f"made for another version of the game ({shown}), and the server has {working.game_version}"


def tell_rings(working: WorkingSet, touched: Iterable[str]) -> None:
    """The game loads such mods, in an order of its own choice."""
    found = set(touched)
    waiting = sorted(found)
    edges: dict[str, list[str]] = {}
    while waiting:
        key = waiting.pop()
        needed = [mod_key(one.modid) for one in working.mods[key].dependencies]
        edges[key] = [other for other in needed if other in working.mods and working.mods[other].is_loaded]
        waiting += [other for other in dict.fromkeys(edges[key]) if other not in found]
        found.update(edges[key])
    for ring in rings(edges):
        if len(ring) == 1:
            message = f"{working.name_of(ring[0])} says that it needs itself."
        else:
            message = f"These need each other in a ring: {', '.join(working.name_of(key) for key in ring)}."
        working.note("dependency_cycle", working.modid_of(ring[0]), message, blocks=False)


def tell_duplicates(working: WorkingSet) -> None:
    for mod in working.mods.values():
        if not mod.others or mod.present is None or mod.is_removed:
            continue
        if mod.differs or sum(one.is_enabled for one in (mod.present, *mod.others)) > 1:
            versions = ", ".join(sorted({one.version or "without a version" for one in (mod.present, *mod.others)}))
            becomes = "only one is kept" if mod.differs else "the game loads the highest version"
            message = f"{working.name_of(mod.key)} is there more than once ({versions}); {becomes}."
            working.note("duplicate", working.modid_of(mod.key), message, blocks=False)
