"""What a mod says of itself in its `modinfo.json`, read as kindly as the game reads it.

Authors write this file by hand: with comments, with keys in any letter case, with versions that are none. It is outside input, so
whatever is in it, the reader gives a `ModInfo` or a `Problem`, and never raises.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from vintagestory_api.kit.relaxed_json import NotRelaxedJson, parse_relaxed
from vintagestory_api.server_mods.schemas import ModSide

ModType = Literal["theme", "content", "code"]
#: Real ones have a few hundred bytes.
MAX_MODINFO_BYTES: Final = 256 * 1024
#: Ids that are the game itself; as dependencies they stand for its version.
BUILTIN_MODS: Final = frozenset({"game", "creative", "survival"})

_TYPES: Final[tuple[ModType, ...]] = ("theme", "content", "code")
_SIDES: Final[dict[str, ModSide]] = {"universal": "both", "both": "both", "server": "server", "client": "client"}
#: The game's own numbers of the sides.
_SIDE_NUMBERS: Final[dict[int, ModSide]] = {1: "server", 2: "client", 3: "both"}
_GOOD_ID = re.compile(r"[a-z][a-z0-9]*", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]+")
_CONTROL_IN_TEXT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]+")
_MAX_ID, _MAX_VERSION, _MAX_NAME, _MAX_LINK, _MAX_TEXT = 100, 60, 200, 500, 4_000
_MAX_PEOPLE, _MAX_DEPENDENCIES = 100, 500


@dataclass(frozen=True)
class Problem:
    """Why a file of a mod can't be used or read, as a value. `message` is for people; `code` for programs:

    not_a_mod, not_readable, bad_name, link, too_big, not_zip, damaged, encrypted, unsafe_name, bomb, duplicate_names, no_modinfo,
    modinfo_in_folder, bad_modinfo, no_modid.
    """

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Dependency:
    """`version` is the lowest one wanted, as it was written; None for any."""

    modid: str
    version: str | None = None


@dataclass(frozen=True, slots=True)
class ModInfo:
    """`modid` is spelled as its author did: compare with `mod_key`. `version` is the raw text, "" where none is given; what has
    no place in the order of versions ("vNext", "{version}") is kept as it is. `doubts`: what was read although it isn't right,
    in words.
    """

    modid: str
    name: str | None
    version: str
    type: ModType | None = None
    side: ModSide = "both"
    required_on_client: bool = True
    required_on_server: bool = True
    description: str | None = None
    website: str | None = None
    authors: tuple[str, ...] = ()
    contributors: tuple[str, ...] = ()
    network_version: str | None = None
    dependencies: tuple[Dependency, ...] = ()
    doubts: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return mod_key(self.modid)

    @property
    def game_version(self) -> str | None:
        """The lowest version of the game that it wants, as it was written."""
        return lowest_game_version(self.dependencies)


def mod_key(modid: str) -> str:
    """What two spellings of one mod's id have in common."""
    return modid.strip().casefold()


def lowest_game_version(dependencies: tuple[Dependency, ...]) -> str | None:
    """What the game must be at least, as it was written; None where nothing is said."""
    wanted = {mod_key(one.modid): one.version for one in dependencies}
    return wanted.get("game") or wanted.get("survival") or wanted.get("creative")


