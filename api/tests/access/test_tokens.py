"""Tokens: made once, kept hashed, recognized quickly, refused after they are revoked."""

import asyncio
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.access.conftest import MovedClock
from vintagestory_api.access import in_store as in_store_module
from vintagestory_api.access import token_service
from vintagestory_api.access.access import Access
from vintagestory_api.access.offline import (
    create_token_offline,
    has_admin,
    has_admin_user,
    list_tokens_offline,
    revoke_token_offline,
)
from vintagestory_api.access.offline_users import create_admin_offline
from vintagestory_api.access.principal import Principal
from vintagestory_api.access.recognized import TRUST_SECONDS
from vintagestory_api.access.roles import Role
from vintagestory_api.access.tokens import InvalidTokenName, TokenNameTaken, TokenNotFound, hash_secret
from vintagestory_api.storage.database import Database, DatabaseOutOfDate
from vintagestory_api.storage.secrets_file import SecretsFile


def rows(path: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


async def test_a_new_token_is_recognized_with_its_name_and_role(access: Access) -> None:
    token, secret = await access.tokens.create("bot", Role.OPERATOR, created_by="me")
    assert await access.tokens.authenticate(secret) == Principal("token", token.id, "bot", Role.OPERATOR)
    assert secret.startswith("vsm_")
    assert len(secret) == 47


async def test_the_secret_is_nowhere_in_the_database(access: Access, database_path: Path) -> None:
    _, secret = await access.tokens.create("bot", Role.VIEWER, created_by="me")
    create_token_offline(database_path, "other", Role.VIEWER, "me")
    stored = b"".join(file.read_bytes() for file in database_path.parent.iterdir())
    assert secret.encode() not in stored
    assert hash_secret(secret).encode() in stored


@pytest.mark.parametrize("wrong", ["", "vsm_", "vsm_" + "a" * 43, "vsm_" + "a" * 44, "x" * 100_000, "vsm_" + "é" * 43])
async def test_what_is_no_token_is_not_recognized(access: Access, wrong: str) -> None:
    assert await access.tokens.authenticate(wrong) is None


async def test_a_token_revoked_here_is_refused_at_once(access: Access) -> None:
    token, secret = await access.tokens.create("bot", Role.ADMIN, created_by="me")
    assert await access.tokens.authenticate(secret)
    await access.tokens.revoke(token.id)
    assert await access.tokens.authenticate(secret) is None


async def test_a_token_revoked_by_another_process_is_refused_after_two_seconds(
    access: Access, database_path: Path, clock: MovedClock
) -> None:
    _, secret = await access.tokens.create("bot", Role.ADMIN, created_by="me")
    assert await access.tokens.authenticate(secret)
    revoke_token_offline(database_path, "bot", "root")
    clock.moved_seconds += TRUST_SECONDS
    assert await access.tokens.authenticate(secret) is None


class HeldLookUp:
    """Holds back the answer of the first question to the store, after it was read."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.has_read, self.may_return = asyncio.Event(), asyncio.Event()
        real = in_store_module.in_store

        async def held(database, work):  # type: ignore[no-untyped-def] # stands in for a generic function
            result = await real(database, work)
            if not self.has_read.is_set():
                self.has_read.set()
                await self.may_return.wait()
            return result

        monkeypatch.setattr(token_service, "in_store", held)


async def test_a_look_up_that_a_revocation_overtakes_is_not_trusted_later(
    access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, secret = await access.tokens.create("bot", Role.ADMIN, created_by="me")
    held = HeldLookUp(monkeypatch)
    early = asyncio.create_task(access.tokens.authenticate(secret))
    await held.has_read.wait()
    await access.tokens.revoke(token.id)
    held.may_return.set()
    await early
    assert await access.tokens.authenticate(secret) is None


async def test_a_caller_after_the_revocation_does_not_share_a_look_up_from_before(
    access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, secret = await access.tokens.create("bot", Role.ADMIN, created_by="me")
    held = HeldLookUp(monkeypatch)
    early = asyncio.create_task(access.tokens.authenticate(secret))
    await held.has_read.wait()
    await access.tokens.revoke(token.id)
    late = asyncio.create_task(access.tokens.authenticate(secret))
    await asyncio.sleep(0)
    held.may_return.set()
    await early
    assert await late is None


async def test_a_token_made_by_another_process_is_recognized_at_once(access: Access, database_path: Path) -> None:
    guess = "vsm_" + "a" * 43
    assert await access.tokens.authenticate(guess) is None
    secret = create_token_offline(database_path, "late", Role.VIEWER, "root")
    principal = await access.tokens.authenticate(secret)
    assert principal is not None
    assert principal.name == "late"


async def test_many_requests_with_one_token_ask_the_database_once(access: Access, monkeypatch: pytest.MonkeyPatch) -> None:
    _, secret = await access.tokens.create("bot", Role.ADMIN, created_by="me")
    asked = 0
    real = in_store_module.in_store

    async def counted(database, work):  # type: ignore[no-untyped-def] # stands in for a generic function
        nonlocal asked
        asked += 1
        return await real(database, work)

    monkeypatch.setattr(token_service, "in_store", counted)
    found = await asyncio.gather(*(access.tokens.authenticate(secret) for _ in range(50)))
    assert all(found)
    assert asked == 1


async def test_a_busy_token_is_looked_up_again_before_its_trust_ends(
    access: Access, clock: MovedClock, database_path: Path
) -> None:
    _, secret = await access.tokens.create("bot", Role.ADMIN, created_by="me")
    assert await access.tokens.authenticate(secret)
    revoke_token_offline(database_path, "bot", "root")
    clock.moved_seconds += TRUST_SECONDS * 0.75
    assert await access.tokens.authenticate(secret), "still trusted, while the database is asked in the background"
    (look_up,) = access.tokens._recognized._look_ups.values()
    await look_up
    assert await access.tokens.authenticate(secret) is None


async def test_a_cancelled_caller_does_not_spoil_the_look_up_of_others(access: Access) -> None:
    _, secret = await access.tokens.create("bot", Role.ADMIN, created_by="me")
    first = asyncio.create_task(access.tokens.authenticate(secret))
    second = asyncio.create_task(access.tokens.authenticate(secret))
    await asyncio.sleep(0)
    first.cancel()
    assert await second
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_the_local_token_works_without_the_database(tmp_path: Path, clock: MovedClock) -> None:
    access = Access.on(Database(tmp_path / "missing.db"), clock, SecretsFile(tmp_path / "secrets.json"))
    secret = "vsm_" + "l" * 43
    access.tokens.register_local_token(secret, Role.ADMIN)
    assert await access.tokens.authenticate(secret) == Principal("local", None, "local command line", Role.ADMIN)
    await access.aclose()
    assert not Path(tmp_path / "missing.db").exists()  # noqa: ASYNC240 - a test, with nothing else on the loop


async def test_the_time_of_last_use_is_written_at_most_once_a_minute(
    access: Access, database_path: Path, clock: MovedClock
) -> None:
    token, secret = await access.tokens.create("bot", Role.ADMIN, created_by="me")
    await access.tokens.authenticate(secret)
    await access.tokens.aclose()
    (first,) = list_tokens_offline(database_path)
    assert first.last_used_at is not None
    assert abs(first.last_used_at - token.created_at) < 30_000
    clock.moved_seconds += 30
    await access.tokens.authenticate(secret)
    await access.tokens.aclose()
    assert list_tokens_offline(database_path) == [first]
    clock.moved_seconds += 31
    await access.tokens.authenticate(secret)
    await access.tokens.aclose()
    (later,) = list_tokens_offline(database_path)
    assert later.last_used_at is not None
    assert later.last_used_at > first.last_used_at


async def test_a_name_belongs_to_one_live_token(access: Access, database_path: Path) -> None:
    token, _ = await access.tokens.create("bot", Role.VIEWER, created_by="me")
    with pytest.raises(TokenNameTaken):
        await access.tokens.create(" bot ", Role.VIEWER, created_by="me")
    with pytest.raises(TokenNameTaken):
        create_token_offline(database_path, "bot", Role.VIEWER, "root")
    await access.tokens.revoke(token.id)
    await access.tokens.create("bot", Role.VIEWER, created_by="me")
    assert [found.name for found in await access.tokens.list(limit=10)] == ["bot"]
    assert [found.name for found in await access.tokens.list(limit=10, revoked_too=True)] == ["bot", "bot"]


@pytest.mark.parametrize("name", ["", "   ", "a" * 65, "two\nlines", "bell\x07", "right-to-left \u202e"])
async def test_a_name_is_one_to_64_printable_characters(access: Access, database_path: Path, name: str) -> None:
    with pytest.raises(InvalidTokenName):
        await access.tokens.create(name, Role.VIEWER, created_by="me")
    with pytest.raises(InvalidTokenName):
        create_token_offline(database_path, name, Role.VIEWER, "root")
    assert rows(database_path, "SELECT count(*) FROM tokens") == [(0,)]


async def test_revoking_an_unknown_token_says_so_and_revoking_twice_keeps_the_time(
    access: Access, database_path: Path, clock: MovedClock
) -> None:
    with pytest.raises(TokenNotFound):
        await access.tokens.revoke("nothing")
    token, _ = await access.tokens.create("bot", Role.VIEWER, created_by="me")
    await access.tokens.revoke(token.id)
    (revoked,) = list_tokens_offline(database_path, revoked_too=True)
    clock.moved_seconds += 5
    await access.tokens.revoke(token.id)
    assert list_tokens_offline(database_path, revoked_too=True) == [revoked]


def test_the_command_line_leaves_its_changes_in_the_audit_trail(database_path: Path) -> None:
    create_token_offline(database_path, "bot", Role.ADMIN, "root")
    revoked = revoke_token_offline(database_path, "bot", "root")
    found = rows(database_path, "SELECT who_kind, who_name, action, target, result FROM audit ORDER BY id")
    target = f'{{"token_id":"{revoked.id}"}}'
    assert found == [
        ("command_line", "root", "create_token", target, "ok"),
        ("command_line", "root", "revoke_token", target, "ok"),
    ]


def test_a_refused_creation_leaves_no_audit_line(database_path: Path) -> None:
    create_token_offline(database_path, "bot", Role.ADMIN, "root")
    with pytest.raises(TokenNameTaken):
        create_token_offline(database_path, "bot", Role.ADMIN, "root")
    assert rows(database_path, "SELECT count(*) FROM audit") == [(1,)]


def test_the_command_line_makes_no_database(tmp_path: Path) -> None:
    with pytest.raises(DatabaseOutOfDate):
        create_token_offline(tmp_path / "vsmanager.db", "bot", Role.ADMIN, "root")
    assert list(tmp_path.iterdir()) == []


def test_only_an_admin_who_can_sign_in_or_a_live_admin_token_counts_as_an_admin(database_path: Path) -> None:
    create_token_offline(database_path, "reader", Role.OPERATOR, "root")
    assert not has_admin(database_path)
    create_token_offline(database_path, "boss", Role.ADMIN, "root")
    assert has_admin(database_path)
    assert not has_admin_user(database_path)
    revoke_token_offline(database_path, "boss", "root")
    assert not has_admin(database_path)
    create_admin_offline(database_path, "boss", "a long password", "root")
    assert has_admin(database_path)
    assert has_admin_user(database_path)
    with closing(sqlite3.connect(database_path)) as connection, connection:
        connection.execute("UPDATE users SET is_disabled = 1")
    assert not has_admin(database_path)


def test_each_role_includes_those_below_it() -> None:
    table = {needed: [role for role in Role if role.includes(needed)] for needed in Role}
    assert table == {
        Role.NONE: [Role.NONE, Role.VIEWER, Role.OPERATOR, Role.ADMIN],
        Role.VIEWER: [Role.VIEWER, Role.OPERATOR, Role.ADMIN],
        Role.OPERATOR: [Role.OPERATOR, Role.ADMIN],
        Role.ADMIN: [Role.ADMIN],
    }


def test_the_event_loop_goes_on_while_the_database_layer_is_loaded(database_path: Path) -> None:
    """In a fresh process, since here everything is imported already."""
    code = """
import asyncio, sys, time
from pathlib import Path
from vintagestory_api.access.access import Access
from vintagestory_api.kit.clock import SystemClock
from vintagestory_api.storage.database import Database
from vintagestory_api.storage.secrets_file import SecretsFile

async def main():
    database = Database(Path(sys.argv[1]))
    access = Access.on(database, SystemClock(), SecretsFile(database.path.with_name("secrets.json")))
    turns = 0
    task = asyncio.create_task(access.tokens.warm_up())
    while not task.done():
        await asyncio.sleep(0.001)
        turns += 1
    await task
    await access.aclose()
    await database.aclose()
    print("sqlalchemy" in sys.modules, turns)

asyncio.run(main())
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(database_path)], capture_output=True, text=True, check=True, timeout=60
    )
    loaded, turns = done.stdout.split()
    assert loaded == "True"
    assert int(turns) > 10, "while it is loaded on the loop itself, the loop takes hardly a turn"
