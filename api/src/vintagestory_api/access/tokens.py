"""API tokens: what one is, how its secret is made, and the rules for its name. Nothing here touches the database."""

import base64
import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from vintagestory_api.access.roles import Role
from vintagestory_api.errors import Conflict, FieldError, Invalid, NotFound
from vintagestory_api.kit.ids import uuid7

NAME_MAX_LENGTH = 64
_SECRET_BYTES = 32
_SECRET = re.compile(r"vsm_[A-Za-z0-9_-]{43}")


class InvalidTokenName(Invalid):
    code = "invalid_token_name"


class TokenNameTaken(Conflict):
    code = "token_name_taken"


class TokenNotFound(NotFound):
    code = "token_not_found"


@dataclass(frozen=True)
class Token:
    """A token without its secret. Times are integer UTC milliseconds. `on`: roles on single servers, by id."""

    id: str
    name: str
    role: Role
    created_at: int
    created_by: str
    last_used_at: int | None = None
    revoked_at: int | None = None
    on: Mapping[str, Role] = field(default_factory=dict)


def new_token(name: str, role: Role, *, created_by: str, now_ms: int, on: Mapping[str, Role] | None = None) -> tuple[Token, str]:
    """A token and its secret, 256 random bits that are nowhere kept. Raises `InvalidTokenName`."""
    token = Token(id=uuid7(), name=checked_name(name), role=role, created_at=now_ms, created_by=created_by, on=on or {})
    return token, new_secret()


def new_secret() -> str:
    """256 random bits, in a form that is masked wherever texts are written down."""
    return "vsm_" + base64.urlsafe_b64encode(secrets.token_bytes(_SECRET_BYTES)).rstrip(b"=").decode()


def looks_like_secret(text: str) -> bool:
    return _SECRET.fullmatch(text) is not None


def hash_secret(secret: str) -> str:
    """What is stored of a secret. A plain hash is enough: nobody can guess 256 random bits, however fast they try."""
    return hashlib.sha256(secret.encode()).hexdigest()


def checked_name(name: str) -> str:
    """`name` without outer blanks; raises `InvalidTokenName` unless it has 1 to 64 printable characters."""
    name = name.strip()
    if not 1 <= len(name) <= NAME_MAX_LENGTH or not name.isprintable():
        message = f"has to be 1 to {NAME_MAX_LENGTH} printable characters"
        raise InvalidTokenName(f"The name of a token {message}.", fields=[FieldError("name", message)])
    return name
