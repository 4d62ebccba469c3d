"""The HTTP edge of the console and the log files of a game server; the WebSocket is in `socket.py`."""

import asyncio
import os
from collections.abc import AsyncIterator
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, BinaryIO
from urllib.parse import quote

import orjson
from fastapi import APIRouter, Query, Request
from starlette.responses import Response, StreamingResponse

from vintagestory_api.access.principal import Principal
from vintagestory_api.access.recognition import recognize
from vintagestory_api.access.routes import API_PREFIX, READS_KEY, ROLE_KEY, SecuredRoute
from vintagestory_api.errors import Unauthorized
from vintagestory_api.problems import problem_responses
from vintagestory_api.servers.console_lines import LineType
from vintagestory_api.servers.console_secrets import PasswordFilter
from vintagestory_api.servers.log_files import list_log_files as find_log_files
from vintagestory_api.servers.log_files import open_log_file, read_log_page
from vintagestory_api.servers.schemas import (
    CommandAnswer,
    CommandHint,
    CommandHints,
    ConsoleCommand,
    ConsoleLineView,
    ConsolePage,
    LogFileList,
    LogFilePage,
    Ticket,
)
from vintagestory_api.servers.tickets import VALID_SECONDS

if TYPE_CHECKING:
    from vintagestory_api.manager import Manager
    from vintagestory_api.servers.server import GameServer
    from vintagestory_api.servers.socket import ConsoleSockets

router = APIRouter(prefix=API_PREFIX, route_class=SecuredRoute, tags=["console"])

_OPERATOR = {ROLE_KEY: "operator"}
_DOWNLOAD_PART_BYTES = 256 << 10


def _server(request: Request, server_id: str) -> "GameServer":
    """Raises `ServerNotFound`."""
    manager: Manager = request.app.state.manager
    return manager.servers.get(server_id)


@router.get(
    "/servers/{server_id}/console",
    openapi_extra=_OPERATOR,
    response_model=ConsolePage,
    responses=problem_responses(404, 422, 503),
)
async def read_console(
    request: Request,
    server_id: str,
    after: Annotated[int, Query(ge=0, description="Number of the last line you have; 0: from the oldest that is kept.")] = 0,
    limit: Annotated[int, Query(ge=1, le=5000)] = 1000,
    last: Annotated[int, Query(ge=0, le=5000, description="Instead: the last so many lines.")] = 0,
    types: Annotated[list[LineType], Query()] = [],  # noqa: B006 - FastAPI copies it
    q: Annotated[str, Query(max_length=200, description="Only lines that hold this text, whatever its case.")] = "",
    probes: Annotated[bool, Query(description="Also what the manager asked for itself.")] = False,
) -> Response:
    """Lines of the console that are kept in memory."""
    console = _server(request, server_id).console
    page = console.page(after=after, limit=limit, last=last, types=types, q=q, probes=probes)
    plain = {"is_continuation": False, "is_probe": False}
    answer = {
        "lines": [plain | line for line in page.lines],
        "dropped": page.dropped,
        "next_after": page.next_after,
        "is_end": page.is_end,
    }
    # Straight to JSON: of thousands of lines, each of which was checked when it was read.
    return Response(orjson.dumps(answer), media_type="application/json")


@router.post(
    "/servers/{server_id}/console/ticket",
    openapi_extra={**_OPERATOR, READS_KEY: True},
    responses=problem_responses(404, 429, 503),
)
async def make_console_ticket(request: Request, server_id: str) -> Ticket:
    """For the WebSocket `/api/v1/servers/{id}/console/ws?ticket=…&after=SEQ`: valid 30 s, once.

    Its frames are `{"lines": […], "dropped": n}` with lines as in the console; `is_continuation` and `is_probe` are there only
    where they are true. It is closed with 4401 when the ticket, or the right to use it, is gone, and with 1001 when the manager
    stops. What a client sends is ignored.
    """
    server = _server(request, server_id)
    principal: Principal = request.state.principal
    sockets: ConsoleSockets = request.app.state.console_sockets

    async def may_stay() -> bool:
        try:
            present = await recognize(request)
        except Unauthorized:
            return False
        return present == principal

    ticket = sockets.tickets.issue(principal, server.id, may_stay)
    # It will be needed in a moment, and takes long enough to load that nobody else shall wait for it.
    await asyncio.to_thread(import_module, "vintagestory_api.websocket_connection")
    return Ticket(ticket=ticket, expires_in_seconds=VALID_SECONDS)


@router.post("/servers/{server_id}/commands", openapi_extra=_OPERATOR, responses=problem_responses(404, 409, 422, 429, 503))
async def send_command(request: Request, server_id: str, command: ConsoleCommand) -> CommandAnswer:
    """Hand one line to the console of the game, and return what it printed."""
    asked = await _server(request, server_id).commands.ask(command.command)
    return CommandAnswer(
        command=asked.command,
        seq=asked.echo_seq,
        lines=[
            ConsoleLineView(seq=line.seq, time=line.time, type=line.type, text=line.text, is_continuation=line.is_continuation)
            for line in asked.lines
        ],
        is_complete=asked.is_complete,
    )


@router.get("/servers/{server_id}/command-hints", openapi_extra=_OPERATOR, responses=problem_responses(404, 409, 429, 503))
async def list_command_hints(request: Request, server_id: str) -> CommandHints:
    """What can be typed: the game's own list, asked for once after it is ready."""
    hints = await _server(request, server_id).commands.hints()
    return CommandHints(items=[CommandHint(name=hint.name, text=hint.text) for hint in hints or ()], is_learned=hints is not None)


@router.get("/servers/{server_id}/log-files", openapi_extra=_OPERATOR, responses=problem_responses(404, 503))
async def list_log_files(request: Request, server_id: str) -> LogFileList:
    """The game's own log files, the newest first, archives included."""
    return LogFileList(items=await asyncio.to_thread(find_log_files, _server(request, server_id).data_path))


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
    data_path = _server(request, server_id).data_path
    return await asyncio.to_thread(read_log_page, data_path, name, limit=limit, before=before, types=types, q=q)


@router.get(
    "/servers/{server_id}/log-files/{name:path}/download",
    openapi_extra=_OPERATOR,
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}, **problem_responses(404, 503)},
)
async def download_log_file(request: Request, server_id: str, name: str) -> Response:
    """The whole file, as it is at this moment, with the server's password made unreadable."""
    file = await asyncio.to_thread(open_log_file, _server(request, server_id).data_path, name)
    saved_as = quote(name.replace("/", "-"), safe="")
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{saved_as}", "X-Accel-Buffering": "no"}
    return StreamingResponse(_parts(file), media_type="text/plain; charset=utf-8", headers=headers)


async def _parts(file: BinaryIO) -> AsyncIterator[bytes]:
    """What it has at the beginning: one that grows faster than it is taken would never end."""
    hidden = PasswordFilter()
    with file:
        left = os.fstat(file.fileno()).st_size
        while left and (part := await asyncio.to_thread(file.read, min(left, _DOWNLOAD_PART_BYTES))):
            left -= len(part)
            for shown in hidden.pass_on(part):
                yield shown
    for shown in hidden.pass_on(b""):
        yield shown
