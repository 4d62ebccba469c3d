"""The option that gives a role on a single server, and how such roles are told."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

import typer

from vintagestory_api.cli.connection import Client

On = Annotated[
    list[str] | None,
    typer.Option(
        "--on",
        metavar="SERVER=ROLE",
        help="A role on one server (its id or name), beside the one for all; may be given several times. "
        "ROLE is viewer, operator or admin.",
    ),
]


def remote_grants(client: Client, grants: Iterable[str]) -> list[dict[str, str]]:
    """As the API takes them. Raises `InvalidGrant`, `UnknownServers`, and what the client raises."""
    from vintagestory_api.access.grants import read_grants  # noqa: PLC0415 - only where it is asked for

    if not (texts := list(grants)):
        return []
    servers = {server["id"]: server["name"] for server in client.get("/servers")["items"]}
    return [{"server_id": server_id, "role": role.value} for server_id, role in read_grants(texts, servers).items()]


def told_roles(holder: Mapping[str, Any]) -> str:
    """`viewer, operator on home`."""
    on = [f"{one['role']} on {one['server_id']}" for one in holder["server_roles"]]
    return ", ".join(on if holder["role"] == "none" and on else [holder["role"], *on])
