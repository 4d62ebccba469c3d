"""People who sign in with a name and a password: what one is, and the rules for names. Nothing here touches the database."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from vintagestory_api.access.roles import Role
from vintagestory_api.errors import Conflict, FieldError, Forbidden, Invalid, NotFound

NAME_MAX_LENGTH = 64


class InvalidUserName(Invalid):
    code = "invalid_user_name"


class UserNameTaken(Conflict):
    code = "user_name_taken"


class UserNotFound(NotFound):
    code = "user_not_found"


class LastAdmin(Conflict):
    code = "last_admin"


class WrongPassword(Forbidden):
    code = "wrong_password"


@dataclass(frozen=True)
class StoredUser:
    """Times are integer UTC milliseconds. `on`: roles on single servers, by id."""

    id: str
    name: str
    role: Role
    is_disabled: bool
    created_at: int
    created_by: str
    last_signed_in_at: int | None = None
    password_hash: str = field(default="", repr=False)
    on: Mapping[str, Role] = field(default_factory=dict)
    has_second_factor: bool = False


def checked_user_name(name: str) -> str:
    """`name` without outer blanks; raises `InvalidUserName` unless it has 1 to 64 printable characters."""
    name = unicodedata.normalize("NFC", name.strip())
    if not 1 <= len(name) <= NAME_MAX_LENGTH or not name.isprintable():
        message = f"has to be 1 to {NAME_MAX_LENGTH} printable characters"
        raise InvalidUserName(f"The name of a user {message}.", fields=[FieldError("name", message)])
    return name


def name_key(name: str) -> str:
    """The same for names that people take for the same one."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name.strip()).casefold())


def name_taken(name: str) -> UserNameTaken:
    message = "is taken"
    return UserNameTaken(f"The name {name!r} {message}. Choose another one.", fields=[FieldError("name", message)])


def last_admin() -> LastAdmin:
    return LastAdmin(
        "This is the last admin who can sign in, and nobody could manage the users any more. Make another user an admin first."
    )


def wrong_password() -> WrongPassword:
    fields = [FieldError("current_password", "is not your password")]
    return WrongPassword("The current password is wrong.", fields=fields)


def no_such_user() -> UserNotFound:
    return UserNotFound("There is no such user. List the users to see their ids.")
