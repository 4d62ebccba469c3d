"""One HTTP request at a time, with nothing added and nothing hidden."""

import json
import re
import socket
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from vintagestory_sandbox.upstream import SandboxUpstream


@dataclass(frozen=True)
class Answer:
    """What came back; header names in small letters, values as they were sent."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def statuscode(self) -> object:
        return self.json["statuscode"]

    @property
    def heading(self) -> str:
        """The heading of a page of the site."""
        found = re.search(rb"<h2>(.*?)</h2>", self.body)
        return found[1].decode() if found else ""


def ask(
    url: str, target: str, *, method: str = "GET", headers: dict[str, str] | None = None, body: bytes | None = None
) -> Answer:
    """Send one request with no headers but Host and those given."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=20)
    try:
        connection.putrequest(method, target, skip_accept_encoding=True)
        for name, value in (headers or {}).items():
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        response = connection.getresponse()
        told = {name.lower(): value.encode("latin-1").decode("utf-8") for name, value in response.getheaders()}
        return Answer(response.status, told, response.read())
    finally:
        connection.close()


def ask_raw(url: str, request: bytes) -> bytes:
    """Send these bytes and read until the other side closes."""
    place = urlsplit(url)
    with socket.create_connection((place.hostname or "", place.port or 80), timeout=20) as connection:
        connection.sendall(request)
        received = b""
        while block := connection.recv(65_536):
            received += block
        return received


class Sandbox:
    """The running stand-in, and a short way to ask it."""

    def __init__(self, upstream: SandboxUpstream) -> None:
        self.upstream = upstream
        self.url = upstream.url

    def get(
        self, target: str, *, method: str = "GET", headers: dict[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        return ask(self.url, target, method=method, headers=headers, body=body)
