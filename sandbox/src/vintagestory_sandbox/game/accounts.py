"""The files in Playerdata/: who has played, who may, who may not."""

import binascii
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from vintagestory_sandbox.game.config import write_json
from vintagestory_sandbox.game.edition import Edition
from vintagestory_sandbox.game.relaxed_json import parse

_NAME = re.compile(r"(\w|-){1,16}")
_FOR_EVER_YEARS = 50
_NOBODY = "nobody"


class BadPlayerFile(ValueError):
    """One of the files can't be read; the server does not start."""


def is_name(name: str) -> bool:
    """Whether a player can be called so."""
    return _NAME.fullmatch(name) is not None


def uid_of(name: str) -> str:
    """The identifier that the account server has for a name: 24 characters, the same every time."""
    return binascii.b2a_base64(Random(f"uid:{name.lower()}").randbytes(18), newline=False).decode()


def account_exists(name: str) -> bool:
    """Whether the account server knows a name; it knows all but those that begin with "nobody"."""
    return is_name(name) and not name.lower().startswith(_NOBODY)


class Accounts:
    """Players by their identifiers. Kept in memory and written when something has changed, as the game does."""

    def __init__(self, folder: Path, edition: Edition) -> None:
        self._folder = folder
        self._edition = edition
        self.players = self._read("playerdata.json")
        self.whitelisted = self._read("playerswhitelisted.json")
        self.banned = self._read("playersbanned.json")
        self._groups = self._read("playergroups.json")
        self._dirty = False

    def whitelist(self, name: str, by: str, reason: str | None = None) -> str:
        """Put a name on the whitelist. Returns until when."""
        return self._enter(self.whitelisted, name, by, reason, timedelta(days=365 * _FOR_EVER_YEARS))

    def ban(self, name: str, by: str, reason: str | None, duration: timedelta) -> str:
        """Put a name on the list of the banned. Returns until when."""
        return self._enter(self.banned, name, by, reason, duration)

    def strike(self, entries: list[dict[str, Any]], name: str) -> bool:
        """Take a name off a list. Tells whether it was there."""
        left = [entry for entry in entries if entry.get("PlayerUID") != uid_of(name)]
        found = len(left) < len(entries)
        entries[:] = left
        self._dirty |= found
        return found

    def is_on(self, entries: Iterable[dict[str, Any]], name: str) -> bool:
        """Whether a name is on a list, and the entry still holds."""
        now = datetime.now(UTC)
        return any(entry.get("PlayerUID") == uid_of(name) and _until(entry) > now for entry in entries)

    def joined(self, name: str, role: str) -> None:
        """Remember that somebody has come."""
        found = self.find(name)
        now = datetime.now(UTC)
        shown = now.isoformat(timespec="seconds") if self._edition.line >= (1, 22) else now.strftime("%m/%d/%Y %H:%M")
        if found is None:
            found = self._new(name, role)
            found["FirstJoinDate"] = shown
            self.players.append(found)
        found["LastKnownPlayername"] = name
        found["LastJoinDate"] = shown
        self._dirty = True

    def find(self, name: str) -> dict[str, Any] | None:
        """What is known about somebody who has been here, or whose role was set."""
        return next((entry for entry in self.players if entry.get("PlayerUID") == uid_of(name)), None)

    def set_role(self, name: str, role: str) -> None:
        """Give somebody a role, also when they have never been here."""
        found = self.find(name)
        if found is None:
            found = self._new(name, role)
            self.players.append(found)
        found["RoleCode"] = role
        self._dirty = True

    def write(self) -> None:
        """Write the files, if anything has changed."""
        if self._dirty:
            self.write_all()

    def write_all(self) -> None:
        """Write the files."""
        self._dirty = False
        files = {
            "playerdata": self.players,
            "playerswhitelisted": self.whitelisted,
            "playersbanned": self.banned,
            "playergroups": self._groups,
        }
        for name, entries in files.items():
            write_json(self._folder / f"{name}.json", entries)

    def _enter(self, entries: list[dict[str, Any]], name: str, by: str, reason: str | None, duration: timedelta) -> str:
        self.strike(entries, name)
        until = (datetime.now(UTC) + duration).isoformat(timespec="microseconds").replace("+00:00", "9+00:00")
        entries.append(
            {"PlayerUID": uid_of(name), "PlayerName": name, "UntilDate": until, "Reason": reason, "IssuedByPlayerName": by}
        )
        self._dirty = True
        return until

    def _new(self, name: str, role: str) -> dict[str, Any]:
        return {
            "PlayerUID": uid_of(name),
            "RoleCode": role,
            "PermaPrivileges": [],
            "DeniedPrivileges": [],
            "PlayerGroupMemberShips": {},
            "AllowInvite": True,
            "LastKnownPlayername": name,
            "CustomPlayerData": {},
            "ExtraLandClaimAllowance": 0,
            "ExtraLandClaimAreas": 0,
            "FirstJoinDate": None,
            "LastJoinDate": None,
            "LastCharacterSelectionDate": None,
        }

    def _read(self, name: str) -> list[dict[str, Any]]:
        path = self._folder / name
        if not path.exists():
            return []
        try:
            found = parse(path.read_text(encoding="utf-8-sig"))
        except (OSError, ValueError) as error:
            raise BadPlayerFile(f"{name}: {error}") from None
        if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
            raise BadPlayerFile(f"{name}: a list is wanted")
        return found


def _until(entry: dict[str, Any]) -> datetime:
    try:
        return datetime.fromisoformat(str(entry.get("UntilDate")))
    except ValueError:
        return datetime.max.replace(tzinfo=UTC)
