"""The one mechanism that lets requests in: every route says who may use it, and every change leaves a line in the audit trail."""

import asyncio
import json
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Literal, get_args

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from vintagestory_api.access.access import Access
from vintagestory_api.access.audit import DENIED, OK, AuditEntry, presentable
from vintagestory_api.access.on_servers import RoleTooLow, ServerNotSeen, check_on, check_role, hide_other_servers
from vintagestory_api.access.principal import Principal
from vintagestory_api.access.recognition import CHANGING_METHODS, recognize
from vintagestory_api.access.roles import Role
from vintagestory_api.access.second_factor import second_factor_required
from vintagestory_api.access.session_cookie import COOKIE
from vintagestory_api.errors import Forbidden, Invalid
from vintagestory_api.kit.ids import uuid7
from vintagestory_api.problems import describe, extend_openapi, problem_responses

API_PREFIX = "/api/v1"
ROLE_KEY = "x-required-role"
PUBLIC_KEY = "x-public"
SCOPE_KEY = "x-scope"
#: Of a route that changes nothing although its method says so: it works while an admin looks at the manager as somebody else.
READS_KEY = "x-reads"

Scope = Literal["server", "manager", "anyone", "object", "list"]
_SCOPES: tuple[Scope, ...] = get_args(Scope)
_SERVER_IN_PATH = "server_id"

_SECURITY_SCHEMES: Mapping[str, Mapping[str, Any]] = {
    "securitySchemes": {
        "bearer": {"type": "http", "scheme": "bearer", "description": "Authorization: Bearer vsm_…"},
        "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": COOKIE,
            "description": "Of a browser; over https __Host-vsm_session.",
        },
    }
}

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class ViewingAs(Forbidden):
    code = "viewing_as"


class BrokenText(Invalid):
    code = "broken_text"


