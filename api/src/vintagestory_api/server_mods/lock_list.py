"""What a set of mods is made of, written down; and how two sets differ. Nothing here touches a disk."""

import os
from collections.abc import Iterable, Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from vintagestory_api.server_mods.file_names import is_plain_name
from vintagestory_api.server_mods.mod_archive import ModFile, kind_of
from vintagestory_api.server_mods.mod_folder import kind_and_switch
from vintagestory_api.server_mods.modinfo import Problem, mod_key
from vintagestory_api.server_mods.schemas import GenerationDiff, LockEntry, LockList, ModKind

#: `other`: the game ignores it (`readme.txt`, `x.zip.disabled`); `link`: a symlink, kept as it is and never followed.
EntryKind = Literal["zip", "folder", "dll", "cs", "other", "link"]

_ARROW = "→"


def _plain_name(name: str) -> str:
    if not is_plain_name(name):
        raise ValueError("is no name of a file")
    return name


PlainName = Annotated[str, AfterValidator(_plain_name)]


class SetEntry(LockEntry):
    """One thing in a set. `sha256` of a folder is that of its contents packed into one file, of a link it is empty.

    `mtime_ns` and `signature` are those of what was laid into the set's folder: while they are the same there, nobody has
    changed it by hand.
    """

    file_name: PlainName
    sha256: Annotated[str, StringConstraints(pattern=r"^(?:[0-9a-f]{64})?$")]
    kind: EntryKind
    name: str | None = None
    mtime_ns: int = 0
    signature: str = ""
    target: str | None = None

    @property
    def mod_kind(self) -> ModKind | None:
        """None for what is no mod. What is called `x.zip.disabled` is one that somebody has switched off by hand; a link that is
        called like one the game takes for one."""
        match self.kind:
            case "zip" | "folder" | "dll" | "cs" as kind:
                return kind
            case "other":
                return kind_and_switch(self.file_name)[0]
            case "link":
                return kind_of(self.file_name)

    @property
    def is_mod(self) -> bool:
        return self.mod_kind is not None

    @property
    def is_loaded(self) -> bool:
        """The game takes it."""
        return self.is_enabled and self.is_mod and self.kind != "other"

    @property
    def can_be_listed(self) -> bool:
        """In a list that is carried elsewhere: of a link nobody knows what it is there."""
        return self.is_mod and self.kind != "link"

    def switched_on(self) -> "SetEntry":
        """Under a name that the game does not ignore."""
        kind = self.mod_kind
        if self.kind != "other" or kind is None:
            return self
        return self.model_copy(update={"kind": kind, "file_name": self.file_name.rpartition(".")[0]})

    @property
    def key(self) -> str:
        """What it is known by in every set: the mod, or else the file."""
        return mod_key(self.modid) if self.modid else f"/{self.file_name}"

    @property
    def label(self) -> str:
        return self.labelled(by_name=False)

    def called(self, *, by_name: bool) -> str:
        """By its id, or its own name where it has one; what has neither goes by its file."""
        return (self.name if by_name else None) or self.modid or self.file_name

    def labelled(self, *, by_name: bool) -> str:
        return f"{self.called(by_name=by_name)} {self.version or ''}".strip()

    def lock_entry(self) -> LockEntry:
        """For a list that is carried elsewhere."""
        facts = self.switched_on().model_dump(include=set(LockEntry.model_fields))
        return LockEntry(**{**facts, "is_enabled": self.is_loaded})


#: making: its folder may not be there yet; waiting: for the next start; joined: it waited, and a later set that waits has taken
#: its changes along; done: it is or was the server's set.
ManifestState = Literal["making", "waiting", "joined", "done"]


class Manifest(BaseModel):
    """What is written down of one generation. `actor` is None for what somebody did by hand."""

    number: int = Field(ge=1)
    at: str
    actor: str | None
    why: str
    run_id: str | None = None
    state: ManifestState
    game_version: str | None = None
    diff: GenerationDiff
    told: GenerationDiff | None = Field(None, description="the same in the names that the mods give themselves")
    entries: list[SetEntry]

    @property
    def enabled(self) -> list[SetEntry]:
        """What lies in its folder."""
        return [entry for entry in self.entries if entry.is_enabled]

    @property
    def mods(self) -> list[SetEntry]:
        return [entry for entry in self.entries if entry.is_mod]

    def lock_list(self, server: str) -> LockList:
        return LockList(
            server=server,
            game_version=self.game_version,
            made_at=self.at,
            mods=[entry.lock_entry() for entry in self.entries if entry.can_be_listed],
        )


def describe(found: ModFile | Problem, entry: SetEntry) -> SetEntry:
    """The entry with what the file says of itself."""
    info = None if isinstance(found, Problem) else found.info
    if info is None:
        return entry.model_copy(update={"modid": None, "version": None, "name": None})
    return entry.model_copy(update={"modid": info.modid, "version": info.version or None, "name": info.name, "side": info.side})


