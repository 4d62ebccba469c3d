"""Every error leaves as a problem document that says what to do and gives nothing away."""

import errno
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any

import httpx2
import pytest
import structlog
from fastapi import FastAPI, HTTPException, Query
from pydantic import BaseModel, ConfigDict, Field, field_validator
from sqlalchemy.exc import OperationalError

from vintagestory_api import errors
from vintagestory_api.problems import extend_openapi, install_problem_handlers, problem_responses

KINDS = [
    (errors.NotFound, 404, "Not Found"),
    (errors.Conflict, 409, "Conflict"),
    (errors.Invalid, 422, "Unprocessable"),
    (errors.Unauthorized, 401, "Unauthorized"),
    (errors.Forbidden, 403, "Forbidden"),
    (errors.Unavailable, 503, "Service Unavailable"),
]


class Colour(BaseModel):
    model_config = ConfigDict(extra="forbid")

    red: int = Field(ge=0, le=255)


class Paint(BaseModel):
    colour: Colour
    password: str = Field(default="", min_length=4)
    names: list[str] = []

    @field_validator("names")
    @classmethod
    def no_blue(cls, names: list[str]) -> list[str]:
        if "blue" in names:
            raise ValueError("blue is sold out")
        return names


def application() -> FastAPI:
    app = FastAPI()
    install_problem_handlers(app)

    @app.get("/raise")
    async def raise_wanted() -> None:
        raise app.state.error

    @app.post("/paint", responses=problem_responses(422))
    async def paint(paint: Paint, coats: Annotated[int, Query(ge=1)] = 1) -> dict[str, int]:
        return {"coats": coats, "red": paint.colour.red}

    extend_openapi(app, {})
    return app


@pytest.fixture
async def app() -> FastAPI:
    return application()


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client


async def problem_of(app: FastAPI, client: httpx2.AsyncClient, error: Exception) -> dict[str, Any]:
    app.state.error = error
    answer = await client.get("/raise")
    return checked(answer)


def checked(answer: httpx2.Response) -> dict[str, Any]:
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert document["status"] == answer.status_code
    assert document["type"] == "about:blank"
    assert document["title"]
    assert document["code"]
    assert document["detail"]
    return document


@pytest.mark.parametrize(("kind", "status", "title"), KINDS)
async def test_each_kind_of_error_has_its_status(
    app: FastAPI, client: httpx2.AsyncClient, kind: type[errors.ManagerError], status: int, title: str
) -> None:
    class Special(kind):  # type: ignore[misc, valid-type] # the kinds are the parameter
        code = "special"

    fields = [errors.FieldError("colour.red", "is too bright")]
    found = await problem_of(app, client, Special("Paint it darker.", fields=fields, shade=7))
    assert found["status"] == status
    assert found["title"].startswith(title)
    assert found["code"] == "special"
    assert found["detail"] == "Paint it darker."
    assert found["errors"] == [{"field": "colour.red", "message": "is too bright"}]
    assert found["shade"] == 7


async def test_unavailable_says_when_to_come_back_and_unauthorized_how_to_sign_in(
    app: FastAPI, client: httpx2.AsyncClient
) -> None:
    app.state.error = errors.Unavailable("Later.", retry_after_seconds=2.2)
    assert (await client.get("/raise")).headers["retry-after"] == "3"
    app.state.error = errors.Unavailable("Later.")
    assert int((await client.get("/raise")).headers["retry-after"]) >= 1
    app.state.error = errors.Unauthorized("Who?")
    assert (await client.get("/raise")).headers["www-authenticate"] == "Bearer"


async def test_an_error_cannot_overwrite_the_fixed_members(app: FastAPI, client: httpx2.AsyncClient) -> None:
    found = await problem_of(app, client, errors.Conflict("Busy.", status=200, type="x", title="y"))
    assert (found["status"], found["title"]) == (409, "Conflict")


async def test_wrong_fields_are_named_with_dotted_paths_and_plain_words(client: httpx2.AsyncClient) -> None:
    body = {"colour": {"red": 300, "green": 1}, "password": "abc", "names": ["blue"]}
    found = checked(await client.post("/paint?coats=0", json=body))
    assert (found["status"], found["code"]) == (422, "invalid_request")
    assert {error["field"]: error["message"] for error in found["errors"]} == {
        "coats": "has to be greater than or equal to 1",
        "colour.red": "has to be less than or equal to 255",
        "colour.green": "is not known here",
        "password": "String should have at least 4 characters",
        "names": "blue is sold out",
    }


async def test_a_missing_field_or_body_is_named(client: httpx2.AsyncClient) -> None:
    assert checked(await client.post("/paint", json={}))["errors"] == [{"field": "colour", "message": "has to be given"}]
    assert checked(await client.post("/paint"))["errors"] == [{"field": "body", "message": "has to be given"}]
    assert checked(await client.post("/paint", json={"colour": {"red": "x"}}))["errors"][0]["field"] == "colour.red"


async def test_what_was_sent_does_not_come_back(client: httpx2.AsyncClient) -> None:
    sent = {"colour": "hunter2-in-the-wrong-place", "password": 4711_0815, "names": {"hunter2": "hunter2"}}
    answer = await client.post("/paint", json=sent)
    assert answer.status_code == 422
    assert "hunter2" not in answer.text
    assert "4711" not in answer.text


