"""Signing in: with a name and a password, or with the link that makes the first admin."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vintagestory_api.access.in_store import in_store
from vintagestory_api.access.password_work import PasswordWork, TooManyAttempts
from vintagestory_api.access.passwords import check_password
from vintagestory_api.access.roles import Role
from vintagestory_api.access.second_factor import SecondFactor, SecondFactorLost, WrongCode
from vintagestory_api.access.second_factor_service import Proof, SecondFactors
from vintagestory_api.access.sessions import new_session
from vintagestory_api.access.setup_link import SetupDone, SetupLink
from vintagestory_api.access.sign_in_limits import Attempt, Caller, SignInLimits
from vintagestory_api.access.tokens import hash_secret
from vintagestory_api.access.user_service import UserService
from vintagestory_api.access.users import StoredUser, checked_user_name, wrong_password
from vintagestory_api.errors import Unauthorized
from vintagestory_api.kit.clock import Clock
from vintagestory_api.kit.ids import uuid7
from vintagestory_api.storage.database import Database

if TYPE_CHECKING:
    from vintagestory_api.access.store import AccessStore


class NotLetIn(Unauthorized):
    """`user` is for the audit trail."""

    user: StoredUser | None


class WrongCredentials(NotLetIn):
    """The same for whatever is wrong with name and password; only the audit trail is told whose password it was not."""

    code = "wrong_credentials"

    def __init__(self, user: StoredUser | None) -> None:
        super().__init__("The name or the password is wrong.")
        self.user = user


class SecondFactorNeeded(NotLetIn):
    """Said only to who knows the password."""

    code = "second_factor_needed"

    def __init__(self, user: StoredUser) -> None:
        super().__init__("The password is right. Send it once more, with a code of your authenticator app or a recovery code.")
        self.user = user


class CodeRefused(NotLetIn):
    code = "wrong_code"

    def __init__(self, user: StoredUser, refusal: WrongCode) -> None:
        super().__init__(refusal.message, fields=refusal.fields)
        self.user = user


class CodesLost(NotLetIn):
    code = "second_factor_lost"

    def __init__(self, user: StoredUser, refusal: SecondFactorLost) -> None:
        super().__init__(refusal.message, fields=refusal.fields)
        self.user = user


@dataclass(frozen=True)
class SignedIn:
    """`secret` is for the browser's cookie, and can't be had again. `with_code`: of the `app`, or a `recovery` code."""

    user: StoredUser
    secret: str
    with_code: str | None = None


class SignInService:
    """For one event loop."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        users: UserService,
        passwords: PasswordWork,
        link: SetupLink,
        second_factors: SecondFactors,
        limits: SignInLimits,
    ) -> None:
        self._database = database
        self._clock = clock
        self._users = users
        self._passwords = passwords
        self._link = link
        self._second_factors = second_factors
        self._limits = limits

    async def sign_in(self, name: str, password: str, caller: Caller, code: str = "") -> SignedIn:
        """Begin a session. Raises `WrongCredentials` after the same time whatever is wrong, and `TooManyAttempts`; and to who
        knows the password of a user with a second factor `SecondFactorNeeded`, `CodeRefused`, `CodesLost`."""

        def find(store: "AccessStore") -> tuple[StoredUser | None, SecondFactor | None]:
            user = store.users.find(name)
            return user, store.second_factors.get(user.id) if user else None

        attempt = await self._limits.take(name, caller.address)
        user, factor = await in_store(self._database, find)
        is_right = await self._verify(attempt, user.password_hash if user else None, password)
        if user is None or not is_right or user.is_disabled:
            raise WrongCredentials(user)
        try:
            proof = await self._proof(user, factor, code) if factor and factor.is_on else None
            signed_in = await self._begin(user, caller, proof)
        except (SecondFactorNeeded, CodesLost):
            # Nothing was guessed. Former attempts count on: whoever knows the password must not clear the count of codes by it.
            self._limits.take_back(attempt)
            raise
        except WrongCode as error:
            raise CodeRefused(user, error) from error
        self._limits.succeeded(attempt)
        return signed_in

    async def set_up(self, link_secret: str, name: str, password: str, caller: Caller) -> SignedIn:
        """Make the first admin, and begin a session. Raises `SetupDone`, `SetupLinkInvalid`, `TooManyAttempts`,
        `InvalidUserName`, `UserNameTaken`, and what `check_password` raises."""
        # First of all: whatever is refused leaves a line in the audit trail, which must not be anybody's to fill.
        attempt = await self._limits.take("", caller.address)
        if await self._users.has_admin():
            raise _setup_done()
        self._link.check(link_secret)
        self._limits.succeeded(attempt)
        name = checked_user_name(name)
        check_password(password, name=name)
        now_ms = self._clock.now_ms()
        password_hash = await self._passwords.hash(password)
        user = StoredUser(uuid7(), name, Role.ADMIN, False, now_ms, "setup link", password_hash=password_hash)
        session, secret = new_session(user.id, from_address=caller.address, browser=caller.browser, now_ms=now_ms)

        def make_first_admin(store: "AccessStore") -> None:
            store.users.hold()
            if store.users.has_admin():
                raise _setup_done()
            store.users.add(user)
            store.users.add_session(session, hash_secret(secret))

        await in_store(self._database, make_first_admin)
        self._link.use_up()
        return SignedIn(user, secret)

    async def change_password(self, user_id: str, session_id: str | None, current: str, new: str, caller: Caller) -> None:
        """Of the user's own; ends the other sessions. Raises `WrongPassword`, `TooManyAttempts`, `UserNotFound`, and what
        `check_password` raises."""
        user = await in_store(self._database, lambda store: store.users.get(user_id))
        attempt = await self._limits.take(user.name, caller.address)
        if not await self._verify(attempt, user.password_hash, current):
            raise wrong_password()
        self._limits.take_back(attempt)  # former ones count on, those of codes, too
        check_password(new, name=user.name, field="new_password")
        new_hash = await self._passwords.hash(new)
        await self._users.store_password(user_id, new_hash, in_place_of=user.password_hash, keep_session=session_id)

    async def _verify(self, attempt: Attempt, stored: str | None, password: str) -> bool:
        try:
            return await self._passwords.verify(stored, password)
        except TooManyAttempts:
            self._limits.take_back(attempt)
            raise

    async def _proof(self, user: StoredUser, factor: SecondFactor, code: str) -> Proof:
        """Raises `SecondFactorNeeded`, `WrongCode`, `CodesLost`."""
        if not code.strip():
            raise SecondFactorNeeded(user)
        try:
            return await self._second_factors.proof(factor, code)
        except SecondFactorLost as error:
            raise CodesLost(user, error) from error

    async def _begin(self, user: StoredUser, caller: Caller, proof: Proof | None) -> SignedIn:
        """A session for a user whose password was right; uses the code up. Raises `WrongCredentials` when it is not right any
        more, `WrongCode` when the code was used meanwhile, and `SecondFactorNeeded` when one was turned on meanwhile."""
        now_ms = self._clock.now_ms()
        session, secret = new_session(user.id, from_address=caller.address, browser=caller.browser, now_ms=now_ms)

        def begin(store: "AccessStore") -> str | None:
            store.users.hold()
            with_code = None
            present = store.users.find(user.name)
            if present is None or present.is_disabled or present.password_hash != user.password_hash:
                raise WrongCredentials(user)
            factor = store.second_factors.get(user.id)
            if factor is not None and factor.is_on:
                if proof is None:
                    raise SecondFactorNeeded(user)
                proof.use_up(store, now_ms)
                with_code = proof.kind
            store.users.add_session(session, hash_secret(secret))
            return with_code

        with_code = await in_store(self._database, begin)
        return SignedIn(user, secret, with_code)


def _setup_done() -> SetupDone:
    return SetupDone("This manager has an admin already. Sign in, or ask an admin for a user.")
