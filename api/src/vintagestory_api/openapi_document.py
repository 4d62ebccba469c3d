"""The OpenAPI document over HTTP. A process of its own makes it, at the first question: that takes the interpreter for a third of
a second, and what it needs meanwhile would stay with the manager.
"""

import asyncio
import sys

import orjson
import structlog
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from vintagestory_api.errors import Unavailable
from vintagestory_api.kit.children import MAX_OUTPUT_BYTES, run_child

log = structlog.get_logger(__name__)

PATH = "/openapi.json"
_TIMEOUT_SECONDS = 60.0


class DocumentNotMade(Unavailable):
    code = "openapi_document_not_made"


def serve_openapi_document(app: FastAPI) -> None:
    """Let `app` answer with the document of this version of the program. Needs no sign-in."""
    app.router.routes.append(Route(PATH, _Document().answer, include_in_schema=False))


class _Document:
    def __init__(self) -> None:
        self._made: bytes | None = None
        self._making = asyncio.Lock()

    async def answer(self, _request: Request) -> Response:
        async with self._making:
            if self._made is None:
                self._made = await _make()
        return Response(self._made, media_type="application/json")


async def _make() -> bytes:
    """Raises `DocumentNotMade`."""
    # -I: whatever lies in the working folder or in PYTHONPATH has no part in it.
    command = (sys.executable, "-I", "-m", "vintagestory_api.openapi_document")
    try:
        ended = await run_child(command, timeout_seconds=_TIMEOUT_SECONDS)
    except (OSError, TimeoutError) as error:
        log.warning("openapi_document_not_made", error=str(error) or "no answer in time")
        raise DocumentNotMade("The OpenAPI document can't be made at the moment. Try again.") from error
    if ended.code != 0 or len(ended.output) >= MAX_OUTPUT_BYTES:
        log.warning("openapi_document_not_made", error=ended.complaint.decode("utf-8", "replace")[-500:])
        raise DocumentNotMade("The OpenAPI document can't be made. The manager's log says more.")
    return ended.output


def main() -> int:
    from vintagestory_api.main import create_app  # noqa: PLC0415 - which imports this module

    sys.stdout.buffer.write(orjson.dumps(create_app().openapi()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
