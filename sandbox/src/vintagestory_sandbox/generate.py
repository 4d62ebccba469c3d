"""A made-up mod list of any length with the shape, sizes and oddities of the real one; the same seed gives the same mods.

The proportions are those of 4,852 real mods of December 2025; every name and sentence is put together here.
"""

import hashlib
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from random import Random
from typing import Any

from vintagestory_sandbox import words
from vintagestory_sandbox.game_calendar import format_date
from vintagestory_sandbox.php import url_encode

Row = dict[str, Any]

ROW_KEYS = (
    "modid",
    "assetid",
    "downloads",
    "follows",
    "trendingpoints",
    "comments",
    "name",
    "summary",
    "modidstrs",
    "author",
    "urlalias",
    "side",
    "type",
    "logo",
    "tags",
    "lastreleased",
)

# Name and share of the mods that carry it. Tag ids count from 1 in this order.
TAGS = {
    "Cheat": 150,
    "Clothing": 166,
    "Cosmetics": 633,
    "Crafting": 1058,
    "Creatures": 413,
    "Food": 303,
    "Furniture": 213,
    "Graphics": 192,
    "Library": 69,
    "Magic": 60,
    "Other": 618,
    "QoL": 1504,
    "Simplification": 346,
    "Storage": 220,
    "Technology": 225,
    "Texture Pack": 119,
    "Tweak": 1656,
    "Utility": 924,
    "Weapons": 184,
    "Worldgen": 231,
}

FIRST_DAY = datetime(2021, 2, 14, tzinfo=UTC)
LAST_DAY = datetime(2026, 9, 1, tzinfo=UTC)

_TAG_NAMES = tuple(TAGS)
_TAG_WEIGHTS = tuple(accumulate(TAGS.values()))
_TAG_COUNTS = (0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 14)
_TAG_COUNT_WEIGHTS = tuple(accumulate((339, 1834, 1330, 873, 312, 112, 27, 13, 6, 5, 1)))
_THING_WEIGHTS = tuple(accumulate(1 / (place + 40) for place in range(len(words.THINGS))))
_MOST_DOWNLOADS = 698_204


@dataclass(frozen=True, slots=True)
class GeneratedMod:
    """A row of the list, and when its page was made, which the list is ordered by but does not tell."""

    row: Row
    created: str


def generate_mods(count: int, seed: int, cdn_url: str) -> list[GeneratedMod]:
    """So many mods, newest first. `cdn_url` is where their logos are said to lie."""
    random = Random(seed)
    draft = _Draft(random, count, cdn_url)
    mods = [draft.mod(number) for number in range(count)]
    _share_identifiers(mods)
    mods.reverse()
    return mods


