"""Hands messages to the child that sends them, and never waits for it longer than a while."""

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from vintagestory_api.errors import Unavailable
from vintagestory_api.kit.children import run_child
from vintagestory_api.kit.redaction import redact
from vintagestory_api.notifications.failures import LEADS_INSIDE, in_plain_words

#: The child gets so long for everything: looking up names, connecting, several requests.
SEND_SECONDS = 40.0
LOOK_SECONDS = 20.0
#: Children at the same time, whoever wants them.
AT_ONCE = 6


class SenderBroken(Unavailable):
    code = "sender_broken"


@dataclass(frozen=True)
class Looked:
    """What an address is: `service` in words, None where it is none; then `problem` says why."""

    service: str | None
    scheme: str
    problem: str | None = None


@dataclass(frozen=True)
class Message:
    title: str
    text: str
    severity: str


class Sender:
    """`send_seconds`: after this a target that hangs is given up, for this time. `inside_hosts`: names that may mean something
    inside of our own network."""

    def __init__(self, *, send_seconds: float = SEND_SECONDS, inside_hosts: Sequence[str] = ()) -> None:
        self._send_seconds = send_seconds
        self._inside_hosts = list(inside_hosts)
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def look(self, address: str) -> Looked:
        """What kind of address this is; nobody is asked. Raises `SenderBroken`."""
        try:
            answer = await self._ask({"do": "look", "address": address}, LOOK_SECONDS)
        except TimeoutError:
            raise SenderBroken("The address could not be looked at in time: the machine is very busy. Try again.") from None
        if answer["ok"]:
            return Looked(str(answer["service"]), str(answer["scheme"]))
        return Looked(None, "", str(answer.get("error") or "") or None)

    async def send(self, address: str, message: Message) -> str | None:
        """Send it now. None when it has arrived, else why not, in words and without secrets. Raises `SenderBroken`."""
        task: dict[str, Any] = {
            "do": "send",
            "address": address,
            "title": message.title,
            "text": message.text,
            "severity": message.severity,
        }
        task |= {"allowed": self._inside_hosts}
        try:
            answer = await self._ask(task, self._send_seconds)
        except TimeoutError:
            return f"It did not answer within {self._send_seconds:.0f} s."
        if answer["ok"]:
            return None
        if answer.get("leads_inside"):
            return LEADS_INSIDE
        return in_plain_words(redact(str(answer.get("error") or "")))

    async def _ask(self, task: dict[str, Any], timeout_seconds: float) -> dict[str, Any]:
        arguments = (sys.executable, "-I", "-m", "vintagestory_api.notifications.sender")
        try:
            async with self._slots:
                ended = await run_child(arguments, timeout_seconds=timeout_seconds, given=orjson.dumps(task))
        except OSError as error:
            if isinstance(error, TimeoutError):
                raise
            raise SenderBroken(f"The program that sends messages can't be started ({error.strerror or error}).") from error
        try:
            answer = orjson.loads(ended.output)
        except ValueError:
            answer = None
        if not isinstance(answer, dict) or "ok" not in answer:
            # Its complaint may hold the address: it is not told.
            raise SenderBroken(f"The program that sends messages broke down (it ended with {ended.code}). Try again.")
        return answer
