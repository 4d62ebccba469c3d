"""The caller of a request, once it is known."""

from dataclasses import dataclass

from vintagestory_api.access.roles import Role


@dataclass(frozen=True, slots=True)
class Principal:
    """`kind` is `user` (in the browser session `session_id`), `token`, `local` (this machine's command line) or
    `command_line` (it changed the database itself)."""

    kind: str
    id: str | None
    name: str
    role: Role
    session_id: str | None = None

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"
