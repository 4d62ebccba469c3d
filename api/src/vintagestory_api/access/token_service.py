"""Makes, revokes and recognizes tokens. Recognizing is on the way of every request, so it rarely asks the database."""

import asyncio
import contextlib
from dataclasses import dataclass

import structlog

from vintagestory_api.access.in_store import in_store
from vintagestory_api.access.principal import Principal
from vintagestory_api.access.roles import Role
from vintagestory_api.access.tokens import Token, TokenNotFound, hash_secret, looks_like_secret, new_token
from vintagestory_api.kit.clock import Clock
from vintagestory_api.storage.database import Database

log = structlog.get_logger(__name__)

#: For so long a token counts as valid without asking the database, which another process may have changed.
TRUST_SECONDS = 2.0
_REFRESH_AFTER_SECONDS = 1.0
_NOTE_USE_EVERY_MS = 60_000
_WRITE_USES_AFTER_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class _Known:
    principal: Principal
    refresh_at: float
    valid_until: float


class TokenService:
    """For one event loop. `aclose` writes what is left to write; the database stays open."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._local: dict[str, Principal] = {}
        self._known: dict[str, _Known] = {}
        self._look_ups: dict[str, asyncio.Task[_Known | None]] = {}
        self._revocations = 0
        self._noted: dict[str, int] = {}
        self._unwritten: dict[str, int] = {}
        self._writer: asyncio.Task[None] | None = None

    async def create(self, name: str, role: Role, *, created_by: str) -> tuple[Token, str]:
        """A new token and its secret, which can't be had again. Raises `InvalidTokenName`, `TokenNameTaken`."""
        token, secret = new_token(name, role, created_by=created_by, now_ms=self._clock.now_ms())
        await in_store(self._database, lambda store: store.add_token(token, hash_secret(secret)))
        return token, secret

    async def list(self, *, limit: int, after: str | None = None, revoked_too: bool = False) -> list[Token]:
        """Oldest first; `after` is the id of the last one seen."""
        return await in_store(self._database, lambda store: store.tokens(limit=limit, after=after, revoked_too=revoked_too))

    async def revoke(self, token_id: str) -> None:
        """From its return on the token is refused here, and within two seconds in other processes. Raises `TokenNotFound`."""
        now_ms = self._clock.now_ms()
        try:
            found = await in_store(self._database, lambda store: store.revoke_token(token_id, now_ms))
        finally:
            # A look-up under way may have read the row before it changed: nobody may rely on it any more.
            self._revocations += 1
            self._look_ups.clear()
            self._known = {key: known for key, known in self._known.items() if known.principal.id != token_id}
        if not found:
            raise TokenNotFound("There is no such token. List the tokens to see their ids.")

    def register_local_token(self, secret: str, role: Role) -> None:
        """Accept `secret`, made by this process for the command line of the same machine. It is kept in memory only."""
        self._local[hash_secret(secret)] = Principal("local", None, "local command line", role)

    async def authenticate(self, secret: str) -> Principal | None:
        """Who presents `secret`; None when it is not, or no longer, a token."""
        if not looks_like_secret(secret):
            return None
        # Looking up the hash of a secret tells a watch nothing about the secret.
        digest = hash_secret(secret)
        if local := self._local.get(digest):
            return local
        now = self._clock.monotonic()
        known = self._known.get(digest)
        if known is None or now >= known.valid_until:
            known = await asyncio.shield(self._look_up(digest))
            if known is None:
                return None
        elif now >= known.refresh_at:
            self._look_up(digest)
        self._note_use(known.principal)
        return known.principal

    async def warm_up(self) -> None:
        """Import what the first look-up needs, so that the first caller does not wait for it."""
        await in_store(self._database, lambda store: store.live_token(""))

    async def aclose(self) -> None:
        for task in list(self._look_ups.values()):
            with contextlib.suppress(Exception):
                await task
        if self._writer is not None:
            self._writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._writer
        await self._write_uses()

    def _look_up(self, digest: str) -> asyncio.Task[_Known | None]:
        """Ask the database, once for all that ask for the same token at the same time."""
        task = self._look_ups.get(digest)
        if task is None:
            task = self._look_ups[digest] = asyncio.create_task(self._find(digest))
            task.add_done_callback(lambda done: self._forget_look_up(digest, done))
        return task

    def _forget_look_up(self, digest: str, done: asyncio.Task[_Known | None]) -> None:
        if self._look_ups.get(digest) is done:
            del self._look_ups[digest]
        if not done.cancelled() and (error := done.exception()):
            log.warning("token_look_up_failed", error=str(error))

    async def _find(self, digest: str) -> _Known | None:
        revocations, asked_at = self._revocations, self._clock.monotonic()
        token = await in_store(self._database, lambda store: store.live_token(digest))
        if token is None:
            self._known.pop(digest, None)
            return None
        known = _Known(
            Principal("token", token.id, token.name, token.role),
            refresh_at=asked_at + _REFRESH_AFTER_SECONDS,
            valid_until=asked_at + TRUST_SECONDS,
        )
        self._noted[token.id] = max(self._noted.get(token.id, 0), token.last_used_at or 0)
        if revocations == self._revocations:
            self._known[digest] = known
        return known

    def _note_use(self, principal: Principal) -> None:
        now_ms = self._clock.now_ms()
        token_id = principal.id or ""
        if abs(now_ms - self._noted.get(token_id, 0)) < _NOTE_USE_EVERY_MS:
            return
        self._noted[token_id] = self._unwritten[token_id] = now_ms
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_uses_soon())

    async def _write_uses_soon(self) -> None:
        while self._unwritten:
            await asyncio.sleep(_WRITE_USES_AFTER_SECONDS)
            await self._write_uses()

    async def _write_uses(self) -> None:
        uses, self._unwritten = self._unwritten, {}
        if not uses:
            return
        try:
            await in_store(self._database, lambda store: store.note_uses(uses))
        except Exception as error:  # noqa: BLE001 - the time of last use is a courtesy and must not hurt anything
            log.warning("token_use_not_noted", error=str(error))
