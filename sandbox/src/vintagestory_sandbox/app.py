"""The stand-in of the mod database, its file store and the version API, as one ASGI application."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from vintagestory_sandbox.answers import nginx_page, not_an_image, page
from vintagestory_sandbox.catalogue import Catalogue, Mod
from vintagestory_sandbox.control import PREFIX, Control, Stats
from vintagestory_sandbox.faults import Faults
from vintagestory_sandbox.game_files import PREFIXES, GameFiles
from vintagestory_sandbox.generate import Row, generate_mods
from vintagestory_sandbox.handmade import handmade_mods
from vintagestory_sandbox.moddb import ModApi
from vintagestory_sandbox.moddb_v2 import ModApiV2
from vintagestory_sandbox.php import parse_query
from vintagestory_sandbox.store import FileStore
from vintagestory_sandbox.versions import PATHS, VersionApi

# nginx reads the first line of a request into 8 KiB: 8,177 bytes of address in a GET.
_FIRST_LINE_BYTES: Final = 8192
_METHODS: Final = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


@dataclass(frozen=True, slots=True)
class ModList:
    """A recorded answer of `/api/mods`: its rows, and its bytes as they were."""

    rows: Sequence[Row]
    answer: bytes


@dataclass(frozen=True, slots=True)
class Upstream:
    """The application, and how many mods its list has."""

    app: ASGIApp
    mods: int


def create_upstream(
    base_url: str,
    *,
    mods: int = 5000,
    seed: int = 1,
    handmade: bool = True,
    mod_list: ModList | None = None,
    latency_ms: int = 0,
    game_switches: Mapping[str, Any] | None = None,
) -> Upstream:
    """The upstream that tells its addresses below `base_url`.

    With `mod_list` no mods are generated. Every answer takes `latency_ms` more than it needs. `game_switches` hold for the game
    servers that run from its archives.
    """
    cdn_url = f"{base_url}/cdn"
    listed = _generated(mods, seed, cdn_url) if mod_list is None else _recorded(mod_list)
    answer = None if mod_list is None or handmade else mod_list.answer
    catalogue = Catalogue([*(handmade_mods(cdn_url) if handmade else ()), *listed], seed, answer)
    catalogue.whole_answer()
    game_files = GameFiles(game_switches or {})
    stats, faults, versions = Stats(), Faults(), VersionApi(base_url, seed, game_files)
    site = _Site(catalogue, versions, game_files, cdn_url)
    routes = [
        *Control(stats, faults, catalogue, versions, game_files).routes,
        Route("/{path:path}", site.answer, methods=_METHODS),
    ]
    app = _Watched(Starlette(routes=routes), stats, faults, latency_ms / 1000)
    return Upstream(app, len(catalogue))


def _generated(count: int, seed: int, cdn_url: str) -> list[Mod]:
    return [Mod(mod.row, mod.created) for mod in generate_mods(count, seed, cdn_url)]


def _recorded(mod_list: ModList) -> list[Mod]:
    return [Mod(row, row["lastreleased"]) for row in mod_list.rows]


class _Watched:
    """Counts requests, lets faults happen to them, and lets everything take its time."""

    def __init__(self, app: ASGIApp, stats: Stats, faults: Faults, latency_seconds: float) -> None:
        self._app = app
        self._stats = stats
        self._faults = faults
        self._latency_seconds = latency_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(PREFIX):
            await self._app(scope, receive, send)
            return
        upstream = self._stats.begin(scope)
        try:
            if self._latency_seconds:
                await asyncio.sleep(self._latency_seconds)
            answer_to = await self._faults.apply(scope, receive, send)
            if answer_to is not None:
                await self._app(scope, receive, answer_to)
        finally:
            self._stats.end(upstream)


class _Site:
    """Which part of the sites a path belongs to."""

    def __init__(self, catalogue: Catalogue, versions: VersionApi, game_files: GameFiles, cdn_url: str) -> None:
        self._versions = versions
        self._game_files = game_files
        self._mod_api = ModApi(catalogue, cdn_url)
        self._mod_api_v2 = ModApiV2(catalogue)
        self._store = FileStore(catalogue, cdn_url)

    async def answer(self, request: Request) -> Response:  # noqa: PLR0911 - one per part of the sites
        path, raw_query = request.scope["path"], request.scope["query_string"]
        raw_path: bytes = request.scope["raw_path"]
        target = raw_path + (b"?" + raw_query if raw_query else b"")
        if len(f"{request.method}  HTTP/1.1\r\n") + len(target) > _FIRST_LINE_BYTES:
            return nginx_page(414)
        if "\0" in path:
            return nginx_page(400)
        if path in PATHS:
            return self._versions.answer(path)
        if path.startswith("/cdn/"):
            return self._store.file(raw_path.decode("latin-1")[len("/cdn/") :], raw_query.decode("latin-1"), request.headers)
        if path.startswith(PREFIXES):
            return self._game_files.answer(path, self._versions.channel_of, request.headers)
        if request.method == "GET" and not _is_acceptable(request.headers.get("accept", "")):
            return not_an_image()
        return await self._mod_site(request.method, path, raw_query)

    async def _mod_site(self, method: str, path: str, raw_query: bytes) -> Response:
        query = parse_query(raw_query)
        first, *parts = path.removeprefix("/").removesuffix("/").split("/")
        parts = [part for part in parts if not part.startswith(".")]
        match first:
            case "" if not parts:
                return page(200, "The mods of this stand-in are told by its API.", title="Mods")
            case "api" if parts[:1] == ["v2"]:
                return self._mod_api_v2.answer(method, parts[1:], query)
            case "api":
                return await self._mod_api.answer(parts, query)
            case "download":
                return self._store.download(parts, query)
            case _:
                return page(404, "")


def _is_acceptable(accept: str) -> bool:
    """Whether the site takes an Accept header for one of a browser or a program; otherwise it thinks of an image."""
    return not accept or accept == "*/*" or "text/html" in accept or "application/json" in accept
