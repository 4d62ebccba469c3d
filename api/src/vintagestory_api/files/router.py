"""The HTTP edge of a server's files."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response, StreamingResponse

from vintagestory_api.access.principal import Principal
from vintagestory_api.access.routes import API_PREFIX, ROLE_KEY, SecuredRoute
from vintagestory_api.errors import Unavailable
from vintagestory_api.files.reading import MAX_TEXT_BYTES, MAX_UPLOAD_BYTES, Download
from vintagestory_api.files.schemas import (
    Etag,
    FileContent,
    FileMove,
    FilePlace,
    FileSaved,
    FilesDeleted,
    FilesToDelete,
    FolderView,
    NewFolder,
    TrashEmptied,
    TrashRestore,
    TrashView,
)
from vintagestory_api.files.service import ServerFiles
from vintagestory_api.kit.raster import RASTER_TYPES
from vintagestory_api.manager import Manager
from vintagestory_api.problems import problem_responses
from vintagestory_api.servers.console_secrets import PasswordFilter

router = APIRouter(prefix=API_PREFIX, route_class=SecuredRoute, tags=["files"])

_OPERATOR = {ROLE_KEY: "operator"}
_DOWNLOAD_PART_BYTES: Final = 1 << 20

#: Paths whose bodies may be larger than those of others, with their limits in bytes.
LARGER_BODIES: Final = (
    (re.compile(rf"{API_PREFIX}/servers/[^/]+/files/upload"), MAX_UPLOAD_BYTES + 1),
    (re.compile(rf"{API_PREFIX}/servers/[^/]+/files/content"), 2 * MAX_TEXT_BYTES),
)

_Path = Annotated[str, Query(max_length=4_000, description="From the server's folder on, with `/`.")]


def _bytes_body(kind: str) -> dict[str, Any]:
    schema = {"type": "string"} if kind.startswith("text/") else {"type": "string", "format": "binary"}
    return {**_OPERATOR, "requestBody": {"required": True, "content": {kind: {"schema": schema}}}}


@router.get(
    "/servers/{server_id}/files",
    openapi_extra=_OPERATOR,
    response_model=FolderView,
    responses=problem_responses(403, 404, 422, 503),
)
async def list_files(request: Request, server_id: str, path: _Path = "") -> Response:
    """What lies in a folder, in no order. Links are told and not followed."""
    return Response(await _files(request).folder(server_id, path), media_type="application/json")


@router.get(
    "/servers/{server_id}/files/content",
    openapi_extra=_OPERATOR,
    response_model=FileContent,
    responses=problem_responses(403, 404, 409, 422, 503),
)
async def read_file(request: Request, server_id: str, path: _Path) -> Response:
    """The text of a file of at most 8 MB, with line ends as `\\n`."""
    return Response(await _files(request).content(server_id, path), media_type="application/json")


@router.put(
    "/servers/{server_id}/files/content",
    openapi_extra=_bytes_body("text/plain"),
    responses=problem_responses(403, 404, 409, 413, 422, 503),
)
async def save_file(
    request: Request, server_id: str, path: _Path, etag: Annotated[Etag, Query()] = "", allow_broken: bool = False
) -> FileSaved:
    """Save a text, which is the body in UTF-8. `etag`: of what was opened; without it the file is made, and must not be there.
    Encoding, line ends, rights and owner of the file stay."""
    # Such files hold passwords of other services: the trail of changes gets none of the text.
    request.state.audit_details = {"path": path[:500], "allow_broken": allow_broken}
    with _told_when_cut():
        return await _files(request).save(server_id, path, request.stream(), etag, _actor(request), allow_broken=allow_broken)


@router.put(
    "/servers/{server_id}/files/upload",
    openapi_extra=_bytes_body("application/octet-stream"),
    responses=problem_responses(403, 404, 409, 413, 422, 503),
)
async def upload_file(request: Request, server_id: str, path: _Path, replace: bool = False) -> FilePlace:
    """Put a file there, which is the body. What it replaces goes to the trash. Half of a file is never left."""
    request.state.audit_details = {"path": path[:500], "replace": replace}
    length = request.headers.get("content-length")
    with _told_when_cut():
        place = await _files(request).upload(
            server_id,
            path,
            request.stream(),
            _actor(request),
            size_bytes=int(length) if length and length.isdigit() else None,
            replace=replace,
        )
    return FilePlace(path=place)


@router.get(
    "/servers/{server_id}/files/download",
    openapi_extra=_OPERATOR,
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}}, **problem_responses(403, 404, 409, 503)},
)
async def download_file(request: Request, server_id: str, path: _Path) -> Response:
    """The file as it is at this moment. In logs, the server's password is made unreadable."""
    found = await _files(request).download(server_id, path)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.name, safe='')}",
        "X-Accel-Buffering": "no",
    }
    if not found.is_log:
        headers["Content-Length"] = str(found.size_bytes)
    return StreamingResponse(_parts(found), media_type="application/octet-stream", headers=headers)


