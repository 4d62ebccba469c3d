"""What a copy of the manager says of itself, in its first member."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from vintagestory_api.errors import Invalid

NAME: Final = "manifest.json"
DATABASE: Final = "vsmanager.db"
SETTINGS: Final = "api-settings.json"
SECRETS: Final = "secrets.json"
#: What may be in a copy, in the order in which it is packed; the database last, as it is put back last.
MEMBERS: Final = (SETTINGS, SECRETS, DATABASE)
MAX_BYTES: Final = 100_000

_FORMAT: Final = "vsmanager-manager-copy"
_VERSION: Final = 1


class CopyUnusable(Invalid):
    """The file is no copy of a manager, or a damaged one."""

    code = "manager_copy_unusable"


@dataclass(frozen=True)
class Member:
    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """`made_at` as RFC 3339; `program`: the version that made it; `revision`: of its database."""

    made_at: str
    program: str
    revision: str
    members: Mapping[str, Member]

    @property
    def has_secrets(self) -> bool:
        return SECRETS in self.members

    def packed(self) -> bytes:
        members = {name: asdict(member) for name, member in self.members.items()}
        told = {"format": _FORMAT, "version": _VERSION, "made_at": self.made_at, "program": self.program}
        return json.dumps({**told, "revision": self.revision, "members": members}, indent=2).encode()


def read_manifest(content: bytes) -> Manifest:
    """Raises `CopyUnusable`."""
    try:
        told: dict[str, Any] = json.loads(content)
        if told["format"] != _FORMAT:
            raise ValueError("it is something else")
        if told["version"] != _VERSION:
            raise CopyUnusable("This copy was made by a newer version of the manager. Install that version to restore it.")
        members = {name: Member(int(one["size"]), str(one["sha256"])) for name, one in told["members"].items()}
        manifest = Manifest(str(told["made_at"]), str(told["program"]), str(told["revision"]), members)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CopyUnusable("This file is no copy of a manager, or it is damaged. Nothing was changed.") from error
    if DATABASE not in members or not set(members) <= set(MEMBERS) or any(one.size < 0 for one in members.values()):
        raise CopyUnusable("This file is no copy of a manager: it holds other files. Nothing was changed.")
    return manifest
