"""The download redirects of the mod database and the file store they lead to (source: vsmoddb and recorded answers)."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from urllib.parse import unquote

from starlette.responses import Response

from vintagestory_sandbox.answers import Exact, Header, nginx_page, page, redirect
from vintagestory_sandbox.catalogue import Catalogue
from vintagestory_sandbox.files import file_bytes
from vintagestory_sandbox.php import Query, intval
from vintagestory_sandbox.pictures import picture
from vintagestory_sandbox.releases import store_name

_PICTURE = re.compile(r".*_([0-9a-f]{32})(?:_\d+_\d+)?\.png")
_FILE = re.compile(r".*_[0-9a-f]{24}([0-9a-f]{8})\.[a-z]+")
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_TYPES = {"zip": "application/zip", "png": "image/png"}
# Whoever wants to can ask when a file was stored; they all were at the same time.
_STORED = "Thu, 01 Jan 2026 00:00:00 GMT"


class FileStore:
    """Answers below `/download` and `/cdn`, for one catalogue."""

    def __init__(self, catalogue: Catalogue, cdn_url: str) -> None:
        self._catalogue = catalogue
        self._cdn_url = cdn_url

    def download(self, parts: Sequence[str], query: Query) -> Response:
        """The tracked address of a file: 302 to the file store, or a page that says why not."""
        asked = parts[0] if parts else query.get("fileid", "")
        fileid = intval(asked) if isinstance(asked, str) else 0
        if fileid <= 0:
            return page(400, "Missing fileid.")
        found = self._catalogue.release_of_file(fileid)
        if found is None:
            return page(404, "File not found.")
        _, release = found
        if release.retraction is not None:
            return page(410, f"This release has been retracted. Reason: {release.retraction.reason}")
        return redirect(f"{self._cdn_url}/{store_name(release)}?dl={release.filename}")

    def file(self, raw_path: str, raw_query: str, headers: Mapping[str, str]) -> Response:
        """A file of the store, by its path below `/cdn/` as it was sent."""
        data = self._find(raw_path)
        if data is None:
            return nginx_page(404, of_store=True)
        name = re.search(r"(?:^|&)dl=([^&]*)", raw_query)
        return file_answer(
            data,
            _TYPES.get(raw_path.rpartition(".")[2], "application/octet-stream"),
            headers,
            extra=(("Content-Disposition", f'attachment; filename="{name[1]}"'),) if name else (),
        )

    def _find(self, raw_path: str) -> bytes | None:
        if shown := _PICTURE.fullmatch(raw_path):
            return picture(shown[1])
        named = _FILE.fullmatch(raw_path)
        found = self._catalogue.release_of_file(int(named[1], 16)) if named else None
        if found is None:
            return None
        mod, release = found
        dependencies = self._catalogue.dependencies(mod)
        return file_bytes(mod, release, dependencies) if unquote(store_name(release)) == unquote(raw_path) else None


def file_answer(data: bytes, content_type: str, headers: Mapping[str, str], extra: Sequence[Header] = ()) -> Response:
    """A file, or the part of it that was asked for."""
    etag = f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()[:12]}"'
    told = [("Last-Modified", _STORED), ("ETag", etag), *extra]
    kind = ("Content-Type", content_type)
    wanted = _RANGE.fullmatch(headers.get("range", ""))
    is_other = headers.get("if-range", etag) not in {etag, _STORED}
    if wanted is None or not (wanted[1] or wanted[2]) or is_other:
        told.append(("Accept-Ranges", "bytes"))
        return Exact(data, headers=(kind, ("Content-Length", str(len(data))), *told))
    first = int(wanted[1]) if wanted[1] else max(0, len(data) - int(wanted[2]))
    last = min(len(data) - 1, int(wanted[2])) if wanted[1] and wanted[2] else len(data) - 1
    if first > last:
        return nginx_page(416, of_store=True)
    part = data[first : last + 1]
    told.append(("Content-Range", f"bytes {first}-{last}/{len(data)}"))
    return Exact(part, status=206, headers=(kind, ("Content-Length", str(len(part))), *told))