def entry_kind(file_name: str) -> EntryKind:
    """Of a plain file."""
    return kind_of(file_name) or "other"


def free_name(wanted: str, taken: Iterable[str]) -> str:
    """`wanted`, or one like it that nobody has, in any letter case."""
    names = {name.casefold() for name in taken}
    stem, ending = os.path.splitext(wanted)  # noqa: PTH122 - a name, no path
    name, number = wanted, 1
    while name.casefold() in names:
        number += 1
        name = f"{stem}-{number}{ending}"
    return name


def same_set(left: Sequence[SetEntry], right: Sequence[SetEntry]) -> bool:
    return sorted(map(_identity, left)) == sorted(map(_identity, right))


def only_marks_differ(before: Sequence[SetEntry], after: Sequence[SetEntry]) -> bool:
    """Pins and holds, of which the game knows nothing."""
    return not same_set(before, after) and same_set(*([_unmarked(entry) for entry in entries] for entries in (before, after)))


def with_marks_of(entries: Sequence[SetEntry], before: Sequence[SetEntry], after: Sequence[SetEntry]) -> list[SetEntry]:
    """`entries` with those pins and holds that came or went between the two others."""
    old, new = _by_key(before), _by_key(after)
    changed = {key: ones[0] for key, ones in new.items() if not same_set(old.get(key, []), ones)}
    return [
        entry.model_copy(update={"is_pinned": mark.is_pinned, "is_held": mark.is_held})
        if (mark := changed.get(entry.key)) is not None
        else entry
        for entry in entries
    ]


def _unmarked(entry: SetEntry) -> SetEntry:
    return entry.model_copy(update={"is_pinned": False, "is_held": False})


def diff(before: Sequence[SetEntry], after: Sequence[SetEntry], *, by_name: bool = False) -> GenerationDiff:
    """What somebody sees who knows `before`. `by_name`: mods go by their own names, and not by their ids."""
    found = GenerationDiff(added=[], updated=[], removed=[], changed=[])
    old, new = _by_key(before), _by_key(after)
    for key in sorted(old.keys() | new.keys()):
        left, right = old.get(key, []), new.get(key, [])
        if len(left) == len(right) == 1:
            _compare(left[0], right[0], found, by_name=by_name)
            continue
        had, has = {_identity(entry) for entry in left}, {_identity(entry) for entry in right}
        found.added += [entry.labelled(by_name=by_name) for entry in right if _identity(entry) not in had]
        found.removed += [entry.labelled(by_name=by_name) for entry in left if _identity(entry) not in has]
    return found


def merge(base: Sequence[SetEntry], ours: Sequence[SetEntry], theirs: Sequence[SetEntry]) -> list[SetEntry]:
    """`ours` was planned from `base`, which has become `theirs` meanwhile: both wishes, and `ours` where they contradict."""
    common, mine, yours = _by_key(base), _by_key(ours), _by_key(theirs)
    merged: list[SetEntry] = []
    for key in dict.fromkeys([*mine, *yours]):
        untouched = same_set(common.get(key, []), mine.get(key, []))
        merged += yours.get(key, []) if untouched else mine.get(key, [])
    return with_free_names(merged)


def with_free_names(entries: Iterable[SetEntry]) -> list[SetEntry]:
    """No two of what lies in the folder have one name."""
    taken: set[str] = set()
    found: list[SetEntry] = []
    for entry in entries:
        if entry.is_enabled:
            name = free_name(entry.file_name, taken)
            taken.add(name)
            found.append(entry if name == entry.file_name else entry.model_copy(update={"file_name": name}))
        else:
            found.append(entry)
    return found


def _by_key(entries: Iterable[SetEntry]) -> dict[str, list[SetEntry]]:
    found: dict[str, list[SetEntry]] = {}
    for entry in entries:
        found.setdefault(entry.key, []).append(entry)
    return found


def _identity(entry: SetEntry) -> tuple[str, str, str, bool, bool, bool, str]:
    return (
        entry.file_name, entry.kind, entry.sha256, entry.is_enabled, entry.is_pinned, entry.is_held, entry.target or "",
    )  # fmt: skip


def _compare(left: SetEntry, right: SetEntry, found: GenerationDiff, *, by_name: bool) -> None:
    name = right.called(by_name=by_name)
    if (left.sha256, left.target) != (right.sha256, right.target):
        if left.version != right.version:
            found.updated.append(f"{name} {left.version or '?'} {_ARROW} {right.version or '?'}")
        else:
            found.updated.append(f"{right.labelled(by_name=by_name)} (another file)")
    for before, after, on, off in (
        (left.is_enabled, right.is_enabled, "enabled", "disabled"),
        (left.is_pinned, right.is_pinned, "pinned", "unpinned"),
        (left.is_held, right.is_held, "held", "released"),
    ):
        if before != after:
            found.changed.append(f"{name} {on if after else off}")
    if left.file_name != right.file_name and (left.sha256, left.target) == (right.sha256, right.target):
        found.changed.append(f"{left.file_name} renamed to {right.file_name}")
