"""From what is installed, what is wished and what is offered to a plan. Pure: no network, no disk, no clock, and the order of its
inputs does not matter.

Dependencies only ever say "at least", so the highest release that fits is the best answer to all of them at once, and nothing has
to be tried and taken back: what was chosen is only ever raised, which is why this ends. What a release needs is known only from
inside its file, so a plan may come back incomplete, saying what to look into; see `Resolution`.
"""

import heapq
from collections import defaultdict
from collections.abc import Iterable

from vintagestory_api.server_mods.choice import (
    NoChoice,
    best_release,
    fit_of_present,
    newer_release,
    release_named,
    same_version,
    satisfies,
    version_of,
)
from vintagestory_api.server_mods.modinfo import BUILTIN_MODS, Dependency, mod_key
from vintagestory_api.server_mods.plan import NoteCode, Offer, Options, Pick, Present, Release, Resolution, Wish
from vintagestory_api.server_mods.plan_notes import (
    tell_about_releases,
    tell_duplicates,
    tell_rings,
    tell_unmet_dependencies,
)
from vintagestory_api.server_mods.plan_steps import digest_of, removed_of, result_of, steps_of
from vintagestory_api.server_mods.wishes import Wanted, gather
from vintagestory_api.server_mods.working_set import Mod, WorkingSet

_DEFAULT_OPTIONS = Options()


def resolve(
    installed: Iterable[Present],
    wishes: Iterable[Wish],
    offers: Iterable[Offer],
    game_version: str | None,
    options: Options = _DEFAULT_OPTIONS,
) -> Resolution:
    """Never raises. `game_version`: None where it isn't known; then nothing is said about what fits."""
    working = WorkingSet(installed, offers, game_version, options)
    _apply_wishes(working, wishes)
    _take_along_what_needs_it(working, "removed")
    _take_along_what_needs_it(working, "disabled")
    _complete_dependencies(working)
    reached = _forget_what_is_not_needed(working)
    tell_unmet_dependencies(working)
    tell_about_releases(working)
    tell_rings(working, reached)
    tell_duplicates(working)
    picks = tuple(
        Pick(working.modid_of(key), mod.release)
        for key, mod in sorted(working.mods.items())
        if mod.release is not None and mod.release.dependencies is None
    )
    steps = steps_of(working)
    if not (steps or picks or working.unknown or any(note.blocks for note in working.notes)):
        working.note("nothing_to_do", None, "There is nothing to do.", blocks=False)
    notes = tuple(sorted(working.notes, key=lambda one: (not one.blocks, mod_key(one.modid or ""), one.code, one.message)))
    return Resolution(
        steps=steps,
        notes=notes,
        result=result_of(working),
        digest=digest_of(steps, notes, game_version),
        unknown_mods=tuple(working.unknown[key] for key in sorted(working.unknown)),
        unknown_dependencies_of=picks,
        removed=removed_of(working),
    )


# What is wished


def _apply_wishes(working: WorkingSet, wishes: Iterable[Wish]) -> None:
    present = {mod.key: mod.present.modid for mod in working.mods.values() if mod.present}
    wanted, lost = gather(wishes, present, working.offers.values())
    for wish in lost:
        working.note("not_found", wish.modid, "The uploaded file is not there any more. Upload it again.")
    for key in sorted(wanted):
        if _may_be_applied(working, key, wanted[key]):
            _apply(working, key, wanted[key])


def _may_be_applied(working: WorkingSet, key: str, wanted: Wanted) -> bool:
    name, mod = working.name_of(key, wanted.modid), working.mods.get(key)
    if key in BUILTIN_MODS:
        working.note("not_found", wanted.modid, f"{name} belongs to the game itself and comes with it.")
    elif wanted.contradicts_itself:
        working.note("duplicate", wanted.modid, f"{name} is asked for in two ways that contradict each other.")
    elif mod is None and "install" not in wanted.actions:
        working.note("not_found", wanted.modid, f"{name} is not among the mods of this server.")
    elif mod is not None and mod.is_held and "release" not in wanted.actions and wanted.touches:
        _say_held(working, mod, wanted)
    else:
        return True
    return False


def _say_held(working: WorkingSet, mod: Mod, wanted: Wanted) -> None:
    name = working.name_of(mod.key)
    if not wanted.is_only_an_update:
        working.note("held", wanted.modid, f"{name} is held, so that nothing changes it. Release it first.")
    elif isinstance(found := _newer(working, mod), Release):
        working.note("held", wanted.modid, f"{name} is held at {mod.version}; there is {found.version}.", blocks=False)


