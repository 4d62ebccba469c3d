"""What is wished of one mod, from all the wishes about it, in whatever order they came."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from vintagestory_api.server_mods.choice import version_of
from vintagestory_api.server_mods.modinfo import mod_key
from vintagestory_api.server_mods.plan import Offer, Wish

_CONTRADICTIONS: Final = (
    ({"remove"}, {"install", "update", "enable", "disable", "pin", "hold"}),
    ({"enable", "install"}, {"disable"}),
    ({"pin"}, {"unpin"}),
    ({"hold"}, {"release"}),
)
#: What a hold does not forbid.
_ALWAYS_ALLOWED: Final = frozenset({"hold", "release"})


@dataclass(slots=True)
class Wanted:
    """`by_name`: somebody named it; else it is only one of all that are to be updated."""

    modid: str
    actions: set[str] = field(default_factory=set)
    versions: dict[str, str] = field(default_factory=dict)
    sha256s: set[str] = field(default_factory=set)
    by_name: bool = False

    @property
    def version(self) -> str | None:
        return min(self.versions.values(), default=None)

    @property
    def sha256(self) -> str | None:
        return min(self.sha256s, default=None)

    @property
    def contradicts_itself(self) -> bool:
        if len(self.versions) > 1 or len(self.sha256s) > 1 or (self.versions and self.sha256s):
            return True
        return any(self.actions & one and self.actions & other for one, other in _CONTRADICTIONS)

    @property
    def touches(self) -> bool:
        """It wants more than to hold it or to release it."""
        return bool(self.actions - _ALWAYS_ALLOWED)

    @property
    def is_only_an_update(self) -> bool:
        return self.actions - _ALWAYS_ALLOWED == {"update"} and self.version is None


def gather(wishes: Iterable[Wish], present: Mapping[str, str], offers: Collection[Offer]) -> tuple[dict[str, Wanted], list[Wish]]:
    """By key, and those wishes for uploaded files that no offer knows.

    `present`: key and id of the mods that "all" means, also of disabled ones.
    """
    wanted: dict[str, Wanted] = {}
    lost: list[Wish] = []
    update_all = False
    for wish in sorted(wishes, key=_order):
        modid = wish.modid or _modid_of_upload(wish.sha256, offers)
        if modid is None and wish.sha256 is not None:
            lost.append(wish)
        elif modid is None:
            update_all = update_all or wish.action == "update"
        else:
            _add(wanted.setdefault(mod_key(modid), Wanted(modid.strip())), wish)
    if update_all:
        for key, modid in present.items():
            one = wanted.setdefault(key, Wanted(modid))
            if not one.actions & {"remove", "install"}:
                one.actions.add("update")
    return wanted, lost


def _add(one: Wanted, wish: Wish) -> None:
    one.actions.add(wish.action)
    one.by_name = True
    if wish.action not in {"install", "update"}:
        return
    if wish.sha256 is not None:
        one.sha256s.add(wish.sha256)
    elif wish.version is not None:
        placed = version_of(wish.version)
        one.versions.setdefault(repr(placed) if placed else wish.version.strip().casefold(), wish.version.strip())


def _modid_of_upload(sha256: str | None, offers: Collection[Offer]) -> str | None:
    if sha256 is None:
        return None
    return min((offer.modid for offer in offers if any(one.sha256 == sha256 for one in offer.releases)), default=None)


def _order(wish: Wish) -> tuple[str, ...]:
    return (wish.modid or "", wish.action, wish.version or "", wish.sha256 or "")
