"""Releases and page texts of mods that only have a row in the list, worked out from the seed and the mod's number alone."""

import hashlib
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from vintagestory_sandbox import words
from vintagestory_sandbox.game_calendar import days_before, stable_index, stable_releases
from vintagestory_sandbox.packed_version import pack
from vintagestory_sandbox.php import url_encode

# File and release ids of a mod start at its number times this.
IDS_PER_MOD = 64
_MOST_RELEASES = 24


@dataclass(frozen=True, slots=True)
class Retraction:
    """Why a release was taken back. What a moderator took back can't be had again."""

    reason: str
    by_moderator: bool = False


@dataclass(frozen=True, slots=True)
class Release:
    """One release of a mod. `content` names what lies in the file store: see `files.py`."""

    releaseid: int
    fileid: int | None
    filename: str
    modidstr: str | None
    version: str
    game_versions: tuple[str, ...]
    created: str
    downloads: int = 0
    changelog: str | None = None
    retraction: Retraction | None = None
    content: str = "zip"

    @property
    def packed(self) -> int:
        """The version as a sortable number."""
        return pack(self.version) or 0

    @property
    def packed_game_versions(self) -> frozenset[int]:
        """The game versions that the release is tagged with, as sortable numbers."""
        return frozenset(pack(version) or 0 for version in self.game_versions)


def store_name(release: Release) -> str:
    """The name in the file store: 20 bytes of the file's name, 32 hexadecimal digits (the last 8 are its id), the ending."""
    stem, dot, ending = release.filename.rpartition(".")
    start = stem.encode()[:20].decode(errors="ignore")
    digest = hashlib.md5(release.filename.encode(), usedforsecurity=False).hexdigest()[:24]
    return f"{url_encode(start)}_{digest}{release.fileid or 0:08x}{dot}{ending}"


def derive_releases(row: dict[str, Any], seed: int) -> list[Release]:
    """The releases of a listed mod, newest first by date. A mod without an identifier has one only if it is a tool."""
    random = Random(f"{seed}:{row['modid']}")
    identifiers: list[str | None] = list(row["modidstrs"])
    if not identifiers:
        if row["type"] == "mod":
            return []
        identifiers = [None]
    count = min(_MOST_RELEASES, max(len(identifiers), 1 + int(random.expovariate(1 / 3))))
    versions = _versions(random, count)
    first_id = row["modid"] * IDS_PER_MOD
    date = row["lastreleased"]
    releases = []
    for place in range(count):
        identifier = identifiers[place % len(identifiers)]
        version = versions[place]
        releases.append(
            Release(
                releaseid=first_id + count - place,
                fileid=first_id + count - place,
                filename=_file_name(identifier, version, random),
                modidstr=identifier,
                version=version,
                game_versions=_game_versions(random, date, tool=identifier is None),
                created=date,
                downloads=row["downloads"] // count,
                changelog=_changelog(random, version),
            )
        )
        date = days_before(date, random.uniform(0.5, 60))
    return _with_oddities(releases, random)


def derive_text(row: dict[str, Any], seed: int) -> str:
    """The author's page, HTML as authors write it; now and then with markup that must never reach a browser as it is."""
    random = Random(f"{seed}:{row['modid']}:text")
    thing, other = random.choices(words.THINGS, k=2)
    deed = random.choice(words.DEEDS)
    quality = random.choice(words.QUALITIES)
    parts = [
        f"<h2>{thing.title()} &amp; {other}</h2>",
        f"<p>Brings a <strong>{quality}</strong> {thing} to {deed}. “Even the {other} agrees”.</p>",
    ]
    if random.random() < 0.5:
        parts.append(f"<ul><li>{deed} with the {thing}</li><li>a {quality} {other}</li></ul>")
    if random.random() < 0.3:
        parts.append(f'<p><a href="https://example.org/{thing}" target="_blank" rel="noopener">More about the {thing}</a></p>')
    if random.random() < 0.2:
        parts.append(f'<p><img src="https://example.org/{other}.png" alt="{other}" width="640" /></p>')
    if random.random() < 0.06:
        parts.append(
            "<script>document.title='taken over'</script>"
            '<img src="x" onerror="alert(1)"><a href="javascript:alert(2)">click</a>'
            '<iframe src="https://example.org/frame"></iframe><p style="position:fixed;inset:0">over everything</p>'
        )
    return "".join(parts)


def _versions(random: Random, count: int) -> list[str]:
    """Versions from the newest down, as authors count them."""
    major, minor, patch = random.choice((0, 1, 1, 1, 2, 3)), random.randrange(13), random.randrange(10)
    versions = []
    for _ in range(count):
        versions.append(f"{major}.{minor}.{patch}")
        if patch:
            patch -= 1
        elif minor:
            minor, patch = minor - 1, random.randrange(1, 8)
        elif major:
            major, minor, patch = major - 1, random.randrange(1, 9), random.randrange(5)
        else:
            break
    return versions + [f"0.0.0-dev.{count - place}" for place in range(len(versions), count)]


def _file_name(identifier: str | None, version: str, random: Random) -> str:
    name = identifier or "tool"
    match random.randrange(12):
        case 0:
            return f"{name.title()} v{version}.zip"
        case 1:
            return f"{name}-{version} (final).zip"
        case _:
            return f"{name}_{version}.zip"


def _game_versions(random: Random, date: str, *, tool: bool) -> tuple[str, ...]:
    if tool or random.random() < 0.01:
        return ()
    released = [version for _, version in stable_releases()]
    newest = stable_index(date)
    line = released[newest].rsplit(".", 1)[0] + "."
    first, last = newest - random.choice((0, 0, 1, 2, 4)), newest + random.choice((0, 0, 1, 3))
    return tuple(version for version in released[max(0, first) : last + 1] if version.startswith(line))


def _changelog(random: Random, version: str) -> str | None:
    if random.random() < 0.4:
        return None
    thing, deed = random.choice(words.THINGS), random.choice(words.DEEDS)
    return f"<ul><li>{version}: fixed the {thing} &amp; its {deed}</li></ul>"


def _with_oddities(releases: list[Release], random: Random) -> list[Release]:
    chance = random.random()
    newest = releases[0]
    if chance < 0.06:
        candidate = f"{newest.version.partition('-')[0]}-rc.{random.randint(1, 11)}"
        releases[0] = replace(newest, version=candidate, filename=newest.filename.replace(newest.version, candidate))
    elif chance < 0.11 and len(releases) > 2:
        # A fix for an older version of the game, published after the newest version.
        older = releases[1]
        releases[0] = replace(newest, version=older.version, filename=older.filename)
        releases[1] = replace(older, version=newest.version, filename=newest.filename)
    elif chance < 0.14 and len(releases) > 1:
        place = random.randrange(1, len(releases))
        releases[place] = replace(releases[place], retraction=Retraction(f"<p>Breaks the {random.choice(words.THINGS)}</p>"))
    return releases
