"""Commands about people. None of them needs somebody to be on, but kick."""

from datetime import timedelta
from typing import TYPE_CHECKING

from vintagestory_sandbox.game.accounts import account_exists
from vintagestory_sandbox.game.clients import role_named

if TYPE_CHECKING:
    from vintagestory_sandbox.game.server import Server

_BY = "Admin"
_DAYS = {"minute": 1 / 1440, "hour": 1 / 24, "day": 1, "week": 7, "year": 365}
_HARD_YEARS = 1000


class Unable(ValueError):
    """Why a command is not done; the answer of the console."""


class PlayerCommands:
    """Whitelist, bans, kicks, roles."""

    def __init__(self, server: "Server") -> None:
        self._server = server

    def whitelist(self, rest: str) -> str:
        """`/whitelist add NAME [reason]`, `remove NAME`, `on`, `off`."""
        what, _, more = rest.partition(" ")
        name, _, reason = more.strip().partition(" ")
        match what:
            case "add":
                until = self._server.accounts.whitelist(_known(name), _BY, reason.strip() or None)
                return f"Player is now whitelisted until {until}"
            case "remove":
                removed = self._server.accounts.strike(self._server.accounts.whitelisted, _known(name))
                return "Player is now removed from the whitelist" if removed else "Player is not whitelisted"
            case "on" | "off":
                if "WhitelistMode" in self._server.config.values:
                    self._server.config.values["WhitelistMode"] = 2 if what == "on" else 1
                self._server.config.values["OnlyWhitelisted"] = what == "on"
                self._server.config.write()
                return f"Whitelist mode now {what}"
        raise Unable("Not a valid argument 1 (add, remove, on, off)")

    def kick(self, rest: str) -> str:
        """`/kick NAME [reason]`."""
        name, _, reason = rest.partition(" ")
        client = self._server.clients.find(_wanted(name))
        if client is None:
            raise Unable(f"No player with name '{name}' is online")
        self._server.clients.remove(client, f"You have been kicked by {_BY}. {reason.strip()}".rstrip())
        return "Player kicked"

    def ban(self, rest: str) -> str:
        """`/ban NAME amount unit reason`: nothing may be missing."""
        name, amount, unit, reason = _four(rest)
        days = _DAYS.get(unit.lower().removesuffix("s"))
        if not amount.isdecimal() or not int(amount) or days is None:
            raise Unable(
                f"Argument 2 (duration) is not valid: {amount} {unit}; it is a number and minute, hour, day, week or year"
            )
        try:
            duration = timedelta(days=min(int(amount) * days, 365 * _HARD_YEARS))
        except OverflowError:
            duration = timedelta(days=365 * _HARD_YEARS)
        return self._ban(name, None if reason == "-" else reason, duration)

    def hardban(self, rest: str) -> str:
        """`/hardban NAME amount unit reason`: for a thousand years, whatever was said."""
        name, _, _, reason = _four(rest)
        return self._ban(name, None if reason == "-" else reason, timedelta(days=365 * _HARD_YEARS))

    def unban(self, rest: str) -> str:
        """`/unban NAME`."""
        unbanned = self._server.accounts.strike(self._server.accounts.banned, _known(rest))
        return "Player is now unbanned" if unbanned else "Player is not banned"

    def op(self, rest: str) -> str:
        """`/op NAME`."""
        return self._give_role(_known(rest), "admin")

    def player(self, rest: str) -> str:
        """`/player NAME whitelist [on|off]`, `role [code]`, `privilege grant|revoke CODE`."""
        parts = rest.split()
        if len(parts) < 2:
            raise Unable("Argument 2 is missing")
        name, what, *values = parts
        match what, values:
            case "whitelist", []:
                on = self._server.accounts.is_on(self._server.accounts.whitelisted, _known(name))
                return f"Player is currently {'whitelisted' if on else 'not whitelisted'}"
            case "whitelist", ["on" | "off" as value, *_]:
                return self.whitelist(f"{'add' if value == 'on' else 'remove'} {name}")
            case "role", []:
                return f"Player has role {self._role_of(name)}"
            case "role", [code, *_]:
                return self._give_role(_known(name), code)
            case "privilege", ["grant" | "revoke" as value, code, *_]:
                return self._change_privilege(_known(name), code, grant=value == "grant")
        raise Unable("Not a valid argument 2 (whitelist, role, privilege)")

    def _ban(self, name: str, reason: str | None, duration: timedelta) -> str:
        until = self._server.accounts.ban(name, _BY, reason, duration)
        client = self._server.clients.find(name)
        if client is not None:
            self._server.clients.remove(client, f"You have been banned by {_BY} until {until}. {reason or ''}".rstrip())
        return f"Player is now banned until {until}"

    def _give_role(self, name: str, code: str) -> str:
        role = role_named(self._server.config, code)
        if role is None:
            raise Unable(f"No role '{code}' exists")
        self._server.accounts.set_role(name, role["Code"])
        self._server.log.write("Audit", f"Server Console/Admin assigned {name} the role {role['Name']}.")
        return f"Ok, role {role['Name']} assigned to {name}"

    def _role_of(self, name: str) -> str:
        known = self._server.accounts.find(_known(name))
        return str(known["RoleCode"] if known else self._server.config["DefaultRoleCode"])

    def _change_privilege(self, name: str, code: str, *, grant: bool) -> str:
        self._server.accounts.set_role(name, self._role_of(name))
        known = self._server.accounts.find(name) or {}
        privileges = [other for other in known.get("PermaPrivileges", []) if other != code]
        known["PermaPrivileges"] = [*privileges, code] if grant else privileges
        return f"Ok, privilege {code} {'granted to' if grant else 'revoked from'} {name}"


def _wanted(name: str) -> str:
    if not name:
        raise Unable("Argument 1 (player) is missing")
    return name


def _known(name: str) -> str:
    """A name that the account server knows."""
    if not account_exists(_wanted(name)):
        raise Unable(f"No player with name '{name}' exists")
    return name


def _four(rest: str) -> tuple[str, str, str, str]:
    parts = rest.split(maxsplit=3)
    if len(parts) < 4:
        raise Unable(f"Argument {len(parts) + 1} is missing: /ban <player> <amount> <unit> <reason>")
    name, amount, unit, reason = parts
    return _known(name), amount, unit, reason
