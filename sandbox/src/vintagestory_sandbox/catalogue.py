"""The mods that the stand-in knows: looked up by number and identifier, listed in order, and changed while it runs."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from vintagestory_sandbox.game_calendar import days_before, format_date, stable_index, stable_releases
from vintagestory_sandbox.generate import LAST_DAY, ROW_KEYS, Row
from vintagestory_sandbox.php import collate, encode_json, whole_number
from vintagestory_sandbox.releases import IDS_PER_MOD, Release, Retraction, derive_releases, derive_text

# The loop gets a turn after so many mods, so that other requests are answered meanwhile.
_MODS_PER_TURN = 100
_SHARE_WITH_DEPENDENCIES = 0.25


class BadChange(ValueError):
    """A change that names no mod, or holds something that can't be in a mod list."""


@dataclass(slots=True)
class Mod:
    """One mod: its row, and what its page shows. Texts, releases and dependencies left None are worked out from the row."""

    row: Row
    created: str
    text: str | None = None
    releases: list[Release] | None = None
    listed: bool = True
    published: bool = True
    links: Mapping[str, str] = field(default_factory=dict)
    screenshots: Sequence[Mapping[str, Any]] = ()
    card_logo: str | None = None
    dependencies: Mapping[str, str] | None = None

    @property
    def modid(self) -> int:
        """The mod's number."""
        return int(self.row["modid"])