@router.get(
    "/servers/{server_id}/files/picture",
    openapi_extra=_OPERATOR,
    response_class=Response,
    responses={200: {"content": {kind: {} for kind in RASTER_TYPES}}, **problem_responses(403, 404, 409, 422, 503)},
)
async def read_picture(request: Request, server_id: str, path: _Path) -> Response:
    """A picture of at most 10 MB: PNG, JPEG, GIF or WebP by what is in it, whatever its name says."""
    data, picture = await _files(request).picture(server_id, path)
    headers = {"Content-Security-Policy": "default-src 'none'; sandbox", "Content-Disposition": "inline"}
    return Response(data, media_type=picture.content_type, headers=headers)


@router.post("/servers/{server_id}/files/move", openapi_extra=_OPERATOR, responses=problem_responses(403, 404, 409, 422, 503))
async def move_file(request: Request, server_id: str, wanted: FileMove) -> FilePlace:
    """Rename or move a file or folder. Nothing is ever replaced."""
    request.state.audit_details = {"from": wanted.from_path[:500], "to": wanted.to_path[:500]}
    place = await _files(request).move(server_id, wanted.from_path, wanted.to_path, _actor(request))
    return FilePlace(path=place)


@router.post(
    "/servers/{server_id}/files/folder",
    status_code=201,
    openapi_extra=_OPERATOR,
    responses=problem_responses(403, 404, 409, 422, 503),
)
async def make_folder(request: Request, server_id: str, wanted: NewFolder) -> FilePlace:
    request.state.audit_details = {"path": wanted.path[:500]}
    return FilePlace(path=await _files(request).make_folder(server_id, wanted.path, _actor(request)))


@router.post("/servers/{server_id}/files/delete", openapi_extra=_OPERATOR, responses=problem_responses(403, 404, 409, 422, 503))
async def delete_files(request: Request, server_id: str, wanted: FilesToDelete) -> FilesDeleted:
    """Move files and folders to the trash. What can't go is told; the rest goes."""
    request.state.audit_details = {"paths": [path[:200] for path in wanted.paths[:10]], "count": len(wanted.paths)}
    return await _files(request).delete(server_id, wanted.paths, _actor(request))


@router.get("/servers/{server_id}/files/trash", openapi_extra=_OPERATOR, responses=problem_responses(404, 503))
async def list_trash(request: Request, server_id: str) -> TrashView:
    """What was deleted, and is kept for some days."""
    return await _files(request).trash(server_id)


@router.post(
    "/servers/{server_id}/files/trash/{item_id}/restore",
    openapi_extra=_OPERATOR,
    responses=problem_responses(403, 404, 409, 422, 503),
)
async def restore_from_trash(request: Request, server_id: str, item_id: str, wanted: TrashRestore) -> FilePlace:
    """Put it back where it was. Folders that are missing on the way are made."""
    place = await _files(request).restore(server_id, item_id, _actor(request), keep_both=wanted.keep_both)
    return FilePlace(path=place)


@router.delete("/servers/{server_id}/files/trash/{item_id}", openapi_extra=_OPERATOR, responses=problem_responses(404, 503))
async def delete_from_trash(request: Request, server_id: str, item_id: str) -> TrashEmptied:
    """Delete it for good."""
    return await _files(request).delete_for_good(server_id, item_id)


@router.delete("/servers/{server_id}/files/trash", openapi_extra=_OPERATOR, responses=problem_responses(404, 503))
async def empty_trash(request: Request, server_id: str) -> TrashEmptied:
    """Delete everything in it for good."""
    return await _files(request).empty_trash(server_id)


async def _parts(found: Download) -> AsyncIterator[bytes]:
    """What it has at the beginning: one that grows faster than it is taken would never end."""
    hidden = PasswordFilter()
    with found.file as file:
        left = found.size_bytes
        while left and (part := await asyncio.to_thread(file.read, min(left, _DOWNLOAD_PART_BYTES))):
            left -= len(part)
            if not found.is_log:
                yield part
                continue
            for shown in hidden.pass_on(part):
                yield shown
    for shown in hidden.pass_on(b""):
        yield shown


@contextlib.contextmanager
def _told_when_cut() -> Iterator[None]:
    try:
        yield
    except ClientDisconnect as error:
        raise HTTPException(400, "The file was not sent to its end. Nothing has changed.") from error


def _files(request: Request) -> ServerFiles:
    """Raises `Unavailable` while there is no database."""
    manager: Manager = request.app.state.manager
    if manager.database_problem is not None:
        raise Unavailable("The manager's database can't be read, so it knows of no game servers. Run: vsmanager doctor")
    return manager.files


def _actor(request: Request) -> str:
    principal: Principal = request.state.principal
    return principal.name
