"""The HTTP edge of the console and the log files of a game server; the WebSocket is in `socket.py`."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from vintagestory_api.access.routes import API_PREFIX, ROLE_KEY, SecuredRoute
from vintagestory_api.problems import problem_responses
from vintagestory_api.servers.console_lines import LineType
from vintagestory_api.servers.schemas import (
    CommandAnswer,
    CommandHints,
    ConsoleCommand,
    ConsolePage,
    LogFileList,
    LogFilePage,
    Ticket,
)

router = APIRouter(prefix=API_PREFIX, route_class=SecuredRoute, tags=["console"])

_OPERATOR = {ROLE_KEY: "operator"}


@router.get("/servers/{server_id}/console", openapi_extra=_OPERATOR, responses=problem_responses(404, 422, 503))
async def read_console(
    request: Request,
    server_id: str,
    after: Annotated[int, Query(ge=0, description="Number of the last line you have; 0: from the oldest that is kept.")] = 0,
    limit: Annotated[int, Query(ge=1, le=5000)] = 1000,
    last: Annotated[int, Query(ge=0, le=5000, description="Instead: the last so many lines.")] = 0,
    types: Annotated[list[LineType], Query()] = [],  # noqa: B006 - FastAPI copies it
    q: Annotated[str, Query(max_length=200, description="Only lines that hold this text, whatever its case.")] = "",
    probes: Annotated[bool, Query(description="Also what the manager asked for itself.")] = False,
) -> ConsolePage:
    """Lines of the console that are kept in memory."""
    raise NotImplementedError


@router.post("/servers/{server_id}/console/ticket", openapi_extra=_OPERATOR, responses=problem_responses(404, 429, 503))
async def make_console_ticket(request: Request, server_id: str) -> Ticket:
    """For the WebSocket `/api/v1/servers/{id}/console/ws?ticket=…&after=SEQ`: valid 30 s, once."""
    raise NotImplementedError


@router.post("/servers/{server_id}/commands", openapi_extra=_OPERATOR, responses=problem_responses(404, 409, 422, 429, 503))
async def send_command(request: Request, server_id: str, command: ConsoleCommand) -> CommandAnswer:
    """Hand one line to the console of the game, and return what it printed."""
    raise NotImplementedError


@router.get("/servers/{server_id}/command-hints", openapi_extra=_OPERATOR, responses=problem_responses(404, 503))
async def list_command_hints(request: Request, server_id: str) -> CommandHints:
    """What can be typed: the game's own list, asked for once after it is ready."""
    raise NotImplementedError


@router.get("/servers/{server_id}/log-files", openapi_extra=_OPERATOR, responses=problem_responses(404, 503))
async def list_log_files(request: Request, server_id: str) -> LogFileList:
    """The game's own log files, the newest first, archives included."""
    raise NotImplementedError


@router.get(
    "/servers/{server_id}/log-files/{name:path}/lines", openapi_extra=_OPERATOR, responses=problem_responses(404, 422, 503)
)
async def read_log_file(
    request: Request,
    server_id: str,
    name: str,
    limit: Annotated[int, Query(ge=1, le=2000)] = 500,
    before: Annotated[int, Query(ge=0, description="Byte position that ends the page; 0: the end of the file.")] = 0,
    types: Annotated[list[LineType], Query()] = [],  # noqa: B006 - FastAPI copies it
    q: Annotated[str, Query(max_length=200)] = "",
) -> LogFilePage:
    """The last lines of a log file, or those before a place in it, oldest first."""
    raise NotImplementedError


@router.get(
    "/servers/{server_id}/log-files/{name:path}/download",
    openapi_extra=_OPERATOR,
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}, **problem_responses(404, 503)},
)
async def download_log_file(request: Request, server_id: str, name: str) -> Response:
    raise NotImplementedError
