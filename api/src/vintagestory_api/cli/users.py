"""`vsmanager admin` and `vsmanager users`: on the database itself, whether the manager runs or not; with `--url` through a
remote one."""

import getpass
import secrets
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from vintagestory_api.cli.connection import Client, data_dir_of, find_client, remote_url
from vintagestory_api.cli.failures import CommandFailed, ExitCode, warn_lines
from vintagestory_api.cli.grants import On, remote_grants, told_roles
from vintagestory_api.cli.offline import actor, prepared_database, quiet_logs
from vintagestory_api.cli.options import AsJson, DataDir, Url
from vintagestory_api.cli.output import print_json, print_lines, print_table, when, write

if TYPE_CHECKING:
    from vintagestory_api.access.users import StoredUser

admin_app = typer.Typer(help="Who may do everything. Works at once, also on a data folder that was never used.")
users_app = typer.Typer(help="The people who sign in. Admins make and change them on the manager's pages.")

_PAGE = 200
_STDIN_MAX = 10_000

Name = Annotated[str, typer.Argument(metavar="NAME", help="The user's name; capitals make no difference.")]
FromStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from the first line of standard input.")]
Generate = Annotated[bool, typer.Option("--generate", help="Make up a password, and print it this once.")]


@admin_app.command("create")
def create_admin(
    name: Name,
    from_stdin: FromStdin = False,
    generate: Generate = False,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Make a user who is an admin. Asks for the password unless an option says where it comes from."""
    client = _remote(data_dir, url)
    password = _password(from_stdin=from_stdin, generate=generate)
    if client is not None:
        made = client.send("POST", "/users", {"name": name, "role": "admin", "password": password})
    else:
        made = create_on_disk(data_dir_of(data_dir), name, password)
    _tell(made, password if generate else None, f"{made['name']!r} is an admin now, and can sign in.", as_json=as_json)


@admin_app.command("reset-password")
def reset_password(
    name: Name,
    from_stdin: FromStdin = False,
    generate: Generate = False,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Give a user another password, and sign them out everywhere; a running manager follows within two seconds."""
    client = _remote(data_dir, url)
    password = _password(from_stdin=from_stdin, generate=generate)
    changed = _reset_remote(client, name, password) if client else reset_on_disk(data_dir_of(data_dir), name, password)
    _tell(changed, password if generate else None, f"{changed['name']!r} has another password.", as_json=as_json)
    if changed["is_disabled"]:
        warn_lines("note: this user is disabled and can't sign in. An admin can enable it again.")
    if changed["has_second_factor"]:
        warn_lines("note: this user signs in with a second factor, too. To take it away: vsmanager users reset-second-factor")


@users_app.command("list")
def list_users(data_dir: DataDir = None, url: Url = None, as_json: AsJson = False) -> None:
    """The users, oldest first."""
    client = _remote(data_dir, url)
    found = list(_all_remote(client)) if client is not None else _on_disk(data_dir_of(data_dir))
    if as_json:
        print_json({"items": found, "next_cursor": None})
        return
    rows = [
        (
            user["name"],
            told_roles(user),
            when(user["created_at"]),
            when(user["last_signed_in_at"]),
            "disabled" if user["is_disabled"] else "can sign in",
            "on" if user["has_second_factor"] else "off",
            user["id"],
        )
        for user in found
    ]
    print_table(("NAME", "ROLE", "MADE", "LAST SIGNED IN", "STATE", "SECOND FACTOR", "ID"), rows)


@users_app.command("set-roles")
def set_roles(
    name: Name,
    role: Annotated[
        Literal["none", "viewer", "operator", "admin"] | None,
        typer.Option("--role", help="The role for everything; left out, it stays. none: only what --on says."),
    ] = None,
    on: On = None,
    nowhere: Annotated[bool, typer.Option("--nowhere", help="Take away all roles on single servers.")] = False,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Give a user other roles; they hold at once, or within two seconds. What --on says takes the place of all that the user had
    on single servers."""
    if (role is None and not on and not nowhere) or (on and nowhere):
        raise CommandFailed("Say which: --role, or --on or --nowhere.", exit_code=ExitCode.USAGE, code="wrong_usage")
    client = _remote(data_dir, url)
    grants = on or ([] if nowhere else None)
    if client is not None:
        wanted = {"role": role, "server_roles": None if grants is None else remote_grants(client, grants)}
        changed = client.send("PATCH", f"/users/{_found_remote(client, name)['id']}", wanted)
    else:
        changed = _set_roles_on_disk(data_dir_of(data_dir), name, role, grants)
    if as_json:
        print_json(changed)
    else:
        print_lines(f"{changed['name']!r} is {told_roles(changed)} now.")


@users_app.command("reset-second-factor")
def reset_second_factor(name: Name, data_dir: DataDir = None, url: Url = None, as_json: AsJson = False) -> None:
    """Let a user who lost the phone and the recovery codes sign in with the password alone again. Signs them out everywhere."""
    client = _remote(data_dir, url)
    before = _reset_factor_remote(client, name) if client else _reset_factor_on_disk(data_dir_of(data_dir), name)
    had_one = before["has_second_factor"]
    if as_json:
        print_json({**before, "has_second_factor": False})
    elif had_one:
        print_lines(f"{before['name']!r} has no second factor any more, and signs in with the password alone.")
    else:
        print_lines(f"{before['name']!r} had no second factor, and signs in with the password alone.")


def new_password() -> str:
    """144 random bits, in letters, digits, `-` and `_`."""
    return secrets.token_urlsafe(18)


def create_on_disk(data_dir: Path, name: str, password: str) -> dict[str, Any]:
    """The fields of a new admin. Raises the `ManagerError`s of access and storage."""
    from vintagestory_api.access.offline_users import create_admin_offline  # noqa: PLC0415 - imports the database

    quiet_logs()
    return _fields(create_admin_offline(prepared_database(data_dir), name, password, actor()))


def reset_on_disk(data_dir: Path, name: str, password: str) -> dict[str, Any]:
    """The fields of the user. Raises `UserNotFound`, and as above."""
    from vintagestory_api.access.offline_users import reset_password_offline  # noqa: PLC0415 - imports the database

    quiet_logs()
    return _fields(reset_password_offline(prepared_database(data_dir), name, password, actor()))


def _set_roles_on_disk(data_dir: Path, name: str, role: str | None, grants: Sequence[str] | None) -> dict[str, Any]:
    from vintagestory_api.access.offline_users import set_roles_offline  # noqa: PLC0415 - imports the database
    from vintagestory_api.access.roles import Role  # noqa: PLC0415 - as above

    quiet_logs()
    wanted = None if role is None else Role(role)
    return _fields(set_roles_offline(prepared_database(data_dir), name, wanted, grants, actor()))


def _remote(data_dir: Path | None, url: str | None) -> Client | None:
    return find_client(data_dir, url) if remote_url(data_dir, url) else None


def _on_disk(data_dir: Path) -> list[dict[str, Any]]:
    from vintagestory_api.access.offline_users import list_users_offline  # noqa: PLC0415 - imports the database

    quiet_logs()
    return [_fields(user) for user in list_users_offline(prepared_database(data_dir))]


def _all_remote(client: Client) -> Iterator[dict[str, Any]]:
    cursor = None
    while True:
        page = client.get("/users", {"limit": _PAGE, "cursor": cursor})
        yield from page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return


def _reset_factor_on_disk(data_dir: Path, name: str) -> dict[str, Any]:
    from vintagestory_api.access.second_factor_offline import reset_second_factor_offline  # noqa: PLC0415 - imports the database

    quiet_logs()
    return _fields(reset_second_factor_offline(prepared_database(data_dir), name, actor()))


def _reset_factor_remote(client: Client, name: str) -> dict[str, Any]:
    user = _found_remote(client, name)
    client.send("DELETE", f"/users/{user['id']}/second-factor")
    return user


def _reset_remote(client: Client, name: str, password: str) -> dict[str, Any]:
    user = _found_remote(client, name)
    client.send("POST", f"/users/{user['id']}/password", {"password": password})
    return user


def _found_remote(client: Client, name: str) -> dict[str, Any]:
    from vintagestory_api.access.users import name_key  # noqa: PLC0415 - only here

    user = next((user for user in _all_remote(client) if name_key(user["name"]) == name_key(name)), None)
    if user is None:
        raise CommandFailed(
            f"There is no user named {name!r}. See: vsmanager users list", exit_code=ExitCode.NOT_FOUND, code="user_not_found"
        )
    return user


def _password(*, from_stdin: bool, generate: bool) -> str:
    if from_stdin and generate:
        raise CommandFailed("Give either --password-stdin or --generate.", exit_code=ExitCode.USAGE, code="wrong_usage")
    if generate:
        return new_password()
    if from_stdin:
        return sys.stdin.readline(_STDIN_MAX).rstrip("\r\n")
    if not sys.stdin.isatty():
        raise CommandFailed(
            "There is no terminal to ask for a password. Use --password-stdin or --generate.",
            exit_code=ExitCode.USAGE,
            code="wrong_usage",
        )
    password = getpass.getpass("Password (12 characters or more): ")
    if getpass.getpass("Again: ") != password:
        raise CommandFailed(
            "These are two different passwords. Nothing is changed.", exit_code=ExitCode.USAGE, code="wrong_usage"
        )
    return password


def _tell(user: dict[str, Any], generated: str | None, done: str, *, as_json: bool) -> None:
    """A generated password goes to stdout, alone, so that scripts can keep it."""
    if as_json:
        print_json(user if generated is None else {**user, "password": generated})
    elif generated is None:
        print_lines(done)
    else:
        write(f"{generated}\n")
        warn_lines(f"{done} This is the password. Keep it: it is not shown again.")


def _fields(user: "StoredUser") -> dict[str, Any]:
    from vintagestory_api.access.user_schemas import User  # noqa: PLC0415 - imports pydantic

    return User.of(user).model_dump(mode="json")