class SecuredRoute(APIRoute):
    """A route that has to say who may use it, in its `openapi_extra`: `{"x-required-role": "viewer"}` (or `operator`, `admin`),
    or `{"x-public": True}`. Saying neither, or both, raises `ValueError` when the application is built.

    `x-scope` says where that role has to count. Left out, it is `server` for a path with `{server_id}`: the role on that server,
    which isn't there for who may not see it. Else it is `manager`: the role for everything. The others let in with the highest
    role that the caller has anywhere: `anyone` because nothing is told of servers; `object` and `list` because the endpoint asks
    `require_on` for the server that its object belongs to, or leaves out what `visible_servers` does not name.

    The caller is known and allowed before the body is read; `request.state.principal` holds it. A changing request (POST, PUT,
    PATCH, DELETE) of a known caller leaves one line in the audit trail before its answer leaves, whatever the answer is. An
    endpoint may add to that line: `request.state.audit_target = {"token_id": …}`, and `request.state.audit_details` where its
    body has no declared fields.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        extra = dict(options.pop("openapi_extra", None) or {})
        self.required_role = _required_role(path, extra)
        self.says_scope = SCOPE_KEY in extra
        self.scope = _scope(path, extra)
        self._reads = bool(extra.get(READS_KEY))
        if self.required_role is None:
            options["responses"] = {**problem_responses(), **(options.get("responses") or {})}
        else:
            extra[SCOPE_KEY] = self.scope
            options["responses"] = {**problem_responses(401, 403), **(options.get("responses") or {})}
            extra.setdefault("security", [{"bearer": []}, {"apiKey": []}, {"session": []}])
        super().__init__(path, endpoint, openapi_extra=extra, **options)

    def get_route_handler(self) -> Handler:
        answer = super().get_route_handler()
        required = self.required_role
        if required is None:
            return answer

        async def let_in_and_answer(request: Request) -> Response:
            access: Access = request.app.state.access
            principal = await recognize(request)
            request.state.principal = principal
            if request.method in CHANGING_METHODS:
                return await self._answer_and_remember(request, access, principal, required, answer)
            self._check(request, principal, required)
            return await answer(request)

        return let_in_and_answer

    def _check(self, request: Request, principal: Principal, required: Role) -> None:
        if principal.must_set_up_second_factor and required is not Role.NONE:
            raise second_factor_required()
        server_id = request.path_params.get(_SERVER_IN_PATH)
        if self.scope == "server":
            check_on(principal, server_id, required, otherwise=ServerNotSeen(str(server_id)))
            return
        if server_id is not None and not principal.sees(server_id):
            raise ServerNotSeen(server_id)
        check_role(principal, principal.role if self.scope == "manager" else principal.highest, required)

    async def _answer_and_remember(
        self, request: Request, access: Access, principal: Principal, required: Role, answer: Handler
    ) -> Response:
        try:
            self._check(request, principal, required)
            if principal.viewing_as is not None and not self._reads:
                raise ViewingAs(
                    f"You look at the manager as {principal.viewing_as.name!r}, and can't change anything meanwhile. "
                    "Leave that view first."
                )
            if self.body_field is not None:
                await _check_text(request)
            response = await answer(request)
        except Exception as error:
            hide_other_servers(principal, error)
            told = describe(error)
            result = DENIED if isinstance(error, RoleTooLow) else told.code
            await self._remember(request, access, principal, result, told.status)
            raise
        except asyncio.CancelledError:
            # The manager is going down; the change may be done or not.
            await self._remember(request, access, principal, "cancelled", None)
            raise
        result = OK if response.status_code < 400 else f"http_{response.status_code}"
        await self._remember(request, access, principal, result, response.status_code)
        return response

    async def _remember(self, request: Request, access: Access, principal: Principal, result: str, status: int | None) -> None:
        details = {} if result == DENIED else await self._details(request)
        target = {**request.path_params, **getattr(request.state, "audit_target", {})}
        entry = AuditEntry(
            id=uuid7(),
            at=access.clock.now_ms(),
            who_kind=principal.kind,
            who_id=principal.id,
            who_name=principal.name,
            role=_role_of(request, principal).value,
            action=self.name,
            target=presentable(target),
            from_address=request.client.host if request.client else None,
            result=result,
            status=status,
            details=details,
        )
        await access.audit.record(entry)

    async def _details(self, request: Request) -> dict[str, Any]:
        """The fields of the body that the route declares; what else a caller sends is not ours to keep."""
        if (told := getattr(request.state, "audit_details", None)) is not None:
            return presentable(told)
        if self.body_field is None:
            return {}
        model = self.body_field.field_info.annotation
        if not (isinstance(model, type) and issubclass(model, BaseModel)):
            return {}
        try:
            body = await request.json()  # FastAPI has read it: this is what it kept
        except (ValueError, RecursionError, RuntimeError, HTTPException, ClientDisconnect):
            return {}
        if not isinstance(body, dict):
            return {}
        kept = {name: info for name, info in model.model_fields.items() if not _is_secret(info)}
        declared = set(kept) | {info.alias for info in kept.values() if info.alias}
        return presentable({name: value for name, value in body.items() if name in declared})


def _is_secret(info: FieldInfo) -> bool:
    if isinstance(info.json_schema_extra, dict) and info.json_schema_extra.get("writeOnly"):
        return True
    annotation = info.annotation
    return annotation is SecretStr or SecretStr in get_args(annotation)


def describe_security(app: FastAPI) -> None:
    """Add the ways to sign in, and the schema of errors, to the OpenAPI document of `app`."""
    extend_openapi(app, _SECURITY_SCHEMES)


def _required_role(path: str, extra: Mapping[str, Any]) -> Role | None:
    if (ROLE_KEY in extra) == (PUBLIC_KEY in extra):
        raise ValueError(f"The route {path} has to say either {ROLE_KEY} or {PUBLIC_KEY} in its openapi_extra.")
    if ROLE_KEY in extra:
        return Role(extra[ROLE_KEY])
    if extra[PUBLIC_KEY] is not True:
        raise ValueError(f"The route {path}: {PUBLIC_KEY} can only be True.")
    return None


def _scope(path: str, extra: Mapping[str, Any]) -> Scope:
    scope: Scope = extra.get(SCOPE_KEY) or ("server" if f"{{{_SERVER_IN_PATH}}}" in path else "manager")
    if scope not in _SCOPES:
        raise ValueError(f"The route {path}: {SCOPE_KEY} can be {', '.join(_SCOPES)}.")
    if scope == "server" and f"{{{_SERVER_IN_PATH}}}" not in path:
        raise ValueError(f"The route {path} names no server: {SCOPE_KEY} can't be server.")
    return scope


async def _check_text(request: Request) -> None:
    """Raises `BrokenText` for a body with a lone surrogate: Python's JSON takes it, SQLite and our answers don't."""
    try:
        body = await request.body()
    except ClientDisconnect as error:
        raise HTTPException(400, "The body was not sent to its end.") from error
    if body.isascii() and b"\\u" not in body and b"\0" not in body:
        return  # it can't be in there: neither written out, nor escaped, nor in UTF-16
    try:
        json.dumps(json.loads(body), ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise BrokenText("The body holds half of a character (a lone surrogate). Send complete characters.") from error
    except (ValueError, RecursionError):
        return  # no JSON: the answer to that is given where it is parsed


def _role_of(request: Request, principal: Principal) -> Role:
    """With which role the caller comes: that of an admin who looks as somebody else, or what counts on the server in question."""
    if principal.viewing_as is not None:
        return Role.ADMIN
    return principal.role_on(request.path_params.get(_SERVER_IN_PATH))
