"""How many lines a second get from a game to one and to five who follow its console, and how late they come when all is calm."""

import contextlib
import http.client
import threading
import time
from collections.abc import Iterator
from typing import Any

from console_clients import Clients, Heard
from figures import Figure, Measured, percentile, spread
from games import Field, game_field
from processes import Api

_SERVER = "bench"
_ASK_EVERY_SECONDS = 0.01


def measure(*, quick: bool) -> Measured:
    flood, calm, every = (20_000, 20, 0.02) if quick else (600_000, 200, 0.03)
    rounds = 1 if quick else 3
    with game_field() as field, field.manager() as (served, api):
        field.make_server(api, _SERVER)
        one = [_flood(field, api, clients=1, lines=flood) for _ in range(rounds)]
        five = [_flood(field, api, clients=5, lines=flood) for _ in range(rounds)]
        delays = spread(
            _follow(field, api, clients=1, word="calm", lines=calm, order={"calm": calm, "every": every})[0].delays_ms
        )
    usual_one, usual_five = _middle(one), _middle(five)
    return Measured(
        [
            Figure("console_lines_per_second_1", usual_one["lines_per_second"], 200_000, "lines/s", "at least"),
            Figure("console_lines_per_second_5", usual_five["lines_per_second"], 100_000, "lines/s", "at least"),
            Figure("console_lines_lost", max(found["lost"] for found in one + five), 0, "lines"),
            Figure("console_healthz_p99_ms", max(usual_one["healthz_ms"]["p99"], usual_five["healthz_ms"]["p99"]), 50, "ms"),
            Figure("console_delay_p50_ms", delays["p50"], 20, "ms"),
        ],
        {"lines": flood, "one_client": one, "five_clients": five, "calm_delay_ms": delays, "port": served.port},
    )


def _middle(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    """The round with the median of lines per second."""
    return sorted(rounds, key=lambda found: float(found["lines_per_second"]))[len(rounds) // 2]


def _flood(field: Field, api: Api, *, clients: int, lines: int) -> dict[str, Any]:
    """Of the slowest client."""
    with _asking(api) as latencies:
        heard = _follow(field, api, clients=clients, word="flood", lines=lines, order={"flood": lines})
    return {
        "lines_per_second": round(min(lines / max(one.ended - one.began, 0.001) for one in heard)),
        "lost": max(lines - one.lines for one in heard),
        "told_to_be_dropped": max(one.dropped for one in heard),
        "frames": max(one.frames for one in heard),
        "healthz_ms": {**spread(latencies, 1), "asked": len(latencies), "p95": round(percentile(latencies, 0.95), 1)},
    }


def _follow(field: Field, api: Api, *, clients: int, word: str, lines: int, order: dict[str, Any]) -> list[Heard]:
    following = Clients(api.port, api.token, _SERVER, count=clients, word=word, lines=lines)
    field.order(_SERVER, **order)
    return following.collect()


@contextlib.contextmanager
def _asking(api: Api) -> Iterator[list[float]]:
    """Ask for /healthz a hundred times a second meanwhile. Milliseconds."""
    latencies: list[float] = []
    over = threading.Event()

    def ask() -> None:
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", api.port, timeout=60)) as connection:
            while not over.wait(_ASK_EVERY_SECONDS):
                began = time.perf_counter()
                connection.request("GET", "/healthz")
                connection.getresponse().read()
                latencies.append((time.perf_counter() - began) * 1000)

    asker = threading.Thread(target=ask)
    asker.start()
    try:
        yield latencies
    finally:
        over.set()
        asker.join()
