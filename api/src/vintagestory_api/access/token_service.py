"""Makes, revokes and recognizes tokens."""

from collections.abc import Mapping

from vintagestory_api.access.in_store import in_store
from vintagestory_api.access.principal import Principal
from vintagestory_api.access.recognized import Recognized
from vintagestory_api.access.revocations import Revocations
from vintagestory_api.access.roles import Role
from vintagestory_api.access.tokens import Token, TokenNotFound, hash_secret, looks_like_secret, new_token
from vintagestory_api.access.uses import Uses
from vintagestory_api.kit.clock import Clock
from vintagestory_api.storage.database import Database


class TokenService:
    """For one event loop. `aclose` writes what is left to write; the database stays open."""

    def __init__(self, database: Database, clock: Clock, revocations: Revocations) -> None:
        self._database = database
        self._clock = clock
        self._revocations = revocations
        self._local: dict[str, Principal] = {}
        self._recognized = Recognized(clock, self._find)
        self._uses = Uses(clock, self._write_uses)

    async def create(self, name: str, role: Role, *, created_by: str, on: Mapping[str, Role] | None = None) -> tuple[Token, str]:
        """A new token and its secret, which can't be had again; `on`: roles on single servers. Raises `InvalidTokenName`,
        `TokenNameTaken`, `UnknownServers`."""
        token, secret = new_token(name, role, created_by=created_by, now_ms=self._clock.now_ms(), on=on)
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
            self._recognized.forget(lambda principal: principal.id == token_id)
        if not found:
            raise TokenNotFound("There is no such token. List the tokens to see their ids.")
        self._revocations.tell("token", token_id)

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
        principal = await self._recognized.principal(digest)
        if principal is not None:
            self._uses.note(principal.id or "")
        return principal

    async def warm_up(self) -> None:
        """Import what the first look-up needs, so that the first caller does not wait for it."""
        await in_store(self._database, lambda store: store.live_token(""))

    async def aclose(self) -> None:
        await self._recognized.aclose()
        await self._uses.aclose()

    async def _find(self, digest: str) -> Principal | None:
        token = await in_store(self._database, lambda store: store.live_token(digest))
        if token is None:
            return None
        self._uses.remember_stored(token.id, token.last_used_at)
        return Principal("token", token.id, token.name, token.role, on=token.on)

    async def _write_uses(self, uses: Mapping[str, int]) -> None:
        await in_store(self._database, lambda store: store.note_uses(uses))
