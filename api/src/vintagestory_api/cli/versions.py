"""`vsmanager versions`: the versions of the game, those that exist and those that are installed."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from vintagestory_api.cli.catalog import age, tell_state
from vintagestory_api.cli.connection import connect, segment
from vintagestory_api.cli.failures import CommandFailed, ExitCode, warn_lines
from vintagestory_api.cli.options import AsJson, DataDir, Url, Wait
from vintagestory_api.cli.output import print_json, print_lines, print_table, size, when
from vintagestory_api.cli.servers import tell_run

app = typer.Typer(help="The versions of the game; without a further word those that exist.", invoke_without_command=True)

Channel = Annotated[Literal["stable", "unstable"] | None, typer.Option("--channel", help="Only this channel.")]


@app.callback()
def versions(
    context: typer.Context, channel: Channel = None, data_dir: DataDir = None, url: Url = None, as_json: AsJson = False
) -> None:
    if context.invoked_subcommand is None:
        list_versions(channel, data_dir, url, as_json)


@app.command("list")
def list_versions(channel: Channel = None, data_dir: DataDir = None, url: Url = None, as_json: AsJson = False) -> None:
    """The versions of the game, newest first."""
    answer = connect(data_dir, url).get("/game-versions", {"channel": channel})
    if as_json:
        print_json(answer)
        return
    rows = [
        (
            version["version"],
            version["channel"],
            "latest" if version["latest"] else "",
            _size_for_linux_servers(version),
            when(version["first_seen"]),
        )
        for version in answer["items"]
    ]
    print_table(("VERSION", "CHANNEL", "", "LINUX SERVER", "FIRST SEEN"), rows)
    print_lines("", f"{len(rows)} versions{age(answer)}.")
    tell_state(answer)


@app.command("installed")
def list_installed(data_dir: DataDir = None, url: Url = None, as_json: AsJson = False) -> None:
    """The versions that are installed, and the servers that use them."""
    answer = connect(data_dir, url).get("/installed-versions")
    if as_json:
        print_json(answer)
        return
    rows = [
        (
            version["version"],
            version["channel"],
            size(version["size_bytes"]),
            ", ".join(version["used_by"]),
            _runtime(version["runtime"]),
            when(version["installed_at"]),
            version["source"],
        )
        for version in answer["items"]
    ]
    print_table(("VERSION", "CHANNEL", "SIZE", "USED BY", ".NET", "INSTALLED", "FROM"), rows, numbers=("SIZE",))
    print_lines("", f"{size(answer['disk_free_bytes'])} are free on the disk.")
    if notes := [f"note: {version['runtime']['message']}" for version in answer["items"] if version["runtime"]["message"]]:
        warn_lines(*dict.fromkeys(notes))


@app.command("install")
def install(
    version: Annotated[str | None, typer.Argument(metavar="[VERSION]", help="As in: vsmanager versions list")] = None,
    archive: Annotated[
        Path | None, typer.Option("--archive", metavar="FILE", help="An archive on the manager's machine, instead of a download.")
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option("--folder", metavar="PATH", help="An install on the manager's machine; it is copied, and stays."),
    ] = None,
    wait: Wait = False,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Download and unpack a version, for servers to use."""
    if (version is None and archive is None and folder is None) or (archive is not None and folder is not None):
        raise CommandFailed(
            "Name a version, an archive with --archive, or an install with --folder.",
            exit_code=ExitCode.USAGE,
            code="wrong_usage",
        )
    client = connect(data_dir, url)
    named = {"archive": archive, "folder": folder}
    body = {"version": version, **{name: None if path is None else str(path.absolute()) for name, path in named.items()}}
    run = client.send("POST", "/installed-versions", {name: value for name, value in body.items() if value is not None})
    tell_run(client, run, wait=wait, as_json=as_json)


@app.command("remove")
def remove(
    version: Annotated[str, typer.Argument(metavar="VERSION", help="As in: vsmanager versions installed")],
    wait: Wait = False,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Remove an installed version that no server uses."""
    client = connect(data_dir, url)
    tell_run(client, client.send("DELETE", f"/installed-versions/{segment(version)}"), wait=wait, as_json=as_json)


def _runtime(runtime: dict[str, Any]) -> str | None:
    if runtime["needed"] is None:
        return None
    return f"{runtime['needed']}{'' if runtime['is_there'] else ' not found' if runtime['is_there'] is False else ' unknown'}"


def _size_for_linux_servers(version: dict[str, Any]) -> str | None:
    return next((build["size_text"] for build in version["builds"] if build["platform"] == "linuxserver"), None)
