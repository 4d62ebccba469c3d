"""Looks a built site through: every link and anchor has to lead somewhere, and nothing may be fetched from another host."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

#: Attributes by which a browser fetches something of itself, beside those of links that a person follows.
_FETCHED = {"src", "srcset", "data", "poster"}
_LINKED_FILES = {"stylesheet", "icon", "preload", "modulepreload", "prefetch", "preconnect", "dns-prefetch", "manifest"}
_CSS_FETCH = re.compile(r"""(?:url\(\s*["']?|@import\s+["'])((?:https?:)?//[^"')\s]+)""", re.IGNORECASE)


@dataclass
class _Page:
    anchors: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = _Page()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value for name, value in attrs if value is not None}
        self.page.anchors |= {given[name] for name in ("id", "name") if name in given}
        self.page.fetched += [given[name] for name in _FETCHED & set(given)]
        if "href" not in given:
            return
        if tag == "link" and _LINKED_FILES & set(given.get("rel", "").split()):
            self.page.fetched.append(given["href"])
        elif tag != "link":
            self.page.links.append(given["href"])


def find_faults(site: Path) -> list[str]:
    """One sentence each; none for a site that holds together."""
    pages = {path.resolve(): _read(path) for path in sorted(site.rglob("*.html"))}
    faults = [] if pages else [f"There is no page in {site}."]
    for path, page in pages.items():
        name = path.relative_to(site.resolve())
        faults += [f"{name} fetches {address} from another host." for address in page.fetched if _is_elsewhere(address)]
        for address in (*page.links, *page.fetched):
            if not _is_elsewhere(address) and not _leads_somewhere(address, path, site.resolve(), pages):
                faults.append(f"{name} links {address}, which is not there.")
    for path in sorted(site.rglob("*.css")):
        faults += [f"{path.relative_to(site)} fetches {address} from another host." for address in _fetched_by(path)]
    return faults


def _read(path: Path) -> _Page:
    reader = _Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    return reader.page


def _is_elsewhere(address: str) -> bool:
    parts = urlsplit(address)
    return bool(parts.netloc) or parts.scheme in {"http", "https", "mailto", "javascript", "data"}


def _leads_somewhere(address: str, page: Path, site: Path, pages: dict[Path, _Page]) -> bool:
    parts = urlsplit(address)
    if parts.path.startswith("/"):
        return page.name == "404.html"  # is shown for any address, so it can't name its files relatively
    target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    if target.is_dir():
        target /= "index.html"
    if not target.is_file() or site not in target.parents:
        return False
    anchor = unquote(parts.fragment)
    return not anchor or target not in pages or anchor in pages[target].anchors


def _fetched_by(style: Path) -> Iterator[str]:
    for found in _CSS_FETCH.finditer(style.read_text(encoding="utf-8")):
        yield found[1]
