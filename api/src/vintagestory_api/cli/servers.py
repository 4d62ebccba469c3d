"""`vsmanager servers`: the game servers."""

import sys
from typing import Annotated, Any

import typer

from vintagestory_api.cli.connection import Client, connect, segment
from vintagestory_api.cli.failures import CommandFailed, ExitCode, warn_lines
from vintagestory_api.cli.mod_starts import new_mods_failed
from vintagestory_api.cli.options import AsJson, Cursor, DataDir, Limit, Url, Wait
from vintagestory_api.cli.output import NOTHING, duration, print_facts, print_json, print_lines, print_table, size, when
from vintagestory_api.cli.runs import follow_run, in_words

app = typer.Typer(help="The game servers: make them, start and stop them, see how they are.")

Server = Annotated[str, typer.Argument(metavar="SERVER", help="The server's id, as in: vsmanager servers list")]
Version = Annotated[str, typer.Option("--version", metavar="VERSION", help="Of the game; it is installed if it is not.")]
Id = Annotated[str | None, typer.Option("--id", help="Small letters, digits and dashes. [default: made from the name]")]
Port = Annotated[int | None, typer.Option("--port", min=1, max=65_535, help="[default: the next free one]")]
Reason = Annotated[str | None, typer.Option("--reason", help="Why, for the timeline.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


@app.command("list")
def list_servers(data_dir: DataDir = None, url: Url = None, as_json: AsJson = False) -> None:
    """All servers, with their state and who is on."""
    answer = connect(data_dir, url).get("/servers")
    if as_json:
        print_json(answer)
        return
    rows = [
        (
            server["id"],
            server["name"],
            _state(server),
            _players(server),
            server["version"],
            str(server["port"]),
            _uptime(server),
        )
        for server in answer["items"]
    ]
    print_table(("SERVER", "NAME", "STATE", "PLAYERS", "VERSION", "PORT", "UP"), rows, numbers=("PORT",))
    if not rows:
        print_lines("", "There is none yet. Make one with: vsmanager servers create NAME --version VERSION")


@app.command("create")
def create_server(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As players see it.")],
    version: Version,
    server_id: Id = None,
    port: Port = None,
    max_players: Annotated[int | None, typer.Option("--max-players", min=1, max=1000, help="[default: 16]")] = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password that players need from standard input.")
    ] = False,
    welcome: Annotated[str | None, typer.Option("--welcome", help="What players read when they join.")] = None,
    whitelist: Annotated[bool, typer.Option("--whitelist", help="Only players on the whitelist may join.")] = False,
    world_name: Annotated[str | None, typer.Option("--world-name", help="[default: A new world]")] = None,
    seed: Annotated[
        str | None, typer.Option("--seed", help="The same seed makes the same world. [default: a random one]")
    ] = None,
    play_style: Annotated[str | None, typer.Option("--play-style", help="[default: surviveandbuild]")] = None,
    world_type: Annotated[str | None, typer.Option("--world-type", help="[default: standard]")] = None,
    world_option: Annotated[
        list[str] | None, typer.Option("--world-option", metavar="NAME=VALUE", help="A rule of the world; may be repeated.")
    ] = None,
    start: Annotated[bool, typer.Option("--start", help="Start it as soon as it can be.")] = False,
    wait: Wait = False,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Make a server. Its version is installed, and its world is made at its first start."""
    client = connect(data_dir, url)
    world = {
        "world_name": world_name,
        "seed": seed,
        "play_style": play_style,
        "world_type": world_type,
        "attributes": dict(map(_name_and_value, world_option or ())) or None,
    }
    body = {
        "name": name,
        "version": version,
        "id": server_id,
        "port": port,
        "max_players": max_players,
        "password": _password() if password_stdin else None,
        "welcome_message": welcome,
        "whitelist": whitelist,
        "world": _given(world),
        "start": start,
    }
    server = client.send("POST", "/servers", _given(body))
    _tell_new(client, server, wait=wait, as_json=as_json, word="made")


@app.command("adopt")
def adopt_server(
    path: Annotated[str, typer.Argument(metavar="PATH", help="A data folder on the manager's machine, from / on.")],
    name: Annotated[str | None, typer.Option("--name", help="[default: what its configuration says]")] = None,
    version: Annotated[str | None, typer.Option("--version", metavar="VERSION", help="[default: what was found]")] = None,
    server_id: Id = None,
    port: Port = None,
    inspect: Annotated[bool, typer.Option("--inspect", help="Only look at it, and say what is there.")] = False,
    copy: Annotated[
        bool, typer.Option("--copy", help="Copy it into the manager's folder and check it; what is there is not touched.")
    ] = False,
    wait: Wait = False,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Take over a data folder where it lies, or with --copy a copy of it. Nothing is moved."""
    client = connect(data_dir, url)
    found = client.send("POST", "/adoptions/inspect", {"path": path})
    if inspect:
        _show_found(found, as_json=as_json)
        return
    version = version or found["version"]
    if version is None:
        raise CommandFailed(
            f"Nothing in {path} says which version of the game it belongs to. Name it with --version.",
            exit_code=ExitCode.USAGE,
            code="wrong_usage",
        )
    body = {
        "path": path,
        "name": name or found["server_name"] or path.rstrip("/").rsplit("/", 1)[-1],
        "version": version,
        "id": server_id,
        "port": port,
    }
    if copy:
        run = client.send("POST", "/adoptions/copy", _given(body))
        tell_run(client, run, wait=wait, as_json=as_json)
        if wait and not as_json:
            report = client.get(f"/runs/{segment(run['id'])}")["report"]
            print_lines(f"The server {report['server_id']} is there.", *report["notes"])
        return
    server = client.send("POST", "/adoptions", _given(body))
    _tell_new(client, server, wait=wait, as_json=as_json, word="adopted")


@app.command("show")
def show_server(server: Server, data_dir: DataDir = None, url: Url = None, as_json: AsJson = False) -> None:
    """Everything about one server."""
    client = connect(data_dir, url)
    answer = client.get(_path(server))
    if as_json:
        print_json(answer)
        return
    operation, run, crash = answer["operation"], answer["latest_run"], answer["crash"]
    settings = answer["settings"]
    print_facts(
        [
            ("Server", f"{answer['id']} – {answer['name']}"),
            ("State", _state(answer)),
            ("Shall be", answer["wanted"]),
            ("Version", answer["version"]),
            ("Address", answer["address_hint"]),
            ("Players", _players(answer)),
            ("Started", when(answer["started_at"])),
            ("Ready after", duration(answer["ready_after_seconds"]) if answer["ready_after_seconds"] is not None else None),
            ("At work", f"{in_words(operation['kind'])}, run {operation['run_id']}" if operation else None),
            ("Last action", f"{in_words(run['job_id'])} {in_words(run['state'])} {when(run['ended_at'])}" if run else None),
            ("Last crash", f"{crash['summary']}, {when(crash['at'])}" if crash else None),
            ("After a crash", "starts again" if settings["restart_after_crash"] else "stays stopped"),
            ("Data", answer["data_path"]),
            ("Made", f"{when(answer['created_at'])} by {answer['created_by']}"),
        ]
    )
    _warn(client, answer)


@app.command("status")
def server_status(server: Server, data_dir: DataDir = None, url: Url = None, as_json: AsJson = False) -> None:
    """The state of one server in a line. Fails unless it runs and answers, so that scripts can ask."""
    client = connect(data_dir, url)
    answer = client.get(_path(server))
    if as_json:
        print_json(answer)
    else:
        parts = [_state(answer), _players(answer) and f"players {_players(answer)}", _uptime(answer) and f"up {_uptime(answer)}"]
        print_lines(", ".join(part for part in parts if part))
        _warn(client, answer)
    if answer["state"] != "running" or answer["is_hung"]:
        raise typer.Exit(ExitCode.FAILED)


@app.command("start")
def start_server(server: Server, wait: Wait = False, data_dir: DataDir = None, url: Url = None, as_json: AsJson = False) -> None:
    """Start a server, and keep it running. --wait: until players can join."""
    _act(connect(data_dir, url), server, "start", wait=wait, as_json=as_json)


@app.command("stop")
def stop_server(
    server: Server, reason: Reason = None, wait: Wait = False, data_dir: DataDir = None, url: Url = None, as_json: AsJson = False
) -> None:
    """Stop a server in order, and keep it stopped. The world is saved."""
    _act(connect(data_dir, url), server, "stop", _reason(reason), wait=wait, as_json=as_json)


@app.command("restart")
def restart_server(
    server: Server, reason: Reason = None, wait: Wait = False, data_dir: DataDir = None, url: Url = None, as_json: AsJson = False
) -> None:
    """Stop a server in order, and start it again."""
    _act(connect(data_dir, url), server, "restart", _reason(reason), wait=wait, as_json=as_json)


@app.command("kill")
def kill_server(
    server: Server, yes: Yes = False, wait: Wait = False, data_dir: DataDir = None, url: Url = None, as_json: AsJson = False
) -> None:
    """End a server at once. What was not saved is lost."""
    client = connect(data_dir, url)
    confirm(f"End {server} at once, and lose what was not saved?", yes=yes)
    _act(client, server, "kill", wait=wait, as_json=as_json)


@app.command("set-version")
def set_version(
    server: Server,
    version: Annotated[str, typer.Argument(metavar="VERSION", help="As in: vsmanager versions list")],
    wait: Wait = False,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Let a server use another version of the game. One that runs is stopped, switched and started."""
    _act(connect(data_dir, url), server, "version", {"version": version}, wait=wait, as_json=as_json)


@app.command("delete")
def delete_server(
    server: Server,
    delete_files: Annotated[
        bool, typer.Option("--delete-files", help="Its world, configuration and mods go, too; never those of an adopted one.")
    ] = False,
    yes: Yes = False,
    wait: Wait = False,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Forget a stopped server. Its folder stays where it is, unless --delete-files is given."""
    client = connect(data_dir, url)
    confirm(f"Delete {server} with its world and all its files?" if delete_files else f"Forget {server}?", yes=yes)
    run = client.send("DELETE", _path(server), query={"delete_files": delete_files})
    tell_run(client, run, wait=wait, as_json=as_json)


@app.command("timeline")
def timeline(
    server: Server,
    limit: Limit = 20,
    cursor: Cursor = None,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """What happened to a server and why, newest first."""
    answer = connect(data_dir, url).get(f"{_path(server)}/timeline", {"limit": limit, "cursor": cursor})
    if as_json:
        print_json(answer)
        return
    rows = [(when(entry["at"]), in_words(entry["kind"]), entry["actor"], _details(entry["details"])) for entry in answer["items"]]
    print_table(("WHEN", "WHAT", "WHO", "MORE"), rows)
    if answer["next_cursor"]:
        print_lines("", f"There are more: --cursor {answer['next_cursor']}")


def tell_run(client: Client, run: dict[str, Any], *, wait: bool, as_json: bool) -> None:
    """Of an action that has begun; with `wait` of its end, and it fails when the run does."""
    if wait:
        follow_run(client, run["id"], show_log=False, as_json=as_json)
    elif as_json:
        print_json(run)
    else:
        print_lines(f"Begun: {in_words(run['job_id'])}, run {run['id']}. Follow it with: vsmanager runs follow {run['id']}")


def confirm(question: str, *, yes: bool) -> None:
    """Ask on the terminal. Raises `CommandFailed` where nobody can answer, and when the answer is no."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise CommandFailed(f"{question} Say so with --yes.", exit_code=ExitCode.USAGE, code="confirmation_needed")
    if not typer.confirm(question, err=True):
        raise CommandFailed("Nothing was done.", code="not_confirmed")


def _act(client: Client, server: str, verb: str, body: dict[str, Any] | None = None, *, wait: bool, as_json: bool) -> None:
    tell_run(client, client.send("POST", f"{_path(server)}/{verb}", body), wait=wait, as_json=as_json)


def _tell_new(client: Client, server: dict[str, Any], *, wait: bool, as_json: bool, word: str) -> None:
    """The document is the server: with `wait` as it is when its first operation has ended well."""
    operation = server["operation"] or server["latest_run"]
    run_id = operation and (operation.get("run_id") or operation.get("id"))
    if wait and run_id:
        follow_run(client, run_id, show_log=False, as_json=False, says_end=not as_json)
        server = client.get(_path(server["id"]))
    if as_json:
        print_json(server)
        return
    print_lines(f"{server['id']} is {word}; {_state(server)}, port {server['port']}.")
    if run_id and not wait:
        print_lines(f"Follow what is done for it with: vsmanager runs follow {run_id}")


def _show_found(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    worlds = found["worlds"]
    print_facts(
        [
            ("Folder", found["path"]),
            ("Comes from", found["source"]),
            ("Data", found["data_path"] if found["data_path"] != found["path"] else None),
            (
                "Holds",
                {"both": "a data folder and an install", "nothing": "nothing of the game"}.get(found["kind"], found["kind"]),
            ),
            ("Version", found["version"]),
            ("Name", found["server_name"]),
            ("Port", str(found["port"]) if found["port"] else None),
            *(
                ("Worlds" if not place else "", f"{world['file']}, {size(world['size_bytes'])}")
                for place, world in enumerate(worlds)
            ),
            ("Mods", str(found["mods"])),
            ("Players known", str(found["players_known"])),
            ("In use", "yes, as it seems" if found["is_running"] else "no"),
        ]
    )
    print_lines(*found["notes"], *(f"In the way: {problem}" for problem in found["problems"]))
    if found["problems"] and not found["copy_problems"]:
        print_lines("It can be copied all the same, with --copy.")


def _path(server: str) -> str:
    return f"/servers/{segment(server)}"


def _given(values: dict[str, Any]) -> dict[str, Any]:
    """What was not said is left to the manager."""
    return {name: value for name, value in values.items() if value is not None and value != {}}


def _reason(reason: str | None) -> dict[str, Any] | None:
    return None if reason is None else {"reason": reason}


def _name_and_value(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise CommandFailed(f"{text!r} is no NAME=VALUE.", exit_code=ExitCode.USAGE, code="wrong_usage")
    return name, value


def _password() -> str:
    return sys.stdin.readline().rstrip("\r\n")


def _state(server: dict[str, Any]) -> str:
    words = in_words(server["state"])
    if server["is_hung"]:
        return f"{words}, but does not answer"
    progress = server["start_progress"]
    if progress and server["state"] == "starting":
        return f"{words}, {progress['progress']:.0%}"
    crash = server["crash"]
    if server["state"] == "crashed" and crash:
        if crash["gave_up"]:
            return f"{words}, too often"
        if crash["restarts_at"]:
            return f"{words}, starts again {when(crash['restarts_at'])}"
    return words


def _players(server: dict[str, Any]) -> str | None:
    if server["players_online"] is None:
        return None
    return f"{server['players_online']}/{server['players_max'] if server['players_max'] is not None else NOTHING}"


def _uptime(server: dict[str, Any]) -> str | None:
    return None if server["uptime_seconds"] is None else duration(server["uptime_seconds"])


def _details(details: dict[str, Any]) -> str:
    return ", ".join(
        in_words(name)
        if value is True
        else f"{in_words(name)} {', '.join(map(str, value)) if isinstance(value, list) else value}"
        for name, value in details.items()
        if value not in (None, [], "") and name != "report"
    )


def _warn(client: Client, server: dict[str, Any]) -> None:
    notes = [*server["warnings"]]
    if (about_mods := new_mods_failed(client, server)) is not None:
        notes.append(about_mods)
    if notes:
        warn_lines(*(f"note: {note}" for note in notes))