def _apply(working: WorkingSet, key: str, wanted: Wanted) -> None:
    mod = working.mods.setdefault(key, Mod(key, None))
    mod.is_asked = True
    if "remove" in wanted.actions:
        mod.is_removed = True
        return
    if wanted.actions & {"enable", "install"}:
        mod.is_enabled = True
    if "disable" in wanted.actions:
        mod.is_enabled, mod.is_switched_off = False, True
    mod.is_named = mod.is_touched = wanted.by_name and bool(wanted.actions & {"install", "update", "enable"})
    if wanted.actions & {"install", "update"}:
        _choose(working, mod, wanted)
    if not mod.is_there:
        del working.mods[key]
        return
    mod.is_pinned = (mod.is_pinned or "pin" in wanted.actions) and "unpin" not in wanted.actions
    mod.is_held = (mod.is_held or "hold" in wanted.actions) and "release" not in wanted.actions


def _choose(working: WorkingSet, mod: Mod, wanted: Wanted) -> None:
    offer = working.offers.get(mod.key)
    mod.has_named_version = bool(wanted.sha256 or wanted.version)
    if wanted.sha256 is not None:
        _choose_upload(working, mod, wanted.sha256, wanted.modid)
    elif wanted.version is not None and mod.present is not None and same_version(mod.present.version, wanted.version):
        return
    elif offer is None:
        working.unknown[mod.key] = wanted.modid
        working.asked_about.add(mod.key)
    elif wanted.version is not None:
        _choose_version(working, mod, wanted.version, offer)
    elif mod.present is None:
        found = best_release(offer, working.game_version, working.options)
        if isinstance(found, NoChoice):
            working.note(found.code, wanted.modid, working.why(working.name_of(mod.key), found) + ".")
        else:
            mod.release = found
    else:
        may_move = not mod.is_pinned or "unpin" in wanted.actions
        _choose_newer(working, mod, offer, may_move=may_move, is_named=wanted.by_name)


def _choose_upload(working: WorkingSet, mod: Mod, sha256: str, modid: str) -> None:
    if mod.present is not None and mod.present.sha256 == sha256:
        return
    offer = working.offers.get(mod.key)
    uploads = [one for one in offer.releases if one.sha256 == sha256] if offer else []
    if uploads:
        mod.release = min(uploads, key=lambda one: (one.release_id or 0, one.version))
        return
    name = working.name_of(mod.key, modid)
    working.note("not_found", modid, f"The uploaded file of {name} is not there any more. Upload it again.")


def _choose_version(working: WorkingSet, mod: Mod, version: str, offer: Offer) -> None:
    name, modid = working.name_of(mod.key), working.modid_of(mod.key)
    found = release_named(offer, version)
    if found is None:
        code: NoteCode = "no_release" if offer.is_known else "not_found"
        working.note(code, modid, working.why(name, NoChoice(code), version) + ".")
    elif found.is_retracted:
        working.note("retracted", modid, f"{name} {found.version} was {found.retraction.told}.")
    elif not _is_present(mod, found):
        mod.release = found


def _choose_newer(working: WorkingSet, mod: Mod, offer: Offer, *, may_move: bool, is_named: bool) -> None:
    name, modid = working.name_of(mod.key), working.modid_of(mod.key)
    found = _newer(working, mod)
    if isinstance(found, Release) and may_move:
        mod.release, mod.is_touched = found, True
    elif isinstance(found, Release):
        working.note("pinned", modid, f"{name} is pinned at {mod.version}; there is {found.version}.", blocks=False)
    elif not offer.is_known:
        # Of what did not come from there that is news only to whoever asks about it.
        if is_named or (mod.present is not None and mod.present.release_id is not None):
            why = working.why(name, NoChoice("not_found"))
            working.note("not_found", modid, f"{why}, so there are no updates.", blocks=False)
    elif isinstance(found, NoChoice):
        working.note(found.code, modid, f"{name} stays at {mod.version}: {working.why('it', found)}.", blocks=False)


def _newer(working: WorkingSet, mod: Mod) -> Release | NoChoice | None:
    """The release to update to, if there is one."""
    offer = working.offers.get(mod.key)
    if offer is None or mod.present is None:
        return None
    fit = fit_of_present(mod.present, offer, working.game_version)
    found = newer_release(offer, _version_to_compare(working, mod), fit, working.game_version, working.options)
    return None if isinstance(found, Release) and _is_present(mod, found) else found


def _version_to_compare(working: WorkingSet, mod: Mod) -> str:
    """That of the present file, or, where that is none ("{version}"), what the mod database calls it."""
    if mod.present is None:
        return ""
    release = working.release_of(mod) if version_of(mod.present.version) is None else None
    return release.version if release else mod.present.version


def _is_present(mod: Mod, release: Release) -> bool:
    present = mod.present
    if present is None:
        return False
    return present.release_id == release.release_id is not None or same_version(present.version, release.version)


# What needs what


