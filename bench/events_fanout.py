"""How long it takes until everybody who follows the live events has heard one, and whether that holds up the event loop."""

import contextlib
import json
import re
import selectors
import socket
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from figures import Figure, Measured, spread
from processes import PROBED_MANAGER, manager
from vintagestory_api.access.offline import create_token_offline
from vintagestory_api.access.roles import Role
from vintagestory_api.live.hub import STREAMS_PER_PRINCIPAL

_NOBODY_HOME = "http://127.0.0.1:9"
_PUBLISHED = re.compile(rb'"published_ns":(\d+)')
#: Without an event for so long, the manager has published all, or never will.
_SILENCE_SECONDS = 20.0


def measure(*, quick: bool) -> Measured:
    streams, events, every_seconds = (10, 20, 0.01) if quick else (100, 400, 0.05)
    with tempfile.TemporaryDirectory(prefix="vsmanager-bench-") as folder:
        data_dir, gaps_file = Path(folder) / "data", Path(folder) / "gaps.json"
        data_dir.mkdir()
        jobs_off = {"mod_list_refresh_interval": 0, "server_versions_refresh_interval": 0}
        (data_dir / "api-settings.json").write_text(json.dumps(jobs_off))
        env = {"BENCH_PROBE_FILE": str(gaps_file), "BENCH_PUBLISH": f"{streams} {events} {every_seconds}"}
        with manager(data_dir, _NOBODY_HOME, command=PROBED_MANAGER, **env) as served:
            heard = _listen(served.port, data_dir, streams=streams, events=events)
        gaps = [gap for gap in json.loads(gaps_file.read_text()) if heard.began_ms <= gap[0] <= heard.ended_ms]
    delays = spread(heard.delays_ms)
    blocked = round(max((gap - waited for _at, gap, waited in gaps), default=0.0), 2)
    return Measured(
        [
            Figure("fanout_delay_p50_ms", delays["p50"], 25, "ms"),
            Figure("fanout_delay_p99_ms", delays["p99"], 100, "ms"),
            Figure("fanout_loop_blocked_ms", blocked, 50, "ms"),
            Figure("fanout_events_missing", streams * events - len(heard.delays_ms), 0, "events"),
        ],
        {
            "streams": streams,
            "events": events,
            "events_per_second": 1 / every_seconds,
            "delay_ms": delays,
            "loop_gap_ms": max((gap for _at, gap, _waited in gaps), default=0.0),
        },
    )


@dataclass
class _Heard:
    """All streams together. Times in UTC milliseconds."""

    delays_ms: list[float] = field(default_factory=list)
    began_ms: int = 0
    ended_ms: int = 0


def _listen(port: int, data_dir: Path, *, streams: int, events: int) -> _Heard:
    """Open the streams, and read until every one has heard all."""
    heard = _Heard()
    with contextlib.ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        for secret in _secrets(data_dir, streams):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=_SILENCE_SECONDS))
            client.sendall(f"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {secret}\r\n\r\n".encode())
            client.setblocking(False)
            selector.register(client, selectors.EVENT_READ, bytearray())
        while len(heard.delays_ms) < streams * events:
            ready = selector.select(_SILENCE_SECONDS)
            if not ready:
                break
            for key, _ in ready:
                _take(key, heard)
    return heard


def _take(key: selectors.SelectorKey, heard: _Heard) -> None:
    client: socket.socket = key.fileobj  # type: ignore[assignment] # that is what was registered
    received = client.recv(262_144)
    now_ns, now_ms = time.monotonic_ns(), time.time_ns() // 1_000_000
    if not received:
        raise RuntimeError(f"the manager ended a stream: {bytes(key.data[-500:])!r}")
    pending: bytearray = key.data
    pending += received
    end = pending.rfind(b"\n\n") + 1
    for found in _PUBLISHED.finditer(pending, 0, end):
        heard.delays_ms.append((now_ns - int(found.group(1))) / 1_000_000)
        heard.began_ms, heard.ended_ms = heard.began_ms or now_ms, now_ms
    del pending[:end]


def _secrets(data_dir: Path, streams: int) -> Iterator[str]:
    """A token for each stream; one token opens as many as it may."""
    secret = ""
    for number in range(streams):
        if number % STREAMS_PER_PRINCIPAL == 0:
            secret = create_token_offline(data_dir / "vsmanager.db", f"bench {number}", Role.VIEWER, "bench")
        yield secret
