"""Tokens, the audit trail, and who I am, over HTTP."""

from datetime import UTC
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from vintagestory_api.access.access import Access
from vintagestory_api.access.audit import AuditFilter
from vintagestory_api.access.principal import Principal
from vintagestory_api.access.routes import API_PREFIX, ROLE_KEY, SCOPE_KEY, SecuredRoute
from vintagestory_api.access.schemas import (
    AuditEntryView,
    AuditList,
    AuditQuery,
    CreatedToken,
    Me,
    NewToken,
    TokenList,
    TokenView,
    roles_by_server,
)
from vintagestory_api.kit.clock import to_ms
from vintagestory_api.problems import problem_responses

router = APIRouter(prefix=API_PREFIX, route_class=SecuredRoute, tags=["access"])

_SELF = {ROLE_KEY: "none", SCOPE_KEY: "anyone"}
_ADMIN = {ROLE_KEY: "admin"}

Limit = Annotated[int, Query(ge=1, le=200)]
Cursor = Annotated[str | None, Query(max_length=100, description="next_cursor of the page before")]


@router.get("/me", openapi_extra=_SELF)
async def me(request: Request) -> Me:
    """Who sends this request."""
    return Me.of(request.state.principal)


@router.get("/tokens", openapi_extra=_ADMIN)
async def list_tokens(request: Request, limit: Limit = 50, cursor: Cursor = None, include_revoked: bool = False) -> TokenList:
    """The tokens, oldest first, without their secrets."""
    found = await _access(request).tokens.list(limit=limit + 1, after=cursor, revoked_too=include_revoked)
    return TokenList(items=[TokenView.of(token) for token in found[:limit]], next_cursor=_next_cursor(found, limit))


@router.post("/tokens", status_code=201, openapi_extra=_ADMIN, responses=problem_responses(409, 422))
async def create_token(request: Request, wanted: NewToken) -> CreatedToken:
    """Make a token. Its secret is in this answer and nowhere else."""
    principal: Principal = request.state.principal
    on = roles_by_server(wanted.server_roles)
    token, secret = await _access(request).tokens.create(wanted.name, wanted.role, created_by=str(principal), on=on)
    request.state.audit_target = {"token_id": token.id}
    return CreatedToken.with_secret(token, secret)


@router.delete("/tokens/{token_id}", status_code=204, openapi_extra=_ADMIN, responses=problem_responses(404))
async def revoke_token(request: Request, token_id: str) -> None:
    """Refuse a token from now on. Revoking it again changes nothing."""
    await _access(request).tokens.revoke(token_id)


@router.get("/audit", openapi_extra=_ADMIN, responses=problem_responses(422))
async def list_audit(request: Request, query: Annotated[AuditQuery, Query()]) -> AuditList:
    """Who changed what, newest first. Refused and failed changes are there, too."""
    since = query.since
    if since is not None and since.tzinfo is None:
        since = since.replace(tzinfo=UTC)
    wanted = AuditFilter(query.who, query.action, query.result, None if since is None else to_ms(since))
    found = await _access(request).audit.list(wanted, limit=query.limit + 1, before=query.cursor)
    return AuditList(
        items=[AuditEntryView.of(entry) for entry in found[: query.limit]], next_cursor=_next_cursor(found, query.limit)
    )


def _access(request: Request) -> Access:
    access: Access = request.app.state.access
    return access


def _next_cursor(found: list[Any], limit: int) -> str | None:
    """The id of the page's last entry, when one more than the page was found."""
    return found[limit - 1].id if len(found) > limit else None
