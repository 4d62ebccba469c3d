"""The HTTP edge of the live stream."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request

from vintagestory_api import __version__
from vintagestory_api.access.principal import Principal
from vintagestory_api.access.recognition import recognize
from vintagestory_api.access.routes import API_PREFIX, ROLE_KEY, SCOPE_KEY, SecuredRoute
from vintagestory_api.access.schemas import Me
from vintagestory_api.errors import Unauthorized
from vintagestory_api.live.hub import LiveHub
from vintagestory_api.live.schemas import Hello, LiveEvent
from vintagestory_api.live.stream import EventStream
from vintagestory_api.problems import problem_responses

router = APIRouter(prefix=API_PREFIX, route_class=SecuredRoute, tags=["live"])

LastEventId = Annotated[str, Header(alias="Last-Event-ID", max_length=100, description="What browsers send by themselves.")]
FirstEventId = Annotated[
    str, Query(max_length=100, description="The same, for whoever opens the stream anew. The header wins over it.")
]


@router.get(
    "/events",
    status_code=200,
    openapi_extra={ROLE_KEY: "none", SCOPE_KEY: "list"},  # who gets a role hears of it here
    response_class=EventStream,
    response_model=None,
    responses={
        200: {"model": LiveEvent, "description": "Server-sent events; each message is one of these, `data` is JSON."},
        **problem_responses(429, 503),
    },
)
async def follow_events(request: Request, header_id: LastEventId = "", last_event_id: FirstEventId = "") -> EventStream:
    """What changes, as it happens: server-sent events that can be resumed.

    `hello` comes first. With `Last-Event-ID` it goes on after that event; where that can't be done, `reset` says so. A comment
    comes every 15 seconds at the latest. What a role may not read is left out, and what is about servers that the caller may not
    see. `bye` says why the manager closes the stream. A client that doesn't keep up is cut, and can resume.
    """
    principal: Principal = request.state.principal
    hub: LiveHub = request.app.state.manager.live
    subscription = hub.subscribe(principal, header_id or last_event_id)
    hello = Hello(boot=hub.boot, version=__version__, me=Me.of(principal))

    async def may_stay() -> bool:
        try:
            present = await recognize(request)
        except Unauthorized:
            return False
        return present == principal

    return EventStream(subscription, hello.model_dump(mode="json"), may_stay)
