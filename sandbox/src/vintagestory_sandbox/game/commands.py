"""The commands of the console: what they are called, what they answer."""

import os
import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from vintagestory_sandbox.game.clients import escaped
from vintagestory_sandbox.game.config_commands import ConfigCommands
from vintagestory_sandbox.game.player_commands import PlayerCommands, Unable
from vintagestory_sandbox.game.watchdog import memory_mb

if TYPE_CHECKING:
    from vintagestory_sandbox.game.server import Server

BY = "Server Console/Admin"
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_DAYS_PER_MONTH = 9
_WORDS = ("Ok, generating backup, this might take a while", "Backup complete!")
#: As the game says it in a language that few of its admins read.
_WORDS_ELSEWHERE = ("Ok, es wird ein Backup erstellt, das kann etwas dauern", "Backup fertig!")
_GAME_SECONDS_PER_SECOND = 60


class Command(NamedTuple):
    """One command. What it does is given the rest of the line, and returns the answer, or None for later."""

    syntax: str
    help: str
    do: Callable[[str], str | None]

    @property
    def help_line(self) -> str:
        """How `/help` shows it."""
        name, _, rest = self.syntax.partition(" ")
        rest = re.sub(r"<[^>]*>|\[[^\]]*\]", lambda found: f"<i>{escaped(found[0])}</i>", rest)
        return f"<code>/{name}{' ' + rest if rest else ''}</code> :  {self.help}"