def derived_modid(name: str) -> str:
    """The id that the game makes up from a name: its small ASCII letters and digits."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def any_version(text: str | None) -> str | None:
    """None where a dependency takes every version."""
    version = _line(text, _MAX_VERSION) if text is not None else ""
    return None if version in {"", "*"} else version


def read_modinfo(data: bytes) -> ModInfo | Problem:
    """Never raises."""
    if len(data) > MAX_MODINFO_BYTES:
        return Problem("bad_modinfo", f"Its modinfo.json is larger than {MAX_MODINFO_BYTES // 1024} kB.")
    try:
        found = parse_relaxed(_as_utf8(data))
    except NotRelaxedJson as error:
        return Problem("bad_modinfo", f"Its modinfo.json can't be read: {_line(error, 200)}.")
    if not isinstance(found, dict):
        return Problem("bad_modinfo", "Its modinfo.json is not that of a mod: it holds no object.")
    return modinfo_of({str(name).casefold(): value for name, value in found.items()})


def modinfo_of(fields: Mapping[str, Any]) -> ModInfo | Problem:
    """`fields` as in a modinfo.json, their names in small letters. Never raises."""
    doubts: list[str] = []
    name = _text(fields.get("name"), _MAX_NAME)
    modid = _text(fields.get("modid"), _MAX_ID) or derived_modid(name or "")[:_MAX_ID]
    if not modid:
        return Problem("no_modid", "Its modinfo.json gives neither an id nor a name to make one from.")
    if name is None:
        doubts.append("It has no name, which the game demands.")
    if _GOOD_ID.fullmatch(modid) is None:
        doubts.append(f"Its id “{modid}” is not only of small letters and digits.")
    return ModInfo(
        modid=modid,
        name=name,
        version=_text(fields.get("version"), _MAX_VERSION) or "",
        type=_type(fields.get("type"), doubts),
        side=_side(fields.get("side"), doubts),
        required_on_client=_yes(fields.get("requiredonclient")),
        required_on_server=_yes(fields.get("requiredonserver")),
        description=_paragraphs(fields.get("description")),
        website=_text(fields.get("website"), _MAX_LINK),
        authors=_people(fields.get("authors")),
        contributors=_people(fields.get("contributors")),
        network_version=_text(fields.get("networkversion"), _MAX_VERSION),
        dependencies=_dependencies(fields.get("dependencies"), doubts),
        doubts=tuple(doubts),
    )


def _as_utf8(data: bytes) -> bytes:
    """The game's reader knows texts in UTF-16 by their mark, and puts a replacement for what is no UTF-8."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace").encode("utf-8", "replace")
    try:
        data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("utf-8-sig", "replace").encode()
    return data


def _line(value: object, longest: int) -> str:
    return _CONTROL.sub(" ", str(value)[: longest * 4]).strip()[:longest].strip()


def _text(value: Any, longest: int) -> str | None:
    """None for what is no text; the game takes a number for one, too."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        return _line(value, longest) or None
    except ValueError:  # a number too long to be written
        return None


def _paragraphs(value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    return _CONTROL_IN_TEXT.sub(" ", value[:_MAX_TEXT].replace("\r\n", "\n")).strip() or None


def _yes(value: Any) -> bool:
    if isinstance(value, str):
        return value.strip().casefold() != "false"
    return value is None or bool(value)


def _type(value: Any, doubts: list[str]) -> ModType | None:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(_TYPES):
        return _TYPES[value]
    text = (_text(value, _MAX_ID) or "").casefold()
    for known in _TYPES:
        if text in {known, str(_TYPES.index(known))}:
            return known
    doubts.append("It doesn't say whether it is of type theme, content or code, which the game demands.")
    return None


def _side(value: Any, doubts: list[str]) -> ModSide:
    if value is None:
        return "both"
    if isinstance(value, int) and value in _SIDE_NUMBERS:
        return _SIDE_NUMBERS[value]
    side = _SIDES.get((_text(value, _MAX_ID) or "").casefold())
    if side is None:
        doubts.append("Its side is none of Universal, Server and Client.")
    return side or "both"


def _people(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        return ()
    names = (_text(one, _MAX_NAME) for one in value[:_MAX_PEOPLE])
    return tuple(name for name in names if name)


def _dependencies(value: Any, doubts: list[str]) -> tuple[Dependency, ...]:
    if value is None:
        return ()
    if not isinstance(value, dict):
        doubts.append("Its dependencies are not written as an object.")
        return ()
    if len(value) > _MAX_DEPENDENCIES:
        doubts.append(f"Only the first {_MAX_DEPENDENCIES} of its dependencies are looked at.")
    found: dict[str, Dependency] = {}
    for name, version in list(value.items())[:_MAX_DEPENDENCIES]:
        modid = _line(name, _MAX_ID)
        if modid:
            found[mod_key(modid)] = Dependency(modid, any_version(_text(version, _MAX_VERSION)))
    return tuple(found.values())
