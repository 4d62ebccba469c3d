"""The HTTP edge of the game versions."""

from fastapi import APIRouter, Request

from vintagestory_api.access.routes import API_PREFIX, SecuredRoute
from vintagestory_api.game_versions.catalog import get_game_version_catalog
from vintagestory_api.game_versions.client import Channel
from vintagestory_api.game_versions.schemas import GameVersionList, GameVersionOut
from vintagestory_api.kit.clock import SystemClock, rfc3339

router = APIRouter(prefix=API_PREFIX, route_class=SecuredRoute, tags=["game versions"])


@router.get("/game-versions", openapi_extra={"x-required-role": "viewer", "x-scope": "anyone"})
async def list_game_versions(request: Request, channel: Channel | None = None) -> GameVersionList:
    """Versions of the game, newest first."""
    catalog = get_game_version_catalog()
    refreshed_ms: int | None = request.app.state.freshness("server_versions_check")
    age_ms = None if refreshed_ms is None else max(0, SystemClock().now_ms() - refreshed_ms)
    return GameVersionList(
        items=[GameVersionOut.of(entry) for entry in await catalog.list_versions(channel)],
        state=await catalog.state(),
        data_age_seconds=None if age_ms is None else age_ms // 1000,
        refreshed_at=rfc3339(refreshed_ms),
    )
