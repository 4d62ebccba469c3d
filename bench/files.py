"""Listing a folder of 20,000 files and opening a text of 5 MB, over the API, and how long others wait meanwhile."""

import http.client
import threading
import time
from pathlib import Path

from figures import Figure, Measured, median, spread
from games import game_field
from processes import Api

FILES = 20_000
TEXT_BYTES = 5_000_000
TEXTS = ("text.log", "text.json")
_TIMEOUT_SECONDS = 60.0


def measure(*, quick: bool) -> Measured:
    rounds = 3 if quick else 21
    with game_field() as place, place.manager() as (served, api):
        place.make_server(api, "home")
        fill(Path(api.get("/api/v1/servers/home")["data_path"]), FILES // 10 if quick else FILES)
        with _Asker(served.port) as asker:
            listing = [_milliseconds(api, "?path=many") for _round in range(rounds)]
            opening = {name: [_milliseconds(api, f"/content?path={name}") for _round in range(rounds)] for name in TEXTS}
    return Measured(
        [
            Figure("folder_listing_ms", round(median(listing)), 500, "ms"),
            Figure("text_opening_ms", round(max(median(times) for times in opening.values())), 1000, "ms"),
        ],
        {
            "files": FILES,
            "text_bytes": TEXT_BYTES,
            "listing_ms": spread(listing, 1),
            "opening_ms": {name: spread(times, 1) for name, times in opening.items()},
            "healthz_ms": spread(asker.milliseconds, 1),
        },
    )


def fill(folder: Path, files: int) -> None:
    """A folder `many`, and two texts."""
    (folder / "many").mkdir(exist_ok=True)
    for number in range(files):
        (folder / "many" / f"entry-{number:05}.json").write_bytes(b"{}")
    line = "24.11.2026 21:04:05 [Notification] Loaded the chunk column 512, 377 of the world after 12 ms\n"
    (folder / "text.log").write_text(line * (TEXT_BYTES // len(line)))
    row = '  "the name of an entry": { "size": 12.5, "names": ["one", "two"] },\n'
    (folder / "text.json").write_text("{\n" + row * (TEXT_BYTES // len(row)) + '  "last": true // of all\n}\n')


def _milliseconds(api: Api, what: str) -> float:
    started = time.perf_counter()
    api.get(f"/api/v1/servers/home/files{what}")
    return (time.perf_counter() - started) * 1000


class _Asker:
    """Asks for `/healthz` all the time, on a connection of its own."""

    def __init__(self, port: int) -> None:
        self.milliseconds: list[float] = []
        self._port = port
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._ask)

    def _ask(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_TIMEOUT_SECONDS)
        while not self._is_over.wait(0.01):
            started = time.perf_counter()
            connection.request("GET", "/healthz")
            connection.getresponse().read()
            self.milliseconds.append((time.perf_counter() - started) * 1000)
        connection.close()

    def __enter__(self) -> "_Asker":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()
