"""From wishes to a plan that is whole: asks outside for what the plan does not know yet, as often as it takes.

Small files may come into the store on the way, because only they tell what a mod needs; nothing else is changed.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from vintagestory_api.errors import Conflict, ManagerError, Unavailable
from vintagestory_api.server_mods.choice import lower_release, release_named
from vintagestory_api.server_mods.installed import Installed, StoreReader, without_id
from vintagestory_api.server_mods.lock_list import SetEntry, entry_kind, with_free_names
from vintagestory_api.server_mods.modinfo import mod_key
from vintagestory_api.server_mods.outside import Fetched, ModFiles, Offers, Told
from vintagestory_api.server_mods.plan import Action, Chosen, Note, Offer, Options, Pick, Present, Release, Resolution, Wish
from vintagestory_api.server_mods.plan_hints import in_the_way_of
from vintagestory_api.server_mods.resolve import resolve
from vintagestory_api.server_mods.schemas import ModChange, ModChanges, ModPlan, PlanNote, PlanStep
from vintagestory_api.server_mods.uploads import Uploads

#: Of these the game knows nothing, so they are in force at once.
_MARKS: Final = {"pin", "unpin", "hold", "release"}
#: What can be wished of one of several files that are the same mod.
_OF_ONE_FILE: Final = {"remove", "enable", "disable"}
#: A chain of mods, each of which needs the next, is looked into so far.
MAX_ROUNDS: Final = 40
#: Of older releases that may do where the newest does not, so many are looked into, each so far.
_MOST_LOOKED_INTO, _ROUNDS_FOR_A_HINT = 3, 4


class PlanBlocked(Conflict):
    """The plan can't be done as it is; `notes` say why."""

    code = "mod_plan_blocked"


class PlanChanged(Conflict):
    code = "mod_plan_changed"


class PlanTooDeep(Unavailable):
    code = "mod_plan_too_deep"


@dataclass(frozen=True)
class Plan:
    """`base` is what it starts from. `stale`: mods about which the mod database could not be asked. `hints`: what would be a way
    round what is in the way."""

    base: Sequence[Installed]
    resolution: Resolution
    stale: tuple[str, ...] = ()
    hints: tuple[Note, ...] = ()

    def view(self, *, needs_restart: bool, game_version: str | None) -> ModPlan:
        resolution = self.resolution
        return ModPlan(
            digest=resolution.digest,
            steps=[
                PlanStep(
                    action=step.action,
                    modid=step.modid,
                    name=step.name,
                    from_version=step.from_version or None,
                    to_version=step.to_version,
                    fit=step.fit,
                    side=step.side,
                    because=list(step.because),
                    size_bytes=step.release.size_bytes if step.release else None,
                    file_name=step.file_name,
                )
                for step in resolution.steps
            ],
            notes=[
                *(_old_data(modid) for modid in self.stale),
                *(
                    PlanNote(code=note.code, blocks=note.blocks, modid=note.modid, message=note.message)
                    for note in (*resolution.notes, *self.hints)
                ),
            ],
            can_be_applied=resolution.can_be_applied,
            needs_restart=needs_restart and any(step.action not in _MARKS for step in resolution.steps),
            game_version=game_version,
        )

    def check(self, digest: str | None) -> None:
        """Raises `PlanChanged` when it is not the plan that somebody looked at, and `PlanBlocked`."""
        if digest is not None and digest != self.resolution.digest:
            raise PlanChanged("By now the plan would be another one than you have seen, so nothing was done. Look at it again.")
        blocking = [note.message for note in self.resolution.notes if note.blocks]
        if blocking:
            hints = [hint.message for hint in self.hints]
            raise PlanBlocked(" ".join([*blocking, *hints]), notes=[note.code for note in self.resolution.notes if note.blocks])


@dataclass
class _Asking:
    """What a plan is made of. `known`, and whom it was `asked` about, grow with each answer."""

    installed: Sequence[Present]
    game_version: str | None
    options: Options
    known: dict[str, Offer]
    asked: set[str] = field(default_factory=set)