@pytest.mark.parametrize("body", [b"{", b"", b"[1,", b"\xff\xfe", b"[" * 100_000])
async def test_a_body_that_is_no_json_is_a_bad_request(client: httpx2.AsyncClient, body: bytes) -> None:
    answer = await client.post("/paint", content=body, headers={"Content-Type": "application/json"})
    found = checked(answer)
    assert found["status"] == (422 if not body else 400)
    assert found["code"] in {"malformed_json", "bad_request", "invalid_request"}


async def test_many_wrong_fields_give_a_bounded_answer(client: httpx2.AsyncClient) -> None:
    found = checked(await client.post("/paint", json={"colour": {"red": 1}, "names": [1] * 10_000}))
    assert len(found["errors"]) == 50


async def test_an_unknown_address_and_a_wrong_method_are_problems_too(client: httpx2.AsyncClient) -> None:
    assert checked(await client.get("/nowhere"))["code"] == "not_found"
    answer = await client.delete("/paint")
    assert checked(answer)["code"] == "method_not_allowed"
    assert answer.headers["allow"] == "POST"


async def test_a_framework_error_keeps_its_status_and_headers(app: FastAPI, client: httpx2.AsyncClient) -> None:
    app.state.error = HTTPException(418, "short and stout", headers={"X-Pot": "tea"})
    answer = await client.get("/raise")
    assert checked(answer)["code"] == "http_418"
    assert answer.json()["detail"] == "short and stout"
    assert answer.headers["x-pot"] == "tea"


async def test_the_unexpected_is_logged_under_the_id_that_the_caller_gets(app: FastAPI, client: httpx2.AsyncClient) -> None:
    with structlog.testing.capture_logs() as logs:
        found = await problem_of(app, client, KeyError("the inner workings"))
    assert (found["status"], found["code"]) == (500, "internal_error")
    assert "inner workings" not in str(found)
    (line,) = [line for line in logs if line["event"] == "request_failed"]
    assert line["error_id"] == found["error_id"]
    assert isinstance(line["exc_info"], KeyError)
    assert line["path"] == "/raise"


async def test_names_that_cannot_be_written_as_utf8_still_get_an_answer(client: httpx2.AsyncClient) -> None:
    content = b'{"colour": {"red": 1, "\\ud800": 1}}'
    found = checked(await client.post("/paint", content=content, headers={"Content-Type": "application/json"}))
    assert found["status"] == 422


async def test_a_very_long_message_is_cut(app: FastAPI, client: httpx2.AsyncClient) -> None:
    assert len((await problem_of(app, client, errors.NotFound("x" * 1_000_000)))["detail"]) == 2_000


async def test_secrets_in_messages_are_masked(app: FastAPI, client: httpx2.AsyncClient) -> None:
    secret = "vsm_" + "s" * 43
    error = errors.Invalid(f"Not {secret}.", fields=[errors.FieldError("token", f"is {secret}")])
    assert secret not in str(await problem_of(app, client, error))


def locked_database(path: Path) -> sqlite3.OperationalError:
    with closing(sqlite3.connect(path)) as holder, closing(sqlite3.connect(path, timeout=0)) as other:
        holder.execute("BEGIN EXCLUSIVE")
        with pytest.raises(sqlite3.OperationalError) as caught:
            other.execute("CREATE TABLE t (x)")
        return caught.value


def full_database(path: Path) -> sqlite3.OperationalError:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA max_page_count = 2")
        connection.execute("CREATE TABLE t (x)")
        with pytest.raises(sqlite3.OperationalError) as caught:
            connection.execute("INSERT INTO t VALUES (zeroblob(100000))")
        return caught.value


@pytest.mark.parametrize(
    ("fail", "advice"), [(locked_database, "Another program holds the database"), (full_database, "disk is full")]
)
async def test_a_failing_database_is_unavailable_and_says_what_to_do(
    app: FastAPI, client: httpx2.AsyncClient, tmp_path: Path, fail: Any, advice: str
) -> None:
    error = fail(tmp_path / "some.db")
    for seen in (error, OperationalError("SELECT 1", {}, error)):
        found = await problem_of(app, client, seen)
        assert (found["status"], found["code"]) == (503, "database_unavailable")
        assert advice in found["detail"]


async def test_a_mistake_in_a_statement_is_ours(app: FastAPI, client: httpx2.AsyncClient) -> None:
    with closing(sqlite3.connect(":memory:")) as connection, pytest.raises(sqlite3.OperationalError) as caught:
        connection.execute("SELEKT")
    assert (await problem_of(app, client, caught.value))["code"] == "internal_error"


async def test_a_full_disk_is_unavailable(app: FastAPI, client: httpx2.AsyncClient) -> None:
    found = await problem_of(app, client, OSError(errno.ENOSPC, "No space left on device"))
    assert (found["status"], found["code"]) == (503, "disk_unavailable")
    assert "Free some space" in found["detail"]


def test_the_document_describes_problems_in_place_of_the_frameworks_own_errors() -> None:
    document = application().openapi()
    responses = document["paths"]["/paint"]["post"]["responses"]
    for status in ("422", "default"):
        assert responses[status]["content"] == {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    assert set(document["components"]["schemas"]["Problem"]["required"]) == {"type", "title", "status", "code", "detail"}
    assert "ProblemField" in document["components"]["schemas"]
