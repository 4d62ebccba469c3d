"""Tells whoever has to know that somebody may not, or not so much, any more."""

from collections.abc import Callable
from typing import Literal

import structlog

log = structlog.get_logger(__name__)

RevokedKind = Literal["token", "user", "session"]
Listener = Callable[[RevokedKind, str], None]


class Revocations:
    """A listener gets the kind and the id of what was revoked, disabled, removed, or has another role now."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> None:
        self._listeners.append(listener)

    def tell(self, kind: RevokedKind, revoked_id: str) -> None:
        for listener in self._listeners:
            try:
                listener(kind, revoked_id)
            except Exception:
                log.exception("revocation_listener_failed", kind=kind)
