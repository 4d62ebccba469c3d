"""The mods of a server on their way from what they are to what a plan makes of them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from vintagestory_api.server_mods.choice import NoChoice, release_of, version_of
from vintagestory_api.server_mods.modinfo import Dependency
from vintagestory_api.server_mods.plan import Note, NoteCode, Offer, Options, Present, Release
from vintagestory_api.server_mods.schemas import ModSide


@dataclass(slots=True)
class Mod:
    """`release` is None as long as it stays the file it is. `others`: further files of the same mod.

    `is_asked`: there is a wish for it; `is_named`: one to install, update or enable it, by its name. `is_touched`: what it needs
    is to be completed.
    """

    key: str
    present: Present | None
    others: tuple[Present, ...] = ()
    release: Release | None = None
    is_enabled: bool = True
    is_pinned: bool = False
    is_held: bool = False
    is_removed: bool = False
    is_asked: bool = False
    is_named: bool = False
    is_switched_off: bool = False
    has_named_version: bool = False
    is_touched: bool = False
    gone_because: set[str] = field(default_factory=set)

    @property
    def is_there(self) -> bool:
        return not self.is_removed and (self.present is not None or self.release is not None)

    @property
    def is_loaded(self) -> bool:
        return self.is_there and self.is_enabled

    @property
    def version(self) -> str:
        if self.release is not None:
            return self.release.version
        return self.present.version if self.present else ""

    @property
    def dependencies(self) -> tuple[Dependency, ...]:
        """As far as they are known."""
        if self.release is not None:
            return self.release.dependencies or ()
        return self.present.dependencies if self.present else ()

    @property
    def differs(self) -> bool:
        """Other files are loaded than before."""
        present = self.present
        return present is None or self.is_removed or self.release is not None or self.is_enabled != present.is_enabled

    def leave_as_it_was(self) -> None:
        self.release = None
        self.is_enabled = self.present.is_enabled if self.present else True
        self.is_touched = False


class WorkingSet:
    """The mods by key, with what is offered, and the notes that were made so far."""

    def __init__(self, installed: Iterable[Present], offers: Iterable[Offer], game_version: str | None, options: Options) -> None:
        self.game_version = game_version
        self.options = options
        self.offers = _by_key(offers)
        self.mods: dict[str, Mod] = _gathered(installed)
        for key in self.mods.keys() & self.offers.keys():
            self.offers[key] = _with_what_the_file_says(self.offers[key], self.mods[key].present)
        self.notes: set[Note] = set()
        #: Mods that nobody was asked about yet, with their ids.
        self.unknown: dict[str, str] = {}
        #: Those of them that a wish is about.
        self.asked_about: set[str] = set()
        #: Why a dependency could not be had.
        self.why_not: dict[str, tuple[NoteCode, str]] = {}
        #: Who needs a mod that is brought.
        self.because: dict[str, tuple[str, ...]] = {}

    def note(self, code: NoteCode, modid: str | None, message: str, *, blocks: bool = True) -> None:
        self.notes.add(Note(code, blocks, modid, message))

    def known_name(self, key: str) -> str | None:
        mod, offer = self.mods.get(key), self.offers.get(key)
        return (mod.present.name if mod and mod.present else None) or (offer.name if offer else None)

    def name_of(self, key: str, otherwise: str | None = None) -> str:
        return self.known_name(key) or otherwise or self.modid_of(key)

    def modid_of(self, key: str) -> str:
        mod, offer = self.mods.get(key), self.offers.get(key)
        if mod is not None and mod.present is not None:
            return mod.present.modid
        return offer.modid if offer else key

    def side_of(self, mod: Mod) -> ModSide | None:
        of_present = mod.present.side if mod.present else None
        if mod.release is None:
            return of_present
        offer = self.offers.get(mod.key)
        return mod.release.side or (offer.side if offer else None) or of_present

    def release_of(self, mod: Mod) -> Release | None:
        """The release that the present file is."""
        offer = self.offers.get(mod.key)
        return release_of(offer, mod.present) if offer is not None and mod.present is not None else None

    def why(self, name: str, none: NoChoice, version: str | None = None) -> str:
        """A sentence without its end. `name`: what it is about, a mod or the word for one that was named before."""
        of_best = f" ({none.best})" if none.best else ""
        match none.code:
            case "not_found":
                why = "is not in the mod database"
            case "no_release":
                why = f"has no release {version}" if version else "has no release"
            case "retracted":
                why = f"has only releases that were retracted{of_best}"
            case "dependency_too_old":
                why = f"has no later release than {none.best}, and {version} is wanted"
            case "unknown_fit":
                why = f"has a later release{of_best}, which doesn't say for which version of the game it is"
            case "prerelease_only":
                why = f"has only pre-releases that would do{of_best}, and they are not allowed"
            case _:
                highest = f" (the highest is {none.best})" if none.best else ""
                why = f"has no release that fits version {self.game_version} of the game{highest}"
        return f"{name} {why}"


def _with_what_the_file_says(offer: Offer, present: Present | None) -> Offer:
    """A release that is installed needs nobody to look into its file again."""
    release = release_of(offer, present) if present is not None else None
    if present is None or release is None or release.dependencies is not None:
        return offer
    opened = replace(release, dependencies=present.dependencies, side=present.side)
    return replace(offer, releases=tuple(opened if one == release else one for one in offer.releases))


def _gathered(installed: Iterable[Present]) -> dict[str, Mod]:
    """By key; of several files of one mod the one that the game loads, and the others."""
    files: dict[str, list[Present]] = defaultdict(list)
    for present in installed:
        files[present.key].append(present)
    mods: dict[str, Mod] = {}
    for key in sorted(files):
        first, *others = sorted(files[key], key=_present_order, reverse=True) if len(files[key]) > 1 else files[key]
        mods[key] = Mod(
            key,
            first,
            tuple(others),
            is_enabled=first.is_enabled,
            is_pinned=any(present.is_pinned for present in files[key]),
            is_held=any(present.is_held for present in files[key]),
        )
    return mods


def _present_order(present: Present) -> tuple[object, ...]:
    version = version_of(present.version)
    numbers = (version.numbers, version.stage, version.build) if version else ((0, 0, 0, 0), 0, 0)
    return (present.is_enabled, version is not None, numbers, present.file_name, repr(present))


def _by_key(offers: Iterable[Offer]) -> dict[str, Offer]:
    """Where there are several of one mod, the one that says most."""
    found: dict[str, Offer] = {}
    for offer in offers:
        other = found.setdefault(offer.key, offer)
        if other is not offer:
            found[offer.key] = max(other, offer, key=lambda one: (one.is_known, len(one.releases), repr(one)))
    return found
