"""Whether a redirect leads to the inside of our own network, where no file store has to send us."""

import asyncio
import ipaddress
import socket

from vintagestory_api.kit.public_fetch import is_public

_LOOK_UP_SECONDS = 10.0


async def leads_inside(host: str, own_host: str) -> bool:
    """`own_host` is the one that was asked first: it may send us to itself, also where it is no public one.

    A name that is not known here leads nowhere, or to what a proxy makes of it.
    """
    if _plain(host) == _plain(own_host):
        return False
    try:
        async with asyncio.timeout(_LOOK_UP_SECONDS):
            found = await asyncio.get_running_loop().getaddrinfo(_plain(host), None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, TimeoutError):
        return False
    addresses = {str(entry[4][0]).partition("%")[0] for entry in found}
    return not all(is_public(ipaddress.ip_address(address)) for address in addresses)


def _plain(host: str) -> str:
    return host.strip("[]").rstrip(".").lower()
