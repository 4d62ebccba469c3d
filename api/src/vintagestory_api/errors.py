"""The few kinds of error. A domain subclasses a kind next to its use; `problems.py` turns a kind into an HTTP answer."""

from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True)
class FieldError:
    """What is wrong with one field of the input. `field` is a dotted path, as in the JSON."""

    field: str
    message: str


class ManagerError(Exception):
    """Something a person can act on. The message says what happened and what to do; it never holds a secret.

    `code` is stable and meant for programs; `extra` joins the HTTP answer as further members.
    """

    code: ClassVar[str] = "error"

    def __init__(self, message: str, *, fields: list[FieldError] | None = None, **extra: Any) -> None:
        super().__init__(message)
        self.message = message
        self.fields = fields or []
        self.extra = extra

    def __str__(self) -> str:
        return self.message


class NotFound(ManagerError):
    code = "not_found"


class Conflict(ManagerError):
    code = "conflict"


class Invalid(ManagerError):
    code = "invalid"


class Unauthorized(ManagerError):
    code = "unauthorized"


class Forbidden(ManagerError):
    code = "forbidden"


class TooManyRequests(ManagerError):
    """The caller asks too often, or for too much at the same time."""

    code = "too_many_requests"

    def __init__(self, message: str, *, retry_after_seconds: float | None = None, **extra: Any) -> None:
        super().__init__(message, **extra)
        self.retry_after_seconds = retry_after_seconds


class Unavailable(ManagerError):
    """Not now: an upstream, the disk or the database does not do its part. `retry_after_seconds` where it is known."""

    code = "unavailable"

    def __init__(self, message: str, *, retry_after_seconds: float | None = None, **extra: Any) -> None:
        super().__init__(message, **extra)
        self.retry_after_seconds = retry_after_seconds
