"""Which ports a game could take on this machine."""

import errno
import os
import socket
from collections.abc import Container
from pathlib import Path
from typing import Final

from vintagestory_api.errors import Conflict

FIRST_PORT: Final = 42420
_HIGHEST = 65_535
_LENT_OUT = Path("/proc/sys/net/ipv4/ip_local_port_range")
#: The game listens on both since 1.20.
_KINDS = ((socket.SOCK_STREAM, "TCP"), (socket.SOCK_DGRAM, "UDP"))
_FAMILIES = ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::"))  # noqa: S104 - only to see whether it could


class NoFreePort(Conflict):
    code = "no_free_port"


def what_holds(port: int) -> str | None:
    """What keeps a game from taking the port at this moment, in words; None when nothing does. A few system calls."""
    for family, address in _FAMILIES:
        for kind, name in _KINDS:
            try:
                probe = socket.socket(family, kind)
            except OSError:
                continue  # a machine without IPv6
            with probe:
                # A game that has just ended leaves connections behind that keep nobody from listening.
                if kind == socket.SOCK_STREAM:
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                try:
                    probe.bind((address, port))
                    if kind == socket.SOCK_STREAM:
                        probe.listen(1)
                except OSError as error:
                    if error.errno == errno.EADDRINUSE:
                        return (
                            f"Port {port} ({name}) is used by another program on this machine. Choose another one, or end that."
                        )
                    if error.errno in {errno.EACCES, errno.EPERM}:
                        return f"Port {port} is only for programs with special rights. Choose one from 1024 on."
                    if error.errno != errno.EADDRNOTAVAIL:
                        return f"Port {port} can't be used: {os.strerror(error.errno or 0)}."
    return None


def may_be_lent_out(port: int, table: Path = _LENT_OUT) -> bool:
    """Whether it is one of those that the system gives to connections of this machine to others, mostly for a moment. As most
    systems are set, the port that the game proposes is one of them. Blocking."""
    try:
        first, last = (int(number) for number in table.read_text().split())
    except (OSError, ValueError):
        return False
    return first <= port <= last


def next_free_port(taken: Container[int], first: int = FIRST_PORT) -> int:
    """The lowest from `first` on that is not `taken` and that a game could take now. Raises `NoFreePort`. Blocking."""
    for port in range(first, _HIGHEST + 1):
        if port not in taken and what_holds(port) is None:
            return port
    raise NoFreePort(f"There is no free port from {first} on.")
