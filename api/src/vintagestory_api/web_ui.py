"""The pages of the web UI: files that were built from `web/` into this package, and one HTML page for every address of theirs."""

import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

FOLDER = Path(__file__).with_name("web_ui_files")
NONCE_MARK = "__CSP_NONCE__"

_INDEX = "index.html"
_PAGES_OF_OTHERS = re.compile(r"/(api|assets|healthz|readyz|openapi\.json)(/|$)")
#: Types by ending, so that no setting of the machine changes them.
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}
#: The names of files below assets/ change with their content; others keep their name.
_FOR_EVER = "public, max-age=31536000, immutable"
_FOR_AN_HOUR = "public, max-age=3600"

_NOT_BUILT = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Vintage Story Server Manager</title></head>
<body>
<h1>The web UI is not built</h1>
<p>The manager runs, and its API answers. To have its pages, too, run <code>./just build-web</code> in the project,
then load this page again.</p>
</body>
</html>
"""


def serve_web_ui(app: FastAPI, folder: Path = FOLDER) -> None:
    """Let `app` answer with the web UI in `folder` where it has no route of its own."""
    app.router.default = WebUi(folder, otherwise=app.router.default)


@dataclass(frozen=True)
class _Build:
    """What one build left in the folder."""

    made_at_ns: int
    page: str
    files: dict[str, Path]


class WebUi:
    """Answers GET and HEAD below no other address, as ASGI; hands everything else to `otherwise`."""

    def __init__(self, folder: Path, *, otherwise: ASGIApp) -> None:
        self._folder = folder
        self._otherwise = otherwise
        self._build: _Build | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = self._answer(scope) if scope["type"] == "http" and scope["method"] in {"GET", "HEAD"} else None
        await (answer or self._otherwise)(scope, receive, send)

    def _answer(self, scope: Scope) -> Response | None:
        path: str = scope["path"]
        headers = Headers(scope=scope)
        build = self._current_build()
        if build is not None and (file := build.files.get(path)):
            return _file_answer(build, path, file, headers)
        if path != "/" and (_PAGES_OF_OTHERS.match(path) or "text/html" not in headers.get("accept", "").lower()):
            return None
        return HTMLResponse(_NOT_BUILT, 503) if build is None else _page_answer(build)

    def _current_build(self) -> _Build | None:
        """The build in the folder, looked at again when there is a newer one. None where there is none."""
        index = self._folder / _INDEX
        try:
            made_at_ns = index.stat().st_mtime_ns
            if self._build is None or self._build.made_at_ns != made_at_ns:
                self._build = _Build(made_at_ns, index.read_text(encoding="utf-8"), _files(self._folder))
        except FileNotFoundError:
            self._build = None
        return self._build


def _files(folder: Path) -> dict[str, Path]:
    """Address → file, for everything in the folder that may be asked for by its name."""
    return {
        f"/{path.relative_to(folder).as_posix()}": path
        for path in folder.rglob("*")
        if path.suffix in _TYPES or path.suffix == ".gz"
        if path.is_file()
    }


def _file_answer(build: _Build, path: str, file: Path, headers: Headers) -> Response | None:
    if file.suffix == ".gz":
        return None  # a form of another file, not one of its own
    answer = {"Cache-Control": _FOR_EVER if path.startswith("/assets/") else _FOR_AN_HOUR}
    compressed = build.files.get(f"{path}.gz")
    if compressed is not None:
        answer["Vary"] = "Accept-Encoding"
        if _takes_gzip(headers.get("accept-encoding", "")):
            file = compressed
            answer["Content-Encoding"] = "gzip"
    return FileResponse(file, headers=answer, media_type=_TYPES[Path(path).suffix])


def _page_answer(build: _Build) -> Response:
    nonce = secrets.token_urlsafe(16)
    policy = (
        "default-src 'none'; script-src 'self'; "
        f"style-src 'self' 'nonce-{nonce}'; "
        "img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
    headers = {"Content-Security-Policy": policy, "Cache-Control": "no-store"}
    return HTMLResponse(build.page.replace(NONCE_MARK, nonce), headers=headers)


def _takes_gzip(accepted: str) -> bool:
    for coding in accepted.lower().split(","):
        name, _, quality = coding.partition(";")
        if name.strip() in {"gzip", "*"} and not re.fullmatch(r"\s*q\s*=\s*0(\.0*)?\s*", quality):
            return True
    return False
