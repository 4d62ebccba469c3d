"""Turns whatever goes wrong during a request into an RFC 9457 answer (`application/problem+json`)."""

import http
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from vintagestory_api.errors import (
    Conflict,
    FieldError,
    Forbidden,
    Invalid,
    ManagerError,
    NotFound,
    TooManyRequests,
    Unauthorized,
    Unavailable,
)
from vintagestory_api.kit.ids import uuid7
from vintagestory_api.kit.patterns import asked_for
from vintagestory_api.kit.redaction import redact
from vintagestory_api.storage.failures import advise_on_database_failure, advise_on_disk_failure

log = structlog.get_logger(__name__)

PROBLEM_JSON = "application/problem+json"
INTERNAL_ERROR = "internal_error"

_STATUS_OF_KIND: tuple[tuple[type[ManagerError], int], ...] = (
    (NotFound, 404),
    (Conflict, 409),
    (Invalid, 422),
    (Unauthorized, 401),
    (Forbidden, 403),
    (TooManyRequests, 429),
    (Unavailable, 503),
)
_RETRY_AFTER_SECONDS = 5
_MAX_FIELD_ERRORS = 50
_MAX_FIELD_NAME_LENGTH = 100
_MAX_DETAIL_LENGTH = 2_000
_CODE_OF_STATUS = {400: "bad_request", 401: "unauthorized", 403: "forbidden", 404: "not_found", 405: "method_not_allowed"}
_CODE_OF_STATUS |= {413: "body_too_large", 415: "unsupported_media_type"}
_DETAIL_OF_STATUS = {
    404: "There is nothing at this address. The document /openapi.json lists every address.",
    405: "This address does not take this method. The header Allow lists those it takes.",
}


class ProblemField(BaseModel):
    """What is wrong with one field of the request."""

    field: str
    message: str


