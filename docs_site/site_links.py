"""Links of Markdown pages within the repository: which files they name, and how they read from another place."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

_LINK = re.compile(r"(\]\()([^)\s]+)(\))")
_FENCE = re.compile(r"^(```|~~~)")
_CODE = re.compile(r"`[^`\n]*`")
_ELSEWHERE = re.compile(r"^(?:[a-z][a-z0-9+.-]*:|//|/)", re.IGNORECASE)


def links_of(text: str, source: Path) -> set[Path]:
    """The files that a page names, as paths from the root of the repository. `source`: the page's own path from there."""
    return {_resolve(target.partition("#")[0], source) for target in targets_of(text) if not target.startswith("#")}


def targets_of(text: str) -> Iterator[str]:
    """Targets of links and pictures, as they are written; without those that leave the repository, and those in code."""
    for line in _lines_outside_code(text):
        for found in _LINK.finditer(_CODE.sub("", line)):
            if not _ELSEWHERE.match(found[2]):
                yield found[2]


def move_links(text: str, source: Path, place: Path, place_of: Callable[[Path], Path]) -> str:
    """`text` of the page `source` as it has to read at `place`, where everything it links lies at `place_of(path)`."""

    def moved(found: re.Match[str]) -> str:
        target, hash_sign, anchor = found[2].partition("#")
        if not target or _ELSEWHERE.match(found[2]):
            return found[0]
        there = os.path.relpath(place_of(_resolve(target, source)), place.parent)
        return f"{found[1]}{there}{hash_sign}{anchor}{found[3]}"

    is_code = False
    lines = []
    for line in text.splitlines(keepends=True):
        if _FENCE.match(line.lstrip()):
            is_code = not is_code
        lines.append(line if is_code else _LINK.sub(moved, line))
    return "".join(lines)


def anchors_of(text: str) -> set[str]:
    """The anchors of a page's headings, as code hosts make them."""
    found: dict[str, int] = {}
    anchors = set()
    for line in _lines_outside_code(text):
        if heading := re.match(r"#{1,6}\s+(.+?)\s*#*$", line):
            words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading[1]).replace("`", "").lower()
            slug = re.sub(r"[^\w\- ]", "", words).strip().replace(" ", "-")
            count = found.get(slug, 0)
            found[slug] = count + 1
            anchors.add(f"{slug}-{count}" if count else slug)
    return anchors


def _lines_outside_code(text: str) -> Iterator[str]:
    is_code = False
    for line in text.splitlines():
        if _FENCE.match(line.lstrip()):
            is_code = not is_code
        elif not is_code:
            yield line


def _resolve(target: str, source: Path) -> Path:
    return Path(os.path.normpath(source.parent / target))