class Commands:
    """Takes lines of the console."""

    def __init__(self, server: "Server") -> None:
        self._server = server
        self._clock_offset_hours = 0.0
        players, config = PlayerCommands(server), ConfigCommands(server)
        listed = (
            Command("announce <message>", "Announce a server wide message to all players", self._announce),
            Command("autosavenow", "Save the game world now", self._autosave),
            Command("ban <player> <amount> <unit> <reason>", "Ban a player from the server", players.ban),
            Command("db [backup|vacuum] [filename]", "Save game database maintenance", self._db),
            Command("genbackup [filename]", "Make a backup of the game world", self._backup),
            Command("hardban <player> <amount> <unit> <reason>", "Ban a player for good", players.hardban),
            Command("help [command]", "List the commands, or explain one", self._help),
            Command("ipblock [list|clear]", "The temporarily blocked addresses", self._ipblock),
            Command("kick <player> [reason]", "Disconnect a player", players.kick),
            Command("list [clients|banned|roles|privileges]", "Show lists (c, b, r, p)", self._list),
            Command("op <player>", "Give a player the role admin", players.op),
            Command("player <player> [whitelist|role|privilege] [value]", "See and change a player", players.player),
            Command("sc <setting> [value]", "The same as serverconfig", config.server_config),
            Command("serverconfig <setting> [value]", "See and change the configuration", config.server_config),
            Command("stats [compact]", "Show how the server does", self._stats),
            Command("stop [exitcode]", "Stop the server", self._stop),
            Command("time [set|add|stop] [value]", "See and change the time", self._time),
            Command("unban <player>", "Take a ban back", players.unban),
            Command("whitelist <add|remove|on|off> [player] [reason]", "Who may join", players.whitelist),
            Command("worldconfig <name> [value]", "See and change attributes of the world", config.world_config),
        )
        self._by_name = {command.syntax.partition(" ")[0]: command for command in listed}

    def handle(self, line: str) -> None:
        """Do what a line of the console says."""
        if not line.strip() or line.startswith("."):
            return
        write = self._server.log.write
        if not line.startswith("/"):
            write("Notification", f"Message to all in group 0: <strong>Admin:</strong>{line}")
            return
        write("Notification", f"Handling Console Command {line}")
        write("Audit", f"{BY} executed command {line}")
        name, _, rest = line[1:].partition(" ")
        command = self._by_name.get(name.strip().lower())
        try:
            answer = f"No such command exists: {name}" if command is None else command.do(rest.strip())
        except Unable as error:
            answer = str(error)
        if answer is not None:
            write("Notification", answer)
        self._server.accounts.write()

    def _help(self, rest: str) -> str:
        if not rest:
            return "\n".join(["Available commands:", *(command.help_line for command in self._by_name.values())])
        command = self._by_name.get(rest.removeprefix("/").lower())
        return f"No such command exists: {rest}" if command is None else command.help_line

    def _announce(self, rest: str) -> None:
        if not rest:
            raise Unable("Argument 1 (message) is missing")
        self._server.log.write("Event", f"{BY} announced: {rest}.")
        self._server.log.write("Notification", f"Message to all in group 0: <strong>Server Announcement:</strong> {rest}")

    def _autosave(self, _rest: str) -> str:
        self._server.save()
        return "Autosave completed"

    def _db(self, rest: str) -> str | None:
        what, _, name = rest.partition(" ")
        if what == "backup":
            return self._backup(name.strip())
        if what == "vacuum":
            self._server.log.write("Notification", "Vacuum started, this may take some time")
            self._server.world.vacuum()
            return "Vacuum complete!"
        raise Unable("Not a valid argument 1 (backup, vacuum)")

    def _backup(self, rest: str) -> str | None:
        server = self._server
        if server.config["HostedMode"]:
            return "Can't access this feature, server is in hosted mode"
        if server.world.backing_up:
            return "Can't run backup. A backup is already in progress"
        stem = server.config.save_path.stem
        trouble = server.switches.text("backup_trouble")
        if trouble == "ignored":
            return None
        target = server.options.data_path / "Backups" / (rest or f"{stem}-{time.strftime('%Y-%m-%d_%H-%M-%S')}.vcdbs")
        if target.parent != server.options.data_path / "Backups":
            return "Not a valid file name"
        words = _WORDS_ELSEWHERE if trouble == "mute" else _WORDS
        server.log.write("Notification", words[0])
        done: list[str | None] = []
        seconds = server.loop.real_seconds(server.switches.number("backup_seconds"))
        server.world.back_up(target, seconds, done.append, ends=trouble != "never")
        if trouble == "never":
            return None

        def look() -> None:
            if done:
                if trouble == "torn":
                    os.truncate(target, target.stat().st_size * 2 // 3)
                server.log.write("Notification", f"Backup failed: {done[0]}" if done[0] else words[1])
            else:
                server.loop.after(server.loop.game_seconds(0.02), look)

        look()
        return None

    def _ipblock(self, rest: str) -> str:
        return "All blocked addresses cleared" if rest == "clear" else "No addresses are blocked"

    def _list(self, rest: str) -> str:
        server = self._server
        what = rest.lower()[:1] if rest.lower() in {"clients", "banned", "roles", "privileges", "c", "b", "r", "p"} else ""
        match what:
            case "c":
                return server.clients.told()
            case "b":
                entries = [f"{entry.get('PlayerName')} until {entry.get('UntilDate')}" for entry in server.accounts.banned]
                return "\n".join(["List of Banned Users:", *entries])
            case "r":
                roles = [f"{role['Code']} (level {role['PrivilegeLevel']}): {role['Name']}" for role in server.config["Roles"]]
                return "\n".join(["List of roles:", *roles])
            case "p":
                names = {name for role in server.config["Roles"] for name in role["Privileges"]}
                return "\n".join(["Available privileges:", *sorted(names)])
        raise Unable("Not a valid argument 1 (clients, banned, roles, privileges)")

    def _stats(self, rest: str) -> str:
        server, clients = self._server, self._server.clients
        up = int(server.loop.game_seconds(time.monotonic() - server.started))
        took = max(1000 / 30, server.switches.count("slow_tick_ms"))
        used = memory_mb()
        names = f" ({', '.join(client.name for client in clients.playing)})" if clients.playing else ""
        online = len(clients.playing)
        lines = [
            f"Version: {server.edition.version}",
            f"Uptime: {up // 86400} days, {up // 3600 % 24} hours, {up // 60 % 60} minutes, {up % 60} seconds",
            *([] if online else [f"Players last online: {int(time.monotonic() - clients.last_online)} seconds ago"]),
            f"Players online: {online} / {clients.most}{names}",
            *([f"Players in queue: {len(clients.queue)} / {queue}"] if (queue := self._queue_size()) else []),
            f"Memory usage Managed/Total: {used * 2 // 3}Mb / {used} Mb",
            f"Last 2s Average Tick Time: {took / 10:.2f} ms",
            f"Last 2s Ticks/s: {min(30.0, 1000 / took):.1f}",
            f"Last 10 ticks (ms): {', '.join([str(int(took / 10))] * 10)}",
            f"Loaded chunks: {server.world.chunks()}",
            f"Loaded entities: {40 + 3 * online} ({12 + online} active)",
            f"Network TCP: {online * 6.5:.2f} Packets/s or {online * 1.25:.2f} Kb/s",
            f"Network UDP: {online * 18.0:.2f} Packets/s or {online * 2.5:.2f} Kb/s",
        ]
        return "; ".join(lines) if rest == "compact" else "\n".join(lines)

    def _queue_size(self) -> int:
        return int(self._server.config.values.get("MaxClientsInQueue", 0))

    def _stop(self, rest: str) -> str | None:
        if rest and not re.fullmatch(r"-?\d+", rest):
            return "Argument 1 (exitcode) is not a number"
        if not self._server.switches.text("deaf"):
            self._server.stop("Shutdown via server command", int(rest or 0))
        return None

    def _time(self, rest: str) -> str:
        what, _, value = rest.partition(" ")
        if what == "stop":
            return "Game time stopped"
        if what in {"set", "add"}:
            found = re.fullmatch(r"(-?\d+(?:\.\d+)?)(?: ?hours?)?|(\d+):(\d\d)", value)
            if found is None:
                raise Unable("Argument 2 (value) is not a time")
            hours = float(found[1]) if found[1] else int(found[2]) + int(found[3]) / 60
            self._clock_offset_hours += hours if what == "add" else hours - self._hours() % 24
        elif what:
            raise Unable("Not a valid argument 1 (set, add, stop)")
        hours = self._hours()
        days = int(hours // 24)
        month = (4 + days // _DAYS_PER_MONTH) % 12
        year = (4 + days // _DAYS_PER_MONTH) // 12
        shown = f"{days % _DAYS_PER_MONTH + 1}. {_MONTHS[month]}, Year {year}, {int(hours % 24):02}:{int(hours * 60 % 60):02}"
        return f"Server time: {shown}" + ("" if self._server.edition.line < (1, 20) else "\nGame Speed: 60")

    def _hours(self) -> float:
        return 8 + self._server.play_seconds * _GAME_SECONDS_PER_SECOND / 3600 + self._clock_offset_hours
