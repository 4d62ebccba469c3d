"""How much JavaScript a browser has to load before it can show the first page."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from vintagestory_api.web_ui import FOLDER

MANIFEST = Path(__file__).resolve().parents[3] / "web" / ".build" / "manifest.json"
LIMIT_BYTES = 220_000


@pytest.mark.parametrize("page", ["overview/OverviewPage", "session/SignInPage"])
def test_the_first_page_needs_little_javascript(page: str) -> None:
    manifest: dict[str, Any] = json.loads(MANIFEST.read_bytes())
    files = files_of("index.html", manifest) | files_of(f"src/features/{page}.tsx", manifest)
    sizes = {file: len(gzip.compress((FOLDER / file).read_bytes(), 9)) for file in files}
    assert len(sizes) >= 2
    assert sum(sizes.values()) <= LIMIT_BYTES, sizes


def files_of(entry: str, manifest: dict[str, Any]) -> set[str]:
    """The script of an entry, and all that it imports before it runs."""
    wanted, files = [entry], set()
    while wanted:
        chunk = manifest[wanted.pop()]
        if chunk["file"] not in files:
            files.add(chunk["file"])
            wanted += chunk.get("imports", [])
    return files
