"""Which passwords are taken, what they cost, and how many are computed at once."""

import asyncio
import threading

import pytest
from argon2 import extract_parameters

from vintagestory_api.access import password_work, passwords
from vintagestory_api.access.password_work import PasswordWork, TooManyAttempts
from vintagestory_api.access.passwords import (
    NOBODYS_HASH,
    PasswordTooEasy,
    PasswordTooLong,
    PasswordTooShort,
    check_password,
    hash_password,
    verify_password,
)
from vintagestory_api.errors import Invalid


@pytest.mark.parametrize(
    ("password", "refusal"),
    [
        ("", PasswordTooShort),
        ("eleven char", PasswordTooShort),
        ("x" * 257, PasswordTooLong),
        ("Ada Lovelace", PasswordTooEasy),
        ("ADA LOVELACE", PasswordTooEasy),
        ("aaaaaaaaaaaa", PasswordTooEasy),
        ("abababababababab", PasswordTooEasy),
        ("123456789012", PasswordTooEasy),
        ("password1234", PasswordTooEasy),
        ("PassWord!2026", PasswordTooEasy),
        ("Pass-word-Pass-word", PasswordTooEasy),
        ("correct horse battery staple", PasswordTooEasy),
        ("vintagestory1", PasswordTooEasy),
    ],
)
def test_passwords_that_are_guessed_first_are_refused(password: str, refusal: type[Invalid]) -> None:
    with pytest.raises(refusal) as caught:
        check_password(password, name="Ada Lovelace", field="new_password")
    assert [error.field for error in caught.value.fields] == ["new_password"]
    assert not password or password not in str(caught.value)


@pytest.mark.parametrize(
    "password", ["twelve chars", "ä" * 4 + "öüß€日本語x", "my password is not in a list", "a b c d e f " * 21]
)
def test_any_other_text_of_twelve_to_256_characters_is_a_password(password: str) -> None:
    check_password(password, name="Ada")
    stored = hash_password(password)
    assert verify_password(stored, password)
    assert not verify_password(stored, password + " ")
    assert password not in stored


def test_the_way_a_keyboard_composes_letters_makes_no_difference() -> None:
    assert verify_password(hash_password("caf\u00e9 caf\u00e9 caf\u00e9"), "cafe\u0301 cafe\u0301 cafe\u0301")


@pytest.mark.parametrize("stored", ["", "nonsense", "$argon2id$v=19$m=8,t=1,p=1$broken"])
def test_a_broken_hash_lets_nobody_in(stored: str) -> None:
    assert not verify_password(stored, "whatever it is")


def test_names_that_nobody_has_cost_as_much_as_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    passwords._hasher.cache_clear()
    real = extract_parameters(hash_password("a long password"))
    assert extract_parameters(NOBODYS_HASH) == real
    assert (real.memory_cost, real.time_cost) >= (65_536, 3)


class SlowWork:
    """Takes the place of the computation; counts how many are under way."""

    def __init__(self) -> None:
        self.running, self.most = 0, 0
        self.may_end = threading.Event()
        self._lock = threading.Lock()

    def __call__(self, _stored: str, _password: str) -> bool:
        with self._lock:
            self.running += 1
            self.most = max(self.most, self.running)
        self.may_end.wait(30)
        with self._lock:
            self.running -= 1
        return True


async def test_two_are_computed_at_once_and_few_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    slow, work = SlowWork(), PasswordWork()
    monkeypatch.setattr(password_work, "verify_password", slow)
    try:
        asked = [asyncio.create_task(work.verify("x", "y")) for _ in range(password_work.AT_ONCE + password_work.WAITING)]
        await asyncio.sleep(0)
        with pytest.raises(TooManyAttempts) as caught:
            await work.verify("x", "y")
        assert caught.value.retry_after_seconds
        # Whoever gives up while it is computed makes no room for more.
        while slow.running < password_work.AT_ONCE:  # noqa: ASYNC110 - other threads change it
            await asyncio.sleep(0.01)
        asked[0].cancel()
        await asyncio.sleep(0)
        slow.may_end.set()
        answers = await asyncio.gather(*asked, return_exceptions=True)
        assert answers.count(True) == len(asked) - 1
        assert slow.most == password_work.AT_ONCE
        assert await work.verify("x", "y")
    finally:
        slow.may_end.set()
        await work.aclose()
