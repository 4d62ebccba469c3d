"""Two people who edit the same file, or the game that rewrites it: what the one who comes later did not see."""

from collections.abc import Sequence
from typing import Any

from vintagestory_api.errors import Conflict
from vintagestory_api.server_config.applying import value_at
from vintagestory_api.server_config.catalogue import is_secret, title_of
from vintagestory_api.server_config.checking import Wanted
from vintagestory_api.server_config.differences import MISSING, is_same
from vintagestory_api.server_config.documents import Document
from vintagestory_api.server_config.known import key_of
from vintagestory_api.server_config.live_changes import is_same_or_missing
from vintagestory_api.server_config.records import PendingChange
from vintagestory_api.server_config.values import without_secrets
from vintagestory_api.server_config.waiting import stamp_of


class ChangedMeanwhile(Conflict):
    """`settings` of the answer: path, title and present value of each."""

    code = "changed_meanwhile"


def etag_of(document: Document, waiting: Sequence[PendingChange]) -> str:
    """Of the file, and of what waits for it."""
    return f"{document.sha256}.{stamp_of(waiting)}"


def read_etag(etag: str) -> tuple[str, int]:
    sha256, _, stamp = etag.partition(".")
    return sha256, int(stamp) if stamp.isascii() and stamp.isdecimal() and len(stamp) < 20 else 0


def see_that_nobody_was_first(
    changes: Sequence[Wanted],
    *,
    document: Document,
    waiting: Sequence[PendingChange],
    looked_at: Document | None,
    present: Document,
    stamp: int,
) -> None:
    """`looked_at`: the content that whoever wants the changes saw, None where nobody knows it any more; `present`: what
    `document` holds, so that it can be compared with that. Raises
    `ChangedMeanwhile` for settings that have another value since, which is not the wanted one either."""
    waits = {key_of(change.path): change for change in waiting}
    found = []
    for change in changes:
        pending = waits.get(key_of(change.path))
        if pending is not None and pending.at > stamp:
            now = pending.wanted
        elif pending is not None:
            continue  # it was seen
        else:
            now = value_at(document.values, change.path)
            comparable = value_at(present.values, change.path)
            if looked_at is not None and is_same_or_missing(comparable, value_at(looked_at.values, change.path)):
                continue
        if not is_same_or_missing(now, change.value):
            found.append(_told(document, change.path, now, pending))
    if found:
        names = ", ".join(item["title"] for item in found[:5])
        raise ChangedMeanwhile(
            f"Somebody else, or the game, has changed the same since you looked: {names}. Nothing was changed. Look at "
            "the present values, then decide again.",
            settings=found,
            etag=etag_of(document, waiting),
        )


def _told(document: Document, path: tuple[str, ...], present: Any, pending: PendingChange | None) -> dict[str, Any]:
    return {
        "path": list(path),
        "title": title_of(document.file, path),
        "value": None if present is MISSING else without_secrets(path, present),
        "is_secret": is_secret(path),
        "actor": pending.actor if pending is not None else None,
    }


def is_unchanged(present: Any, wanted: Any) -> bool:
    return (present is MISSING and wanted is MISSING) or (
        present is not MISSING and wanted is not MISSING and is_same(present, wanted)
    )
