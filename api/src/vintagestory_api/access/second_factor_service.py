"""Sets second factors up, checks their codes, and takes them away."""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from vintagestory_api.access.in_store import in_store
from vintagestory_api.access.password_work import PasswordWork, TooManyAttempts
from vintagestory_api.access.second_factor import (
    SecondFactor,
    app_code,
    is_name_of_secret,
    matching_step,
    new_recovery_codes,
    new_totp_secret,
    no_setup_begun,
    password_refused,
    qr_svg,
    recovery_code_hash,
    second_factor_lost,
    second_factor_off,
    second_factor_on,
    setup_uri,
    wrong_code,
)
from vintagestory_api.access.session_service import SessionService
from vintagestory_api.access.sign_in_limits import Attempt, Caller, SignInLimits
from vintagestory_api.access.users import StoredUser
from vintagestory_api.errors import ManagerError
from vintagestory_api.kit.clock import Clock
from vintagestory_api.storage.database import Database
from vintagestory_api.storage.secrets_file import SecretsFile, SecretsUnreadable

if TYPE_CHECKING:
    from vintagestory_api.access.store import AccessStore

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Setup:
    """For the authenticator app of whoever sets it up, this once."""

    secret: str
    uri: str
    qr_svg: str


@dataclass(frozen=True)
class Status:
    """`on_since` is None where there is none; `knows_secret` is false when the file of secrets was lost."""

    on_since: int | None
    recovery_codes_left: int
    knows_secret: bool


@dataclass(frozen=True)
class Proof:
    """A code that fits, and is not used up yet: of the app, or a recovery code."""

    factor: SecondFactor
    step: int | None
    recovery_hash: str

    @property
    def kind(self) -> str:
        """For the audit trail."""
        return "recovery" if self.step is None else "app"

    def use_up(self, store: "AccessStore", now_ms: int) -> None:
        """Raises `WrongCode` when somebody else has used it up, or the second factor is another one by now."""
        factors = store.second_factors
        if self.step is not None:
            is_used_up = factors.use_step(self.factor, self.step)
        else:
            present = factors.get(self.factor.user_id)
            is_same = present is not None and present.is_on and present.created_at == self.factor.created_at
            is_used_up = is_same and factors.use_recovery_code(self.factor.user_id, self.recovery_hash, now_ms)
        if not is_used_up:
            raise wrong_code()


