"""The HTTP edge of alerts, and of who is told of them."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BeforeValidator

from vintagestory_api.access.on_servers import check_on, visible_servers
from vintagestory_api.access.principal import Principal
from vintagestory_api.access.roles import Role
from vintagestory_api.access.routes import API_PREFIX, ROLE_KEY, SCOPE_KEY, SecuredRoute
from vintagestory_api.manager import Manager
from vintagestory_api.notifications.alert_views import AlertNotFound
from vintagestory_api.notifications.schemas import (
    Alert,
    AlertList,
    AlertSettingsChange,
    AlertSettingsView,
    DeliveryList,
    NewTarget,
    Target,
    TargetChange,
    TargetList,
    TestResult,
)
from vintagestory_api.notifications.service import Notifications
from vintagestory_api.problems import problem_responses

router = APIRouter(prefix=API_PREFIX, route_class=SecuredRoute, tags=["notifications"])


def _nothing_if_empty(value: Any) -> Any:
    return None if value == "" else value


_VIEWER, _OPERATOR, _ADMIN = {ROLE_KEY: "viewer"}, {ROLE_KEY: "operator"}, {ROLE_KEY: "admin"}


@router.get("/alerts", openapi_extra={ROLE_KEY: "none", SCOPE_KEY: "list"}, responses=problem_responses(422, 503))
async def list_alerts(
    request: Request,
    open: Annotated[  # noqa: A002 - the name on the wire
        bool | None,
        Query(description="Only those that are open, or only those that are over."),
        BeforeValidator(_nothing_if_empty),
    ] = None,
    server_id: Annotated[str, Query(max_length=64)] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str, Query(max_length=64)] = "",
) -> AlertList:
    """What needs somebody, and what did: open ones first, then the newest."""
    only = visible_servers(request)
    return await _manager(request).alerts.page(
        is_open=open, server_id=server_id or None, limit=limit, cursor=cursor, only_servers=only
    )


@router.post(
    "/alerts/{alert_id}/acknowledge", openapi_extra={**_OPERATOR, SCOPE_KEY: "object"}, responses=problem_responses(404, 503)
)
async def acknowledge_alert(request: Request, alert_id: str) -> Alert:
    """Somebody has seen it: it leaves the overview, and nobody is reminded of it. When it is over, that is still told."""
    principal: Principal = request.state.principal

    def check(server_id: str | None) -> None:
        check_on(principal, server_id, Role.OPERATOR, otherwise=AlertNotFound(alert_id))

    return await _manager(request).alerts.acknowledge(alert_id, by=principal.name, check=check)


@router.get("/notification-targets", openapi_extra=_ADMIN, responses=problem_responses(503))
async def list_notification_targets(request: Request) -> TargetList:
    return await _notifications(request).targets()


@router.post("/notification-targets", status_code=201, openapi_extra=_ADMIN, responses=problem_responses(409, 422, 503))
async def create_notification_target(request: Request, new: NewTarget) -> Target:
    """The address is looked at, but nobody is asked; test it first."""
    made = await _notifications(request).add(new)
    request.state.audit_target = {"target_id": made.id}
    return made


@router.post("/notification-targets/test", openapi_extra=_ADMIN, responses=problem_responses(422, 503))
async def test_unsaved_notification_target(request: Request, new: NewTarget) -> TestResult:
    """Send a test message to a target that is not kept."""
    return await _notifications(request).test_unsaved(new)


@router.patch("/notification-targets/{target_id}", openapi_extra=_ADMIN, responses=problem_responses(404, 409, 422, 503))
async def change_notification_target(request: Request, target_id: str, change: TargetChange) -> Target:
    return await _notifications(request).change(target_id, change)


@router.delete("/notification-targets/{target_id}", status_code=204, openapi_extra=_ADMIN, responses=problem_responses(404, 503))
async def delete_notification_target(request: Request, target_id: str) -> None:
    await _notifications(request).remove(target_id)


@router.post("/notification-targets/{target_id}/test", openapi_extra=_ADMIN, responses=problem_responses(404, 503))
async def test_notification_target(request: Request, target_id: str) -> TestResult:
    """Send a test message at once, whatever the rules say."""
    return await _notifications(request).test(target_id)


@router.get("/notification-deliveries", openapi_extra=_ADMIN, responses=problem_responses(422, 503))
async def list_notification_deliveries(
    request: Request,
    target_id: Annotated[str, Query(max_length=64)] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str, Query(max_length=64)] = "",
) -> DeliveryList:
    """What was sent, what waits, and what could not be delivered, newest first."""
    return await _notifications(request).deliveries(target_id=target_id or None, limit=limit, cursor=cursor)


@router.get("/alert-settings", openapi_extra=_ADMIN, responses=problem_responses(503))
async def read_alert_settings(request: Request) -> AlertSettingsView:
    return await _notifications(request).settings_view()


@router.patch("/alert-settings", openapi_extra=_ADMIN, responses=problem_responses(422, 503))
async def change_alert_settings(request: Request, change: AlertSettingsChange) -> AlertSettingsView:
    return await _notifications(request).change_settings(change)


def _manager(request: Request) -> Manager:
    manager: Manager = request.app.state.manager
    return manager


def _notifications(request: Request) -> Notifications:
    return _manager(request).notifications
