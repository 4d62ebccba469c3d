"""Who changes something of their own, and from where."""

from fastapi import Request

from vintagestory_api.access.browser_names import browser_name
from vintagestory_api.access.principal import Principal
from vintagestory_api.access.sign_in_limits import Caller
from vintagestory_api.errors import Forbidden


class NotAUser(Forbidden):
    code = "not_a_user"


def own_user(request: Request, what_for: str) -> tuple[str, str | None]:
    """The ids of whoever sends this, and of their session. Raises `NotAUser` for a token: "A token has no password. …"."""
    me: Principal = request.state.principal
    if me.kind != "user" or me.id is None:
        raise NotAUser(f"A token has no {what_for}. Sign in with a name and a password to change it.")
    return me.id, me.session_id


def caller_of(request: Request) -> Caller:
    return Caller(address_of(request), browser_name(request.headers.get("user-agent")))


def address_of(request: Request) -> str | None:
    return request.client.host if request.client else None
