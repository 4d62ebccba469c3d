"""Whether a redirect leads to the inside of our own network, where no file store has to send us."""

import asyncio
import ipaddress
import socket

from vintagestory_api.kit.addresses import Address, is_public
from vintagestory_api.kit.public_fetch import Resolve

_LOOK_UP_SECONDS = 10.0


class LeadsInside(Exception):
    """A name or address that is none of the public internet."""


async def leads_inside(host: str, own_host: str, resolve: Resolve | None = None) -> bool:
    """`own_host` is the one that was asked first: it may send us to itself, also where it is no public one.

    A name that is not known here leads nowhere, or to what a proxy makes of it.
    """
    if is_same_host(host, own_host):
        return False
    try:
        await public_addresses(host, resolve)
    except LeadsInside:
        return True
    except OSError:
        return False
    return False


async def public_addresses(host: str, resolve: Resolve | None = None) -> list[Address]:
    """Where a host is. Raises `LeadsInside` when any of it is not public, `OSError` when nobody knows."""
    async with asyncio.timeout(_LOOK_UP_SECONDS):
        found = await (resolve or look_up)(_plain(host))
    addresses = [ipaddress.ip_address(text.partition("%")[0]) for text in dict.fromkeys(found)]
    if not addresses:
        raise OSError(f"{host} has no address")
    if not all(map(is_public, addresses)):
        raise LeadsInside
    return addresses


async def look_up(host: str) -> list[str]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise OSError(f"{host} is no name of a host") from error
    return [str(entry[4][0]) for entry in found]


def is_same_host(one: str, other: str) -> bool:
    return _plain(one) == _plain(other)


def _plain(host: str) -> str:
    return host.strip("[]").rstrip(".").lower()
