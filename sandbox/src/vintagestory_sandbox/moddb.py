"""Version 1 of the mod database's API, which says 200 whatever happens (source: vsmoddb lib/api/v1, recorded answers)."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

from starlette.responses import Response

from vintagestory_sandbox import words
from vintagestory_sandbox.answers import failed, json_answer, json_bytes
from vintagestory_sandbox.catalogue import Catalogue, Mod
from vintagestory_sandbox.game_calendar import days_before, format_date, tagged_versions
from vintagestory_sandbox.generate import LAST_DAY, TAGS
from vintagestory_sandbox.packed_version import PRIMARY_MASK, pack, pack_primary
from vintagestory_sandbox.php import Query, collate, intval, is_empty, text_of
from vintagestory_sandbox.releases import Release, store_name

# Authors that have published nothing; the percent sign and underscore are there to be searched for.
IDLE_AUTHORS = ("100%_Wool", "Sandbox Moderator")

_GONE = (
    "This information was previously available, but is no longer distributed. "
    "Version 2 of the api might provide this information at some point in the future."
)
_NEVER = "0000-00-00 00:00:00"
_BAD_SQL = 1064
_BAD_TYPE = 0
_LINKS = ("homepageurl", "sourcecodeurl", "trailervideourl", "issuetrackerurl", "wikiurl")
_ORDERS = frozenset({"lastreleased", "downloads", "follows", "comments", "trendingpoints"})
_COMMENTS_SHOWN = 100


class BadSql(Exception):
    """A request that the real site turns into a broken database query."""


class ModApi:
    """Answers below `/api`, for one catalogue. Files are told to lie below `cdn_url`."""

    def __init__(self, catalogue: Catalogue, cdn_url: str) -> None:
        self._catalogue = catalogue
        self._cdn_url = cdn_url

    async def answer(self, parts: Sequence[str], query: Query) -> Response:
        """The answer to a path below `/api`, split at its slashes."""
        if not parts:
            return _refuse("404")
        try:
            return await self._act(parts, query)
        except BadSql:
            return failed(_BAD_SQL)
        except TypeError:
            return failed(_BAD_TYPE)

    async def _act(self, parts: Sequence[str], query: Query) -> Response:
        action, argument = parts[0], parts[1] if len(parts) > 1 else ""
        if action == "mods":
            return await self._mods(query)
        answers: dict[str, Callable[[], Response]] = {
            "mod": lambda: self._mod(argument),
            "updates": lambda: self._updates(query),
            "tags": _tags,
            "gameversions": _game_versions,
            "authors": lambda: self._authors(query),
            "comments": lambda: self._comments(intval(argument)),
            "changelogs": _changelogs,
        }
        return answers[action]() if action in answers else _refuse("400")

    async def _mods(self, query: Query) -> Response:
        if not query:
            return json_bytes(self._catalogue.whole_answer())
        mods = _ordered(await self._filtered(query), query)
        return json_bytes(self._catalogue.answer(mods))

    async def _filtered(self, query: Query) -> list[Mod]:
        mods = self._catalogue.listed
        if not is_empty(text := query.get("text")):
            wanted = collate(text_of(text or ""))
            mods = [mod for mod in mods if wanted in collate(mod.row["name"]) or wanted in collate(self._catalogue.text(mod))]
        tag_ids = query.get("tagids")
        if isinstance(tag_ids, list):
            names = {str(number): name for number, name in enumerate(TAGS, start=1)}
            mods = [mod for mod in mods if all(names.get(tag) in mod.row["tags"] for tag in tag_ids)]
        if not is_empty(author := query.get("author")):
            userid = 1 if isinstance(author, list) else intval(author or "")
            numbers = self._catalogue.author_ids()
            mods = [mod for mod in mods if numbers[mod.row["author"]] == userid]
        if not is_empty(line := query.get("gameversion")):
            primary = _primary(text_of(line or ""))
            fitting = await self._catalogue.compatible()
            mods = [mod for mod in mods if any(version & PRIMARY_MASK == primary for version in fitting[mod.modid])]
        if wanted_versions := _exact_versions(query):
            fitting = await self._catalogue.compatible()
            mods = [mod for mod in mods if wanted_versions & fitting[mod.modid]]
        return mods

    def _mod(self, wanted: str) -> Response:
        if is_empty(wanted):
            return _refuse("400")
        mod = self._catalogue.find(wanted)
        if mod is None:
            return _refuse("404")
        return json_answer({"mod": self._details(mod), "statuscode": "200"})

    def _details(self, mod: Mod) -> dict[str, Any]:
        row = mod.row
        return {
            "modid": mod.modid,
            "assetid": row["assetid"],
            "name": row["name"],
            "text": self._catalogue.text(mod),
            "author": row["author"],
            "urlalias": row["urlalias"],
            "logofilename": row["logo"],
            "logofile": row["logo"],
            "logofiledb": mod.card_logo or row["logo"],
            **{name: mod.links.get(name) for name in _LINKS},
            **{name: row[name] for name in ("downloads", "follows", "trendingpoints", "comments", "side", "type")},
            "created": mod.created,
            "lastreleased": row["lastreleased"],
            "lastmodified": row["lastreleased"],
            "tags": row["tags"],
            "releases": [
                {**self._release(release, file_url=self._file_url(release)), "changelog": release.changelog}
                for release in self._catalogue.releases(mod)
            ],
            "screenshots": list(mod.screenshots),
        }

    def _release(self, release: Release, *, file_url: str) -> dict[str, Any]:
        return {
            "releaseid": release.releaseid,
            "mainfile": file_url,
            "filename": release.filename,
            "fileid": release.fileid,
            "downloads": release.downloads,
            "tags": list(release.game_versions) or ["0.0.0"],
            "modidstr": release.modidstr,
            "modversion": release.version,
            "created": release.created,
        }

    def _file_url(self, release: Release) -> str:
        return "" if release.fileid is None else f"{self._cdn_url}/{store_name(release)}?dl={release.filename}"

    def _updates(self, query: Query) -> Response:
        if is_empty(mods := query.get("mods")):
            return _refuse("400")
        installed: dict[str, int | None] = {}
        for pair in text_of(mods or "").split(","):
            if pair.count("@") != 1:
                return _refuse("400")
            identifier, version = pair.split("@")
            installed[identifier] = pack(version)
        newest = self._newest_releases(installed)
        updates = {
            identifier: self._release(release, file_url=self._file_url(release) or f"{self._cdn_url}/?dl=")
            for identifier, release in sorted(newest.items(), key=lambda item: collate(item[0]))
            if (installed.get(identifier) or 0) < release.packed
        }
        # An empty map and an empty list are the same to PHP.
        return json_answer({"statuscode": "200", "updates": updates or []})

    def _newest_releases(self, installed: Mapping[str, object]) -> dict[str, Release]:
        """The highest release per identifier in the database's spelling; those without a game version are not looked at."""
        newest: dict[str, Release] = {}
        for identifier in installed:
            for _, release in self._catalogue.releases_named(identifier):
                if release.modidstr is None or release.retraction is not None or not release.game_versions:
                    continue
                best = newest.get(release.modidstr)
                if best is None or release.packed > best.packed:
                    newest[release.modidstr] = release
        return newest

    def _authors(self, query: Query) -> Response:
        people = authors(self._catalogue)
        if (name := query.get("name")) is not None:
            wanted = collate(text_of(name)[:20])
            people = {person: userid for person, userid in people.items() if wanted in collate(person)}
            people = dict(list(people.items())[:10])
        found = [{"userid": userid, "name": person} for person, userid in people.items()]
        return json_answer({"statuscode": "200", "authors": found})

    def _comments(self, assetid: int) -> Response:
        mods = self._catalogue.listed
        if assetid > 0:
            comments = [
                comment for mod in mods if mod.row["assetid"] == assetid for comment in _comments_of(mod, mod.row["comments"])
            ]
        else:
            comments = [comment for mod in mods[:200] for comment in _comments_of(mod, min(mod.row["comments"], 3))]
        comments.sort(key=lambda comment: str(comment["lastmodified"]), reverse=True)
        return json_answer({"statuscode": "200", "comments": comments if assetid > 0 else comments[:_COMMENTS_SHOWN]})


