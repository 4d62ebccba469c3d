"""The HTTP edge of the ledger: which runs there were, and the live log of one."""

import asyncio
import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime, BeforeValidator

from vintagestory_api.access.on_servers import require_on, visible_servers
from vintagestory_api.access.recognition import recognize
from vintagestory_api.access.roles import Role
from vintagestory_api.access.routes import API_PREFIX, ROLE_KEY, SCOPE_KEY, SecuredRoute
from vintagestory_api.errors import FieldError, Invalid, NotFound
from vintagestory_api.kit.clock import to_ms
from vintagestory_api.problems import problem_responses
from vintagestory_api.runs.ledger import get_runs_ledger
from vintagestory_api.runs.schemas import LogLine, Run, RunList, RunLog, RunTrigger, RunWithLog, State
from vintagestory_api.services.run_records import RunRecord
from vintagestory_api.services.scheduler import get_scheduler_service

router = APIRouter(prefix=API_PREFIX, route_class=SecuredRoute, tags=["runs"])

_LIST = {ROLE_KEY: "viewer", SCOPE_KEY: "list"}
_READ = {ROLE_KEY: "viewer", SCOPE_KEY: "object"}
_CANCEL = {ROLE_KEY: "operator", SCOPE_KEY: "object"}

_LOOK_AGAIN_SECONDS = 0.2


class RunNotFound(NotFound):
    code = "run_not_found"

    def __init__(self, run_id: str) -> None:
        super().__init__(f"There is no run {run_id!r}. Old runs are deleted after a while; see the settings.")


class InvalidCursor(Invalid):
    code = "invalid_cursor"


def _filled(values: Any) -> Any:
    """`state=` without a value asks for nothing in particular."""
    return [value for value in values if value != ""] if isinstance(values, list) else values


def _nothing_if_empty(value: Any) -> Any:
    return None if value == "" else value


@router.get("/runs", openapi_extra=_LIST, responses=problem_responses(422, 503))
async def list_runs(
    request: Request,
    job_id: str | None = None,
    server_id: str | None = None,
    state: Annotated[list[State], Query(), BeforeValidator(_filled)] = [],  # noqa: B006 - FastAPI copies it
    trigger: Annotated[list[RunTrigger], Query(), BeforeValidator(_filled)] = [],  # noqa: B006 - as above
    since: Annotated[
        AwareDatetime | None,
        Query(description="Runs that were due then or later, like 2026-11-23T14:00:00Z."),
        BeforeValidator(_nothing_if_empty),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: str | None = None,
) -> RunList:
    """Runs, newest first. `state` and `trigger` may be given several times; different filters have to hold together."""
    if cursor:
        _check_cursor(cursor)
    ledger = get_runs_ledger()
    found = await ledger.list_runs(
        job_id=job_id or None,
        server_id=server_id or None,
        only_servers=visible_servers(request),
        states=tuple(state),
        triggers=tuple(trigger),
        since_ms=to_ms(since) if since else None,
        before_id=cursor or None,
        limit=limit + 1,
    )
    page = [_live(run) for run in found[:limit]]
    return RunList(items=[Run.of(run) for run in page], next_cursor=page[-1].id if len(found) > limit else None)


@router.get("/runs/{run_id}", openapi_extra=_READ, responses=problem_responses(404, 503))
async def read_run(request: Request, run_id: str) -> RunWithLog:
    """One run with its log lines, live while it runs."""
    return RunWithLog.of(await _find(request, run_id, Role.VIEWER))


@router.get("/runs/{run_id}/log", openapi_extra=_READ, responses=problem_responses(404, 422, 503))
async def read_run_log(
    request: Request,
    run_id: str,
    after: Annotated[int, Query(ge=0, description="Sequence number of the last line you have.")] = 0,
    wait_seconds: Annotated[float, Query(ge=0, le=30, description="Wait this long for a new line.")] = 0,
) -> RunLog:
    """New lines of a run's log; with `wait_seconds` the answer comes when there are some, or when the run has ended."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + wait_seconds
    while True:
        run = await _find(request, run_id, Role.VIEWER)
        lines = [line for line in run.log if line.seq > after]
        if lines or run.is_final or loop.time() >= deadline:
            last = lines[-1].seq if lines else after
            return RunLog(items=[LogLine.of(line) for line in lines], next_after=last, finished=run.is_final)
        await asyncio.sleep(_LOOK_AGAIN_SECONDS)
        # Whoever waits may have lost the right to it meanwhile.
        request.state.principal = await recognize(request)


@router.post("/runs/{run_id}/cancel", status_code=202, openapi_extra=_CANCEL, responses=problem_responses(404, 409, 503))
async def cancel_run(request: Request, run_id: str) -> Run:
    """Ask a running run to stop. It ends when its work has; follow it to see that."""
    run = await _find(request, run_id, Role.OPERATOR)
    return Run.of(get_scheduler_service().cancel_run(run.id))


def _live(run: RunRecord) -> RunRecord:
    return get_scheduler_service().running_run(run.id) or run


async def _find(request: Request, run_id: str, needed: Role) -> RunRecord:
    run = get_scheduler_service().running_run(run_id) or await get_runs_ledger().get(run_id)
    if run is None:
        raise RunNotFound(run_id)
    require_on(request, run.server_key or None, needed, otherwise=RunNotFound(run_id))
    return run


def _check_cursor(cursor: str) -> None:
    try:
        uuid.UUID(cursor)
    except ValueError:
        raise InvalidCursor(
            "This cursor is none of ours. Leave it out to start from the newest run.",
            fields=[FieldError("cursor", "give the next_cursor of the page before")],
        ) from None
