"""The sandbox's own API below `/_sandbox/`: what it was asked, and what to do differently from now on."""

import asyncio
from collections import Counter, deque
from collections.abc import Mapping
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Scope

from vintagestory_sandbox.catalogue import BadChange, Catalogue
from vintagestory_sandbox.faults import Faults, parse_fault
from vintagestory_sandbox.game_files import PREFIXES, GameFiles
from vintagestory_sandbox.versions import PATHS, VersionApi

PREFIX: Final = "/_sandbox/"

_REMEMBERED_REQUESTS = 200
_REMEMBERED_AGENTS = 20


class Stats:
    """Counts of requests, and how many were there at the same moment."""

    def __init__(self) -> None:
        self._current: Counter[str] = Counter()
        self.reset()

    def reset(self) -> None:
        """Forget everything but the requests that are being answered."""
        self._paths: Counter[str] = Counter()
        self._total = 0
        self._peak = sum(self._current.values())
        self._peaks = +self._current
        self._recent: deque[dict[str, str]] = deque(maxlen=_REMEMBERED_REQUESTS)
        self._agents: dict[str, None] = {}

    def begin(self, scope: Scope) -> str:
        """Count a request. Returns the upstream it is for, to be given to `end`."""
        headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        path, agent = scope["path"], headers.get(b"user-agent", "")
        upstream = _upstream_of(path)
        self._total += 1
        self._paths[path] += 1
        self._agents.pop(agent, None)
        self._agents[agent] = None
        if len(self._agents) > _REMEMBERED_AGENTS:
            del self._agents[next(iter(self._agents))]
        self._recent.append(
            {
                "method": scope["method"],
                "path": path,
                "query": scope["query_string"].decode("latin-1"),
                "user_agent": agent,
                "accept": headers.get(b"accept", ""),
            }
        )
        self._current[upstream] += 1
        self._peaks[upstream] = max(self._peaks[upstream], self._current[upstream])
        self._peak = max(self._peak, sum(self._current.values()))
        return upstream

    def end(self, upstream: str) -> None:
        """A request has been answered, or given up."""
        self._current[upstream] -= 1

    def told(self) -> dict[str, Any]:
        """Everything, as JSON has it."""
        return {
            "total": self._total,
            "paths": dict(self._paths),
            "current": sum(self._current.values()),
            "peak": self._peak,
            "current_by_upstream": {name: count for name, count in self._current.items() if count},
            "peak_by_upstream": dict(self._peaks),
            "user_agents": list(self._agents),
            "requests": list(self._recent),
        }


class Control:
    """The routes below `/_sandbox/`."""

    def __init__(self, stats: Stats, faults: Faults, catalogue: Catalogue, versions: VersionApi, game_files: GameFiles) -> None:
        self._game_files = game_files
        self._stats = stats
        self._faults = faults
        self._catalogue = catalogue
        self._versions = versions
        self.routes = [
            Route(f"{PREFIX}stats", self._show_stats, methods=["GET"]),
            Route(f"{PREFIX}reset", self._reset, methods=["POST"]),
            Route(f"{PREFIX}faults", self._add_faults, methods=["POST"]),
            Route(f"{PREFIX}mods", self._change_mods, methods=["POST"]),
            Route(f"{PREFIX}versions", self._change_versions, methods=["POST"]),
        ]

    async def _show_stats(self, _request: Request) -> Response:
        return _json(self._stats.told())

    async def _reset(self, _request: Request) -> Response:
        self._stats.reset()
        self._faults.clear()
        return _json({})

    async def _add_faults(self, request: Request) -> Response:
        try:
            rules = orjson.loads(await request.body())
            faults = [parse_fault(rule) for rule in (rules if isinstance(rules, list) else [rules])]
        except ValueError as error:
            return _refused(error)
        for fault in faults:
            self._faults.add(fault)
        return _json({"added": len(faults)})

    async def _change_mods(self, request: Request) -> Response:
        try:
            wanted = _mapping(orjson.loads(await request.body()), {"add", "change", "remove", "release", "retract"})
            added = [self._catalogue.add(_mapping(fields)) for fields in wanted.get("add", ())]
            for change in wanted.get("change", ()):
                fields = _mapping(change)
                self._catalogue.change(fields.pop("modid", 0), fields)
            for modid in wanted.get("remove", ()):
                self._catalogue.remove(modid)
            for release in wanted.get("release", ()):
                fields = _mapping(release, {"modid", "version", "tags", "created"})
                self._catalogue.publish_release(fields["modid"], fields["version"], fields.get("tags", ()), fields.get("created"))
            for retraction in wanted.get("retract", ()):
                fields = _mapping(retraction, {"modid", "version", "reason", "by_moderator"})
                self._catalogue.retract(
                    fields["modid"],
                    fields["version"],
                    fields.get("reason", "<p>Taken back</p>"),
                    by_moderator=bool(fields.get("by_moderator")),
                )
        except (ValueError, TypeError, KeyError) as error:
            return _refused(error)
        return _json({"mods": len(self._catalogue), "added": added})

    async def _change_versions(self, request: Request) -> Response:
        try:
            wanted = _mapping(
                orjson.loads(await request.body()), {"channel", "version", "platforms", "latest", "remove", "megabytes"}
            )
            if wanted.get("remove"):
                self._versions.remove(wanted["channel"], wanted["version"])
            else:
                latest = bool(wanted.get("latest", True))
                self._versions.add(wanted["channel"], wanted["version"], platforms=wanted.get("platforms"), latest=latest)
                if megabytes := int(wanted.get("megabytes") or 0):
                    await asyncio.to_thread(self._game_files.make_large, wanted["version"], megabytes)
        except (ValueError, TypeError, KeyError) as error:
            return _refused(error)
        return _json({})


def _upstream_of(path: str) -> str:
    if path in PATHS:
        return "versions"
    if path.startswith("/cdn/"):
        return "cdn"
    if path.startswith(PREFIXES):
        return "gamefiles"
    return "mods"


def _mapping(value: Any, names: set[str] | None = None) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise BadChange("a change is an object")
    unknown = set(value) - (names if names is not None else set(value))
    if unknown:
        raise BadChange(f"a change has no {', '.join(sorted(unknown))}")
    return dict(value)


def _refused(error: Exception) -> Response:
    reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
    return _json({"error": reason}, status=400)


def _json(value: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(value), status_code=status, media_type="application/json")