class Planner:
    def __init__(self, reader: StoreReader, uploads: Uploads, offers: Offers, files: ModFiles) -> None:
        self._reader = reader
        self._uploads = uploads
        self._offers = offers
        self._files = files

    async def plan(self, base: Sequence[Installed], changes: ModChanges, game_version: str | None, told: Told) -> Plan:
        """Raises what `Offers` and `ModFiles` raise, and `PlanTooDeep`."""
        installed, wishes = _with_files_apart(
            [one.present for one in base if one.entry.is_mod], [_wish(change) for change in changes.changes]
        )
        options = Options(
            allow_prereleases=changes.allow_prereleases,
            allow_unfitting=changes.allow_unfitting,
            with_dependencies=changes.with_dependencies,
        )
        known = {offer.key: offer for offer in without_id(base)}
        known |= {one.key: Offer(one.modid, is_known=False) for one in installed if one.modid == one.file_name}
        known |= await self._uploads.offers(wish.sha256 for wish in wishes if wish.sha256)
        asking = _Asking(installed, game_version, options, known)
        resolution = await self._resolve(asking, wishes, told)
        stale = tuple(offer.modid for offer in known.values() if offer.is_stale)
        return Plan(base, resolution, stale, tuple(await self._older_that_would_do(asking, wishes, resolution)))

    async def _resolve(self, asking: _Asking, wishes: Sequence[Wish], told: Told, rounds: int = MAX_ROUNDS) -> Resolution:
        """A resolution that is complete, with what has to be known for it in `asking.known`."""
        known = asking.known
        for _ in range(rounds):
            resolution = resolve(asking.installed, wishes, known.values(), asking.game_version, asking.options)
            missing = [modid for modid in resolution.unknown_mods if mod_key(modid) not in asking.asked]
            if resolution.is_complete or not (missing or resolution.unknown_dependencies_of):
                return resolution
            if missing:
                told(None, f"Asking the mod database about {_some(missing)}")
                asking.asked |= {mod_key(modid) for modid in missing}
                for offer in await self._offers.offers(missing, asking.game_version):
                    named = [wish.version for wish in wishes if wish.version and wish.modid and mod_key(wish.modid) == offer.key]
                    told_of = await with_retracted(self._offers, offer, named)
                    known[offer.key] = _with_uploads(told_of, known.get(offer.key))
            if resolution.unknown_dependencies_of:
                picks = resolution.unknown_dependencies_of
                fetched = await self._files.fetch(picks, told)
                for pick, file in zip(picks, fetched, strict=True):
                    key = mod_key(pick.modid)
                    known[key] = _looked_into(known[key], pick.release, file)
        raise PlanTooDeep("These mods need others in a chain that does not end, so no plan could be made. Install fewer at once.")

    async def _older_that_would_do(self, asking: _Asking, wishes: Sequence[Wish], resolution: Resolution) -> list[Note]:
        """Where the newest release of a mod can't be had: the next lower one that fits and can, if that is known after a look
        into a few."""
        hints = []
        left = _MOST_LOOKED_INTO
        for chosen in in_the_way_of(resolution, wishes):
            present = next((one for one in asking.installed if one.key == chosen.key), None)
            below: str | None = chosen.version
            while below is not None and left > 0:
                left -= 1
                offer, above = asking.known[chosen.key], present.version if present else None
                lower = lower_release(offer, below, above, asking.game_version, asking.options)
                below = lower.version if lower else None
                if lower is not None and await self._would_do(asking, chosen.modid, lower.version):
                    message = f"{chosen.name or chosen.modid} {lower.version} would work: choose that version."
                    hints.append(Note("older_release_works", False, chosen.modid, message))
                    break
        return hints

    async def _would_do(self, asking: _Asking, modid: str, version: str) -> bool:
        try:
            tried = await self._resolve(asking, [Wish("install", modid, version)], _nobody, _ROUNDS_FOR_A_HINT)
        except ManagerError:
            return False
        return tried.can_be_applied

    async def entries(self, plan: Plan, told: Told) -> list[SetEntry]:
        """The set as the plan makes it, with every file of it in the store. Raises what `ModFiles` raises."""
        resolution = plan.resolution
        brought = [chosen for chosen in resolution.result if chosen.release is not None]
        picks = [Pick(chosen.modid, release) for chosen in brought if (release := chosen.release) and not _is_upload(release)]
        files = iter(await self._files.fetch(picks, told) if picks else [])
        gone = {_place(one) for one in resolution.removed}
        marks: dict[tuple[str, bool], Chosen] = {}
        for chosen in resolution.result:
            gone |= {_place(one) for one in chosen.replaces}
            if chosen.present is not None:
                marks[_place(chosen.present)] = chosen
        kept = [_marked(one.entry, marks.get(_place(one.present))) for one in plan.base if _place(one.present) not in gone]
        new = []
        for chosen in brought:
            release = chosen.release
            if release is None:
                continue
            entry = (
                await self._uploads.entry(release.sha256 or "") if _is_upload(release) else fetched_entry(next(files), release)
            )
            new.append(_marked(entry, chosen))
        return with_free_names([*kept, *new])


