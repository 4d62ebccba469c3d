"""Sees that a client connects to its own host and else only to public addresses, whatever a name means a moment later.

Where a redirect leads is looked at before it is followed; but a name may answer differently when the connection is opened.
So the name is resolved here once more, and the connection goes to an address that was looked at. Host header, certificate and
the reuse of connections still go by the name.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

import httpcore2
import httpx2

from vintagestory_api.kit.public_fetch import MAX_ADDRESSES, Resolve
from vintagestory_api.kit.redirects import is_same_host, public_addresses

if TYPE_CHECKING:
    from httpcore2 import SOCKET_OPTION

#: An address that does not answer must not use up the time of the next one.
_FIRST_TRIES_SECONDS: Final = 3.0


def guard(client: httpx2.AsyncClient, own_host: str, resolve: Resolve | None = None) -> httpx2.AsyncClient:
    """The same client. What goes through a proxy is the proxy's: it looks names up for itself."""
    # The library lets nobody name a backend without giving up the proxies of the environment.
    transport = client._transport  # noqa: SLF001 - see above
    if not isinstance(transport, httpx2.AsyncHTTPTransport):
        raise TypeError("only a client that makes its own connections can be guarded")
    pool = transport._pool  # noqa: SLF001 - see above
    pool._network_backend = GuardedBackend(pool._network_backend, own_host, resolve)  # noqa: SLF001 - see above
    return client


class GuardedBackend(httpcore2.AsyncNetworkBackend):
    """Raises `LeadsInside` for a host with an address that is not public, unless it is `own_host`."""

    def __init__(self, inner: httpcore2.AsyncNetworkBackend, own_host: str, resolve: Resolve | None = None) -> None:
        self._inner = inner
        self._own_host = own_host
        self._resolve = resolve

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - as the library calls it
        local_address: str | None = None,
        socket_options: "Iterable[SOCKET_OPTION] | None" = None,
    ) -> httpcore2.AsyncNetworkStream:
        if is_same_host(host, self._own_host):
            return await self._inner.connect_tcp(host, port, timeout, local_address, socket_options)
        try:
            addresses = (await public_addresses(host, self._resolve))[:MAX_ADDRESSES]
        except OSError as error:
            raise httpcore2.ConnectError(f"{host} has no address") from error
        *firsts, last = map(str, addresses)
        seconds = _FIRST_TRIES_SECONDS if timeout is None else min(timeout, _FIRST_TRIES_SECONDS)
        for address in firsts:
            try:
                return await self._inner.connect_tcp(address, port, seconds, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue
        return await self._inner.connect_tcp(last, port, timeout, local_address, socket_options)

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)
