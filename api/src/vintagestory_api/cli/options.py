"""Options that many commands share."""

from pathlib import Path
from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of words.")]
DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", metavar="DIR", help="The manager's data folder. [default: VS_DATA_DIR, else the platform's]"),
]
Url = Annotated[
    str | None,
    typer.Option("--url", metavar="URL", help="A manager elsewhere; its token comes from VS_TOKEN. [default: VS_URL]"),
]
Wait = Annotated[bool, typer.Option("--wait", help="Wait until it has ended, and fail when it does.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=200, help="How many at most.")]
Cursor = Annotated[str | None, typer.Option("--cursor", help="Go on after a page: what it printed as next page.")]
