"""`/serverconfig` and `/worldconfig`."""

from typing import TYPE_CHECKING, Any, Final

from vintagestory_sandbox.game.player_commands import Unable

if TYPE_CHECKING:
    from vintagestory_sandbox.game.server import Server

# What can be changed while the server runs, and the field it is.
_FIELDS: Final = {
    "advertise": "AdvertiseServer",
    "allowfallingblocks": "AllowFallingBlocks",
    "allowfirespread": "AllowFireSpread",
    "allowpvp": "AllowPvP",
    "blockticks": "RandomBlockTicksPerChunk",
    "description": "ServerDescription",
    "entitydebugmode": "EntityDebugMode",
    "loginfloodprotection": "LoginFloodProtection",
    "maxchunkradius": "MaxChunkRadius",
    "maxclients": "MaxClients",
    "maxclientsinqueue": "MaxClientsInQueue",
    "motd": "WelcomeMessage",
    "name": "ServerName",
    "passtimewhenempty": "PassTimeWhenEmpty",
    "password": "Password",
    "spawncapplayerscaling": "SpawnCapPlayerScaling",
    "temporaryipblocklist": "TemporaryIpBlockList",
    "upnp": "Upnp",
    "url": "ServerUrl",
    "welcome": "WelcomeMessage",
}
_MODES: Final = {"default": 0, "off": 1, "on": 2}
_LEAST_AUTOSAVE, _MOST_AUTOSAVE = 30, 3600


class ConfigCommands:
    """What the configuration and the world can be told while they run."""

    def __init__(self, server: "Server") -> None:
        self._server = server

    def server_config(self, rest: str) -> str:
        """`/serverconfig NAME [value]`: the file is written at once."""
        name, _, value = rest.partition(" ")
        name, value = name.lower(), value.strip()
        if name == "maxclients" and self._server.clients.most_overridden:
            raise Unable("The number of clients is overridden by the command line")
        if name == "nopassword":
            return self._set("nopassword", "Password", None, "off")
        if name == "autosaveintervall":
            return self._autosave(value)
        if name == "tickrate":
            return self._tick_rate(value)
        if name == "whitelistmode":
            return self._whitelist_mode(value)
        field = _FIELDS.get(name)
        if field is None or field not in self._server.config.values:
            raise Unable(f"Not a valid argument 1: {name}")
        current = self._server.config[field]
        if not value:
            return f"Current {name} is {_shown(current)}"
        new = _like(current, value)
        return self._set(name, field, new, _shown(new))

    def world_config(self, rest: str) -> str:
        """`/worldconfig NAME [value]`: kept in the save, not in the configuration."""
        name, _, value = rest.partition(" ")
        attributes = self._server.world.attributes
        if not name:
            raise Unable("Argument 1 (name) is missing")
        if not value:
            return f"{name} currently has value: {attributes[name]}" if name in attributes else f"{name} is not set"
        attributes[name] = value
        return f"Ok, value {value} set. Some of these need a restart."

    def _autosave(self, value: str) -> str:
        if not value:
            return f"Current autosaveintervall is {self._server.magic.autosave_seconds}"
        if not value.isdecimal() or not _LEAST_AUTOSAVE <= int(value) <= _MOST_AUTOSAVE:
            raise Unable(f"Argument 2 (value) has to be from {_LEAST_AUTOSAVE} to {_MOST_AUTOSAVE}")
        self._server.magic.autosave_seconds = int(value)
        return self._done("autosaveintervall", value)

    def _tick_rate(self, value: str) -> str:
        if not value:
            return f"Current tickrate is {1000 / self._server.config['TickTime']:.0f}"
        return self._set("tickrate", "TickTime", 1000 / float(_like(1.0, value) or 1), value)

    def _whitelist_mode(self, value: str) -> str:
        if "WhitelistMode" not in self._server.config.values:
            raise Unable("Not a valid argument 1: whitelistmode")
        if not value:
            names = {number: name for name, number in _MODES.items()}
            return f"Current whitelistmode is {names.get(self._server.config['WhitelistMode'], 'default')}"
        if value not in _MODES:
            raise Unable(f"Argument 2 (value) is one of {', '.join(_MODES)}")
        return self._set("whitelistmode", "WhitelistMode", _MODES[value], value)

    def _set(self, name: str, field: str, value: Any, shown: str) -> str:
        self._server.config.values[field] = value
        self._server.config.write()
        return self._done(name, shown)

    def _done(self, name: str, shown: str) -> str:
        self._server.log.write("Audit", f"Server Console/Admin changes server config {name} to {shown}.")
        return f"{name} set to {shown}"


def _like(current: Any, text: str) -> Any:
    """A value of the type that is there."""
    try:
        if isinstance(current, bool):
            return {"on": True, "1": True, "true": True, "off": False, "0": False, "false": False}[text.lower()]
        return type(current)(text) if isinstance(current, int | float) else text
    except (KeyError, ValueError):
        raise Unable(f"Argument 2 (value) can't be {text}") from None


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return "" if value is None else str(value)
