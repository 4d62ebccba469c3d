"""Looking at the manager as somebody else, over HTTP: for admins, and changing nothing meanwhile."""

from typing import Annotated, Self

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, model_validator

from vintagestory_api.access.access import Access
from vintagestory_api.access.principal import Principal
from vintagestory_api.access.recognition import recognize
from vintagestory_api.access.roles import Role
from vintagestory_api.access.routes import API_PREFIX, READS_KEY, ROLE_KEY, SCOPE_KEY, SecuredRoute
from vintagestory_api.access.schemas import Me, ServerRoleList, roles_by_server
from vintagestory_api.access.view_as import WantedView
from vintagestory_api.errors import Forbidden
from vintagestory_api.problems import problem_responses

router = APIRouter(prefix=API_PREFIX, route_class=SecuredRoute, tags=["session"])


class NoBrowserSession(Forbidden):
    code = "no_browser_session"


class ViewAs(BaseModel):
    """A user, or else a role, which may come with roles on single servers."""

    model_config = ConfigDict(extra="forbid")

    user_id: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    role: Role | None = None
    server_roles: ServerRoleList = []

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.user_id is None) == (self.role is None):
            raise ValueError("name either a user or a role")
        if self.user_id is not None and self.server_roles:
            raise ValueError("a user has roles on servers already")
        return self


@router.put("/session/view-as", openapi_extra={ROLE_KEY: "admin", SCOPE_KEY: "manager"}, responses=problem_responses(404, 422))
async def view_as(request: Request, wanted: ViewAs) -> Me:
    """Look at the manager as a user or a role, in this browser: everything is answered as it would be for them, and every change
    is refused, until that is left or the session ends."""
    principal: Principal = request.state.principal
    if principal.session_id is None:
        raise NoBrowserSession("Only somebody who is signed in with a browser can look at the manager as somebody else.")
    seen = WantedView(wanted.user_id, wanted.role or Role.NONE, roles_by_server(wanted.server_roles))
    if wanted.user_id is not None:
        request.state.audit_target = {"user_id": wanted.user_id}
    await _access(request).sessions.view_as(principal.session_id, seen)
    return Me.of(await recognize(request))


@router.delete("/session/view-as", openapi_extra={ROLE_KEY: "none", SCOPE_KEY: "anyone", READS_KEY: True})
async def leave_view(request: Request) -> Me:
    """Look at the manager as yourself again. Changes nothing for who does already."""
    principal: Principal = request.state.principal
    if principal.session_id is not None and principal.viewing_as is not None:
        request.state.audit_details = {"kind": principal.viewing_as.kind, "name": principal.viewing_as.name}
        await _access(request).sessions.view_as(principal.session_id, None)
    return Me.of(await recognize(request))


def _access(request: Request) -> Access:
    access: Access = request.app.state.access
    return access
