"""The game's port: TCP and, since 1.20, UDP. Whoever connects is given a client number, and nothing more."""

import socket

from vintagestory_sandbox.game.clients import Clients
from vintagestory_sandbox.game.edition import Edition
from vintagestory_sandbox.game.log import Log
from vintagestory_sandbox.game.loop import Loop

_MOST_OPEN = 64


class Network:
    """Listens, so that the port is really taken."""

    def __init__(self, loop: Loop, log: Log, edition: Edition) -> None:
        self._loop = loop
        self._log = log
        self._with_udp = edition.line >= (1, 20)
        self._sockets: list[socket.socket] = []
        self._open = 0
        self.clients: Clients | None = None
        self.first_connection = False

    def listen(self, ip: str | None, port: int) -> None:
        """Take the port. Raises OSError when it is in use."""
        host, family = _place(ip)
        kinds = (socket.SOCK_STREAM, socket.SOCK_DGRAM) if self._with_udp else (socket.SOCK_STREAM,)
        for kind in kinds:
            opened = socket.socket(family, kind)
            self._sockets.append(opened)
            if family == socket.AF_INET6:
                opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            if kind == socket.SOCK_STREAM:
                opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            opened.bind((host, port))
            opened.setblocking(False)
        listener = self._sockets[0]
        listener.listen(64)
        self._loop.watch(listener, lambda: self._accept(listener))

    def close(self) -> None:
        """Let the port go."""
        for opened in self._sockets:
            opened.close()

    def _accept(self, listener: socket.socket) -> None:
        try:
            connection, address = listener.accept()
        except OSError:
            return
        self.first_connection = True
        if self._open >= _MOST_OPEN:
            connection.close()
            return
        number = self.clients.next_number() if self.clients is not None else 1
        shown = f"[{address[0]}]:{address[1]}" if ":" in address[0] else f"[::ffff:{address[0]}]:{address[1]}"
        self._log.write("Notification", f"A Client attempts connecting via TCP on {shown}, assigning client id {number}")
        connection.setblocking(False)
        self._open += 1
        self._loop.watch(connection, lambda: self._read(connection, number))

    def _read(self, connection: socket.socket, number: int) -> None:
        try:
            data = connection.recv(65_536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._open -= 1
            self._loop.forget(connection)
            connection.close()
            self._log.write("Event", f"Client {number} disconnected.")
            self._log.write("Notification", f"Client {number} disconnected: ")


def _place(ip: str | None) -> tuple[str, socket.AddressFamily]:
    if ip:
        return ip, socket.AF_INET6 if ":" in ip else socket.AF_INET
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind(("::", 0))
    except OSError:
        return "0.0.0.0", socket.AF_INET  # noqa: S104 - as the real one
    return "::", socket.AF_INET6
