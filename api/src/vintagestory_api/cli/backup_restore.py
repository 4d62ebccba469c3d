"""`vsmanager backup`: backups put back, restored for practice, and taken over from elsewhere."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from vintagestory_api.cli.backup import Backup, app
from vintagestory_api.cli.connection import connect, segment
from vintagestory_api.cli.failures import CommandFailed, ExitCode
from vintagestory_api.cli.options import AsJson, DataDir, Limit, Url, Wait
from vintagestory_api.cli.output import NOTHING, duration, print_json, print_lines, print_table, size, when
from vintagestory_api.cli.servers import Server, Yes, confirm, tell_run

__all__ = ["app"]

_PLAN_TIMEOUT_SECONDS = 120.0
_PARTS = {
    "world": "World",
    "players": "Players",
    "config": "Configuration",
    "mod_config": "Configuration of mods",
    "mod_data": "Data of mods",
    "mods": "Mods",
    "version": "Game version",
}
_OUTCOMES = {"restored": "restored", "put_back": "undone", "failed": "failed", None: "under way"}


class Part(StrEnum):
    WORLD = "world"
    PLAYERS = "players"
    CONFIG = "config"
    MOD_CONFIG = "mod_config"
    MOD_DATA = "mod_data"
    MODS = "mods"
    VERSION = "version"


@app.command("restore")
def restore(
    backup: Backup,
    part: Annotated[
        list[Part] | None, typer.Option("--part", help="Put only this part back; may be given several times.")
    ] = None,
    file: Annotated[
        list[str] | None, typer.Option("--file", metavar="PATH", help="Put only this file back; may be given several times.")
    ] = None,
    new_server: Annotated[
        str | None, typer.Option("--new-server", metavar="NAME", help="Into a server of this name that is made for it.")
    ] = None,
    port: Annotated[int | None, typer.Option("--port", min=1024, max=65_535, help="Of the new server.")] = None,
    start: Annotated[
        bool | None, typer.Option("--start/--no-start", help="Whether it runs afterwards. [default: as before]")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would change.")] = False,
    yes: Yes = False,
    wait: Wait = False,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Put a backup back. A copy of what is there is kept, and comes back when the game does not start with the backup."""
    if port is not None and new_server is None:
        raise CommandFailed("--port is for a new server: name it with --new-server.", exit_code=ExitCode.USAGE, code="usage")
    client = connect(data_dir, url)
    body: dict[str, Any] = {"parts": [str(one) for one in part] if part else None, "files": file or None, "start": start}
    if new_server is not None:
        body["new_server"] = {"name": new_server, "port": port}
    path = f"/backups/{segment(backup)}"
    preview = client.send("POST", f"{path}/restore-preview", body, timeout_seconds=_PLAN_TIMEOUT_SECONDS)
    if dry_run and as_json:
        print_json(preview)
        return
    if not as_json:
        _tell_preview(preview)
    if dry_run:
        return
    if preview["problems"]:
        raise CommandFailed(f"This can't be restored. {' '.join(preview['problems'])}", code="restore_blocked")
    confirm(f"Put the backup of {when(preview['backup']['made_at'])} into {preview['into']}?", yes=yes)
    body["digest"] = preview["digest"]
    run = client.send("POST", f"{path}/restore", body, timeout_seconds=_PLAN_TIMEOUT_SECONDS)
    tell_run(client, run, wait=wait, as_json=as_json)


@app.command("restores")
def restores(server: Server, limit: Limit = 20, data_dir: DataDir = None, url: Url = None, as_json: AsJson = False) -> None:
    """What was put back on a server, newest first."""
    answer = connect(data_dir, url).get(f"/servers/{segment(server)}/restores", {"limit": limit})
    if as_json:
        print_json(answer)
        return
    rows = [
        (when(one["started_at"]), one["backup_id"], _OUTCOMES.get(one["outcome"], one["outcome"]), one["text"] or NOTHING)
        for one in answer["items"]
    ]
    if not rows:
        print_lines("Nothing was put back on this server yet.")
        return
    print_table(("WHEN", "BACKUP", "BECAME", "WHY"), rows)


@app.command("drill")
def drill(server: Server, wait: Wait = False, data_dir: DataDir = None, url: Url = None, as_json: AsJson = False) -> None:
    """Restore the newest backup of a server for practice: beside, checked whole, and removed again."""
    client = connect(data_dir, url)
    tell_run(client, client.send("POST", f"/servers/{segment(server)}/backups/drill"), wait=wait, as_json=as_json)


@app.command("import")
def import_backup(
    server: Server,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup (.tar.zst) or a world (.vcdbs).")],
    note: Annotated[str | None, typer.Option("--note", help="What it is for.")] = None,
    there: Annotated[
        bool, typer.Option("--there", help="FILE lies on the manager's machine, below one of its VS_HOST_ROOTS.")
    ] = False,
    wait: Wait = False,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Take over a backup of another manager, or a bare world, when everything in it is in order."""
    client = connect(data_dir, url)
    path = f"/servers/{segment(server)}/backups/import"
    if there:
        tell_run(client, client.send("POST", path, {"path": str(file), "note": note}), wait=wait, as_json=as_json)
        return
    try:
        with file.open("rb") as opened:
            taken = client.send_file("PUT", f"{path}/{segment(file.name)}", opened)
    except OSError as error:
        raise CommandFailed(
            f"{file} can't be read: {error.strerror or error}", exit_code=ExitCode.USAGE, code="file_unreadable"
        ) from error
    if note:
        taken = client.send("PATCH", f"/backups/{segment(taken['id'])}", {"note": note})
    if as_json:
        print_json(taken)
    else:
        print_lines(f"{file.name} is taken over as {taken['id']}, {size(taken['size_bytes'])}.")


def _tell_preview(preview: dict[str, Any]) -> None:
    backup = preview["backup"]
    print_lines(f"The backup of {backup['server_name']} of {when(backup['made_at'])}, {size(backup['size_bytes'])}", "")
    rows = [
        (_PARTS.get(change["part"], change["part"]), change["now"] or NOTHING, change["then"] or NOTHING, change["detail"])
        for change in preview["changes"]
    ]
    print_table(("WHAT", "NOW", "THEN", ""), rows)
    told = []
    replaces_world = not preview["is_new"] and any(change["part"] == "world" for change in preview["changes"])
    if replaces_world and backup["kind"] == "imported":
        told.append("The world that was taken over replaces the one that is there.")
    elif preview["loses_seconds"]:
        told.append(f"Play since the backup is lost: {duration(preview['loses_seconds'])}.")
    if preview["keeps_present"]:
        told.append("A backup of what is there now is made first.")
    print_lines("", *told, *preview["warnings"], *(f"Problem: {problem}" for problem in preview["problems"]))
