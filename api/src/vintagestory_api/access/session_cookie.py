"""The cookie that holds a browser session: out of reach for scripts and for other sites."""

from collections.abc import Iterable, MutableMapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from vintagestory_api.access.sessions import LONGEST_MS

COOKIE = "vsm_session"
#: Browsers take a cookie of such a name only over https, and from this very host.
SECURE_COOKIE = "__Host-vsm_session"


class TwoSessions(ValueError):
    """Another site of the same machine may have planted one of them."""


def presented_session(scope: MutableMapping[str, Any], headers: Iterable[bytes]) -> str | None:
    """The secret of the session in `Cookie` headers; None without one. Raises `TwoSessions`."""
    wanted = _cookie_name(scope).encode()
    found: set[bytes] = set()
    for header in headers:
        for pair in header.split(b";"):
            name, equals, value = pair.strip().partition(b"=")
            if equals and name == wanted:
                found.add(value)
    if len(found) > 1:
        raise TwoSessions
    return found.pop().decode("latin-1") if found else None


def set_session_cookie(request: Request, response: Response, secret: str) -> None:
    # The manager forgets an unused session earlier than the browser does.
    _set(request, response, secret, LONGEST_MS // 1000)


def clear_session_cookie(request: Request, response: Response) -> None:
    _set(request, response, "", 0)


def _set(request: Request, response: Response, value: str, max_age: int) -> None:
    response.set_cookie(
        _cookie_name(request.scope),
        value,
        max_age=max_age,
        path="/",
        secure=_is_secure(request.scope),
        httponly=True,
        samesite="strict",
    )


def _cookie_name(scope: MutableMapping[str, Any]) -> str:
    return SECURE_COOKIE if _is_secure(scope) else COOKIE


def _is_secure(scope: MutableMapping[str, Any]) -> bool:
    return bool(scope["scheme"] == "https")
