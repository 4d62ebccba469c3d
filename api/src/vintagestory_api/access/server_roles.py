"""Roles on single servers in the database: what users and tokens may do there beside what they may do everywhere.

Importing this module imports SQLAlchemy: see `in_store`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Literal

from sqlalchemy import Connection, Text, column, delete, insert, select, table

from vintagestory_api.access.grants import UnknownServers
from vintagestory_api.access.roles import Role
from vintagestory_api.access.tables import server_roles

HolderKind = Literal["user", "token"]

#: Of the table of servers, which belongs to others, the names that are needed here.
_servers = table("servers", column("id", Text), column("name", Text))
_AT_ONCE = 500


class ServerRoles:
    """The statements, on one connection and inside its transaction. Roles on servers that are gone are none."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, kind: HolderKind, holder_ids: Iterable[str]) -> Mapping[str, Mapping[str, Role]]:
        """For each holder the roles by server; nothing for holders without any."""
        found: defaultdict[str, dict[str, Role]] = defaultdict(dict)
        wanted = list(holder_ids)
        columns = server_roles.c.holder_id, server_roles.c.server_id, server_roles.c.role
        for first in range(0, len(wanted), _AT_ONCE):
            mine = server_roles.c.holder_id.in_(wanted[first : first + _AT_ONCE])
            query = (
                select(*columns)
                .join(_servers, _servers.c.id == server_roles.c.server_id)
                .where(server_roles.c.holder_kind == kind, mine)
                .order_by(server_roles.c.server_id)
            )
            for holder_id, server_id, role in self._connection.execute(query):
                found[holder_id][server_id] = Role(role)
        return found

    def put(self, kind: HolderKind, holder_id: str, roles: Mapping[str, Role]) -> None:
        """In the place of those that the holder had. Raises `UnknownServers`."""
        self.check_servers(roles)
        self.forget_holder(kind, holder_id)
        if roles:
            rows = [
                {"holder_kind": kind, "holder_id": holder_id, "server_id": server_id, "role": role.value}
                for server_id, role in roles.items()
            ]
            self._connection.execute(insert(server_roles), rows)

    def check_servers(self, server_ids: Iterable[str]) -> None:
        """Raises `UnknownServers`."""
        known = set(self._connection.execute(select(_servers.c.id)).scalars())
        if unknown := sorted(set(server_ids) - known):
            raise UnknownServers(unknown)

    def forget_holder(self, kind: HolderKind, holder_id: str) -> None:
        mine = (server_roles.c.holder_kind == kind) & (server_roles.c.holder_id == holder_id)
        self._connection.execute(delete(server_roles).where(mine))

    def servers_named(self) -> dict[str, str]:
        """The names of the servers, by id."""
        return {row.id: row.name for row in self._connection.execute(select(_servers.c.id, _servers.c.name))}
