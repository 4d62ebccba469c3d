"""Signing in and out, and what belongs to whoever is signed in, over HTTP."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from fastapi import APIRouter, Request, Response

from vintagestory_api import __version__
from vintagestory_api.access.access import Access
from vintagestory_api.access.audit import OK, AuditEntry
from vintagestory_api.access.own import address_of, caller_of, own_user
from vintagestory_api.access.password_work import TooManyAttempts
from vintagestory_api.access.principal import Principal
from vintagestory_api.access.recognition import check_same_origin, recognize, session_of
from vintagestory_api.access.routes import API_PREFIX, PUBLIC_KEY, ROLE_KEY, SCOPE_KEY, SecuredRoute
from vintagestory_api.access.schemas import Me
from vintagestory_api.access.session_cookie import clear_session_cookie, set_session_cookie
from vintagestory_api.access.sessions import SessionNotFound
from vintagestory_api.access.sign_in import NotLetIn, SignedIn
from vintagestory_api.access.user_schemas import (
    BrowserSession,
    BrowserSessionList,
    PasswordChange,
    SessionInfo,
    Setup,
    SignIn,
)
from vintagestory_api.access.users import StoredUser
from vintagestory_api.errors import ManagerError, Unauthorized
from vintagestory_api.kit.ids import uuid7
from vintagestory_api.problems import describe, problem_responses

router = APIRouter(prefix=API_PREFIX, route_class=SecuredRoute, tags=["session"])

_PUBLIC = {PUBLIC_KEY: True}
_SELF = {ROLE_KEY: "none", SCOPE_KEY: "anyone"}


@router.get("/session", openapi_extra=_PUBLIC)
async def read_session(request: Request) -> SessionInfo:
    """Who is signed in here, by cookie or by token; what to do when nobody is."""
    try:
        return _signed_in(Me.of(await recognize(request)))
    except Unauthorized:
        has_admin = await _access(request).users.has_admin()
        return SessionInfo(state="signed_out" if has_admin else "setup_needed", me=None, version=__version__)


@router.post("/session", openapi_extra=_PUBLIC, responses=problem_responses(401, 422, 429))
async def sign_in(request: Request, response: Response, wanted: SignIn) -> SessionInfo:
    """Begin a browser session: its secret is in a cookie that scripts can't read. A former session of this browser ends.

    Who has a second factor is answered `second_factor_needed` (401) once the password is right, and sends the same again with a
    code.
    """
    password, code = wanted.password.get_secret_value(), wanted.code.get_secret_value() if wanted.code else ""
    async with _remembered(request, "sign_in") as change:
        change.signed_in = await _access(request).sign_in.sign_in(wanted.name, password, caller_of(request), code)
    return await _begin(request, response, change.signed_in)


@router.delete("/session", status_code=204, openapi_extra=_PUBLIC, responses=problem_responses(403))
async def sign_out(request: Request, response: Response) -> None:
    """End the session of this browser, if there is one, and clear its cookie."""
    if (secret := session_of(request)) is not None:
        check_same_origin(request)
        await _end_former(request, secret)
    clear_session_cookie(request, response)


@router.post("/setup", openapi_extra=_PUBLIC, responses=problem_responses(403, 409, 422, 429))
async def set_up(request: Request, response: Response, wanted: Setup) -> SessionInfo:
    """Make the first admin with the link that the manager prints at its start, and sign them in."""
    token, password = wanted.token.get_secret_value(), wanted.password.get_secret_value()
    async with _remembered(request, "set_up") as change:
        change.signed_in = await _access(request).sign_in.set_up(token, wanted.name, password, caller_of(request))
    return await _begin(request, response, change.signed_in)


@router.get("/sessions", openapi_extra=_SELF)
async def list_sessions(request: Request) -> BrowserSessionList:
    """The browsers in which you are signed in, newest first."""
    me: Principal = request.state.principal
    found = await _access(request).sessions.list(me.id) if me.kind == "user" and me.id else []
    return BrowserSessionList(items=[BrowserSession.of(session, me.session_id) for session in found])


@router.delete("/sessions", status_code=204, openapi_extra=_SELF)
async def sign_out_everywhere(request: Request, response: Response) -> None:
    """End all your sessions, this one, too."""
    me: Principal = request.state.principal
    if me.kind == "user" and me.id:
        await _access(request).sessions.end_all(me.id)
        clear_session_cookie(request, response)


@router.delete("/sessions/{session_id}", status_code=204, openapi_extra=_SELF, responses=problem_responses(404))
async def end_session(request: Request, session_id: str) -> None:
    """End one of your sessions."""
    me: Principal = request.state.principal
    await _access(request).sessions.end(session_id, user_id=me.id or "")


@router.post("/me/password", status_code=204, openapi_extra=_SELF, responses=problem_responses(403, 422, 429))
async def change_own_password(request: Request, wanted: PasswordChange) -> None:
    """Change your password. Your other sessions end."""
    user_id, session_id = own_user(request, "password")
    current, new = wanted.current_password.get_secret_value(), wanted.new_password.get_secret_value()
    await _access(request).sign_in.change_password(user_id, session_id, current, new, caller_of(request))


class _Change:
    signed_in: SignedIn


@asynccontextmanager
async def _remembered(request: Request, action: str) -> AsyncIterator[_Change]:
    """Leave a line in the audit trail for a change by somebody who becomes known only by it, or does not."""
    change = _Change()
    try:
        yield change
    except TooManyAttempts:
        raise  # nothing was tried; a line for each would let anybody fill the disk
    except NotLetIn as error:
        # Not the name that was typed: now and then it is a password.
        await _remember(request, action, error.user, error)
        raise
    except ManagerError as error:
        await _remember(request, action, None, error)
        raise
    signed_in = change.signed_in
    await _remember(request, action, signed_in.user, details={"code": signed_in.with_code} if signed_in.with_code else None)


async def _remember(
    request: Request,
    action: str,
    user: StoredUser | None,
    error: ManagerError | None = None,
    *,
    details: Mapping[str, str] | None = None,
) -> None:
    access = _access(request)
    told = describe(error) if error else None
    entry = AuditEntry(
        id=uuid7(),
        at=access.clock.now_ms(),
        who_kind="user",
        who_id=user.id if user else None,
        who_name=user.name if user else "(unknown)",
        role=user.role.value if user else None,
        action=action,
        target={},
        from_address=address_of(request),
        result=told.code if told else OK,
        status=told.status if told else 200,
        details=details or {},
    )
    await access.audit.record(entry)


async def _begin(request: Request, response: Response, signed_in: SignedIn) -> SessionInfo:
    try:
        former = session_of(request)
    except Unauthorized:
        former = None
    if former is not None:
        await _end_former(request, former)
    set_session_cookie(request, response, signed_in.secret)
    principal = await _access(request).sessions.authenticate(signed_in.secret)
    if principal is None:
        raise Unauthorized("You are signed out: the session has ended at once. Sign in again.")
    return _signed_in(Me.of(principal))


async def _end_former(request: Request, secret: str) -> None:
    """End the session that this browser had."""
    access = _access(request)
    principal = await access.sessions.authenticate(secret)
    if principal is None or principal.id is None or principal.session_id is None:
        return
    try:
        await access.sessions.end(principal.session_id, user_id=principal.id)
    except SessionNotFound:
        return  # it was ended at the same moment
    entry = AuditEntry(
        id=uuid7(),
        at=access.clock.now_ms(),
        who_kind="user",
        who_id=principal.id,
        who_name=principal.name,
        role=principal.role.value,
        action="sign_out",
        target={"session_id": principal.session_id},
        from_address=address_of(request),
        result=OK,
        status=204,
    )
    await access.audit.record(entry)


def _signed_in(me: Me) -> SessionInfo:
    return SessionInfo(state="signed_in", me=me, version=__version__)


def _access(request: Request) -> Access:
    access: Access = request.app.state.access
    return access
