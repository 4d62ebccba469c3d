"""`vsmanager mods config`: the configuration files of mods."""

import sys
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from vintagestory_api.cli.connection import Client, connect, segment
from vintagestory_api.cli.failures import CommandFailed, ExitCode, warn_lines
from vintagestory_api.cli.options import AsJson, DataDir, Url
from vintagestory_api.cli.output import print_json, print_lines, print_table, size, when, write
from vintagestory_api.cli.servers import Server

_MAX_CHARACTERS = 2_000_000


def config(
    server: Server,
    path: Annotated[str | None, typer.Argument(metavar="[PATH]", help="A file below ModConfig. [default: list them]")] = None,
    source: Annotated[
        str | None, typer.Option("--from", metavar="FILE", help="Put the text of FILE in its place; - reads standard input.")
    ] = None,
    moment: Annotated[str | None, typer.Option("--version", metavar="TIME", help="As it was before a change.")] = None,
    versions: Annotated[bool, typer.Option("--versions", help="List the times of earlier contents.")] = False,
    allow_broken: Annotated[bool, typer.Option("--allow-broken", help="Also what is no good JSON.")] = False,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """The configuration files of mods: list them, show one, change one. What was there before a change is kept."""
    if path is None and (source is not None or moment is not None or versions):
        raise CommandFailed("Name the file, too.", exit_code=ExitCode.USAGE, code="wrong_usage")
    if source is not None and (moment is not None or versions):
        raise CommandFailed("--from goes alone.", exit_code=ExitCode.USAGE, code="wrong_usage")
    client = connect(data_dir, url)
    if path is None:
        _list(client, server, as_json=as_json)
    elif source is not None:
        _change(client, server, path, _text(source), allow_broken=allow_broken, as_json=as_json)
    else:
        _show(client.get(_content(server, path), {"version": moment}), versions=versions, as_json=as_json)


def _list(client: Client, server: str, *, as_json: bool) -> None:
    answer = client.get(f"/servers/{segment(server)}/mod-config")
    if as_json:
        print_json(answer)
        return
    rows = [
        (
            file["path"],
            size(file["size_bytes"]),
            when(file["modified_at"]),
            file["modid"],
            file["problem"] or (None if file["is_text"] else "not text"),
        )
        for file in answer["items"]
    ]
    if rows:
        print_table(("FILE", "SIZE", "CHANGED", "MOD", "PROBLEM"), rows, numbers=("SIZE",))
    else:
        print_lines("There are none yet. Mods write them when the server starts.")


def _show(answer: dict[str, Any], *, versions: bool, as_json: bool) -> None:
    if as_json:
        print_json(answer)
    elif versions:
        print_lines(*answer["versions"] or ["There are none: it was not changed here yet."])
    else:
        # As it is, so that it can be written to a file and brought back.
        write(answer["text"])
        if answer["problem"]:
            warn_lines(f"note: {answer['path']} is no good JSON: {answer['problem']}")


def _change(client: Client, server: str, path: str, text: str, *, allow_broken: bool, as_json: bool) -> None:
    before = client.get(_content(server, path))
    body = {"text": text, "etag": before["etag"], "allow_broken": allow_broken}
    try:
        answer = client.send("PUT", _content(server, path), body)
    except CommandFailed as failure:
        if failure.code == "broken_json":
            failure.message += " Do that with: --allow-broken"
        raise
    if as_json:
        print_json(answer)
    elif answer["etag"] == before["etag"]:
        print_lines(f"{path} is the same as before.")
    else:
        print_lines(f"{path} is changed; what was there is kept. Mods read it when the server starts.")


def _text(source: str) -> str:
    try:
        data = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
        text = data.decode()
    except OSError as error:
        message = f"{source} can't be read: {error.strerror or error}"
        raise CommandFailed(message, exit_code=ExitCode.USAGE, code="file_unreadable") from error
    except UnicodeDecodeError as error:
        message = f"{source} is no text in UTF-8."
        raise CommandFailed(message, exit_code=ExitCode.USAGE, code="file_unreadable") from error
    if len(text) > _MAX_CHARACTERS:
        raise CommandFailed(f"{source} is too large for a configuration file.", exit_code=ExitCode.USAGE, code="config_too_large")
    return text


def _content(server: str, path: str) -> str:
    return f"/servers/{segment(server)}/mod-config/{quote(path, safe='/')}/content"
