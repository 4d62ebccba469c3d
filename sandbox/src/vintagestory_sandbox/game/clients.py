"""Who is connected: coming, talking, going, being thrown out, waiting for a place."""

import time
from random import Random
from typing import Any

from vintagestory_sandbox.game.accounts import Accounts, uid_of
from vintagestory_sandbox.game.config import Config
from vintagestory_sandbox.game.edition import Edition
from vintagestory_sandbox.game.log import Log
from vintagestory_sandbox.game.world import World

_GENERAL = 0


class Client:
    """A connection of a player who is in the world, or waits for a place."""

    def __init__(self, number: int, name: str, address: str) -> None:
        self.number = number
        self.name = name
        self.address = address
        self.ping = 20 + Random(name).randrange(120)
        self.since = self.active = time.monotonic()

    @property
    def idle_seconds(self) -> int:
        """How long the player has done nothing."""
        return int(time.monotonic() - self.active)


class Clients:
    """All connections of a running server."""

    def __init__(self, log: Log, edition: Edition, config: Config, accounts: Accounts, world: World, most: int | None) -> None:
        self._log = log
        self._edition = edition
        self._config = config
        self._accounts = accounts
        self._world = world
        self._most = most
        self._number = 0
        self._calendar_runs = True
        self.playing: list[Client] = []
        self.queue: list[Client] = []
        self.last_online = time.monotonic()

    @property
    def most(self) -> int:
        """How many may play at the same time."""
        return int(self._config["MaxClients"]) if self._most is None else self._most

    @property
    def most_overridden(self) -> bool:
        """Whether the command line says how many."""
        return self._most is not None

    def next_number(self) -> int:
        """The number of a new connection."""
        self._number += 1
        return self._number

    def find(self, name: str) -> Client | None:
        """Who plays under a name."""
        return next((client for client in self.playing if client.name.lower() == name.lower()), None)

    def connect(self, name: str) -> bool:
        """Let somebody come. Tells whether they are let in (or may wait)."""
        address = _address_of(name)
        number = self.next_number()
        write = self._log.write
        write("Notification", f"A Client attempts connecting via TCP on {address}, assigning client id {number}")
        if self._edition.line >= (1, 20):
            write("Notification", f"UDP: Client {number} connected via: {address.rpartition(':')[0]}:{40000 + number}")
        write("Notification", f"Client {number} uid {uid_of(name)} attempting identification. Name: {name}")
        if self._config["VerifyPlayerAuth"]:
            write("Debug", f'Response from auth server: {{"playername":"{name}","entitlements":null,"valid":1}}')
        if reason := self._refusal(name):
            write("Event", f"{name} fails to join ({reason})")
            write("Audit", f"{name} fails to join ({reason})")
            write("Event", f"Client {number} disconnected.")
            return False
        again = self.find(name)
        if again is not None:
            write("Event", f"{name} joined again, killing previous client.")
            self._drop(again)
        client = Client(number, name, address)
        if len(self.playing) >= self.most:
            self.queue.append(client)
            write("Notification", f"Client {number} {name} is put into the queue at position {len(self.queue)}")
            return True
        self._let_in(client)
        return True

    def leave(self, name: str) -> None:
        """Somebody goes by themselves."""
        client = self.find(name)
        if client is not None:
            self._log.write("Event", f"Player {client.name} left.")
            self._log.write("Audit", f"{client.name} left.")
            self._drop(client)
            self._admit_next()
        self.queue = [waiting for waiting in self.queue if waiting.name != name]

    def remove(self, client: Client, reason: str) -> None:
        """Throw somebody out."""
        self._log.write("Event", f"Player {client.name} got removed. Reason: {reason}")
        self._log.write("Audit", f"{client.name} got removed. Reason: {reason}")
        self._drop(client)
        self._admit_next()

    def chat(self, name: str, text: str, group: int = _GENERAL) -> None:
        """Somebody who plays says something."""
        client = self.find(name)
        if client is None:
            return
        client.active = time.monotonic()
        if self._edition.line >= (1, 20):
            self._log.write("Chat", f"{group} | {client.name}: {text}")
        else:
            self._log.write("Chat", f"{client.name}: <strong>{client.name}:</strong> {escaped(text)}")

    def remove_all(self, reason: str) -> None:
        """The server ends."""
        self.queue.clear()
        for client in list(self.playing):
            self.remove(client, reason)

    def pause_calendar(self) -> None:
        """Time stands still while nobody plays, unless the configuration says otherwise."""
        if not self.playing and self._calendar_runs and not self._config["PassTimeWhenEmpty"]:
            self._calendar_runs = False
            self._log.write("Notification", "All clients disconnected, pausing game calendar.")

    def resume_calendar(self) -> None:
        """Time goes on."""
        self._calendar_runs = True
        self._log.write("Notification", "A client reconnected, resuming game calendar.")

    def _refusal(self, name: str) -> str | None:
        if self._accounts.is_on(self._accounts.banned, name):
            return "banned"
        known = self._accounts.find(name)
        is_admin = known is not None and known.get("RoleCode") == "admin"
        if self._whitelist_holds() and not is_admin and not self._accounts.is_on(self._accounts.whitelisted, name):
            return "not on whitelist"
        if len(self.playing) >= self.most and len(self.queue) >= int(self._config.values.get("MaxClientsInQueue", 0)):
            return "server is full"
        return None

    def _whitelist_holds(self) -> bool:
        if "WhitelistMode" in self._config.values:
            # The default is on, for a server without a window.
            return int(self._config["WhitelistMode"]) != 1
        return bool(self._config["OnlyWhitelisted"])

    def _let_in(self, client: Client) -> None:
        write = self._log.write
        self._accounts.joined(client.name, str(self._config["DefaultRoleCode"]))
        self._world.remember_player(uid_of(client.name))
        self.playing.append(client)
        write("Notification", "Delayed join, need to load one spawn chunk first.")
        where = Random(client.name)
        place = (where.uniform(511000, 513000), where.uniform(110, 140), where.uniform(511000, 513000))
        write("Notification", f"Placing {client.name} at {place[0]} {place[1]} {place[2]}")
        write("Event", f"{client.name} {client.address} joins.")
        write("Audit", f"{client.name} joined.")
        if not self._calendar_runs:
            self.resume_calendar()

    def _drop(self, client: Client) -> None:
        self.playing.remove(client)
        self.last_online = time.monotonic()
        self._log.write("Event", f"Client {client.number} disconnected.")
        self._log.write("Notification", f"Client {client.number} disconnected: ")
        if self._edition.line >= (1, 20):
            self._log.write("Notification", f"UDP: client disconnected {client.name}")
        self.pause_calendar()

    def _admit_next(self) -> None:
        if self.queue and len(self.playing) < self.most:
            self._let_in(self.queue.pop(0))

    def told(self) -> str:
        """The answer to `/list clients`."""
        lines = ["List of online Players"]
        new = self._edition.line >= (1, 22)
        for client in self.playing:
            line = f"[{client.number}] {client.name} {client.address}"
            lines.append(f"Playing {line} ({client.ping}ms) ({client.idle_seconds}s inactive)" if new else line)
        for place, client in enumerate(self.queue, 1):
            lines.append(
                f"{'Queued ' if new else ''}[{client.number}] {client.name} {client.address} | Queue position: ({place})"
            )
        return "\n".join(lines) + ("" if new and len(lines) > 1 else "\n")


def role_named(config: Config, code: str) -> dict[str, Any] | None:
    """The role with a code."""
    return next((role for role in config["Roles"] if str(role.get("Code", "")).lower() == code.lower()), None)


def escaped(text: str) -> str:
    """Text as the game's markup has it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _address_of(name: str) -> str:
    """An address that belongs to nobody (RFC 5737), the same for a name every time."""
    random = Random(f"address:{name}")
    return f"[::ffff:203.0.113.{random.randrange(1, 255)}]:{random.randrange(40_000, 65_000)}"
