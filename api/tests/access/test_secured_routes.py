"""Who is let in, to which route, and what every change leaves in the audit trail."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from fastapi import APIRouter, FastAPI, Request
from pydantic import BaseModel

from tests.access.route_walk import OfferedRoute, unsecured_routes, walk_routes
from vintagestory_api.access.access import Access
from vintagestory_api.access.audit import AuditEntry, AuditFilter
from vintagestory_api.access.roles import Role
from vintagestory_api.access.routes import SecuredRoute, describe_security
from vintagestory_api.errors import Conflict
from vintagestory_api.problems import install_problem_handlers


class Paint(BaseModel):
    colour: str
    password: str = ""
    note: str = ""


class AlreadyPainted(Conflict):
    code = "already_painted"


router = APIRouter(route_class=SecuredRoute)


@router.get("/fence", openapi_extra={"x-required-role": "viewer"})
async def look_at_fence(request: Request) -> dict[str, str]:
    return {"seen_by": request.state.principal.name}


@router.post("/fence/{plank}/paint", status_code=202, openapi_extra={"x-required-role": "operator"})
async def paint_fence(request: Request, plank: str, paint: Paint) -> dict[str, str]:
    if plank == "wet":
        raise AlreadyPainted("Wait until it is dry.")
    if plank == "rotten":
        raise ZeroDivisionError
    if plank == "slow":
        request.app.state.is_painting.set()
        await asyncio.Event().wait()
    return {"plank": plank, "colour": paint.colour}


@router.delete("/fence", status_code=204, openapi_extra={"x-required-role": "admin"})
async def tear_down_fence() -> None: ...


@router.get("/weather", openapi_extra={"x-public": True})
async def weather() -> dict[str, str]:
    return {"sky": "blue"}


@pytest.fixture
async def app(access: Access) -> FastAPI:
    app = FastAPI()
    install_problem_handlers(app)
    app.include_router(router, prefix="/api/v1")
    describe_security(app)
    app.state.access = access
    app.state.is_painting = asyncio.Event()
    return app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False, client=("192.0.2.9", 1234))
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1/api/v1") as client:
        yield client


@pytest.fixture
async def tokens(access: Access) -> dict[Role, str]:
    return {role: (await access.tokens.create(role.value, role, created_by="test"))[1] for role in Role}


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


async def trail(access: Access) -> list[AuditEntry]:
    return await access.audit.list(AuditFilter(), limit=100)


def test_a_route_that_does_not_say_who_may_use_it_is_refused_when_built() -> None:
    for extra in (None, {}, {"x-required-role": "viewer", "x-public": True}, {"x-public": False}, {"x-required-role": "king"}):
        with pytest.raises(ValueError, match=r"has to say|can only be True|king"):
            APIRouter(route_class=SecuredRoute).add_api_route("/open", weather, openapi_extra=extra)


def test_the_document_tells_who_may_use_what(app: FastAPI) -> None:
    assert walk_routes(app) == [
        OfferedRoute("DELETE", "/api/v1/fence", Role.ADMIN, "manager"),
        OfferedRoute("GET", "/api/v1/fence", Role.VIEWER, "manager"),
        OfferedRoute("POST", "/api/v1/fence/{plank}/paint", Role.OPERATOR, "manager"),
        OfferedRoute("GET", "/api/v1/weather", None),
    ]
    assert unsecured_routes(app) == []
    document = app.openapi()
    assert set(document["components"]["securitySchemes"]) == {"bearer", "apiKey", "session"}
    assert "Problem" in document["components"]["schemas"]
    assert "HTTPValidationError" not in document["components"]["schemas"]
    guarded = document["paths"]["/api/v1/fence"]["get"]
    assert guarded["security"] == [{"bearer": []}, {"apiKey": []}, {"session": []}]
    assert {"401", "403", "default"} <= set(guarded["responses"])
    public = document["paths"]["/api/v1/weather"]["get"]
    assert "security" not in public
    assert "401" not in public["responses"]


def test_a_route_without_the_mechanism_is_found(app: FastAPI) -> None:
    app.get("/hole", include_in_schema=False)(weather)
    assert unsecured_routes(app) == ["/hole"]


@pytest.mark.parametrize("role", list(Role))
async def test_each_role_reaches_what_it_may_and_nothing_more(
    app: FastAPI, client: httpx2.AsyncClient, tokens: dict[Role, str], role: Role
) -> None:
    for method, path, required, _ in walk_routes(app):
        address = path.replace("{plank}", "3").removeprefix("/api/v1")
        answer = await client.request(
            method, address, headers=bearer(tokens[role]), json={"colour": "red"} if method == "POST" else None
        )
        if required is None or role.includes(required):
            assert answer.is_success, (method, path)
        else:
            assert answer.status_code == 403
            assert answer.json()["code"] == "role_too_low"
            assert answer.json()["needed_role"] == required.value


async def test_without_a_token_only_the_public_route_answers(app: FastAPI, client: httpx2.AsyncClient) -> None:
    for method, path, required, _ in walk_routes(app):
        answer = await client.request(method, path.removeprefix("/api/v1"))
        if required is None:
            assert answer.status_code == 200
        else:
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"] == "Bearer"
            assert answer.headers["content-type"] == "application/problem+json"


async def test_both_headers_carry_a_token(client: httpx2.AsyncClient, tokens: dict[Role, str]) -> None:
    secret = tokens[Role.VIEWER]
    for headers in (
        bearer(secret),
        {"authorization": f"bearer  {secret}"},
        {"X-API-Key": secret},
        {**bearer(secret), "X-API-Key": secret},
    ):
        answer = await client.get("/fence", headers=headers)
        assert answer.json() == {"seen_by": "viewer"}, headers


async def test_wrong_credentials_are_refused_and_not_repeated(client: httpx2.AsyncClient, tokens: dict[Role, str]) -> None:
    good, other = tokens[Role.VIEWER], tokens[Role.ADMIN]
    for headers in (
        bearer("vsm_" + "a" * 43),
        bearer(good + "x"),
        bearer(""),
        {"Authorization": good},
        {"Authorization": f"Basic {good}"},
        {"Authorization": "Bearer " + "a" * 10_000},
        {"X-API-Key": ""},
        {"X-API-Key": "a" * 10_000},
        {"X-API-Key": "\x7f"},
        {**bearer(good), "X-API-Key": other},
        {**bearer(good), "X-API-Key": "nonsense"},
    ):
        answer = await client.get("/fence", headers=headers)
        assert answer.status_code == 401, headers
        assert answer.headers["www-authenticate"] == "Bearer"
        assert "***" not in answer.text, "what to do is readable"
        assert "aaaa" not in answer.text
        assert good not in answer.text


async def test_the_caller_is_checked_before_the_body_is_read(client: httpx2.AsyncClient, tokens: dict[Role, str]) -> None:
    read = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal read
        read += 1
        yield b'{"colour": "red"}'

    for headers, status, times_read in (
        ({}, 401, 0),
        (bearer(tokens[Role.VIEWER]), 403, 0),
        (bearer(tokens[Role.ADMIN]), 202, 1),
    ):
        answer = await client.post("/fence/1/paint", content=body(), headers={**headers, "Content-Type": "application/json"})
        assert (answer.status_code, read) == (status, times_read)


async def test_a_change_leaves_one_line_with_who_what_when_where_and_how_it_went(
    access: Access, client: httpx2.AsyncClient, tokens: dict[Role, str]
) -> None:
    await client.post("/fence/7/paint", headers=bearer(tokens[Role.OPERATOR]), json={"colour": "red"})
    (entry,) = await trail(access)
    assert (entry.who_kind, entry.who_name, entry.role) == ("token", "operator", "operator")
    assert (entry.action, entry.target, entry.details) == ("paint_fence", {"plank": "7"}, {"colour": "red"})
    assert (entry.result, entry.status, entry.from_address) == ("ok", 202, "192.0.2.9")
    assert abs(entry.at - access.clock.now_ms()) < 30_000


async def test_secrets_and_unknown_fields_of_a_change_are_not_kept(
    access: Access, client: httpx2.AsyncClient, tokens: dict[Role, str]
) -> None:
    secret = tokens[Role.ADMIN]
    body = {"colour": "red", "password": "hunter22", "note": f"see {secret}", "pin": "4711"}
    await client.post("/fence/7/paint", headers=bearer(tokens[Role.OPERATOR]), json=body)
    (entry,) = await trail(access)
    assert entry.details == {"colour": "red", "password": "***", "note": "see ***"}


async def test_what_is_kept_of_a_change_is_bounded(access: Access, client: httpx2.AsyncClient, tokens: dict[Role, str]) -> None:
    path = "/fence/" + "p" * 3_000 + "/paint"
    await client.post(path, headers=bearer(tokens[Role.OPERATOR]), json={"colour": "r" * 500_000})
    (entry,) = await trail(access)
    assert len(str(entry.target)) + len(str(entry.details)) < 1_000


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b'{"colour": "red", "password": %d}' % 10**60, 422),
        (b'{"colour": "red", "note": "%s"}' % (b"a-" * 400_000), 202),
        (b'{"colour": "\\ud83c\\udf0d \xed\x95\x9c"}', 202),
        (b'{"colour": "\\ud83c"}', 422),
        (b'{"colour": "\xed\xa0\x80"}', 422),
        ('{"colour": "\\ud83c"}'.encode("utf-16"), 422),
        (b'{"colour": "\\u"}', 400),
        (b"[" * 100_000 + b'"\\ud83c"', 400),
        (b'{"colour": %s}' % (b"1" * 10_000), 400),
    ],
)
async def test_a_change_with_odd_values_is_answered_and_recorded(
    access: Access, client: httpx2.AsyncClient, tokens: dict[Role, str], content: bytes, status: int
) -> None:
    headers = {**bearer(tokens[Role.OPERATOR]), "Content-Type": "application/json"}
    assert (await client.post("/fence/7/paint", content=content, headers=headers)).status_code == status
    (entry,) = await trail(access)
    assert entry.status == status


@pytest.mark.parametrize(
    ("plank", "body", "status", "result"),
    [
        ("wet", {"colour": "red"}, 409, "already_painted"),
        ("rotten", {"colour": "red"}, 500, "internal_error"),
        ("7", {"colour": 5}, 422, "invalid_request"),
        ("7", None, 400, "malformed_json"),
    ],
)
async def test_a_change_that_fails_is_recorded_with_its_code(
    access: Access, client: httpx2.AsyncClient, tokens: dict[Role, str], plank: str, body: Any, status: int, result: str
) -> None:
    content = {"json": body} if body else {"content": b"{", "headers": {"Content-Type": "application/json"}}
    client.headers["X-API-Key"] = tokens[Role.OPERATOR]
    answer = await client.post(f"/fence/{plank}/paint", **content)
    assert (answer.status_code, answer.json()["code"]) == (status, result)
    (entry,) = await trail(access)
    assert (entry.result, entry.status) == (result, status)


async def test_a_denied_change_is_recorded_without_its_content(
    access: Access, client: httpx2.AsyncClient, tokens: dict[Role, str]
) -> None:
    await client.post("/fence/7/paint", headers=bearer(tokens[Role.VIEWER]), json={"colour": "red"})
    (entry,) = await trail(access)
    assert (entry.who_name, entry.result, entry.status, entry.details) == ("viewer", "denied", 403, {})


async def test_reading_and_unknown_callers_leave_no_line(
    access: Access, client: httpx2.AsyncClient, tokens: dict[Role, str]
) -> None:
    await client.get("/fence", headers=bearer(tokens[Role.VIEWER]))
    await client.post("/fence/7/paint", json={"colour": "red"})
    await client.post("/fence/7/paint", headers=bearer("vsm_" + "a" * 43), json={"colour": "red"})
    assert await trail(access) == []


async def test_a_change_cut_off_by_the_shutdown_is_recorded(
    access: Access, app: FastAPI, client: httpx2.AsyncClient, tokens: dict[Role, str]
) -> None:
    changing = asyncio.create_task(
        client.post("/fence/slow/paint", headers=bearer(tokens[Role.OPERATOR]), json={"colour": "red"})
    )
    await asyncio.wait_for(app.state.is_painting.wait(), 10)
    changing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await changing
    await access.aclose()
    (entry,) = await trail(access)
    assert (entry.result, entry.target) == ("cancelled", {"plank": "slow"})


async def test_an_audit_line_that_cannot_be_written_does_not_undo_the_change(
    access: Access, client: httpx2.AsyncClient, tokens: dict[Role, str]
) -> None:
    await access.audit._database.run(lambda connection: connection.exec_driver_sql("DROP TABLE audit"))
    answer = await client.post("/fence/7/paint", headers=bearer(tokens[Role.OPERATOR]), json={"colour": "red"})
    assert answer.status_code == 202
