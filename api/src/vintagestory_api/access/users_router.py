"""Users over HTTP, for admins."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from vintagestory_api.access.access import Access
from vintagestory_api.access.routes import API_PREFIX, ROLE_KEY, SecuredRoute
from vintagestory_api.access.schemas import roles_by_server
from vintagestory_api.access.user_schemas import NewPassword, NewUser, User, UserChange, UserList
from vintagestory_api.problems import problem_responses

router = APIRouter(prefix=API_PREFIX, route_class=SecuredRoute, tags=["users"])

_ADMIN = {ROLE_KEY: "admin"}

Limit = Annotated[int, Query(ge=1, le=200)]
Cursor = Annotated[str | None, Query(max_length=100, description="next_cursor of the page before")]


@router.get("/users", openapi_extra=_ADMIN, responses=problem_responses(422))
async def list_users(request: Request, limit: Limit = 200, cursor: Cursor = None) -> UserList:
    """The users, oldest first."""
    found = await _access(request).users.page(limit=limit + 1, after=cursor)
    next_cursor = found[limit - 1].id if len(found) > limit else None
    return UserList(items=[User.of(user) for user in found[:limit]], next_cursor=next_cursor)


@router.post("/users", status_code=201, openapi_extra=_ADMIN, responses=problem_responses(409, 422, 429))
async def create_user(request: Request, wanted: NewUser) -> User:
    """Make a user who signs in with this password. They can change it themselves."""
    password = wanted.password.get_secret_value()
    on, made_by = roles_by_server(wanted.server_roles), str(request.state.principal)
    user = await _access(request).users.create(wanted.name, wanted.role, password, created_by=made_by, on=on)
    request.state.audit_target = {"user_id": user.id}
    return User.of(user)


@router.patch("/users/{user_id}", openapi_extra=_ADMIN, responses=problem_responses(404, 409, 422))
async def change_user(request: Request, user_id: str, wanted: UserChange) -> User:
    """Change the roles or the name, or keep a user from signing in. Another role holds at once."""
    users = _access(request).users
    on = None if wanted.server_roles is None else roles_by_server(wanted.server_roles)
    return User.of(await users.change(user_id, name=wanted.name, role=wanted.role, is_disabled=wanted.is_disabled, on=on))


@router.delete("/users/{user_id}", status_code=204, openapi_extra=_ADMIN, responses=problem_responses(404, 409))
async def delete_user(request: Request, user_id: str) -> None:
    """Remove a user for good, and sign them out. What they did stays in the audit trail."""
    access = _access(request)
    await access.users.remove(user_id)
    await access.second_factors.forget_unused_secrets()


@router.post("/users/{user_id}/password", status_code=204, openapi_extra=_ADMIN, responses=problem_responses(404, 422, 429))
async def set_user_password(request: Request, user_id: str, wanted: NewPassword) -> None:
    """Give a user another password, and sign them out everywhere."""
    await _access(request).users.set_password(user_id, wanted.password.get_secret_value())


@router.delete("/users/{user_id}/sessions", status_code=204, openapi_extra=_ADMIN, responses=problem_responses(404))
async def end_user_sessions(request: Request, user_id: str) -> None:
    """Sign a user out everywhere."""
    await _access(request).users.end_sessions(user_id)


def _access(request: Request) -> Access:
    access: Access = request.app.state.access
    return access
