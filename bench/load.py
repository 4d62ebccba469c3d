"""Asks over and over, as fast as answers come, and says how long they took. A process of its own, on raw bytes.

Reads a plan (JSON) from standard input, writes what it found (JSON) to standard output. Targets take turns in short slices,
so that a moment in which the machine is busy with something else meets all of them.
"""

import asyncio
import itertools
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, cast

from figures import median, percentile

_PLAN_SECONDS = 600.0


@dataclass(frozen=True)
class Target:
    """Where to ask, and the addresses to ask for in turn."""

    port: int
    paths: Sequence[str]
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Slice:
    """What one target did in one slice of time. Latencies in milliseconds."""

    requests: int
    refused: int
    per_second: float
    p50_ms: float
    p99_ms: float


def measure_load(targets: Mapping[str, Target], *, connections: int, seconds: float, rounds: int) -> dict[str, list[Slice]]:
    """Ask all targets in turn, `rounds` times `seconds` each, in a process of its own."""
    plan = {
        "targets": {name: asdict(target) for name, target in targets.items()},
        "connections": connections,
        "seconds": seconds,
        "rounds": rounds,
    }
    done = subprocess.run(
        [sys.executable, __file__], input=json.dumps(plan).encode(), stdout=subprocess.PIPE, timeout=_PLAN_SECONDS, check=True
    )
    found = json.loads(done.stdout)
    return {name: [Slice(**told) for told in slices] for name, slices in found.items()}


def compare(found: Mapping[str, list[Slice]], name: str) -> dict[str, Any]:
    """`name` beside `bare`: medians over the rounds; the ratios are taken within each round."""
    slices, bare = found[name], found["bare"]
    return {
        "p50_ms": round(median([one.p50_ms for one in slices]), 3),
        "p99_ms": round(median([one.p99_ms for one in slices]), 3),
        "per_second": round(median([one.per_second for one in slices])),
        "requests": sum(one.requests for one in slices),
        "refused": sum(one.refused for one in slices),
        "p50_ratio": round(median([one.p50_ms / other.p50_ms for one, other in zip(slices, bare, strict=True)]), 3),
        "per_second_ratio": round(
            median([one.per_second / other.per_second for one, other in zip(slices, bare, strict=True)]), 3
        ),
    }


class _Connection(asyncio.Protocol):
    """Sends the next request as soon as the answer to the last one is whole."""

    def __init__(self, requests: Iterator[bytes], until: float, done: "asyncio.Future[None]") -> None:
        self.latencies: list[float] = []
        self.refused = 0
        self._requests = requests
        self._until = until
        self._done = done
        self._received = bytearray()
        self._expected = 0
        self._sent_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._expected:
            head = self._received.find(b"\r\n\r\n")
            if head < 0:
                return
            self._expected = head + 4 + _content_length(self._received[:head])
        if len(self._received) < self._expected:
            return
        now = time.perf_counter()
        self.latencies.append(now - self._sent_at)
        if self._received[9:12] != b"200":
            self.refused += 1
        self._received.clear()
        self._expected = 0
        if now < self._until:
            self._send()
        else:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._done.done():
            if exc is None and time.perf_counter() >= self._until:
                self._done.set_result(None)
            else:
                self._done.set_exception(exc or ConnectionError("the server closed the connection"))

    def _send(self) -> None:
        self._sent_at = time.perf_counter()
        self._transport.write(next(self._requests))


def _content_length(head: bytes | bytearray) -> int:
    for line in bytes(head).lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line[15:])
    raise ValueError(f"an answer without its length: {bytes(head)!r}")


def _requests_to(target: Target) -> Iterator[bytes]:
    headers = "".join(f"{name}: {value}\r\n" for name, value in target.headers.items())
    return itertools.cycle([f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n".encode() for path in target.paths])


async def _ask_for(port: int, requests: Iterator[bytes], connections: int, seconds: float) -> Slice:
    loop = asyncio.get_running_loop()
    started = time.perf_counter()
    made: list[_Connection] = []
    ends: list[asyncio.Future[None]] = []
    for _ in range(connections):
        ends.append(loop.create_future())
        made.append(_Connection(requests, started + seconds, ends[-1]))
        await loop.create_connection(lambda: made[-1], "127.0.0.1", port)
    await asyncio.gather(*ends)
    took = time.perf_counter() - started
    # The first answer on each connection pays for the connection.
    latencies = [latency * 1000 for connection in made for latency in (connection.latencies[1:] or connection.latencies)]
    return Slice(
        requests=len(latencies),
        refused=sum(connection.refused for connection in made),
        per_second=len(latencies) / took,
        p50_ms=percentile(latencies, 0.5),
        p99_ms=percentile(latencies, 0.99),
    )


async def _carry_out(plan: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    targets = {name: Target(**told) for name, told in plan["targets"].items()}
    # Each goes on where it stopped, so that all addresses get their turn however short the slices are.
    requests = {name: _requests_to(target) for name, target in targets.items()}
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in targets}
    for name, target in targets.items():
        await _ask_for(target.port, requests[name], plan["connections"], min(0.3, plan["seconds"]))  # warm; not counted
    for _ in range(plan["rounds"]):
        for name, target in targets.items():
            found[name].append(asdict(await _ask_for(target.port, requests[name], plan["connections"], plan["seconds"])))
    return found


def main() -> None:
    plan = json.load(sys.stdin)
    try:
        import uvloop  # noqa: PLC0415 - not on every platform
    except ImportError:
        found = asyncio.run(_carry_out(plan))
    else:
        found = uvloop.run(_carry_out(plan))
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
