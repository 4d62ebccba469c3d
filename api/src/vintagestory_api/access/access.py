"""What requests need to be let in and to be remembered, built once at start and found at `app.state.access`."""

from dataclasses import dataclass

from vintagestory_api.access.audit_service import AuditService
from vintagestory_api.access.password_work import PasswordWork
from vintagestory_api.access.revocations import Listener, Revocations
from vintagestory_api.access.second_factor_service import SecondFactors
from vintagestory_api.access.session_service import SessionService
from vintagestory_api.access.setup_link import SetupLink
from vintagestory_api.access.sign_in import SignInService
from vintagestory_api.access.sign_in_limits import SignInLimits
from vintagestory_api.access.token_service import TokenService
from vintagestory_api.access.user_service import UserService
from vintagestory_api.kit.clock import Clock
from vintagestory_api.storage.database import Database
from vintagestory_api.storage.secrets_file import SecretsFile


@dataclass(frozen=True)
class Access:
    tokens: TokenService
    sessions: SessionService
    users: UserService
    sign_in: SignInService
    setup_link: SetupLink
    second_factors: SecondFactors
    audit: AuditService
    clock: Clock
    passwords: PasswordWork
    revocations: Revocations

    @classmethod
    def on(cls, database: Database, clock: Clock, secrets: SecretsFile) -> "Access":
        revocations, passwords, link = Revocations(), PasswordWork(), SetupLink(clock)
        sessions = SessionService(database, clock, revocations)
        users = UserService(database, clock, sessions, passwords)
        limits = SignInLimits()
        factors = SecondFactors(database, clock, sessions, passwords, limits, secrets)
        return cls(
            tokens=TokenService(database, clock, revocations),
            sessions=sessions,
            users=users,
            sign_in=SignInService(database, clock, users, passwords, link, factors, limits),
            setup_link=link,
            second_factors=factors,
            audit=AuditService(database),
            clock=clock,
            passwords=passwords,
            revocations=revocations,
        )

    def on_revoked(self, listener: Listener) -> None:
        """Call `listener` with the kind (`token`, `user`, `session`) and the id of whatever may not do any more what it could.

        What other processes change is not told, but `recognition.recognize` knows it within two seconds.
        """
        self.revocations.listen(listener)

    async def aclose(self) -> None:
        """Write what is left to write. The database has to be open still; closing it is its owner's task."""
        await self.passwords.aclose()
        await self.sessions.aclose()
        await self.tokens.aclose()
        await self.audit.aclose()