def fetched_entry(file: Fetched, release: Release) -> SetEntry:
    info = file.info
    return SetEntry(
        modid=info.modid,
        version=info.version or None,
        name=info.name,
        file_name=file.file_name,
        kind=entry_kind(file.file_name),
        sha256=file.sha256,
        size_bytes=file.size_bytes,
        side=info.side,
        source="moddb",
        release_id=release.release_id,
        file_id=release.file_id,
        game_versions=release.game_versions,
    )


def _nobody(_fraction: float | None, _message: str) -> None:
    """A hint is looked for without telling how far that is."""


def _old_data(modid: str) -> PlanNote:
    message = f"The mod database can't be asked at the moment: what there is of {modid} is what was known before."
    return PlanNote(code="old_data", blocks=False, modid=modid, message=message)


def _wish(change: ModChange) -> Wish:
    return Wish(change.action, change.mod, change.version, change.sha256)


def _with_files_apart(installed: Sequence[Present], wishes: Sequence[Wish]) -> tuple[list[Present], list[Wish]]:
    """Of several files that are the same mod, those that wishes name by their files are mods by themselves; where the same is
    wished of all files of a mod, the mod is meant."""
    groups: dict[str, list[Present]] = defaultdict(list)
    for one in installed:
        groups[one.key].append(one)
    actions: dict[str, set[Action]] = defaultdict(set)
    for wish in wishes:
        if wish.modid and wish.action in _OF_ONE_FILE and mod_key(wish.modid) not in groups:
            actions[mod_key(wish.modid)].add(wish.action)
    meant: dict[str, str] = {}
    apart: set[str] = set()
    for files in groups.values():
        named = [one for one in files if mod_key(one.file_name) in actions]
        is_whole = len(named) == len(files) and len(set().union(*(actions[mod_key(one.file_name)] for one in named))) == 1
        if is_whole:
            meant |= {mod_key(one.file_name): one.modid for one in named}
        else:
            apart |= {one.file_name for one in named}
    return (
        [replace(one, modid=one.file_name) if one.file_name in apart else one for one in installed],
        [replace(wish, modid=meant.get(mod_key(wish.modid), wish.modid)) if wish.modid else wish for wish in wishes],
    )


def _is_upload(release: Release) -> bool:
    return release.sha256 is not None and release.release_id is None and release.file_id is None


async def with_retracted(offers: Offers, offer: Offer, versions: Iterable[str]) -> Offer:
    """With those of the versions that are not offered, as far as they were taken back."""
    for version in versions:
        if release_named(offer, version) is None and (release := await offers.retracted(offer.modid, version)) is not None:
            offer = replace(offer, releases=(*offer.releases, release), is_known=True)
    return offer


def _with_uploads(offer: Offer, uploaded: Offer | None) -> Offer:
    """What the mod database offers, and the files that were uploaded for the same mod."""
    if uploaded is None:
        return offer
    releases = (*offer.releases, *(one for one in uploaded.releases if _is_upload(one)))
    return replace(offer, releases=releases, is_known=offer.is_known or bool(releases), name=offer.name or uploaded.name)


def _looked_into(offer: Offer, release: Release, file: Fetched) -> Offer:
    found = replace(
        release,
        dependencies=file.info.dependencies,
        side=file.info.side,
        sha256=file.sha256,
        size_bytes=file.size_bytes,
    )
    return replace(offer, releases=tuple(found if one == release else one for one in offer.releases))


def _place(present: Present) -> tuple[str, bool]:
    """What tells one file of a set from the others: what lies in the folder, and what is kept beside it, by its name."""
    return present.file_name, present.is_enabled


def _marked(entry: SetEntry, chosen: Chosen | None) -> SetEntry:
    if chosen is None:
        return entry
    if chosen.is_enabled:
        entry = entry.switched_on()
    # What is switched off by its name lies in the folder all the same.
    marks = {"is_enabled": chosen.is_enabled or entry.kind == "other", "is_pinned": chosen.is_pinned, "is_held": chosen.is_held}
    return entry.model_copy(update=marks)


def _some(modids: Sequence[str]) -> str:
    return f"{len(modids)} mods" if len(modids) > 3 else ", ".join(modids)
