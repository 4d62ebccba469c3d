"""Follows the console of a game server over WebSockets until the last line of an order has come. A process of its own.

Reads a plan (JSON) from standard input, says "ready" when all sockets are open, and writes what it found (JSON).
"""

import asyncio
import http.client
import json
import re
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import asdict, dataclass, field
from typing import Any

from websockets.asyncio.client import connect

_SILENCE_SECONDS = 60.0
_SENT = re.compile(rb" at (\d+)\"")
_DROPPED = re.compile(rb'"dropped":(\d+)\}$')
_SEQ = re.compile(rb'"seq":(\d+)')


@dataclass
class Heard:
    """By one client: lines of the order, those it was told to have missed, jumps in the numbers, the time of the first and of the
    last frame, and how late lines came that hold a time."""

    lines: int = 0
    dropped: int = 0
    jumps: int = 0
    frames: int = 0
    began: float = 0.0
    ended: float = 0.0
    delays_ms: list[float] = field(default_factory=list)


class Clients:
    """The process that follows; `follow` it, give the order, and `collect`."""

    def __init__(self, port: int, token: str, server_id: str, *, count: int, word: str, lines: int) -> None:
        plan = {"port": port, "token": token, "server_id": server_id, "count": count, "word": word, "lines": lines}
        self._process = subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdin is not None and self._process.stdout is not None  # noqa: PT018 - both are pipes
        self._process.stdin.write(json.dumps(plan) + "\n")
        self._process.stdin.flush()
        if self._process.stdout.readline() != "ready\n":
            raise RuntimeError("the clients of the console could not connect")

    def collect(self) -> list[Heard]:
        output, _ = self._process.communicate(timeout=600)
        return [Heard(**told) for told in json.loads(output)]


def _ask(plan: dict[str, Any], method: str, path: str) -> Any:
    with closing(http.client.HTTPConnection("127.0.0.1", plan["port"], timeout=60)) as connection:
        headers = {"Authorization": f"Bearer {plan['token']}"}
        connection.request(method, f"/api/v1/servers/{plan['server_id']}/console{path}", headers=headers)
        return json.loads(connection.getresponse().read())


async def _follow(plan: dict[str, Any], ready: "asyncio.Future[None]") -> Heard:
    after, ticket = _ask(plan, "GET", "?last=1")["next_after"], _ask(plan, "POST", "/ticket")["ticket"]
    url = f"ws://127.0.0.1:{plan['port']}/api/v1/servers/{plan['server_id']}/console/ws?ticket={ticket}&after={after}"
    mark, last = f'"text":"{plan["word"]} '.encode(), f"{plan['word']} {plan['lines']} of {plan['lines']} ".encode()
    heard, next_seq = Heard(), 0
    async with connect(url, compression=None, max_size=None, proxy=None) as socket:
        ready.set_result(None)
        while True:
            async with asyncio.timeout(_SILENCE_SECONDS):
                frame = await socket.recv(decode=False)
            count = frame.count(mark)
            now = time.monotonic()
            if count:
                heard.began = heard.began or now
                heard.ended = now
            heard.lines += count
            heard.frames += 1
            heard.dropped += int(_DROPPED.search(frame)[1])  # type: ignore[index] # every frame ends in it
            if (first := _SEQ.search(frame)) is not None:
                heard.jumps += next_seq not in {0, int(first[1])}
                next_seq = int(first[1]) + frame.count(b'"seq":')
            now_ns = time.monotonic_ns()
            heard.delays_ms += [(now_ns - int(sent)) / 1e6 for sent in _SENT.findall(frame)]
            if last in frame:
                return heard


async def _carry_out(plan: dict[str, Any]) -> list[Heard]:
    loop = asyncio.get_running_loop()
    ready = [loop.create_future() for _ in range(plan["count"])]
    following = [asyncio.ensure_future(_follow(plan, one)) for one in ready]
    await asyncio.gather(*ready)
    print("ready", flush=True)
    return list(await asyncio.gather(*following))


def main() -> None:
    plan = json.loads(sys.stdin.readline())
    try:
        import uvloop  # noqa: PLC0415 - not on every platform
    except ImportError:
        found = asyncio.run(_carry_out(plan))
    else:
        found = uvloop.run(_carry_out(plan))
    json.dump([asdict(heard) for heard in found], sys.stdout)


if __name__ == "__main__":
    main()
