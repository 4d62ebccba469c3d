"""What requests need to be let in and to be remembered, built once at start and found at `app.state.access`."""

from dataclasses import dataclass

from vintagestory_api.access.audit_service import AuditService
from vintagestory_api.access.token_service import TokenService
from vintagestory_api.kit.clock import Clock
from vintagestory_api.storage.database import Database


@dataclass(frozen=True)
class Access:
    tokens: TokenService
    audit: AuditService
    clock: Clock

    @classmethod
    def on(cls, database: Database, clock: Clock) -> "Access":
        return cls(TokenService(database, clock), AuditService(database), clock)

    async def aclose(self) -> None:
        """Write what is left to write. The database has to be open still; closing it is its owner's task."""
        await self.tokens.aclose()
        await self.audit.aclose()