def authors(catalogue: Catalogue) -> dict[str, int]:
    """Everyone with an account and their number."""
    people = catalogue.author_ids()
    return people | {name: len(people) + number for number, name in enumerate(IDLE_AUTHORS, start=1)}


def _refuse(statuscode: str) -> Response:
    return json_answer({"statuscode": statuscode})


def _tags() -> Response:
    tags = [{"tagid": number, "name": name, "color": "#2462673663"} for number, name in enumerate(TAGS, start=1)]
    return json_answer({"statuscode": "200", "tags": tags})


def _game_versions() -> Response:
    packed = sorted((pack(version) or 0, version) for version in tagged_versions())
    versions = [{"tagid": -number, "name": version, "color": "#CCCCCC"} for number, version in packed]
    return json_answer({"statuscode": "200", "gameversions": versions})


def _changelogs() -> Response:
    nothing = {"changelogid": 0, "assetid": 0, "userid": 0, "text": _GONE, "created": _NEVER, "lastmodified": _NEVER}
    extra = (("Cache-Control", "max-age=604800, immutable"),)
    return json_answer({"changelogs": [nothing], "reason": _GONE, "statuscode": "410"}, extra=extra)


def _primary(text: str) -> int | None:
    return abs(intval(text)) & PRIMARY_MASK if text.startswith("-") else pack_primary(text)


def _exact_versions(query: Query) -> set[int]:
    """The packed game versions asked for. Raises TypeError and BadSql where the site breaks."""
    wanted: str | list[str] = query.get("gv") or ""
    if is_empty(wanted):
        wanted = query.get("gameversions") or []
        if is_empty(wanted):
            return set()
        if isinstance(wanted, str):
            raise TypeError("gameversions has to be a list")
    else:
        wanted = [text_of(wanted)]
    numbers = [abs(intval(text)) if text.startswith("-") else pack(text) for text in wanted]
    if None in numbers:
        raise BadSql("a version that does not parse leaves a gap in the query")
    return {number for number in numbers if number is not None}


def _ordered(mods: list[Mod], query: Query) -> list[Mod]:
    descending = query.get("orderdirection") != "asc"
    order = query.get("orderby")
    if not isinstance(order, str) or order not in _ORDERS:
        return mods if descending else mods[::-1]
    oldest_first = mods[::-1]
    return sorted(oldest_first, key=lambda mod: mod.row[order], reverse=descending)


def _comments_of(mod: Mod, count: int) -> list[dict[str, object]]:
    comments: list[dict[str, object]] = []
    random = Random(f"comments:{mod.modid}")
    date = format_date(LAST_DAY)
    for number in range(min(count, 500)):
        date = days_before(date, random.expovariate(1 / 9))
        comments.append(
            {
                "commentid": mod.modid * 500 + 500 - number,
                "assetid": mod.row["assetid"],
                "userid": 1 + int(hashlib.md5(date.encode(), usedforsecurity=False).hexdigest()[:4], 16) % 50,
                "text": f"<p>What about the {random.choice(words.QUALITIES)} {random.choice(words.THINGS)}?</p>",
                "created": date,
                "lastmodified": date,
            }
        )
    return comments
