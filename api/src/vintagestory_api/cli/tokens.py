"""`vsmanager token`: on the database itself, whether the manager runs or not; with `--url` through a remote one."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from vintagestory_api.cli.connection import Client, data_dir_of, find_client, remote_url, segment
from vintagestory_api.cli.failures import CommandFailed, ExitCode, warn_lines
from vintagestory_api.cli.grants import On, remote_grants, told_roles
from vintagestory_api.cli.offline import actor, prepared_database, quiet_logs
from vintagestory_api.cli.options import AsJson, DataDir, Url
from vintagestory_api.cli.output import print_json, print_lines, print_table, when, write

if TYPE_CHECKING:
    from vintagestory_api.access.tokens import Token

app = typer.Typer(help="API tokens. They work at once, also on a data folder that was never used.")

_PAGE = 200


@app.command("create")
def create(
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="Who or what will use it; unique.")],
    role: Annotated[
        Literal["none", "viewer", "operator", "admin"],
        typer.Option(
            "--role",
            help="For everything: viewer reads; operator runs, pauses and cancels; admin does everything; none: see --on.",
        ),
    ],
    on: On = None,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Make a token. Its secret is shown this once: alone on stdout, so that scripts can keep it."""
    client = _remote(data_dir, url)
    if client is not None:
        made = client.send("POST", "/tokens", {"name": name, "role": role, "server_roles": remote_grants(client, on or ())})
    else:
        made = create_on_disk(data_dir_of(data_dir), name, role, on or ())
    if as_json:
        print_json(made)
    else:
        write(f"{made['token']}\n")
        warn_lines(f"This is the token {made['name']!r} with the role {told_roles(made)}. Keep it: it is not shown again.")


@app.command("list")
def list_tokens(
    revoked: Annotated[bool, typer.Option("--revoked", help="Those that were revoked, too.")] = False,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """The tokens, oldest first, without their secrets."""
    client = _remote(data_dir, url)
    found = list(_all_remote(client, revoked)) if client is not None else _on_disk(data_dir_of(data_dir), revoked)
    if as_json:
        print_json({"items": found, "next_cursor": None})
        return
    rows = [
        (
            token["name"],
            told_roles(token),
            f"{when(token['created_at'])} by {token['created_by']}",
            when(token["last_used_at"]),
            f"revoked {when(token['revoked_at'])}" if token["revoked_at"] else "valid",
            token["id"],
        )
        for token in found
    ]
    print_table(("NAME", "ROLE", "MADE", "LAST USED", "STATE", "ID"), rows)


@app.command("revoke")
def revoke(
    token: Annotated[str, typer.Argument(metavar="TOKEN", help="Its name or its id.")],
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Refuse a token from now on; a running manager follows within two seconds."""
    client = _remote(data_dir, url)
    revoked = _revoke_remote(client, token) if client is not None else _revoke_on_disk(data_dir_of(data_dir), token)
    if as_json:
        print_json(revoked)
    else:
        print_lines(f"The token {revoked['name']!r} is revoked.")


def create_on_disk(data_dir: Path, name: str, role: str, grants: Sequence[str] = ()) -> dict[str, Any]:
    """The fields of a new token, and its secret as `token`. Raises the `ManagerError`s of access and storage."""
    from vintagestory_api.access.offline import create_token_offline, list_tokens_offline  # noqa: PLC0415 - imports the database
    from vintagestory_api.access.roles import Role  # noqa: PLC0415 - as above

    quiet_logs()
    database = prepared_database(data_dir)
    secret = create_token_offline(database, name, Role(role), actor(), grants)
    made = next(token for token in list_tokens_offline(database) if token.name == name.strip())
    return {"token": secret, **_fields(made)}


def _remote(data_dir: Path | None, url: str | None) -> Client | None:
    return find_client(data_dir, url) if remote_url(data_dir, url) else None


def _on_disk(data_dir: Path, revoked: bool) -> list[dict[str, Any]]:
    from vintagestory_api.access.offline import list_tokens_offline  # noqa: PLC0415 - imports the database

    quiet_logs()
    return [_fields(token) for token in list_tokens_offline(prepared_database(data_dir), revoked_too=revoked)]


def _revoke_on_disk(data_dir: Path, id_or_name: str) -> dict[str, Any]:
    from vintagestory_api.access.offline import list_tokens_offline, revoke_token_offline  # noqa: PLC0415 - imports the database

    quiet_logs()
    database = prepared_database(data_dir)
    revoked = revoke_token_offline(database, id_or_name, actor())
    return next(_fields(token) for token in list_tokens_offline(database, revoked_too=True) if token.id == revoked.id)


def _all_remote(client: Client, revoked: bool) -> Iterator[dict[str, Any]]:
    cursor = None
    while True:
        page = client.get("/tokens", {"limit": _PAGE, "cursor": cursor, "include_revoked": revoked})
        yield from page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return


def _revoke_remote(client: Client, id_or_name: str) -> dict[str, Any]:
    named = [token for token in _all_remote(client, revoked=False) if id_or_name in {token["id"], token["name"]}]
    if not named:
        raise CommandFailed(
            f"There is no token with the id or name {id_or_name!r}. See: vsmanager token list",
            exit_code=ExitCode.NOT_FOUND,
            code="token_not_found",
        )
    client.send("DELETE", f"/tokens/{segment(named[0]['id'])}")
    return next(token for token in _all_remote(client, revoked=True) if token["id"] == named[0]["id"])


def _fields(token: "Token") -> dict[str, Any]:
    from vintagestory_api.access.schemas import TokenView  # noqa: PLC0415 - imports pydantic

    return TokenView.fields_of(token)
