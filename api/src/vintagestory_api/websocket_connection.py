"""WebSocket connections that the application can cut. Loaded only when somebody wants to open one."""

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from vintagestory_api.live.stream import ABORT_EXTENSION

#: So much may wait to be sent to one client before the application has to wait for it.
_WRITE_BUFFER_BYTES = 1_048_576


class CuttableWebSocket(WebSocketsSansIOProtocol):
    """Lets the application cut the connection, which a client that takes nothing would keep for ever."""

    async def run_asgi(self) -> None:
        self.transport.set_write_buffer_limits(_WRITE_BUFFER_BYTES)
        self.scope["extensions"] = {**(self.scope.get("extensions") or {}), ABORT_EXTENSION: self.transport.abort}  # type: ignore[dict-item] # one of ours
        await super().run_asgi()
