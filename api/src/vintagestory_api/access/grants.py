"""Roles on single servers as people write them: `SERVER=ROLE`. Nothing here touches the database."""

from collections.abc import Iterable, Mapping, Sequence

from vintagestory_api.access.roles import Role
from vintagestory_api.errors import FieldError, Invalid

GRANTED: tuple[Role, ...] = (Role.VIEWER, Role.OPERATOR, Role.ADMIN)


class UnknownServers(Invalid):
    code = "unknown_server"

    def __init__(self, server_ids: Sequence[str]) -> None:
        named = ", ".join(repr(server_id) for server_id in server_ids[:5])
        super().__init__(
            f"There is no game server {named}. List the servers to see their ids.",
            fields=[FieldError("server_roles", f"names no server: {named}")],
        )


class InvalidGrant(Invalid):
    code = "invalid_server_role"


def read_grants(texts: Iterable[str], servers: Mapping[str, str]) -> dict[str, Role]:
    """From `SERVER=ROLE`, where SERVER is an id or a name of `servers` (names by id). Raises `InvalidGrant`, `UnknownServers`."""
    found: dict[str, Role] = {}
    for text in texts:
        server, equals, role = text.rpartition("=")
        if not equals or not server or role not in {granted.value for granted in GRANTED}:
            choices = ", ".join(granted.value for granted in GRANTED)
            raise InvalidGrant(f"{text!r} is no role on a server. Write SERVER=ROLE; ROLE is one of {choices}.")
        server_id = _server_id(server, servers)
        if server_id in found:
            raise InvalidGrant(f"The server {server!r} is named twice. Give one role for it.")
        found[server_id] = Role(role)
    return found


def told_grants(on: Mapping[str, Role]) -> dict[str, str]:
    """For a line of the audit trail; nothing where there are none."""
    told = " ".join(f"{server_id}={role.value}" for server_id, role in sorted(on.items()))
    return {"server_roles": told} if told else {}


def _server_id(text: str, servers: Mapping[str, str]) -> str:
    if text in servers:
        return text
    named = [server_id for server_id, name in servers.items() if name.casefold() == text.casefold()]
    if len(named) != 1:
        raise UnknownServers([text])
    return named[0]
