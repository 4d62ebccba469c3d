"""Mods with a story, made by hand for tests of clients: each shows one oddity of the real mod database.

| Identifier | Oddity |
|---|---|
| alpha | back-port newest by date, pre-release highest, one release retracted, file names with blanks, hostile text |
| betalib | pre-releases `rc.1` and `rc.10`, two releases of the same second |
| clientonly, serveronly | for one side only |
| alldead | every release retracted by a moderator: a page without releases, not in the list |
| multione, multitwo | one mod with two identifiers |
| (none: "sometool") | external tool: no identifier, no game version |
| draftmod, lockedmod | not published: no page, yet told as updates |
| CamelCase | capitals in the identifier |
| nofile | a release without a file |
| sharedid | the same identifier in two mods |
| 777 | an identifier that looks like a number |
| singlecs | a source file instead of an archive |
| brokenzip, noinfo, lenientinfo | archives that are cut off, lack modinfo.json, have a sloppy one |
| zipslip, bigmod | archives that climb out of their folder, are large |
| gone404 | the file store lost the file |
| (none: "norelease") | listed, but never released |
| wrapver | a version whose first number is over 65,535 |
| unifile | a file name outside ASCII, with `+ % & #` |
| depcycle1, depcycle2 | need each other |
| liarmod, otherversion | archives that say they are another mod, another version |
| needsmissing | needs a mod that nobody knows |
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from vintagestory_sandbox.catalogue import Mod
from vintagestory_sandbox.packed_version import pack, unpack
from vintagestory_sandbox.releases import IDS_PER_MOD, Release, Retraction

FIRST_MODID: Final = 900_001
AUTHOR: Final = "Sandbox Author"

_MODERATED = Retraction("<p>Taken down by a moderator</p>", by_moderator=True)
_WORLDS = Retraction("<p>Eats saved worlds</p>")


@dataclass(frozen=True, slots=True)
class _Made:
    """One release, short: `game_versions` separated by blanks."""

    version: str
    game_versions: str = "1.21.6"
    created: str = "2026-09-02 00:00:00"
    identifier: str | None = ""
    filename: str | None = ""
    content: str = "zip"
    retraction: Retraction | None = None
    changelog: str | None = None


@dataclass(frozen=True, slots=True)
class _Story:
    """One mod, short."""

    name: str
    releases: Sequence[_Made]
    identifier: str | None = None
    side: str = "both"
    type: str = "mod"
    tags: Sequence[str] = ("",)
    listed: bool = True
    published: bool = True
    dependencies: Mapping[str, str] = field(default_factory=dict)


def _alpha(version: str, game_versions: str, created: str, retraction: Retraction | None = None) -> _Made:
    changelog = f"<ul><li>What is new in {version}: less &amp; “more”</li></ul><script>alert('changelog')</script>"
    filename = f"alpha_{version}.zip" if retraction else f"The Alpha Mod {version} (signed).zip"
    return _Made(version, game_versions, created, filename=filename, retraction=retraction, changelog=changelog)


_HOSTILE_PAGE = (
    '<p>Hello "world" / path \\ back &amp; entity 🔥</p>'
    '<script>alert("page")</script><a href="javascript:alert(1)">link</a><img src=x onerror=alert(2)>'
)

_STORIES: tuple[_Story, ...] = (
    _Story(
        'Alpha Über – 灯籠 🔥 & "quoted" <b>',
        (
            _alpha("1.0.0", "1.19.7 1.19.8", "2025-06-01 10:00:00"),
            _alpha("1.1.0", "1.20.11 1.20.12", "2025-08-01 10:00:00"),
            _alpha("1.10.0", "1.21.0 1.21.1 1.21.5 1.21.6", "2025-12-01 10:00:00"),
            _alpha("2.0.0-rc.1", "1.21.7-rc.1", "2025-12-20 10:00:00"),
            _alpha("1.9.9", "1.20.12", "2026-09-05 12:00:00"),
            _alpha("1.10.1", "1.21.6", "2025-12-24 10:00:00", _WORLDS),
        ),
        identifier="alpha",
        tags=("QoL", "Tweak"),
        dependencies={"betalib": "1.0.0"},
    ),
    _Story(
        "betalib",
        (
            _Made("1.0.0", "1.20.0", "2025-10-06 00:00:00"),
            _Made("1.2.0-pre.2", created="2025-10-03 00:00:00"),
            _Made("1.2.0-rc.1", created="2025-10-02 00:00:00"),
            _Made("1.2.0-rc.10", created="2025-10-03 00:00:00"),
            _Made("1.2.0", created="2025-10-06 00:00:00"),
        ),
        identifier="betalib",
        tags=("Library",),
    ),
    _Story("clientonly", (_Made("1.0.0"),), identifier="clientonly", side="client"),
    _Story("serveronly", (_Made("1.0.0"),), identifier="serveronly", side="server", tags=("Utility",)),
    _Story(
        "alldead",
        (_Made("1.0.0", retraction=_MODERATED), _Made("1.1.0", retraction=_MODERATED)),
        identifier="alldead",
        listed=False,
    ),
    _Story("Two names", (_Made("1.0.0", identifier="multione"), _Made("3.0.0", "1.21.5", identifier="multitwo"))),
    _Story("sometool", (_Made("2.3.4", "", identifier=None, filename="sometool.zip"),), type="externaltool"),
    _Story("draftmod", (_Made("1.0.0"),), identifier="draftmod", listed=False, published=False),
    _Story("lockedmod", (_Made("1.0.0"),), identifier="lockedmod", listed=False, published=False),
    _Story("CamelCase", (_Made("1.0.0"), _Made("1.5.0")), identifier="CamelCase", tags=("Other",)),
    _Story("nofile", (_Made("1.0.0", filename=None),), identifier="nofile"),
    _Story("shared one", (_Made("1.0.0"),), identifier="sharedid"),
    _Story("shared two", (_Made("2.0.0"),), identifier="sharedid"),
    _Story("identifier like a number", (_Made("1.0.0"),), identifier="777"),
    _Story("singlecs", (_Made("1.0.0", filename="one file.cs", content="source"),), identifier="singlecs"),
    _Story("brokenzip", (_Made("1.0.0", content="broken"),), identifier="brokenzip"),
    _Story("noinfo", (_Made("1.0.0", content="noinfo"),), identifier="noinfo"),
    _Story("lenientinfo", (_Made("1.0.0", content="lenient"),), identifier="lenientinfo"),
    _Story("zipslip", (_Made("1.0.0", content="slip"),), identifier="zipslip"),
    _Story("bigmod", (_Made("1.0.0", content="big"),), identifier="bigmod"),
    _Story("gone404", (_Made("1.0.0", content="missing"),), identifier="gone404"),
    _Story("norelease", ()),
    _Story("wrapver", (_Made("70000.1.0"),), identifier="wrapver"),
    _Story("far file name", (_Made("1.0.0", filename="灯籠 Öfen + 100% & a#b.zip"),), identifier="unifile"),
    _Story("depcycle1", (_Made("1.0.0"),), identifier="depcycle1", dependencies={"depcycle2": "1.0.0"}),
    _Story("depcycle2", (_Made("1.0.0"),), identifier="depcycle2", dependencies={"depcycle1": "1.0.0"}),
    _Story("liarmod", (_Made("1.0.0", content="liar"),), identifier="liarmod"),
    _Story("otherversion", (_Made("1.0.0", content="otherversion"),), identifier="otherversion"),
    _Story("needsmissing", (_Made("1.0.0"),), identifier="needsmissing", dependencies={"nobodyknowsit": "1.0.0"}),
)


def _name(story: _Story, made: _Made) -> str:
    return made.identifier or story.identifier or story.name


def _modids() -> dict[str, int]:
    modids: dict[str, int] = {}
    for modid, story in enumerate(_STORIES, start=FIRST_MODID):
        for name in [_name(story, made) for made in story.releases] or [story.name]:
            modids.setdefault(name, modid)
    return modids


def _versions() -> dict[str, tuple[str, ...]]:
    dated = sorted(
        ((made.created, _name(story, made), made) for story in _STORIES for made in story.releases), key=lambda item: item[0]
    )
    return {
        name: tuple(_stored(made) for _, owner, made in dated if owner == name and made.retraction is None) for name in MODIDS
    }


def _stored(made: _Made) -> str:
    return unpack(pack(made.version) or 0)


# Number of the mod of each identifier (the oldest, where two share it), and of the two mods that have only a name.
MODIDS: Final[Mapping[str, int]] = _modids()

# The versions of each that are not retracted, oldest first by date.
VERSIONS: Final[Mapping[str, tuple[str, ...]]] = _versions()

RETRACTED: Final[Mapping[str, tuple[str, ...]]] = {"alpha": ("1.10.1",), "alldead": ("1.0.0", "1.1.0")}


def handmade_mods(cdn_url: str) -> list[Mod]:
    """The mods above, newest first."""
    return [_mod(FIRST_MODID + number, story, cdn_url) for number, story in reversed(tuple(enumerate(_STORIES)))]


def _mod(modid: int, story: _Story, cdn_url: str) -> Mod:
    place = modid - FIRST_MODID
    created = f"2026-09-02 {place // 2:02}:{place % 2 * 30:02}:00"
    releases = [_release(modid, number, made, story) for number, made in enumerate(story.releases, start=1)]
    famous = story.identifier == "alpha"
    identifiers = sorted({release.modidstr for release in releases if release.modidstr and release.retraction is None})
    logo = f"{cdn_url}/alpha+logo_5e1f0000000000000000000000000001.png" if famous else None
    row = {
        "modid": modid,
        "assetid": modid + 1_000_000,
        "downloads": 1234 if famous else 0,
        "follows": 5 if famous else 0,
        "trendingpoints": 7 if famous else 0,
        "comments": 40 if famous else 0,
        "name": story.name,
        "summary": "Sümmary & <i>x</i>" if famous else "",
        "modidstrs": identifiers,
        "author": AUTHOR,
        "urlalias": "alphatest" if famous else None,
        "side": story.side,
        "type": story.type,
        "logo": logo,
        "tags": list(story.tags),
        "lastreleased": "2026-09-05 12:00:00" if famous else created,
    }
    if not famous:
        return Mod(
            row,
            created,
            text="<p>by hand</p>",
            releases=releases,
            listed=story.listed,
            published=story.published,
            dependencies=story.dependencies,
        )
    return Mod(
        row,
        created,
        text=_HOSTILE_PAGE,
        releases=releases,
        links={
            "homepageurl": "https://example.org/",
            "sourcecodeurl": "https://example.org/source",
            "issuetrackerurl": "https://example.org/issues",
        },
        screenshots=_screenshots(modid, cdn_url),
        card_logo=f"{cdn_url}/alpha+card_5e1f0000000000000000000000000002.png",
        dependencies=story.dependencies,
    )


def _release(modid: int, number: int, made: _Made, story: _Story) -> Release:
    identifier = made.identifier if made.identifier != "" else story.identifier
    filename = made.filename if made.filename != "" else f"{identifier}_{made.version}.zip"
    return Release(
        releaseid=modid * IDS_PER_MOD + number,
        fileid=None if filename is None else modid * IDS_PER_MOD + number,
        filename=filename or "",
        modidstr=identifier,
        version=_stored(made),
        game_versions=tuple(made.game_versions.split()),
        created=made.created,
        downloads=100 if story.identifier == "alpha" else 0,
        changelog=made.changelog,
        retraction=made.retraction,
        content=made.content,
    )


def _screenshots(modid: int, cdn_url: str) -> list[dict[str, object]]:
    first = f"{cdn_url}/first+shot_5e1f0000000000000000000000000003"
    return [
        {
            "fileid": modid * IDS_PER_MOD + 40,
            "mainfile": f"{first}.png",
            "filename": "first shot.png",
            "thumbnailfilename": f"{first}_55_60.png",
            "created": "2026-09-01 10:00:00",
        },
        {
            "fileid": modid * IDS_PER_MOD + 41,
            "mainfile": f"{cdn_url}/second_5e1f0000000000000000000000000004.png",
            "filename": "second.png",
            "thumbnailfilename": None,
            "created": "2026-09-01 10:00:00",
        },
    ]
