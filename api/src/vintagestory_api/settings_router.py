"""The HTTP edge of the settings."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel

from vintagestory_api.access.routes import API_PREFIX, ROLE_KEY, SCOPE_KEY, SecuredRoute
from vintagestory_api.manager import Manager
from vintagestory_api.problems import problem_responses
from vintagestory_api.services.api_settings import ApiSettings, SettingsInvalid
from vintagestory_api.services.setting_fields import SettingField, describe_settings

router = APIRouter(prefix=API_PREFIX, route_class=SecuredRoute, tags=["settings"])

_CHANGE_SCHEMA = {
    "title": "SettingsChange",
    "description": "Any of the settings; those that are not named stay as they are.",
    "type": "object",
    "properties": ApiSettings.model_json_schema()["properties"],
    "minProperties": 1,
}


class SettingsReset(BaseModel):
    """`kept_as` names the file that holds what was there before."""

    settings: ApiSettings
    kept_as: str | None


class SettingFields(BaseModel):
    """`problem` says what is wrong with the settings file; until it is mended the defaults apply and nothing can be changed."""

    problem: str | None
    items: list[SettingField]
    next_cursor: None = None


@router.get("/settings", openapi_extra={ROLE_KEY: "viewer", SCOPE_KEY: "manager"})
async def read_settings(request: Request) -> ApiSettings:
    """The settings in force."""
    manager: Manager = request.app.state.manager
    return manager.api_settings.read()


@router.get("/settings/fields", openapi_extra={ROLE_KEY: "viewer", SCOPE_KEY: "manager"})
async def list_setting_fields(request: Request) -> SettingFields:
    """Each setting with its meaning, limits and default: all that a form for them needs."""
    manager: Manager = request.app.state.manager
    return SettingFields(problem=manager.api_settings.problem, items=describe_settings(manager.api_settings.read()))


@router.patch(
    "/settings",
    openapi_extra={
        ROLE_KEY: "admin",
        "requestBody": {"content": {"application/json": {"schema": _CHANGE_SCHEMA}}, "required": True},
    },
    responses=problem_responses(409, 422, 503),
)
async def change_settings(request: Request, change: dict[str, Any]) -> ApiSettings:
    """Change some settings, at once; a wrong one changes nothing."""
    # Read as it is and judged where it is saved, so that a wrong value is told in the same words everywhere.
    request.state.audit_details = change
    return await apply_change(request.app.state.manager, change)


@router.post("/settings/reset", openapi_extra={ROLE_KEY: "admin"}, responses=problem_responses(503))
async def reset_settings(request: Request) -> SettingsReset:
    """Go back to the defaults. The file that was there is kept beside."""
    manager: Manager = request.app.state.manager
    kept = await asyncio.to_thread(manager.api_settings.reset)
    manager.apply_settings()
    return SettingsReset(settings=manager.api_settings.read(), kept_as=kept.name if kept else None)


async def apply_change(manager: Manager, change: dict[str, Any]) -> ApiSettings:
    if not change:
        raise SettingsInvalid("Name at least one setting to change.")
    settings = await asyncio.to_thread(manager.change_settings, change)
    manager.apply_settings()
    return settings
