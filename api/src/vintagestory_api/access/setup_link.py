"""The secret in the link that makes the first admin: one at a time, for an hour, in memory only."""

import hmac

from vintagestory_api.access.tokens import hash_secret, new_secret
from vintagestory_api.errors import Conflict, Forbidden
from vintagestory_api.kit.clock import Clock

VALID_SECONDS = 3600.0


class SetupLinkInvalid(Forbidden):
    code = "setup_link_invalid"


class SetupDone(Conflict):
    code = "setup_done"


class SetupLink:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._digest: str | None = None
        self._valid_until = 0.0

    def renew(self) -> str:
        """A new secret; the one before is worth nothing any more."""
        secret = new_secret()
        self._digest, self._valid_until = hash_secret(secret), self._clock.monotonic() + VALID_SECONDS
        return secret

    def check(self, secret: str) -> None:
        """Raises `SetupLinkInvalid`."""
        given = hash_secret(secret)
        if self._digest is None or self._clock.monotonic() >= self._valid_until or not hmac.compare_digest(given, self._digest):
            raise SetupLinkInvalid(
                "This set-up link is not, or no longer, valid: it is good once, for one hour. Restart the manager, which prints "
                "a new one, or run: vsmanager admin create NAME"
            )

    def use_up(self) -> None:
        self._digest = None
