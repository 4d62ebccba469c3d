"""Answers with the headers and pages of the real servers, and nothing that Starlette would add to them."""

import secrets
from collections.abc import Iterable
from html import escape
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

from vintagestory_sandbox.php import encode_json

Header = tuple[str, str]

SERVER: Header = ("Server", "nginx/1.22.1")
_SAFETY: tuple[Header, ...] = (
    ("X-XSS-Protection", "1; mode=block"),
    ("Referrer-Policy", "no-referrer-when-downgrade"),
    ("Strict-Transport-Security", "max-age=31536000; includeSubDomains; preload"),
)
_FRAMES: Header = ("X-Frame-Options", "DENY")

# What the site calls its statuses, where it differs from the usual words.
_TITLES = {400: "The request was malformed.", 404: "Requested page was not found."}
_REASONS = {414: "Request-URI Too Large"}


class Exact(Response):
    """A response with these headers and no others; without a Content-Length the server sends it in chunks."""

    def __init__(self, body: bytes = b"", *, status: int = 200, headers: Iterable[Header] = ()) -> None:
        super().__init__(body, status_code=status)
        self.raw_headers = [(name.encode("ascii"), value.encode("utf-8")) for name, value in (SERVER, *headers)]


def json_bytes(body: bytes, *, status: int = 200, extra: Iterable[Header] = ()) -> Exact:
    """A JSON answer of the mod database, already encoded."""
    return Exact(body, status=status, headers=(("Content-Type", "application/json"), _FRAMES, *extra, *_SAFETY))


def json_answer(value: Any, *, status: int = 200, extra: Iterable[Header] = ()) -> Exact:
    """A JSON answer of the mod database."""
    return json_bytes(encode_json(value), status=status, extra=extra)


def not_an_image() -> Exact:
    """What the site says to an Accept header it takes for an image's."""
    return Exact(b"not an image", headers=(("Content-Type", "text/html; charset=UTF-8"), *_SAFETY))


def failed(code: int, *, content_type: str = "application/json") -> Exact:
    """The box that the site prints when its code or its database failed: 0 its code, 1064 bad SQL, 2002 no database."""
    tabs = "\t\t\t\t"
    style = "text-align: left; background-color: #fcc; border: 1px solid #600; color: #600; "
    style += "display: block; margin: 1em 0; padding: .33em 6px"
    body = (
        f'{tabs}<div style="{style}">\r\n'
        f"{tabs}<b>An Error has occured, please contact Rennorb on discord or at office@vintagestory.at</b><br>\r\n"
        f"{tabs}<b>Code:</b> {code}<br />\r\n{tabs}</div>\r\n\t\t\t"
    )
    return Exact(body.encode(), status=500, headers=(("Content-Type", content_type), _FRAMES, *_SAFETY))


def redirect(location: str) -> Exact:
    """A redirect as the site sends it: blanks and letters outside ASCII are left as they are."""
    return Exact(status=302, headers=(("Content-Type", "text/html; charset=utf-8"), _FRAMES, ("Location", location), *_SAFETY))


def page(status: int, message: str, *, title: str | None = None) -> Exact:
    """A page of the site. `message` is HTML."""
    nonce = secrets.token_hex(16)
    heading = title or f"{status} - {_TITLES.get(status) or HTTPStatus(status).phrase + '.'}"
    html = "\r\n".join(
        (
            "<!DOCTYPE html>",
            '<html lang="en">',
            f'<head><meta charset="utf-8"><title>Mods</title><style nonce="{nonce}">body{{margin:2em}}</style></head>',
            "<body>",
            '<nav><a href="/">Home</a> <a href="/list/mod">All mods</a></nav>',
            f"<main><h2>{escape(heading)}</h2><p>{message}</p></main>",
            "<footer>A stand-in of the mod database, for tests and demonstrations.</footer>",
            "</body>",
            "</html>",
            "",
        )
    )
    policy = f"default-src 'nonce-{nonce}'; connect-src 'none'; img-src 'self' http: data: blob:"
    headers = (("Content-Type", "text/html; charset=utf-8"), _FRAMES, ("Content-Security-Policy", policy), *_SAFETY)
    return Exact(html.encode(), status=status, headers=headers)


def nginx_page(status: int, *, of_store: bool = False) -> Exact:
    """A page of the web server in front of the site, or of the one that is the file store."""
    name = f"{status} {_REASONS.get(status) or HTTPStatus(status).phrase}"
    body = (
        f"<html>\r\n<head><title>{name}</title></head>\r\n<body>\r\n<center><h1>{name}</h1></center>\r\n"
        "<hr><center>nginx/1.22.1</center>\r\n</body>\r\n</html>\r\n"
    ).encode()
    told = (("Content-Type", "text/html"), ("Content-Length", str(len(body))), *(() if of_store else _SAFETY))
    return Exact(body, status=status, headers=told)