class _Draft:
    """What the mods of one list know about each other: names and identifiers already taken, authors, the next ids."""

    def __init__(self, random: Random, count: int, cdn_url: str) -> None:
        self._random = random
        self._count = count
        self._cdn_url = cdn_url
        self._identifiers: set[str] = set()
        self._authors = _author_names(random, max(3, count * 2 // 5))
        self._author_weights = tuple(accumulate(1 / (place + 12) ** 0.75 for place in range(len(self._authors))))
        self._modid = 5
        self._assetid = 8
        # One mod in every list is the favourite of all, however short the list is.
        self._favourite = count * 2 // 3

    def mod(self, number: int) -> GeneratedMod:
        random = self._random
        self._modid += 1 + (random.random() < 0.33)
        self._assetid += random.randint(2, 9)
        kind = random.choices(("mod", "externaltool", "other"), cum_weights=(4776, 4818, 4852))[0]
        name = _odd_name(_name(random), random, number)
        created = self._created(number)
        row: Row = {
            "modid": self._modid,
            "assetid": self._assetid,
            **_popularity(random, favourite=number == self._favourite),
            "name": name,
            "summary": _odd_summary(_summary(random), random, number),
            "modidstrs": self._modidstrs(name, kind, number),
            "author": random.choices(self._authors, cum_weights=self._author_weights)[0],
            "urlalias": None if random.random() < 0.35 else _plain(name)[:36] or f"mod{number}",
            "side": random.choices(("both", "server", "client"), cum_weights=(3868, 4377, 4852))[0],
            "type": kind,
            "logo": self._logo(name, number) if random.random() > 0.31 else None,
            "tags": _tags(random),
            "lastreleased": format_date(_last_release(random, created)),
        }
        return GeneratedMod(row, format_date(created))

    def _created(self, number: int) -> datetime:
        share = (number + self._random.random()) / max(1, self._count)
        return FIRST_DAY + (LAST_DAY - FIRST_DAY) * math.pow(share, 0.6)

    def _modidstrs(self, name: str, kind: str, number: int) -> list[str]:
        if kind != "mod" or number % 800 == 399:
            return []
        if number % 1700 == 77:
            length = 4 + number // 1700 % 4
        else:
            length = self._random.choices((1, 2, 3), cum_weights=(4545, 4741, 4763))[0]
        stem = _plain(name)[:28]
        if not stem or stem.isdigit():
            stem = f"mod{stem}"
        spelling = self._random.random()
        if spelling < 0.058:
            stem = re.sub(r"[^A-Za-z0-9]", "", name)[:28] or "Mod"
        elif spelling < 0.092:
            stem = re.sub(r"[^a-z0-9]+", "_-"[number % 2], name.lower())[:28].strip("_-") or stem
        elif spelling < 0.095:
            stem = f"{number % 10}{stem}"
        endings = ("", "core", "client", "assets", "compat", "extra", "patch")
        return sorted(self._unused(stem + ending) for ending in endings[:length])

    def _unused(self, wanted: str) -> str:
        identifier, attempt = wanted, 1
        while identifier.lower() in self._identifiers:
            attempt += 1
            identifier = f"{wanted}{attempt}"
        self._identifiers.add(identifier.lower())
        return identifier

    def _logo(self, name: str, number: int) -> str:
        stem = self._random.choice(("logo", "modcard", "thumbnail", "ModDB logo", "", "", ""))
        start = (stem or re.sub(r"[^A-Za-z0-9 ]", "", name).title() or "logo")[:20]
        digest = hashlib.md5(f"{start}{number}".encode(), usedforsecurity=False).hexdigest()
        thumbnail = "_480_320" if self._random.random() < 0.15 else ""
        return f"{self._cdn_url}/{url_encode(start)}_{digest}{thumbnail}.png"


def _author_names(random: Random, count: int) -> list[str]:
    names: dict[str, None] = {}
    while len(names) < count:
        name = random.choice(words.AUTHOR_STARTS) + random.choice(words.AUTHOR_ENDS)
        style = random.random()
        if style < 0.25:
            name = random.choice(words.QUALITIES).title()[:7] + name
        elif style < 0.4:
            name += str(random.randint(1, 999))
        elif style < 0.5:
            name = f"{name}_{random.choice(words.AUTHOR_ENDS)}"
        elif style < 0.6:
            name = name.lower()
        names[name[:16]] = None
    return list(names)


def _name(random: Random) -> str:
    thing, other = _things(random, 2)
    quality = random.choice(words.QUALITIES).title()
    match random.randrange(11):
        case 0:
            name = f"{_coined(random)} {thing.title()}" if random.random() < 0.6 else thing.title()
        case 1 | 2:
            name = f"{quality} {thing.title()}s"
        case 3:
            owner = random.choice(words.AUTHOR_STARTS) + random.choice(words.AUTHOR_ENDS)
            name = f"{owner}'s {thing.title()}" if random.random() < 0.4 else f"{owner} {quality} {thing.title()}"
        case 4:
            name = f"{thing.title()} and {other.title()}"
        case 5 | 6:
            name = f"{thing.title()} {random.choice(words.ENDINGS)}"
        case 7:
            name = f"{random.choice(words.DEEDS).title()} {random.choice(words.ENDINGS)}"
        case 8:
            name = f"{_coined(random)}: {quality} {thing.title()}"
        case 9:
            name = f"{thing}{other}"
        case _:
            name = f"{quality} {random.choice(words.DEEDS).title()}"
    if random.random() < 0.3:
        name += random.choice((f" of {_coined(random)}", f" ({quality} {other})", f" - {other} and {thing}"))
    if random.random() < 0.04:
        name += random.choice(
            (" [1.21]", " (Continued)", " - unofficial 1.20/1.21/1.22 update", " v2", " [Deprecated]", " (BETA!)")
        )
    return name


def _coined(random: Random) -> str:
    syllables = (
        "ka",
        "ro",
        "ven",
        "thi",
        "lu",
        "mar",
        "dro",
        "sel",
        "nim",
        "gha",
        "or",
        "wyn",
        "bel",
        "tas",
        "ir",
        "zu",
        "pel",
        "hod",
    )
    return "".join(random.choices(syllables, k=random.randint(2, 4))).title()


def _things(random: Random, count: int) -> list[str]:
    return random.choices(words.THINGS, cum_weights=_THING_WEIGHTS, k=count)


def _odd_name(name: str, random: Random, number: int) -> str:  # noqa: PLR0911 - one per oddity
    if number % 490 == 7:
        return f"{random.choice(words.PICTURES)} {name}"
    if number % 75 == 11:
        return f"{random.choice(words.FOREIGN_NAMES)} {number}"
    if number % 1200 == 13:
        return f"{name} <b>New</b> & 'old'"
    if number % 240 == 31:
        return f'"{name}"'
    chance = random.random()
    if chance < 0.005:
        return f"{name} "
    if chance < 0.009:
        return f" {name}"
    if chance < 0.02:
        return f"{name} & {random.choice(words.THINGS).title()}"
    if chance < 0.025:
        extra = " ".join(
            f"{quality} {thing}" for quality, thing in zip(random.choices(words.QUALITIES, k=5), _things(random, 5), strict=True)
        )
        return f"{name}, or: {extra}"[:113].rstrip()
    return name


def _summary(random: Random) -> str:
    x, y, z = _things(random, 3)
    a, b = random.choices(words.QUALITIES, k=2)
    d, e = random.choices(words.DEEDS, k=2)
    text = random.choice(words.SUMMARIES).format(
        x=x, y=y, z=z, a=a, b=b, d=d, e=e, n=_coined(random), m=f"{_coined(random)} {z.title()}s"
    )
    if random.random() < 0.48:
        more = random.choice(words.SUMMARIES)
        more = more.format(x=y, y=z, z=x, a=b, b=a, d=e, e=d, n=_coined(random), m=_coined(random))
        text = f"{text.rstrip('.')}. {more}"
    text = text[0].upper() + text[1:]
    return text if len(text) <= 100 else f"{text[:97]}..."


def _odd_summary(text: str, random: Random, number: int) -> str:  # noqa: PLR0911 - one per oddity
    if number % 1300 == 17:
        return f"Adds <i>{random.choice(words.THINGS)}</i> &amp; <script>alert('{random.choice(words.THINGS)}')</script>"
    if number % 80 == 19:
        return f"“{text[:60]}” – for the café…"
    if number % 90 == 29:
        return f'The "{random.choice(words.THINGS)}" mod: {text}'[:100]
    if number % 2100 == 37:
        return f"{text[:40]}\t{random.choice(words.THINGS)}"
    if number % 2500 == 41:
        return "\u200b " + text[:90]
    if number % 5000 == 43:
        return ""
    chance = random.random()
    if chance < 0.036:
        return f"{text[:99]} "
    if chance < 0.08:
        return f"Don't worry: {text[0].lower()}{text[1:86]}"
    return text


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _popularity(random: Random, *, favourite: bool) -> Row:
    downloads = math.exp(random.gauss(7.12, 1.85))
    if downloads > 300_000:
        downloads = min(300_000 + (downloads - 300_000) / 5, _MOST_DOWNLOADS - 1_000)
    if favourite:
        downloads = _MOST_DOWNLOADS
    love = math.exp(random.gauss(0, 0.7))
    return {
        "downloads": int(downloads),
        "follows": int(downloads**0.85 / 17 * love),
        "trendingpoints": int(downloads**0.95 / 90 * love * math.exp(random.gauss(-1, 1))),
        "comments": int(downloads**0.72 / 26 * math.exp(random.gauss(0, 0.8))),
    }


def _tags(random: Random) -> list[str]:
    count = random.choices(_TAG_COUNTS, cum_weights=_TAG_COUNT_WEIGHTS)[0]
    if count == 0:
        return [""]
    chosen: set[str] = set()
    while len(chosen) < count:
        chosen.update(random.choices(_TAG_NAMES, cum_weights=_TAG_WEIGHTS))
    return sorted(chosen)


def _last_release(random: Random, created: datetime) -> datetime:
    age = LAST_DAY - created
    soon = timedelta(days=random.expovariate(1 / 12), seconds=random.randrange(60))
    if random.random() < 0.35 and soon < age:
        return created + soon
    return created + age * random.betavariate(2.2, 1.1)


def _share_identifiers(mods: Sequence[GeneratedMod]) -> None:
    """Give one identifier to two mods, twice, as older data of the real site has it."""
    owners = [mod for mod in mods if len(mod.row["modidstrs"]) == 1]
    for first, second in ((5, 6), (len(owners) // 2, len(owners) // 2 + 1)):
        if second < len(owners):
            owners[second].row["modidstrs"] = list(owners[first].row["modidstrs"])
