"""Who sends a request: by a token in its headers, or else by the browser session in its cookie. The two never mix."""

from starlette.requests import Request

from vintagestory_api.access.access import Access
from vintagestory_api.access.principal import Principal
from vintagestory_api.access.session_cookie import TwoSessions, presented_session
from vintagestory_api.errors import Forbidden, Unauthorized

CHANGING_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_CREDENTIALS_MAX_LENGTH = 256
#: Worded so that the redaction of answers takes nothing in it for a secret.
_HOW_TO_SEND = "Send it in the header Authorization (after the word Bearer) or in X-API-Key."


class NoCredentials(Unauthorized):
    code = "unauthorized"


class CrossSiteRequest(Forbidden):
    code = "cross_site_request"


async def recognize(request: Request) -> Principal:
    """Raises `NoCredentials`, and `CrossSiteRequest` for a change with a cookie that no page of ours asks for.

    Cheap enough to be asked again and again: whoever holds a connection open does that, and ends it when this raises or
    answers with somebody else.
    """
    access: Access = request.app.state.access
    # Straight from the list: this is on the way of every request.
    presented: set[str | None] = set()
    cookies: list[bytes] = []
    for name, value in request.scope["headers"]:
        if name == b"authorization":
            presented.add(_bearer(value))
        elif name == b"x-api-key":
            presented.add(value.decode("latin-1").strip() if len(value) <= _CREDENTIALS_MAX_LENGTH else None)
        elif name == b"cookie":
            cookies.append(value)
    if presented:
        principal = await access.tokens.authenticate(_only(presented))
        if principal is None:
            raise NoCredentials("This token is not, or no longer, valid. Make one with: vsmanager token create")
        return principal
    secret = session_of(request, cookies) if cookies else None
    if secret is None:
        raise NoCredentials(f"Sign in, or use a token. {_HOW_TO_SEND}")
    check_same_origin(request)
    principal = await access.sessions.authenticate(secret)
    if principal is None:
        raise NoCredentials("You are signed out: the session has ended. Sign in again.")
    return principal


def session_of(request: Request, cookies: list[bytes] | None = None) -> str | None:
    """The secret in the cookie of the request, whether it is worth something or not. Raises `NoCredentials` for two of them."""
    headers = [value for name, value in request.scope["headers"] if name == b"cookie"] if cookies is None else cookies
    try:
        return presented_session(request.scope, headers)
    except TwoSessions as error:
        raise NoCredentials("The request holds two different sessions. Clear the cookies of this address.") from error


def check_same_origin(request: Request) -> None:
    """Raises `CrossSiteRequest` for a change that does not say that it comes from a page of ours, as browsers do."""
    if request.method not in CHANGING_METHODS:
        return
    headers = request.headers
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    # What they say, when they say something, was compared with the Host header before the request came here.
    is_ours = site == "same-origin" if site is not None else origin is not None and _has_scheme_of(request, origin)
    if not is_ours:
        raise CrossSiteRequest(
            "A change with a session's cookie has to come from a page of this manager. Programs sign in with a token."
        )


def _has_scheme_of(request: Request, origin: str) -> bool:
    # Behind a proxy that does not say so, the page may have come over https, and the request as http.
    return request.scope["scheme"] != "https" or origin.lower().startswith("https://")


def _only(presented: set[str | None]) -> str:
    secret = presented.pop()
    if presented:
        raise NoCredentials("The request holds two different tokens. Send one.")
    if secret is None:
        raise NoCredentials(f"The token can't be read. {_HOW_TO_SEND}")
    return secret


def _bearer(value: bytes) -> str | None:
    if len(value) > _CREDENTIALS_MAX_LENGTH:
        return None
    scheme, _, secret = value.decode("latin-1").strip().partition(" ")
    return secret.strip() if scheme.lower() == "bearer" and secret else None
