"""What a pasted link or id says about which mod is meant. Pure; `ModCatalog.find_pointed` looks it up."""

import re
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

HOSTS: Final = frozenset({"mods.vintagestory.at", "www.mods.vintagestory.at"})
INSTALL_SCHEME: Final = "vintagestorymodinstall"
MAX_CHARACTERS: Final = 500

#: asset: the number in the address of a mod's page; alias: its name there; mod: a number or an id in the mod database.
Kind = Literal["asset", "alias", "mod"]

_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}", re.ASCII)
_VERSION = re.compile(r"[^\s@/]{1,60}")
_NUMBER = re.compile(r"[0-9]{1,15}", re.ASCII)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:", re.ASCII)
#: Pages of the site that are of no mod.
_OTHER_PAGES: Final = frozenset(
    {
        "accountsettings",
        "api",
        "download",
        "edit",
        "home",
        "list",
        "login",
        "logout",
        "moderate",
        "notifications",
        "show",
        "terms",
    }
)


@dataclass(frozen=True, slots=True)
class Pointer:
    """`value` is a number, an alias or an id, as it was written; `version` where one was named."""

    kind: Kind
    value: str
    version: str | None = None


def read_pointer(text: str) -> Pointer | None:
    """A link to a mod, or an id with or without a version; None for anything else."""
    return read_link(text) or _id(text.strip())


def read_link(text: str) -> Pointer | None:
    """Only a link: the address of a mod's page, or one for the game's own installer."""
    text = text.strip().strip("<>").strip()
    if not text or len(text) > MAX_CHARACTERS or not text.isprintable() or " " in text:
        return None
    if text.lower().startswith(f"{INSTALL_SCHEME}:"):
        return _id(unquote(text.partition(":")[2]).strip("/"))
    host = text.partition("/")[0].lower()
    if _SCHEME.match(text) is None:
        if host not in HOSTS:
            return None
        text = f"https://{text}"
    try:
        address = urlsplit(text)
        is_of_the_site = address.scheme in {"http", "https"} and (address.hostname or "") in HOSTS
    except ValueError:
        return None
    return _page(address) if is_of_the_site else None


def _page(address: SplitResult) -> Pointer | None:
    """`/show/mod/123`, `/mod/123`, `/edit/mod?assetid=123`, `/api/mod/x`, `/alias`."""
    parts = [unquote(part) for part in address.path.split("/") if part]
    if parts[:2] == ["api", "mod"] and len(parts) == 3:
        return _id(parts[2])
    if parts[:1] in (["show"], ["edit"]):
        del parts[0]
    if parts[:1] == ["mod"]:
        name = parts[1] if len(parts) > 1 else parse_qs(address.query).get("assetid", [""])[-1]
        if _NUMBER.fullmatch(name):
            return Pointer("asset", name)
        return Pointer("alias", name) if name else None
    if len(parts) != 1 or parts[0].lower() in _OTHER_PAGES:
        return None
    return Pointer("alias", parts[0])


def _id(text: str) -> Pointer | None:
    modid, at, version = text.partition("@")
    version = version.strip()
    if _ID.fullmatch(modid) is None or (at and _VERSION.fullmatch(version) is None):
        return None
    return Pointer("mod", modid, version or None)