class Problem(BaseModel):
    """An error as RFC 9457 describes it. `code` is stable and meant for programs; `detail` says what to do."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[ProblemField] | None = None


@dataclass(frozen=True)
class Answer:
    """What to tell the caller about an error."""

    status: int
    code: str
    detail: str
    errors: Sequence[FieldError] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


def install_problem_handlers(app: FastAPI) -> None:
    """Make `app` answer every error with a problem document."""
    for kind in (ManagerError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, respond)


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """For a route's `responses`: these statuses, and any other error, answer with a problem document."""
    content = {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    described: dict[int | str, dict[str, Any]] = {
        status: {"description": http.HTTPStatus(status).phrase, "content": content} for status in statuses
    }
    return described | {"default": {"description": "Any other error", "content": content}}


def extend_openapi(app: FastAPI, components: Mapping[str, Mapping[str, Any]]) -> None:
    """Add `components` (kind → name → definition) to the OpenAPI document of `app`, and the schema of problem documents."""
    generate: Callable[[], dict[str, Any]] = app.openapi
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    definitions = schema.pop("$defs", {})

    def openapi() -> dict[str, Any]:
        document = generate()
        known = document.setdefault("components", {})
        known.setdefault("schemas", {}).update({**definitions, "Problem": schema})
        for kind, members in components.items():
            known.setdefault(kind, {}).update(members)
        return document

    app.openapi = openapi  # type: ignore[method-assign] # the way FastAPI documents


def describe(error: Exception) -> Answer:
    """What to tell about `error`. Nothing of the request's content comes back, and no secret."""
    if isinstance(error, ManagerError):
        return _of_manager_error(error)
    if isinstance(error, RequestValidationError):
        return _of_invalid_request(error)
    if isinstance(error, HTTPException):
        return _of_http_exception(error)
    if advice := advise_on_database_failure(error):
        return Answer(503, "database_unavailable", advice, headers=_retry_after(_RETRY_AFTER_SECONDS))
    if advice := advise_on_disk_failure(error):
        return Answer(503, "disk_unavailable", advice, headers=_retry_after(60))
    return Answer(
        500, INTERNAL_ERROR, "Something in the manager went wrong. Its log says more: look there for the error_id of this answer."
    )


async def respond(request: Request, error: Exception) -> Response:
    """The answer to a request that ended in `error`. What is not the caller's doing is logged."""
    answer = describe(error)
    extra = dict(answer.extra)
    if answer.code == INTERNAL_ERROR:
        extra["error_id"] = uuid7()
        log.error("request_failed", error_id=extra["error_id"], method=request.method, path=request.scope["path"], exc_info=error)
    elif answer.status >= 500:
        log.warning("request_refused", code=answer.code, method=request.method, path=request.scope["path"], error=str(error))
    return problem_response(answer, extra)


def problem_response(answer: Answer, extra: Mapping[str, Any] | None = None) -> Response:
    document: dict[str, Any] = dict(answer.extra if extra is None else extra)
    document |= {
        "type": "about:blank",
        "title": _title(answer.status),
        "status": answer.status,
        "code": answer.code,
        "detail": redact(answer.detail[:_MAX_DETAIL_LENGTH]),
    }
    if answer.errors:
        document["errors"] = [
            {"field": error.field, "message": redact(error.message[:_MAX_DETAIL_LENGTH])} for error in answer.errors
        ]
    try:
        body = orjson.dumps(document, default=str, option=orjson.OPT_NON_STR_KEYS)
    except TypeError:  # a number or a text of the caller that JSON can hold and UTF-8 or 64 bits can't
        body = json.dumps(document, default=str).encode()
    return Response(body, answer.status, dict(answer.headers), PROBLEM_JSON)


def _of_manager_error(error: ManagerError) -> Answer:
    status = next((status for kind, status in _STATUS_OF_KIND if isinstance(error, kind)), 500)
    headers: dict[str, str] = {}
    if isinstance(error, Unauthorized):
        headers = {"WWW-Authenticate": "Bearer"}
    elif isinstance(error, Unavailable | TooManyRequests):
        headers = _retry_after(error.retry_after_seconds or _RETRY_AFTER_SECONDS)
    return Answer(status, error.code, error.message, error.fields, error.extra, headers)


def _of_invalid_request(error: RequestValidationError) -> Answer:
    found = error.errors()
    if any(item["type"] == "json_invalid" for item in found):
        return Answer(400, "malformed_json", "The body is no JSON. Send a JSON document, with Content-Type: application/json.")
    fields = [FieldError(_field(item["loc"]), _plain(item)) for item in found[:_MAX_FIELD_ERRORS]]
    # No colon after the name: "password: …" would look like a secret, and be made unreadable.
    named = "; ".join(f"{item.field} {item.message}" for item in fields[:5])
    return Answer(422, "invalid_request", f"The request holds values that can't be used. {named}", fields)


def _of_http_exception(error: HTTPException) -> Answer:
    code = _CODE_OF_STATUS.get(error.status_code, f"http_{error.status_code}")
    detail = _DETAIL_OF_STATUS.get(error.status_code) or str(error.detail)
    return Answer(error.status_code, code, detail, headers=error.headers or {})


def _field(location: Sequence[Any]) -> str:
    # The first part says where (body, query, path); without a second it is all that can be said.
    parts = [str(part) for part in location]
    return ".".join(parts[1:] or parts)[:_MAX_FIELD_NAME_LENGTH]


def _plain(item: Mapping[str, Any]) -> str:
    kind, message = str(item["type"]), str(item["msg"])
    if kind == "missing":
        return "has to be given"
    if kind == "extra_forbidden":
        return "is not known here"
    if kind == "string_pattern_mismatch":
        return asked_for(item["ctx"]["pattern"])
    return message.removeprefix("Value error, ").replace("Input should be", "has to be", 1).replace("Input should", "has to", 1)


def _title(status: int) -> str:
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return "Error"


def _retry_after(seconds: float) -> dict[str, str]:
    return {"Retry-After": str(max(1, math.ceil(seconds)))}
