"""Passwords: which ones are taken, and how they are kept. Blocking; argon2 is imported at its first use."""

import unicodedata
from functools import cache
from typing import TYPE_CHECKING, NoReturn

from vintagestory_api.access.users import name_key
from vintagestory_api.errors import FieldError, Invalid

if TYPE_CHECKING:
    from argon2 import PasswordHasher

MIN_LENGTH, MAX_LENGTH = 12, 256
_DIFFERENT_CHARACTERS = 5
#: RFC 9106, for machines without much memory: 64 MiB for one computation.
TIME_COST, MEMORY_KIB, LANES = 3, 65_536, 4
#: The hash of a password that nobody has, for names that nobody has: telling them apart by time must not work.
NOBODYS_HASH = "$argon2id$v=19$m=65536,t=3,p=4$AgrTdPWTG3ocWzmgH7hJVg$fhOpJFo3c+1Jy7+28f674LeaDpkku41UGobNXDcAA1g"

#: Of those that people choose most, the ones that are long enough. Compared without blanks, digits and marks at both ends.
_COMMON_WORDS = """
    password passwordpassword passwort administrator adminadmin adminadminadmin qwertyuiop qwertzuiop qwertyqwerty asdfghjkl
    zxcvbnm qwertyuiopasdf qazwsxedc qazwsxedcrfv 1qaz2wsx3edc iloveyou iloveyouforever letmein letmeinplease welcome
    changeme changemeplease changemenow default secret topsecret mypassword newpassword thisispassword thisisapassword
    vintagestory vintagestoryserver servermanager vsmanager minecraft football baseball basketball superman startrek
    starwars sunshine princess dragon monkey abcdefghijkl abcdefghijklm abcdefghijklmnop correcthorsebatterystaple trustno1
    test testtest testtesttest guest root toor rootroot login loginlogin
"""
_COMMON = frozenset(_COMMON_WORDS.split())


class PasswordTooShort(Invalid):
    code = "password_too_short"


class PasswordTooLong(Invalid):
    code = "password_too_long"


class PasswordTooEasy(Invalid):
    code = "password_too_easy"


def check_password(password: str, *, name: str, field: str = "password") -> None:
    """Raises `PasswordTooShort`, `PasswordTooLong` and `PasswordTooEasy`. Without rules about the kinds of characters: they
    make passwords hard for people and not for machines."""
    if len(password) < MIN_LENGTH:
        _refuse(PasswordTooShort, field, f"has to have {MIN_LENGTH} characters or more")
    if len(password) > MAX_LENGTH:
        _refuse(PasswordTooLong, field, f"has to have {MAX_LENGTH} characters at most")
    if name_key(password) == name_key(name):
        _refuse(PasswordTooEasy, field, "must not be the name")
    if len(set(password)) < _DIFFERENT_CHARACTERS or _is_common(password):
        _refuse(PasswordTooEasy, field, "is among the first that somebody would try")


def hash_password(password: str) -> str:
    """What is stored of a password."""
    return _hasher().hash(_prepared(password))


def verify_password(stored: str, password: str) -> bool:
    """Whether `stored` is the hash of `password`; takes the same time for every hash made with the costs above."""
    from argon2.exceptions import InvalidHashError, VerificationError  # noqa: PLC0415 - as in `_hasher`

    try:
        return _hasher().verify(stored, _prepared(password))
    except (VerificationError, InvalidHashError):
        return False


@cache
def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher  # noqa: PLC0415 - only who signs in needs it

    return PasswordHasher(time_cost=TIME_COST, memory_cost=MEMORY_KIB, parallelism=LANES)


def _prepared(password: str) -> bytes:
    """The same bytes for the same text, however a keyboard composes its letters."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")


def _is_common(password: str) -> bool:
    letters = "".join(character for character in name_key(password) if character.isalnum())
    return letters in _COMMON or letters.strip("0123456789") in _COMMON or letters.strip("0123456789") == ""


def _refuse(kind: type[Invalid], field: str, message: str) -> NoReturn:
    raise kind(f"The password {message}.", fields=[FieldError(field, message)])
