"""Roles on single servers, for endpoints: what belongs to a server is shown to who may see that server, and to nobody else."""

from starlette.requests import Request

from vintagestory_api.access.principal import Principal
from vintagestory_api.access.roles import Role
from vintagestory_api.errors import Conflict, Forbidden, NotFound


class RoleTooLow(Forbidden):
    code = "role_too_low"


class ServerNotSeen(NotFound):
    """Said in the words of a server that isn't there: whoever may not see one does not learn that it exists."""

    code = "server_not_found"

    def __init__(self, server_id: str) -> None:
        super().__init__(f"There is no game server {server_id!r}.")


def caller(request: Request) -> Principal:
    principal: Principal = request.state.principal
    return principal


def require_on(request: Request, server_id: str | None, needed: Role, *, otherwise: Exception) -> None:
    """For something that belongs to that server, or to the manager alone (None). Raises `otherwise`, which is what is raised
    when there is no such thing, for who may not see it, and `RoleTooLow` for who may not do as much with it."""
    check_on(caller(request), server_id, needed, otherwise=otherwise)


def check_on(principal: Principal, server_id: str | None, needed: Role, *, otherwise: Exception) -> None:
    """As `require_on`."""
    role = principal.role_on(server_id)
    if not role.includes(Role.VIEWER):
        raise otherwise
    check_role(principal, role, needed)


def check_role(principal: Principal, role: Role, needed: Role) -> None:
    """`role` is what counts here of the roles of the caller. Raises `RoleTooLow`."""
    if role.includes(needed):
        return
    raise RoleTooLow(
        f"This needs the role {needed.value}; {principal.name!r} has the role {role.value} here. "
        + ("An admin can change it." if principal.kind == "user" else "Use a token with that role."),
        needed_role=needed.value,
    )


def visible_servers(request: Request) -> frozenset[str] | None:
    """The servers that the caller may see; None for all there are and were."""
    return caller(request).only_servers


def hide_other_servers(principal: Principal, error: Exception) -> None:
    """What is taken already may be taken by a server that the caller may not see: then it is not said by which one."""
    if not isinstance(error, Conflict) or principal.only_servers is None:
        return
    named = error.extra.get("server_id")
    if isinstance(named, str) and not principal.sees(named):
        error.extra = {name: value for name, value in error.extra.items() if name != "server_id"}
        error.fields = []
        error.message = "Something that you may not see has this already. Choose another one, or ask an admin."
