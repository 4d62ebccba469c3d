"""The caller of a request, once it is known."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from vintagestory_api.access.roles import Role, higher


@dataclass(frozen=True, slots=True)
class ViewedAs:
    """As whom an admin looks at the manager: a role, or the user `id`."""

    kind: Literal["role", "user"]
    id: str | None
    name: str
    role: Role
    on: Mapping[str, Role] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Principal:
    """`kind` is `user` (in the browser session `session_id`), `token`, `local` (this machine's command line) or
    `command_line` (it changed the database itself).

    `role` counts for the manager and for all servers, `on` beside it for single ones. An admin who looks at the manager as
    somebody else (`viewing_as`) has the roles of that one, and changes nothing. Who needs a second factor and has none
    (`must_set_up_second_factor`) has no role until there is one.
    """

    kind: str
    id: str | None
    name: str
    role: Role
    session_id: str | None = None
    on: Mapping[str, Role] = field(default_factory=dict, hash=False)
    viewing_as: ViewedAs | None = None
    must_set_up_second_factor: bool = False

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"

    @property
    def highest(self) -> Role:
        """The highest role that counts anywhere."""
        return highest_of(self.role, self.on)

    @property
    def only_servers(self) -> frozenset[str] | None:
        """The servers that this caller may see; None for all there are and were."""
        if self.role.includes(Role.VIEWER):
            return None
        return frozenset(server_id for server_id, role in self.on.items() if role.includes(Role.VIEWER))

    def role_on(self, server_id: str | None) -> Role:
        """On that server; for None, on what belongs to no server."""
        mine = self.on.get(server_id) if server_id is not None else None
        return self.role if mine is None else higher(self.role, mine)

    def may(self, needed: Role, server_id: str | None) -> bool:
        return self.role_on(server_id).includes(needed)

    def sees(self, server_id: str | None) -> bool:
        return self.role_on(server_id).includes(Role.VIEWER)


def highest_of(role: Role, on: Mapping[str, Role]) -> Role:
    return role if not on else _highest((role, *on.values()))


def _highest(roles: Iterable[Role]) -> Role:
    found = Role.NONE
    for role in roles:
        found = higher(found, role)
    return found
