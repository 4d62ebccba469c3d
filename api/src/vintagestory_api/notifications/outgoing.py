"""Where the child that sends may connect to: the internet, and inside only where its target's address names the host itself.

A service that sends us elsewhere, or a name that means another place a moment later, leads nowhere: each connection is looked at
by its number, when it is opened.
"""

import ipaddress
import socket
import sys
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

from vintagestory_api.kit.addresses import Address, is_of_our_network, is_public, names_our_network

REFUSED = "The address leads inside of a network"


class LedInside(OSError):
    """A connection that is not opened."""


class Outgoing:
    """`hosts`: those that the address of the target names. `allowed`: names that may mean something inside, as the one who runs
    the manager said."""

    def __init__(self, hosts: Iterable[str], allowed: Iterable[str]) -> None:
        known = {name.lower() for name in allowed}
        named = [host.lower() for host in hosts if host and (names_our_network(host) or host.lower() in known)]
        proxies = [urlsplit(url).hostname or "" for url in getproxies().values()]
        self._inside = {address for host in {*named, *proxies} for address in _look_up(host) if is_of_our_network(address)}
        self.was_refused = False

    def install(self) -> None:
        """For the rest of this process."""
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event not in {"socket.connect", "socket.sendto"} or not isinstance(arguments[1], tuple):
            return
        host = str(arguments[1][0])
        addresses = _look_up(host)
        if not addresses or not all(map(self._may_be_asked, addresses)):
            self.was_refused = True
            raise LedInside(REFUSED)

    def _may_be_asked(self, address: Address) -> bool:
        return is_public(address) or address in self._inside


def _look_up(host: str) -> list[Address]:
    """Where a host is; nowhere, when nobody knows it."""
    host = host.strip("[]").partition("%")[0]
    try:
        return [ipaddress.ip_address(host)]
    except ValueError:
        pass
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
