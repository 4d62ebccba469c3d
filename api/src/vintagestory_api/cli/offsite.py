"""`vsmanager offsite`: copies of backups off the machine."""

import getpass
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from vintagestory_api.cli.backup import Backup
from vintagestory_api.cli.connection import Client, connect, segment
from vintagestory_api.cli.failures import CommandFailed, ExitCode
from vintagestory_api.cli.options import AsJson, DataDir, Url, Wait
from vintagestory_api.cli.output import print_facts, print_json, print_lines, print_table, when
from vintagestory_api.cli.servers import Server, Yes, confirm, tell_run

app = typer.Typer(help="Copies of backups off the machine: in mounted folders, and in repositories of restic.")

_STDIN_MAX = 10_000
#: Longer than the manager waits for a place that has to be made.
_PLACE_SECONDS = 1_300.0

Place = Annotated[str, typer.Argument(metavar="PLACE", help="Its name or its id.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="How you call it; unique.")]
MaxAge = Annotated[int, typer.Option("--max-age", min=1, help="Hours after which the last good copy raises an alert.")]
Variables = Annotated[
    list[str] | None,
    typer.Option(
        "--env", metavar="VARIABLE", help="Hand this variable of your own environment to restic; may be given several times."
    ),
]


@app.command("list")
def list_places(data_dir: DataDir = None, url: Url = None, as_json: AsJson = False) -> None:
    """The places, who copies there, and how old the last good copy is."""
    answer = connect(data_dir, url).get("/offsite-targets")
    if as_json:
        print_json(answer)
        return
    rows = [
        (
            place["name"],
            place["where"],
            ", ".join(place["servers"]) or "nobody",
            when(place["last_good_at"]),
            when(place["last_check_at"]),
            place["problem"] or "well",
            place["id"],
        )
        for place in answer["items"]
    ]
    if not rows:
        print_lines("Nothing is copied off this machine yet. See: vsmanager offsite add-folder --help")
        return
    print_table(("PLACE", "WHERE", "OF", "LAST GOOD", "CHECKED", "GOES", "ID"), rows)


@app.command("add-folder")
def add_folder(
    name: Name,
    path: Annotated[Path, typer.Argument(metavar="PATH", help="On the manager's machine, below one of its VS_HOST_ROOTS.")],
    max_age: MaxAge = 48,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Name a mounted folder. It gets a marker, so that it is not taken for an empty mount point."""
    place = {"kind": "folder", "path": str(path)}
    _add(connect(data_dir, url), {"name": name, "place": place, "max_age_hours": max_age}, as_json=as_json)


@app.command("add-restic")
def add_restic(
    name: Name,
    repository: Annotated[str, typer.Argument(metavar="REPOSITORY", help="As restic calls it, such as sftp:user@host:/path.")],
    env: Variables = None,
    from_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from the first line of standard input.")
    ] = False,
    max_age: MaxAge = 48,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Name a repository of restic; it is made where there is none. Asks for its password, which is never an argument."""
    client = connect(data_dir, url)
    place = {
        "kind": "restic",
        "repository": repository,
        "password": _password(from_stdin=from_stdin),
        "environment": {variable: _value(variable) for variable in env or ()},
    }
    _add(client, {"name": name, "place": place, "max_age_hours": max_age}, as_json=as_json)


@app.command("change")
def change(
    place: Place,
    name: Annotated[str | None, typer.Option("--name", help="Another name.")] = None,
    max_age: Annotated[
        int | None, typer.Option("--max-age", min=1, help="Hours after which the last good copy is too old.")
    ] = None,
    where: Annotated[
        str | None,
        typer.Option("--where", help="Its folder or repository from now on."),
    ] = None,
    new_password: Annotated[bool, typer.Option("--new-password", help="Ask for the password of the repository anew.")] = False,
    from_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the new password from the first line of standard input.")
    ] = False,
    env: Variables = None,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Give a place another name, age at which an alert is raised, folder or repository, or password."""
    client = connect(data_dir, url)
    found = _find(client, place)
    body: dict[str, Any] = {"name": name, "max_age_hours": max_age}
    if where is not None or new_password or from_stdin or env:
        password = _password(from_stdin=from_stdin) if new_password or from_stdin else None
        environment = {variable: _value(variable) for variable in env} if env else None
        body["place"] = _changed_place(found, where, password, environment)
    given = {key: value for key, value in body.items() if value is not None}
    changed = client.send("PATCH", f"/offsite-targets/{segment(found['id'])}", given, timeout_seconds=_PLACE_SECONDS)
    if as_json:
        print_json(changed)
    else:
        print_lines(
            f"{changed['name']!r}: an alert is raised when the last good copy is older than {changed['max_age_hours']} h."
        )


@app.command("use")
def use(
    server: Server,
    places: Annotated[list[str] | None, typer.Argument(metavar="[PLACE]...", help="Where its backups are copied to.")] = None,
    nowhere: Annotated[bool, typer.Option("--nowhere", help="Copy nothing any more.")] = False,
    keep_local: Annotated[
        bool | None,
        typer.Option("--keep-here/--only-there", help="Whether backups stay here, too, once they are copied and verified."),
    ] = None,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Say where the backups of a server are copied to; without a place, show that."""
    client = connect(data_dir, url)
    path = f"/servers/{segment(server)}/backup-settings"
    found = client.get(path)
    new: dict[str, Any] = {} if keep_local is None else {"keep_local": keep_local}
    if places or nowhere:
        new["targets"] = [] if nowhere else [_find(client, place)["id"] for place in places or ()]
    if new:
        found = client.send("PUT", path, {**found, **new})
    if as_json:
        print_json({"targets": found["targets"], "keep_local": found["keep_local"]})
        return
    names = {place["id"]: place["name"] for place in client.get("/offsite-targets")["items"]}
    print_facts(
        [
            ("Copies to", ", ".join(names.get(target, target) for target in found["targets"]) or "nowhere"),
            (
                "Here",
                "as long as the rules say" if found["keep_local"] else "only until copies are verified at all of these places",
            ),
        ]
    )


@app.command("test")
def look_at(place: Place, data_dir: DataDir = None, url: Url = None, as_json: AsJson = False) -> None:
    """See whether a place can be used now; when it can, what waits for it is copied at once."""
    client = connect(data_dir, url)
    result = client.send("POST", f"{_path(client, place)}/test", timeout_seconds=_PLACE_SECONDS)
    if not result["ok"]:
        raise CommandFailed(result["message"], code="offsite_unreachable", problem=result)
    if as_json:
        print_json(result)
    else:
        print_lines(result["message"])


@app.command("check")
def check(place: Place, wait: Wait = False, data_dir: DataDir = None, url: Url = None, as_json: AsJson = False) -> None:
    """Read copies back and compare them; a repository is checked by restic. Done by itself once a week."""
    client = connect(data_dir, url)
    tell_run(client, client.send("POST", f"{_path(client, place)}/check"), wait=wait, as_json=as_json)


@app.command("fetch")
def fetch(backup: Backup, wait: Wait = False, data_dir: DataDir = None, url: Url = None, as_json: AsJson = False) -> None:
    """Bring a backup back that lies only elsewhere. A restore does that by itself."""
    client = connect(data_dir, url)
    tell_run(client, client.send("POST", f"/backups/{segment(backup)}/fetch"), wait=wait, as_json=as_json)


@app.command("remove")
def remove(
    place: Place,
    force: Annotated[bool, typer.Option("--force", help="Also when backups lie nowhere else.")] = False,
    yes: Yes = False,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Copy nothing there any more. What was copied stays where it is."""
    client = connect(data_dir, url)
    found = _find(client, place)
    confirm(f"Copy nothing to {found['name']!r} any more?", yes=yes)
    client.send("DELETE", f"/offsite-targets/{segment(found['id'])}{'?force=true' if force else ''}")
    if as_json:
        print_json(found)
    else:
        print_lines(f"Nothing is copied to {found['name']!r} any more. Its files stay: {found['where']}")


def _add(client: Client, body: dict[str, Any], *, as_json: bool) -> None:
    made = client.send("POST", "/offsite-targets", body, timeout_seconds=_PLACE_SECONDS)
    if as_json:
        print_json(made)
    else:
        print_lines(f"{made['name']!r} is a place for copies now. Use it: vsmanager offsite use SERVER {made['id']}")


def _changed_place(
    found: dict[str, Any], where: str | None, password: str | None, environment: dict[str, str] | None
) -> dict[str, Any]:
    if found["kind"] == "folder":
        if password is not None or environment is not None:
            raise CommandFailed(
                f"{found['name']} is a folder, which has no password.", exit_code=ExitCode.USAGE, code="wrong_usage"
            )
        return {"kind": "folder", "path": where}
    secrets = {"password": password, "environment": environment}
    given = {key: value for key, value in secrets.items() if value is not None}
    return {"kind": "restic", "repository": where or found["where"], **given}


def _path(client: Client, place: str) -> str:
    return f"/offsite-targets/{segment(_find(client, place)['id'])}"


def _find(client: Client, id_or_name: str) -> dict[str, Any]:
    places: list[dict[str, Any]] = client.get("/offsite-targets")["items"]
    for place in places:
        if id_or_name == place["id"] or id_or_name.casefold() == place["name"].casefold():
            return place
    raise CommandFailed(
        f"There is no place with the id or name {id_or_name!r}. See: vsmanager offsite list",
        exit_code=ExitCode.NOT_FOUND,
        code="offsite_target_not_found",
    )


def _value(variable: str) -> str:
    """Out of this environment, because everybody on a machine can read the options of a process."""
    try:
        return os.environ[variable]
    except KeyError:
        raise CommandFailed(
            f"{variable} is not set here. Set it first, then name it with --env.", exit_code=ExitCode.USAGE, code="wrong_usage"
        ) from None


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline(_STDIN_MAX).rstrip("\r\n")
    if not sys.stdin.isatty():
        raise CommandFailed(
            "There is no terminal to ask for the password. Use --password-stdin.", exit_code=ExitCode.USAGE, code="wrong_usage"
        )
    return getpass.getpass("Password of the repository: ")