class SecondFactors:
    """For one event loop.

    A secret is in the file before the row that counts on it, and goes after it: whenever the manager is killed, either nothing is
    on, or what is on can be used. What such an end leaves in the file belongs to no row, and goes with the next change.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        sessions: SessionService,
        passwords: PasswordWork,
        limits: SignInLimits,
        secrets: SecretsFile,
    ) -> None:
        self._database = database
        self._clock = clock
        self._sessions = sessions
        self._passwords = passwords
        self._limits = limits
        self._secrets = secrets
        self._changing = asyncio.Lock()

    async def status(self, user_id: str) -> Status:
        def read(store: "AccessStore") -> tuple[SecondFactor | None, int]:
            return store.second_factors.get(user_id), store.second_factors.recovery_codes_left(user_id)

        factor, codes_left = await in_store(self._database, read)
        if factor is None or not factor.is_on:
            return Status(None, 0, knows_secret=True)
        return Status(factor.confirmed_at, codes_left, knows_secret=await self._secret_of(factor) is not None)

    async def begin(self, user_id: str, password: str, caller: Caller) -> Setup:
        """Make a secret, in place of one that was not confirmed. Nothing is on until `confirm`.

        Raises `WrongPassword`, `TooManyAttempts`, `SecondFactorOn`, `UserNotFound`, and what `SecretsFile.put` raises.
        """
        user, attempt = await self._known_by_password(user_id, password, caller)
        # Former attempts count on: whoever knows the password must not clear the count of codes by it.
        self._limits.take_back(attempt)
        async with self._changing:
            before = await in_store(self._database, lambda store: store.second_factors.get(user_id))
            created_at = max(self._clock.now_ms(), before.created_at + 1 if before else 0)
            factor = SecondFactor(user_id, created_at, confirmed_at=None, last_step=0)
            secret = new_totp_secret()
            await asyncio.to_thread(self._secrets.put, factor.secret_name, secret)

            def store_it(store: "AccessStore") -> bool:
                store.users.hold()
                _check_password_is_still(store, user)
                return store.second_factors.begin(factor)

            try:
                has_begun = await in_store(self._database, store_it)
            finally:
                await self._tidy()
        if not has_begun:
            raise second_factor_on()
        uri = setup_uri(secret, user.name)
        return Setup(secret, uri, await asyncio.to_thread(qr_svg, uri))

    async def confirm(self, user_id: str, session_id: str | None, code: str, caller: Caller) -> list[str]:
        """Turn it on with the first code, and end the other sessions; the recovery codes, which can't be had again.

        Raises `WrongCode`, `TooManyAttempts`, `SecondFactorOn`, `NoSetupBegun`, `UserNotFound`.
        """
        user = await in_store(self._database, lambda store: store.users.get(user_id))
        attempt = await self._limits.take(user.name, caller.address)
        codes = new_recovery_codes()
        async with self._changing:
            factor = await in_store(self._database, lambda store: store.second_factors.get(user_id))
            if factor is not None and factor.is_on:
                self._limits.take_back(attempt)
                raise second_factor_on()
            now_ms = self._clock.now_ms()
            secret = await self._secret_of(factor) if factor and not factor.setup_has_expired(now_ms) else None
            if factor is None or secret is None:
                self._limits.take_back(attempt)
                raise no_setup_begun()
            step = matching_step(secret, app_code(code) or "", now_ms=now_ms, after=factor.last_step)
            if step is None:
                raise wrong_code()

            def turn_on(store: "AccessStore") -> None:
                store.users.hold()
                if not store.second_factors.confirm(factor, step=step, now_ms=now_ms):
                    raise no_setup_begun()
                store.second_factors.replace_recovery_codes(user_id, _hashes(user_id, codes))
                store.users.end_sessions(user_id, but=session_id)

            try:
                await in_store(self._database, turn_on)
            finally:
                self._sessions.look_again_at(user_id)
        self._limits.succeeded(attempt)
        return codes

    async def turn_off(self, user_id: str, session_id: str | None, password: str, code: str, caller: Caller) -> None:
        """For the user's own; ends the other sessions.

        Raises `WrongPassword`, `WrongCode`, `SecondFactorLost`, `SecondFactorOff`, `TooManyAttempts`, `UserNotFound`.
        """
        user, attempt = await self._known_by_password(user_id, password, caller)
        proof = await self._proof_for_own(user, attempt, code)

        def turn_off(store: "AccessStore") -> None:
            store.users.hold()
            _check_password_is_still(store, user)
            proof.use_up(store, self._clock.now_ms())
            store.second_factors.remove(user_id)
            store.users.end_sessions(user_id, but=session_id)

        try:
            await in_store(self._database, turn_off)
        finally:
            self._sessions.look_again_at(user_id)
        self._limits.succeeded(attempt)
        await self.forget_unused_secrets()

    async def renew_recovery_codes(self, user_id: str, password: str, code: str, caller: Caller) -> list[str]:
        """In place of the former ones, used or not. Raises as `turn_off` does."""
        user, attempt = await self._known_by_password(user_id, password, caller)
        proof = await self._proof_for_own(user, attempt, code)
        codes = new_recovery_codes()

        def renew(store: "AccessStore") -> None:
            store.users.hold()
            _check_password_is_still(store, user)
            proof.use_up(store, self._clock.now_ms())
            store.second_factors.replace_recovery_codes(user_id, _hashes(user_id, codes))

        await in_store(self._database, renew)
        self._limits.succeeded(attempt)
        return codes

    async def reset(self, user_id: str) -> None:
        """Take it away from somebody else, and sign them out everywhere. Raises `UserNotFound`."""

        def take_away(store: "AccessStore") -> None:
            store.users.hold()
            store.users.get(user_id)
            store.second_factors.remove(user_id)
            store.users.end_sessions(user_id)

        try:
            await in_store(self._database, take_away)
        finally:
            self._sessions.look_again_at(user_id)
        await self.forget_unused_secrets()

    async def proof(self, factor: SecondFactor, typed: str) -> Proof:
        """That `typed` is a code of `factor`, which is on. Raises `WrongCode`, and `SecondFactorLost` for a code of the app."""
        code = app_code(typed)
        if code is None:
            return Proof(factor, None, recovery_code_hash(factor.user_id, typed))
        secret = await self._secret_of(factor)
        if secret is None:
            raise second_factor_lost()
        step = matching_step(secret, code, now_ms=self._clock.now_ms(), after=factor.last_step)
        if step is None:
            raise wrong_code()
        return Proof(factor, step, "")

    async def forget_unused_secrets(self) -> None:
        """Take out of the file what no user needs any more."""
        async with self._changing:
            await self._tidy()

    async def _known_by_password(self, user_id: str, password: str, caller: Caller) -> tuple[StoredUser, Attempt]:
        """The user, and an attempt that still counts as failed."""
        user = await in_store(self._database, lambda store: store.users.get(user_id))
        attempt = await self._limits.take(user.name, caller.address)
        try:
            is_right = await self._passwords.verify(user.password_hash, password)
        except TooManyAttempts:
            self._limits.take_back(attempt)
            raise
        if not is_right:
            raise password_refused()
        return user, attempt

    async def _proof_for_own(self, user: StoredUser, attempt: Attempt, code: str) -> Proof:
        factor = await in_store(self._database, lambda store: store.second_factors.get(user.id))
        if factor is None or not factor.is_on:
            self._limits.take_back(attempt)
            raise second_factor_off()
        return await self.proof(factor, code)

    async def _secret_of(self, factor: SecondFactor) -> str | None:
        try:
            return await asyncio.to_thread(self._secrets.get, factor.secret_name)
        except SecretsUnreadable as error:
            log.warning("second_factor_secret_not_read", error=str(error))
            return None

    async def _tidy(self) -> None:
        try:
            factors = await in_store(self._database, lambda store: store.second_factors.all())
            needed = {factor.secret_name for factor in factors}
            await asyncio.to_thread(self._secrets.remove_where, lambda name: is_name_of_secret(name) and name not in needed)
        except ManagerError as error:
            log.warning("second_factor_secrets_not_tidied", error=str(error))


def _check_password_is_still(store: "AccessStore", user: StoredUser) -> None:
    if store.users.get(user.id).password_hash != user.password_hash:
        raise password_refused()


def _hashes(user_id: str, codes: list[str]) -> list[str]:
    return [recovery_code_hash(user_id, code) for code in codes]
