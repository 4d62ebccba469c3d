"""What a plan for the mods of a server is made from, and what it is made of: plain values.

`resolve.resolve(installed, wishes, offers, game_version, options)` turns the one into the other.

A mod's id is compared by its key (`modinfo.mod_key`); the values here keep the spelling.
"""

from dataclasses import dataclass
from typing import Literal

from vintagestory_api.server_mods.modinfo import Dependency, lowest_game_version, mod_key
from vintagestory_api.server_mods.schemas import Fit, ModSide

Action = Literal["install", "update", "remove", "enable", "disable", "pin", "unpin", "hold", "release"]
StepAction = Literal["install", "update", "downgrade", "remove", "enable", "disable", "pin", "unpin", "hold", "release"]
NoteCode = Literal[
    "missing_dependency",
    "dependency_too_old",
    "dependency_cycle",
    "duplicate",
    "not_found",
    "no_release",
    "not_fitting",
    "retracted",
    "held",
    "pinned",
    "prerelease_only",
    "client_only",
    "needed_by_others",
    "unreadable",
    "unknown_fit",
    "not_kept",
    "older_release_works",
    "nothing_to_do",
]


@dataclass(frozen=True, slots=True)
class Present:
    """One mod of a server's set. `modid` may be any name that the wishes use, too: for what can't be read, that of its file.

    `version` is the raw text, "" where there is none; `game_versions` are those its release names, where that is known.
    """

    modid: str
    version: str
    name: str | None = None
    side: ModSide = "both"
    dependencies: tuple[Dependency, ...] = ()
    is_enabled: bool = True
    is_pinned: bool = False
    is_held: bool = False
    game_versions: tuple[str, ...] = ()
    file_name: str = ""
    sha256: str | None = None
    release_id: int | None = None

    @property
    def key(self) -> str:
        return mod_key(self.modid)

    @property
    def game_version(self) -> str | None:
        return lowest_game_version(self.dependencies)


@dataclass(frozen=True, slots=True)
class Retraction:
    """Of one release. `reason`: what was said of it."""

    reason: str | None = None
    by_moderator: bool = False

    @property
    def told(self) -> str:
        """What was done with it."""
        what = "taken down by a moderator of the mod database" if self.by_moderator else "retracted by its author"
        return f"{what} ({self.reason})" if self.reason else what


@dataclass(frozen=True, slots=True)
class Release:
    """One file that can be installed. `dependencies` and `side` are None until somebody has looked into the file: the mod
    database doesn't tell. `sha256`: for an uploaded file, or one that lies in the store already.
    `is_by_moderator`: who retracted it."""

    version: str
    game_versions: tuple[str, ...] = ()
    dependencies: tuple[Dependency, ...] | None = None
    side: ModSide | None = None
    is_retracted: bool = False
    retraction_reason: str | None = None
    release_id: int | None = None
    file_id: int | None = None
    sha256: str | None = None
    size_bytes: int | None = None
    is_by_moderator: bool = False

    @property
    def retraction(self) -> Retraction:
        """Of one that `is_retracted`."""
        return Retraction(self.retraction_reason, self.is_by_moderator)

    @property
    def game_version(self) -> str | None:
        return None if self.dependencies is None else lowest_game_version(self.dependencies)


@dataclass(frozen=True, slots=True)
class Offer:
    """What there is of one mod. `is_known` false: it was asked about, and nobody knows it. `is_stale`: the mod database could
    not be asked, so this is what it said some time ago."""

    modid: str
    name: str | None = None
    side: ModSide | None = None
    releases: tuple[Release, ...] = ()
    is_known: bool = True
    is_stale: bool = False

    @property
    def key(self) -> str:
        return mod_key(self.modid)


@dataclass(frozen=True, slots=True)
class Wish:
    """`modid` is None for an update of all, and for the installation of an uploaded file by its `sha256`."""

    action: Action
    modid: str | None = None
    version: str | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Options:
    """`with_dependencies`: what a mod needs is installed or enabled with it, and what needs a mod is removed or disabled with it.
    `allow_unfitting`: also releases for another version of the game, where there is none that fits."""

    allow_prereleases: bool = False
    allow_unfitting: bool = False
    with_dependencies: bool = True


@dataclass(frozen=True, slots=True)
class Step:
    """`because`: ids of the mods that need it; empty for what was asked for. `release`: what to bring. `file_name`: which file,
    where several are the same mod."""

    action: StepAction
    modid: str
    name: str | None = None
    from_version: str | None = None
    to_version: str | None = None
    fit: Fit | None = None
    side: ModSide | None = None
    because: tuple[str, ...] = ()
    release: Release | None = None
    file_name: str | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """`blocks`: the plan can't be applied as it is."""

    code: NoteCode
    blocks: bool
    modid: str | None
    message: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """One mod of the set as it would become: what is there already, or else the release to bring.

    `replaces`: the files that go for it; `others`: further files of the same mod, which stay. Pin and hold are those of all.
    """

    modid: str
    version: str
    name: str | None
    side: ModSide
    is_enabled: bool
    is_pinned: bool
    is_held: bool
    present: Present | None
    release: Release | None
    replaces: tuple[Present, ...] = ()
    others: tuple[Present, ...] = ()

    @property
    def key(self) -> str:
        return mod_key(self.modid)


@dataclass(frozen=True, slots=True)
class Pick:
    """A release that was chosen, and whose file has to be looked into before the plan is whole."""

    modid: str
    release: Release


@dataclass(frozen=True)
class Resolution:
    """A plan, or as much of it as can be known so far.

    As long as `is_complete` is false, somebody has to bring what is missing and resolve again with it: `unknown_mods` are to be
    asked about (their offers, also those that nobody knows, with `is_known` false), and the files of `unknown_dependencies_of`
    are to be looked into (the same releases, with `dependencies` and `side`). Each round names only what the last one did not
    know, so that ends. `result` is the set afterwards; `removed` are the files that go and have no successor.
    """

    steps: tuple[Step, ...]
    notes: tuple[Note, ...]
    result: tuple[Chosen, ...]
    digest: str
    unknown_mods: tuple[str, ...] = ()
    unknown_dependencies_of: tuple[Pick, ...] = ()
    removed: tuple[Present, ...] = ()

    @property
    def is_complete(self) -> bool:
        return not self.unknown_mods and not self.unknown_dependencies_of

    @property
    def can_be_applied(self) -> bool:
        return self.is_complete and bool(self.steps) and not any(note.blocks for note in self.notes)
