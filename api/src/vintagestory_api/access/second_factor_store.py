"""Second factors and recovery codes in the database. Importing this module imports SQLAlchemy: see `in_store`."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from vintagestory_api.access.second_factor import SecondFactor
from vintagestory_api.access.tables import recovery_codes, second_factors

#: Variables that one statement of SQLite may surely have.
_AT_ONCE = 500


class SecondFactorStore:
    """The statements, on one connection and inside its transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, user_id: str) -> SecondFactor | None:
        """Also one that is not confirmed."""
        row = self._connection.execute(select(second_factors).where(second_factors.c.user_id == user_id)).one_or_none()
        return None if row is None else _factor(row)

    def all(self) -> list[SecondFactor]:
        return [_factor(row) for row in self._connection.execute(select(second_factors))]

    def on_for(self, user_ids: Sequence[str]) -> set[str]:
        """Those of `user_ids` that sign in with one."""
        found: set[str] = set()
        for start in range(0, len(user_ids), _AT_ONCE):
            these = second_factors.c.user_id.in_(user_ids[start : start + _AT_ONCE])
            query = select(second_factors.c.user_id).where(these, second_factors.c.confirmed_at.is_not(None))
            found.update(row.user_id for row in self._connection.execute(query))
        return found

    def begin(self, factor: SecondFactor) -> bool:
        """In place of a set-up that was not confirmed; whether none is on that would be replaced."""
        unconfirmed = (second_factors.c.user_id == factor.user_id) & second_factors.c.confirmed_at.is_(None)
        self._connection.execute(delete(second_factors).where(unconfirmed))
        if self.get(factor.user_id) is not None:
            return False
        values = {
            "user_id": factor.user_id,
            "created_at": factor.created_at,
            "confirmed_at": factor.confirmed_at,
            "last_step": factor.last_step,
        }
        self._connection.execute(insert(second_factors).values(values))
        return True

    def confirm(self, factor: SecondFactor, *, step: int, now_ms: int) -> bool:
        """Turn on that very set-up with the code of `step`; whether it was still there, and unconfirmed."""
        mine = _this_one(factor) & second_factors.c.confirmed_at.is_(None)
        changed = update(second_factors).where(mine).values(confirmed_at=now_ms, last_step=step)
        return self._connection.execute(changed).rowcount == 1

    def use_step(self, factor: SecondFactor, step: int) -> bool:
        """Use up the code of `step`; False when it, or a later one, was used before, by whomever."""
        unused = _this_one(factor) & second_factors.c.confirmed_at.is_not(None) & (second_factors.c.last_step < step)
        return self._connection.execute(update(second_factors).where(unused).values(last_step=step)).rowcount == 1

    def use_recovery_code(self, user_id: str, code_hash: str, now_ms: int) -> bool:
        """Use up a recovery code; False when there is none such, or it was used before."""
        unused = (
            (recovery_codes.c.user_id == user_id) & (recovery_codes.c.code_hash == code_hash) & recovery_codes.c.used_at.is_(None)
        )
        return self._connection.execute(update(recovery_codes).where(unused).values(used_at=now_ms)).rowcount == 1

    def replace_recovery_codes(self, user_id: str, hashes: Iterable[str]) -> None:
        self._connection.execute(delete(recovery_codes).where(recovery_codes.c.user_id == user_id))
        values = [{"user_id": user_id, "code_hash": code_hash, "used_at": None} for code_hash in hashes]
        self._connection.execute(insert(recovery_codes), values)

    def recovery_codes_left(self, user_id: str) -> int:
        unused = (recovery_codes.c.user_id == user_id) & recovery_codes.c.used_at.is_(None)
        return int(self._connection.execute(select(func.count()).select_from(recovery_codes).where(unused)).scalar_one())

    def remove(self, user_id: str) -> bool:
        """With its recovery codes; whether there was a second factor that was on."""
        factor = self.get(user_id)
        self._connection.execute(delete(recovery_codes).where(recovery_codes.c.user_id == user_id))
        self._connection.execute(delete(second_factors).where(second_factors.c.user_id == user_id))
        return factor is not None and factor.is_on


def _this_one(factor: SecondFactor) -> Any:
    return (second_factors.c.user_id == factor.user_id) & (second_factors.c.created_at == factor.created_at)


def _factor(row: Row[Any]) -> SecondFactor:
    return SecondFactor(row.user_id, row.created_at, row.confirmed_at, row.last_step)
