"""The roles of players in the game, edited one by one, without losing what only the game knows of them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import ValidationError

from vintagestory_api.errors import Conflict
from vintagestory_api.server_config.checking import refused
from vintagestory_api.server_config.differences import roles_by_code
from vintagestory_api.server_config.schemas import GameRole, LandClaimSize, Privilege
from vintagestory_api.servers.configuration_file import get_setting, name_in

ADMIN: Final = "admin"
#: What a game has that nobody has changed yet.
FIRST_ROLES: Final = frozenset(
    {"suvisitor", "crvisitor", "limitedsuplayer", "limitedcrplayer", "suplayer", "crplayer", "sumod", "crmod", ADMIN}
)
_MAX_ROLES = 100
_SIZES = (("x", "X"), ("y", "Y"), ("z", "Z"))
#: Of our schema → of the file.
_NAMES: Final = {
    "code": "Code",
    "privilege_level": "PrivilegeLevel",
    "name": "Name",
    "description": "Description",
    "privileges": "Privileges",
    "default_game_mode": "DefaultGameMode",
    "color": "Color",
    "land_claim_allowance": "LandClaimAllowance",
    "land_claim_max_areas": "LandClaimMaxAreas",
    "auto_grant": "AutoGrant",
}
_NEW_ROLE: Final[dict[str, Any]] = {
    "Code": "",
    "PrivilegeLevel": 0,
    "Name": "",
    "Description": "",
    "DefaultSpawn": None,
    "ForcedSpawn": None,
    "Privileges": [],
    "RuntimePrivileges": [],
    "DefaultGameMode": 1,
    "Color": "White",
    "LandClaimAllowance": 0,
    "LandClaimMinSize": {"X": 5, "Y": 5, "Z": 5},
    "LandClaimMaxAreas": 3,
    "AutoGrant": False,
}
_PRIVILEGES: Final = {
    "build": "Place and break blocks where it is allowed",
    "useblock": "Use blocks: doors, chests and the like",
    "buildblockseverywhere": "Place and break blocks also on land that others have claimed",
    "useblockseverywhere": "Use blocks also on land that others have claimed",
    "attackplayers": "Hurt players",
    "attackcreatures": "Hurt creatures",
    "freemove": "Fly and move freely",
    "gamemode": "Change the game mode",
    "pickingrange": "Change how far one can reach",
    "chat": "Write in the chat",
    "selfkill": "Kill oneself",
    "kick": "Kick players",
    "ban": "Ban players",
    "whitelist": "Change the whitelist",
    "setwelcome": "Change the welcome message",
    "announce": "Announce to everybody",
    "readlists": "Read lists: players, bans, roles",
    "give": "Give things",
    "areamodify": "Claim land",
    "setspawn": "Set where players begin",
    "controlserver": "Control the server: settings, stop, saves",
    "tp": "Teleport",
    "time": "Change the time",
    "grantrevoke": "Give and take privileges and roles",
    "root": "Everything that needs the owner of the server",
    "commandplayer": "Use commands on other players",
    "controlplayergroups": "Join and leave chat groups",
    "manageplayergroups": "Make and manage own chat groups",
    "manageotherplayergroups": "Manage the chat groups of others",
    "worldedit": "Edit the world with WorldEdit",
}


class RoleInUse(Conflict):
    """`roles` of the answer: how many players have each that would be gone."""

    code = "role_in_use"


def known_privileges() -> list[Privilege]:
    return [Privilege(code=code, text=text) for code, text in _PRIVILEGES.items()]


def read_roles(found: Any) -> tuple[list[GameRole], str | None]:
    """The roles, or why they can't be edited here."""
    if not isinstance(found, list) or not found:
        return [], "The file holds no list of roles. The game writes one at its next start, or mend the text of the file."
    if len(found) > _MAX_ROLES:
        return [], "The file holds more roles than can be edited here."
    if roles_by_code(found) is None:
        return [], "Some of the roles have no code, or the same one. Mend the text of the file."
    roles = []
    for role in found:
        try:
            roles.append(_read(role))
        except (ValidationError, TypeError, ValueError):
            code = str(role.get("Code"))[:40]
            return [], f"The role {code!r} has values that no role has. Mend the text of the file."
    return roles, None


def _read(role: dict[str, Any]) -> GameRole:
    values = {ours: get_setting(role, (theirs,)) for ours, theirs in _NAMES.items()}
    size = get_setting(role, ("LandClaimMinSize",))
    least = None
    if isinstance(size, dict):
        least = LandClaimSize.model_validate({ours: get_setting(size, (theirs,)) for ours, theirs in _SIZES})
    values["name"] = values["name"] or values["code"]
    values["privileges"] = values["privileges"] or []
    values["privilege_level"] = values["privilege_level"] or 0
    values["land_claim_allowance"] = values["land_claim_allowance"] or 0
    values["land_claim_max_areas"] = values["land_claim_max_areas"] or 0
    values["auto_grant"] = bool(values["auto_grant"])
    return GameRole.model_validate({**values, "land_claim_min_size": least})


def written_roles(present: Any, wanted: Sequence[GameRole]) -> list[dict[str, Any]]:
    """As the file has them: what is not ours of a role that is there stays, in its place."""
    before = roles_by_code(present) or {}
    return [_written(before.get(role.code), role) for role in wanted]


def _written(before: dict[str, Any] | None, role: GameRole) -> dict[str, Any]:
    """Only what is another than it was read is touched."""
    written = dict(before) if before is not None else {**_NEW_ROLE, "Code": role.code}
    seen = _read(written | {name_in(written, "Name"): get_setting(written, ("Name",)) or role.code})
    for ours, theirs in _NAMES.items():
        value = getattr(role, ours)
        if value is not None and value != getattr(seen, ours):
            written[name_in(written, theirs)] = value
    size = role.land_claim_min_size
    if size is not None and size != seen.land_claim_min_size:
        key = name_in(written, "LandClaimMinSize")
        kept = dict(written[key]) if isinstance(written.get(key), dict) else {}
        written[key] = kept | {name_in(kept, theirs): getattr(size, ours) for ours, theirs in _SIZES}
    return written


def problems_of(roles: Sequence[GameRole], default_role: str) -> list[str]:
    """What keeps a game from having them, as ends of sentences about the roles."""
    codes = [role.code for role in roles]
    problems = []
    if len({code.lower() for code in codes}) != len(codes):
        problems.append("have to have a code of their own each")
    if default_role not in codes:
        problems.append(f"have to include {default_role!r}, which new players get")
    admin = next((role for role in roles if role.code == ADMIN), None)
    if admin is None or not admin.auto_grant:
        problems.append(f"have to include {ADMIN!r} with every privilege, or nobody in the game could control it")
    return problems


def see_that_they_can_be(roles: Sequence[GameRole], default_role: str, players: Mapping[str, int], present: Any) -> None:
    """Raises `SettingsInvalid`, `RoleInUse`."""
    if problems := problems_of(roles, default_role):
        raise refused("serverconfig", [(("Roles",), problem) for problem in problems])
    lower = {role.code.lower() for role in roles}
    gone = {code: players[code] for code in roles_by_code(present) or {} if code.lower() not in lower and players.get(code, 0)}
    if gone:
        words = ", ".join(f"{code} ({count} {'player' if count == 1 else 'players'})" for code, count in gone.items())
        raise RoleInUse(
            f"These roles are still given to players: {words}. Give those players other roles first. Nothing was changed.",
            roles=gone,
        )