def _take_along_what_needs_it(working: WorkingSet, what: str) -> None:
    """Remove (or disable) what is loaded and needs a mod that is removed (or disabled), and what needs that in turn."""
    needing: dict[str, list[Mod]] = defaultdict(list)
    for mod in working.mods.values():
        if mod.is_loaded and not mod.is_named and mod.present is not None:
            for dependency in mod.present.dependencies:
                needing[mod_key(dependency.modid)].append(mod)
    waiting = sorted(mod.key for mod in working.mods.values() if _goes(mod, what))
    while waiting:
        key = heapq.heappop(waiting)
        affected = sorted((one for one in needing[key] if one.is_loaded and one.key != key), key=lambda one: one.key)
        if not affected:
            continue
        name, names = working.name_of(key), ", ".join(working.name_of(one.key) for one in affected)
        if not working.options.with_dependencies:
            working.note("needed_by_others", working.modid_of(key), f"{name} can't be {what}, because others need it: {names}.")
            continue
        message = f"{name} is needed by others, which are {what} with it: {names}."
        working.note("needed_by_others", working.modid_of(key), message, blocks=False)
        for one in affected:
            if one.is_held:
                message = f"{working.name_of(one.key)} is held, and needs {name}. Release it first."
                working.note("held", working.modid_of(one.key), message)
                continue
            one.gone_because.add(working.modid_of(key))
            one.is_removed, one.is_enabled, one.is_touched = what == "removed", False, False
            heapq.heappush(waiting, one.key)


def _goes(mod: Mod, what: str) -> bool:
    if mod.present is None or not mod.present.is_enabled:
        return False
    return mod.is_removed if what == "removed" else not mod.is_removed and not mod.is_enabled


def _complete_dependencies(working: WorkingSet) -> None:
    waiting = sorted(mod.key for mod in working.mods.values() if mod.is_touched and mod.is_loaded)
    while waiting:
        mod = working.mods[heapq.heappop(waiting)]
        for dependency in sorted(mod.dependencies, key=lambda one: mod_key(one.modid)):
            key = mod_key(dependency.modid)
            if key != mod.key and key not in BUILTIN_MODS and _bring(working, key, dependency):
                heapq.heappush(waiting, key)


def _bring(working: WorkingSet, key: str, dependency: Dependency) -> bool:
    """See that a dependency is there, enabled and new enough, as far as that is allowed. True when something was changed."""
    mod = working.mods.get(key)
    if not working.options.with_dependencies or (mod is not None and (mod.is_removed or mod.is_switched_off)):
        return False
    if mod is None:
        release = _release_for(working, key, dependency)
        if release is not None:
            working.mods[key] = Mod(key, None, release=release, is_touched=True)
        return release is not None
    is_enough = satisfies(mod.version, dependency.version)
    if (is_enough and mod.is_enabled) or not _may_change(working, mod, version=not is_enough):
        return False
    if not is_enough:
        release = _release_for(working, key, dependency)
        if release is None:
            return False
        mod.release = release
    mod.is_enabled = mod.is_touched = True
    return True


def _may_change(working: WorkingSet, mod: Mod, *, version: bool) -> bool:
    if mod.is_held and mod.present is not None:
        working.why_not[mod.key] = ("held", f"{working.name_of(mod.key)} is held, so that nothing changes it")
        return False
    if version and mod.is_pinned and mod.release is None:
        working.why_not[mod.key] = ("pinned", f"{working.name_of(mod.key)} is pinned at {mod.version}")
        return False
    return not (version and mod.has_named_version)


def _release_for(working: WorkingSet, key: str, dependency: Dependency) -> Release | None:
    offer = working.offers.get(key)
    if offer is None:
        working.unknown[key] = dependency.modid
        return None
    found = best_release(offer, working.game_version, working.options, least=dependency.version)
    if isinstance(found, NoChoice):
        code: NoteCode = "missing_dependency" if found.code in {"not_found", "no_release"} else found.code
        name = working.name_of(key, dependency.modid)
        working.why_not[key] = (code, working.why(name, found, dependency.version))
        return None
    return found


def _forget_what_is_not_needed(working: WorkingSet) -> set[str]:
    """Take back what was brought only for a release that was replaced by a later one on the way. The keys of what is needed.

    Also sets who needs what is brought, and leaves among the unknown mods those that somebody asked for, or that are needed.
    """
    reached = {mod.key for mod in working.mods.values() if mod.is_touched and mod.is_asked and mod.is_loaded}
    waiting = sorted(reached)
    because: dict[str, set[str]] = defaultdict(set)
    while waiting:
        mod = working.mods[waiting.pop()]
        for key in {mod_key(one.modid) for one in mod.dependencies} - {mod.key}:
            because[key].add(working.modid_of(mod.key))
            other = working.mods.get(key)
            if other is not None and other.is_touched and other.is_loaded and key not in reached:
                reached.add(key)
                waiting.append(key)
    for mod in list(working.mods.values()):
        if mod.is_touched and mod.is_loaded and mod.key not in reached:
            mod.leave_as_it_was()
            if mod.present is None:
                del working.mods[mod.key]
    working.unknown = {key: modid for key, modid in working.unknown.items() if key in because or key in working.asked_about}
    working.because = {
        key: tuple(sorted(modids)) for key, modids in because.items() if key in working.mods and not working.mods[key].is_asked
    }
    return reached
