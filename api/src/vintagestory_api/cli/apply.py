"""`vsmanager apply` and `vsmanager servers export`: a game server as a file."""

import sys
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from vintagestory_api.cli.connection import connect, segment
from vintagestory_api.cli.failures import CommandFailed, ExitCode
from vintagestory_api.cli.files import hand_out_yaml
from vintagestory_api.cli.options import AsJson, DataDir, Url
from vintagestory_api.cli.output import print_json, print_lines
from vintagestory_api.cli.runs import follow_run
from vintagestory_api.cli.servers import Server, Yes, confirm

_MAX_BYTES: Final = 1_000_000
_PLAN_SECONDS: Final = 120.0
_SIGNS: Final = {"create": "+", "change": "~", "remove": "-", "keep": "="}
_PARTS: Final = {
    "server": "Server",
    "version": "Version",
    "world": "World",
    "configuration": "Configuration",
    "game_roles": "Roles in the game",
    "mods": "Mods",
    "schedules": "Schedules",
    "backups": "Backups",
    "updates": "Updates",
    "notifications": "Notifications",
}


def apply_definition(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="A definition, as `servers export` writes it; - reads standard input.")
    ],
    server: Annotated[
        str | None, typer.Option("--server", metavar="ID", help="Which server is meant. [default: the one that the file names]")
    ] = None,
    plan_only: Annotated[
        bool, typer.Option("--plan", help="Only show what would change: ends with 0 for nothing, with 6 for something.")
    ] = False,
    yes: Yes = False,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Make a game server from a file, or bring one in line with it. Shows first what would be done."""
    text = _text(file)
    client = connect(data_dir, url)
    body = {"yaml": text, "server_id": server}
    plan = client.send("POST", "/definitions/plan", body, timeout_seconds=_PLAN_SECONDS)
    if as_json and plan_only:
        print_json(plan)
    elif not as_json:
        print_lines(*_told(plan))
    if not plan["can_be_applied"]:
        raise CommandFailed("It can't be applied as it is, and nothing was done.", code="definition_blocked")
    if not plan["has_changes"]:
        if as_json and not plan_only:
            print_json(plan)
        return
    if plan_only:
        raise typer.Exit(ExitCode.CHANGES)
    confirm("Apply this?", yes=yes)
    run = client.send("POST", "/definitions/apply", {**body, "digest": plan["digest"]}, timeout_seconds=_PLAN_SECONDS)
    follow_run(client, run["id"], show_log=False, as_json=as_json)


def export_definition(
    server: Server,
    out: Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="[default: print it]")] = None,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Everything that makes a server what it is, as a YAML file for `apply`; without its world, and without secrets."""
    client = connect(data_dir, url)
    text = b"".join(client.fetch(f"/servers/{segment(server)}/definition"))
    hand_out_yaml(text, out, as_json=as_json)


def _told(plan: dict[str, Any]) -> list[str]:
    name = f"{plan['server_name']} ({plan['server_id']})"
    lines = []
    for part in plan["parts"]:
        if part["steps"] or part["notes"]:
            lines.append(f"{_PARTS.get(part['part'], part['part'])}:")
            lines += [f"  {_SIGNS[step['action']]} {step['text']}" for step in part["steps"]]
            lines += [f"  {'!' if note['blocks'] else 'note:'} {note['text']}" for note in part["notes"]]
    lines += [f"To fill in: {one}" for one in plan["to_fill_in"]]
    if not plan["can_be_applied"]:
        return [f"The file can't be applied to {name}, because of what is marked with !:", *lines]
    if plan["has_changes"]:
        return [f"The server {name} would be {'made' if plan['creates'] else 'changed'}:", *lines]
    if any(part["steps"] for part in plan["parts"]):
        return [*lines, f"There is nothing to do: what differs at {name} is left alone, as told above."]
    return [*lines, f"There is nothing to do: {name} is as the file says."]


def _text(file: str) -> str:
    try:
        if file == "-":
            data = sys.stdin.buffer.read(_MAX_BYTES + 1)
        else:
            with Path(file).open("rb") as opened:
                data = opened.read(_MAX_BYTES + 1)
        text = data.decode()
    except OSError as error:
        message = f"{file} can't be read: {error.strerror or error}"
        raise CommandFailed(message, exit_code=ExitCode.USAGE, code="file_unreadable") from error
    except UnicodeDecodeError as error:
        if len(data) <= _MAX_BYTES:
            raise CommandFailed(f"{file} is no text in UTF-8.", exit_code=ExitCode.USAGE, code="file_unreadable") from error
    if len(data) > _MAX_BYTES:
        raise CommandFailed(f"{file} is too large for a definition.", exit_code=ExitCode.USAGE, code="file_too_large")
    return text
