"""The roles of a new serverconfig.json."""

from typing import Any

_GROUPS = ("controlplayergroups", "manageplayergroups", "chat")
_FIGHT = ("attackcreatures", "attackplayers", "selfkill")
_WORK = ("build", "useblock")
_CREATIVE = ("gamemode", "freemove")
_EVERYWHERE = ("buildblockseverywhere", "useblockseverywhere")
_MOD_GROUPS = ("controlplayergroups", "manageplayergroups", "manageotherplayergroups", "chat", "areamodify")
_ALL = (
    *_WORK,
    *_EVERYWHERE,
    "attackplayers",
    "attackcreatures",
    "freemove",
    "gamemode",
    "pickingrange",
    "chat",
    "kick",
    "ban",
    "whitelist",
    "setwelcome",
    "announce",
    "readlists",
    "give",
    "areamodify",
    "setspawn",
    "controlserver",
    "tp",
    "time",
    "grantrevoke",
    "root",
    "commandplayer",
    "controlplayergroups",
    "manageplayergroups",
    "selfkill",
    "manageotherplayergroups",
    "worldedit",
)


def default_roles() -> list[dict[str, Any]]:
    """Roles from the least to the most powerful."""
    return [
        _role("suvisitor", -1, "Survival Visitor", ("chat",), 1, "Green", 0, 3),
        _role("crvisitor", -1, "Creative Visitor", ("chat",), 2, "DarkGray", 0, 3),
        _role("limitedsuplayer", -1, "Limited Survival Player", (*_GROUPS, *_WORK, *_FIGHT), 1, "White", 0, 3),
        _role("limitedcrplayer", -1, "Limited Creative Player", (*_GROUPS, *_WORK, *_CREATIVE, *_FIGHT), 2, "LightGreen", 0, 3),
        _role("suplayer", 0, "Survival Player", (*_GROUPS, "areamodify", *_WORK, *_FIGHT), 1, "White", 262144, 3),
        _role(
            "crplayer", 100, "Creative Player", (*_GROUPS, "areamodify", *_WORK, *_CREATIVE, *_FIGHT), 2, "LightGreen", 1310720, 6
        ),
        _role(
            "sumod",
            200,
            "Survival Moderator",
            (*_MOD_GROUPS, *_WORK, *_EVERYWHERE, "kick", "ban", "announce", "readlists", *_FIGHT),
            1,
            "Cyan",
            1310720,
            60,
        ),
        _role(
            "crmod",
            500,
            "Creative Moderator",
            (
                *_MOD_GROUPS,
                *_WORK,
                *_EVERYWHERE,
                "kick",
                "ban",
                *_CREATIVE,
                "commandplayer",
                "announce",
                "readlists",
                *_FIGHT,
            ),
            2,
            "Cyan",
            1310720,
            60,
        ),
        _role("admin", 99999, "Admin", _ALL, 1, "LightBlue", 2147483647, 99999),
    ]


def _role(
    code: str, level: int, name: str, privileges: tuple[str, ...], mode: int, color: str, allowance: int, areas: int
) -> dict[str, Any]:
    return {
        "Code": code,
        "PrivilegeLevel": level,
        "Name": name,
        "Description": f"{name} of a new server",
        "DefaultSpawn": None,
        "ForcedSpawn": None,
        "Privileges": list(privileges),
        "RuntimePrivileges": [],
        "DefaultGameMode": mode,
        "Color": color,
        "LandClaimAllowance": allowance,
        "LandClaimMinSize": {"X": 5, "Y": 5, "Z": 5},
        "LandClaimMaxAreas": areas,
        "AutoGrant": code == "admin",
    }