class Catalogue:
    """All mods, newest first. `answer` is the body to give for the whole list until the first change."""

    def __init__(self, mods: Iterable[Mod], seed: int, answer: bytes | None = None) -> None:
        self.seed = seed
        self._mods = {mod.modid: mod for mod in mods}
        self._rows: dict[int, bytes] = {}
        self._compatible: dict[int, frozenset[int]] = {}
        self._by_identifier: dict[str, list[Mod]] | None = None
        self._libraries: list[Mod] | None = None
        self._answer = answer

    def __len__(self) -> int:
        return sum(mod.listed for mod in self._mods.values())

    @property
    def listed(self) -> list[Mod]:
        """The mods of the list, newest first."""
        return [mod for mod in self._mods.values() if mod.listed]

    def whole_answer(self) -> bytes:
        """The body of the unfiltered list; rendered once and kept until a change."""
        if self._answer is None:
            self._answer = self.answer(self.listed)
        return self._answer

    def answer(self, mods: Iterable[Mod]) -> bytes:
        """The body of a list of these mods."""
        return b'{"statuscode":"200","mods":[' + b",".join(self._row(mod) for mod in mods) + b"]}"

    def get(self, modid: int) -> Mod | None:
        """The mod with this number."""
        return self._mods.get(modid)

    def find(self, wanted: str) -> Mod | None:
        """The published mod that a path names by number or identifier; the oldest mod when several share the identifier."""
        modid = whole_number(wanted)
        if modid is not None:
            mod = self._mods.get(modid)
        else:
            owners = (owner for owner, release in self.releases_named(wanted) if release.retraction is None)
            mod = next(owners, None)
        return mod if mod is not None and mod.published else None

    def owners(self, identifier: str) -> list[Mod]:
        """The mods with releases under an identifier, as the database compares it, oldest first."""
        if self._by_identifier is None:
            self._by_identifier = {}
            for mod in sorted(self._mods.values(), key=lambda mod: mod.modid):
                for name in _identifiers(mod):
                    self._by_identifier.setdefault(collate(name), []).append(mod)
        return self._by_identifier.get(collate(identifier), [])

    def releases(self, mod: Mod, *, with_retracted: bool = False) -> list[Release]:
        """The releases of a mod, newest first by date; of the same date, the earlier made first."""
        releases = mod.releases if mod.releases is not None else derive_releases(mod.row, self.seed)
        ordered = sorted(releases, key=lambda release: release.releaseid)
        ordered.sort(key=lambda release: release.created, reverse=True)
        return ordered if with_retracted else [release for release in ordered if release.retraction is None]

    def releases_named(self, identifier: str) -> list[tuple[Mod, Release]]:
        """Every release under an identifier, the retracted ones too, of all mods that use it."""
        return [
            (mod, release)
            for mod in self.owners(identifier)
            for release in self.releases(mod, with_retracted=True)
            if _is_named(release, identifier)
        ]

    def release_of_file(self, fileid: int) -> tuple[Mod, Release] | None:
        """The mod and release that a file belongs to."""
        mod = self._mods.get(fileid // IDS_PER_MOD)
        if mod is None:
            return None
        return next(((mod, release) for release in self.releases(mod, with_retracted=True) if release.fileid == fileid), None)

    def text(self, mod: Mod) -> str:
        """The author's page."""
        return mod.text if mod.text is not None else derive_text(mod.row, self.seed)

    async def compatible(self) -> dict[int, frozenset[int]]:
        """For each listed mod the packed game versions that any of its releases is tagged with."""
        for place, mod in enumerate(self.listed):
            if mod.modid not in self._compatible:
                found: set[int] = set()
                for release in self.releases(mod):
                    found |= release.packed_game_versions
                self._compatible[mod.modid] = frozenset(found)
            if place % _MODS_PER_TURN == 0:
                await asyncio.sleep(0)
        return self._compatible

    def dependencies(self, mod: Mod) -> Mapping[str, str]:
        """What a mod needs besides the game, with the lowest version: every fourth made-up mod needs an older library or two,
        which have come as far as the mod itself."""
        if mod.dependencies is not None:
            return mod.dependencies
        random = Random(f"{self.seed}:{mod.modid}:needs")
        line = _line_of(mod)
        older = [library for library in self._made_up_libraries() if library.modid < mod.modid and _line_of(library) == line]
        if not older or random.random() >= _SHARE_WITH_DEPENDENCIES:
            return {}
        chosen = random.sample(older, min(len(older), random.choice((1, 1, 1, 2))))
        return {library.row["modidstrs"][0]: self._least_version(library, random) for library in chosen}

    def _made_up_libraries(self) -> list[Mod]:
        """Oldest first. A change of tags while the sandbox runs is not looked at."""
        if self._libraries is None:
            made_up = (mod for mod in self._mods.values() if mod.dependencies is None and mod.listed)
            self._libraries = sorted(
                (mod for mod in made_up if "Library" in mod.row["tags"] and len(mod.row["modidstrs"]) == 1),
                key=lambda mod: mod.modid,
            )
        return [mod for mod in self._libraries if mod.modid in self._mods]

    def _least_version(self, library: Mod, random: Random) -> str:
        versions = [release.version for release in self.releases(library)]
        return random.choice(("", "*", versions[-1])) if versions else ""

    def author_ids(self) -> dict[str, int]:
        """Numbers of the authors, counted in the order of the mods."""
        names = dict.fromkeys(mod.row["author"] for mod in self._mods.values())
        return {name: number for number, name in enumerate(names, start=1)}

    def add(self, fields: Mapping[str, Any]) -> int:
        """Put a mod at the head of the list; what is not given gets a plain value. Returns its number."""
        row = _checked(fields, new=True)
        row.setdefault("modid", max(self._mods, default=0) + 1)
        if row["modid"] in self._mods:
            raise BadChange(f"there is a mod {row['modid']} already; change it instead")
        whole = _default_row(row["modid"]) | row
        mod = Mod({key: whole[key] for key in ROW_KEYS}, created=whole["lastreleased"], dependencies={})
        self._mods = {mod.modid: mod, **self._mods}
        self._forget(mod.modid)
        return mod.modid

    def change(self, modid: int, fields: Mapping[str, Any]) -> None:
        """Give a mod of the list other values."""
        mod = self._needed(modid)
        mod.row = mod.row | _checked(fields, new=False)
        self._forget(modid)

    def remove(self, modid: int) -> None:
        """Take a mod away, as if it had never been."""
        self._needed(modid)
        del self._mods[modid]
        self._forget(modid)

    def publish_release(self, modid: int, version: str, game_versions: Sequence[str], created: str | None = None) -> Release:
        """A new release of a mod, under its first identifier; its row shows the new date.

        Without a date it is a day newer than the last one.
        """
        mod = self._needed(modid)
        releases = self.releases(mod, with_retracted=True)
        number = max((release.releaseid for release in releases), default=modid * IDS_PER_MOD) + 1
        identifier = mod.row["modidstrs"][0] if mod.row["modidstrs"] else None
        release = Release(
            releaseid=number,
            fileid=number,
            filename=f"{identifier or 'tool'}_{version}.zip",
            modidstr=identifier,
            version=version,
            game_versions=tuple(game_versions),
            created=created or days_before(mod.row["lastreleased"], -1),
        )
        mod.releases = [release, *releases]
        mod.row = mod.row | {"lastreleased": release.created}
        self._forget(modid)
        return release

    def retract(self, modid: int, version: str, reason: str, *, by_moderator: bool = False) -> None:
        """Take a release back, for a reason."""
        mod = self._needed(modid)
        releases = self.releases(mod, with_retracted=True)
        if not any(release.version == version for release in releases):
            raise BadChange(f"mod {modid} has no release {version}")
        retraction = Retraction(reason, by_moderator)
        mod.releases = [
            replace(release, retraction=retraction) if release.version == version else release for release in releases
        ]
        self._forget(modid)

    def _needed(self, modid: int) -> Mod:
        try:
            return self._mods[modid]
        except KeyError:
            raise BadChange(f"there is no mod {modid}") from None

    def _row(self, mod: Mod) -> bytes:
        row = self._rows.get(mod.modid)
        if row is None:
            row = self._rows[mod.modid] = encode_json(mod.row)
        return row

    def _forget(self, modid: int) -> None:
        self._answer = None
        self._by_identifier = None
        self._rows.pop(modid, None)
        self._compatible.pop(modid, None)


def _identifiers(mod: Mod) -> Iterable[str]:
    if mod.releases is None:
        return list(mod.row["modidstrs"])
    return dict.fromkeys(release.modidstr for release in mod.releases if release.modidstr is not None)


def _is_named(release: Release, identifier: str) -> bool:
    return release.modidstr is not None and collate(release.modidstr) == collate(identifier)


def _checked(fields: Mapping[str, Any], *, new: bool) -> Row:
    unknown = set(fields) - set(ROW_KEYS)
    if unknown:
        raise BadChange(f"a mod of the list has no {', '.join(sorted(unknown))}")
    if not new and "modid" in fields:
        raise BadChange("the number of a mod can't be changed; add another one instead")
    return dict(fields)


def _default_row(modid: int) -> Row:
    return {
        "modid": modid,
        "assetid": modid * 6,
        "downloads": 0,
        "follows": 0,
        "trendingpoints": 0,
        "comments": 0,
        "name": f"Added mod {modid}",
        "summary": "Added while the sandbox was running",
        "modidstrs": [f"added{modid}"],
        "author": "Sandbox",
        "urlalias": None,
        "side": "both",
        "type": "mod",
        "logo": None,
        "tags": [""],
        "lastreleased": format_date(LAST_DAY),
    }


def _line_of(mod: Mod) -> str:
    """The line of the game that was the newest at the mod's latest release."""
    return stable_releases()[stable_index(mod.row["lastreleased"] or mod.created)][1].rpartition(".")[0]
