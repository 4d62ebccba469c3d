"""`vsmanager backup`: backups of game servers, made, verified, kept and fetched."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from vintagestory_api.cli.connection import connect, segment
from vintagestory_api.cli.failures import CommandFailed
from vintagestory_api.cli.files import written
from vintagestory_api.cli.options import AsJson, Cursor, DataDir, Limit, Url, Wait
from vintagestory_api.cli.output import NOTHING, print_facts, print_json, print_lines, print_table, size, when
from vintagestory_api.cli.servers import Server, Yes, confirm, tell_run

app = typer.Typer(help="Backups of game servers: make, verify, keep and fetch them, and put them back.")

Backup = Annotated[str, typer.Argument(metavar="BACKUP", help="Its id, as in: vsmanager backup list")]

_PARTS = {
    "world": "world",
    "players": "players",
    "config": "configuration",
    "mod_config": "configuration of mods",
    "mod_data": "data of mods",
    "mods": "mods",
    "version": "version",
}
_KINDS = {
    "manual": "by hand",
    "schedule": "by a schedule",
    "before_update": "before an update",
    "before_restore": "before a restore",
    "imported": "taken over",
}


@app.command("create")
def create(
    server: Server,
    note: Annotated[str | None, typer.Option("--note", help="What it is for.")] = None,
    pin: Annotated[bool, typer.Option("--pin", help="Never delete it by rules.")] = False,
    wait: Wait = False,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Back a server up. It goes on running, if it does."""
    client = connect(data_dir, url)
    run = client.send("POST", f"/servers/{segment(server)}/backups", {"note": note, "pinned": pin})
    tell_run(client, run, wait=wait, as_json=as_json)


@app.command("list")
def list_backups(
    server: Annotated[str | None, typer.Argument(metavar="[SERVER]", help="Only of this one; also one that is gone.")] = None,
    kind: Annotated[
        Literal["manual", "schedule", "before_update", "before_restore", "imported"] | None,
        typer.Option("--kind", help="Only those made so."),
    ] = None,
    search: Annotated[str | None, typer.Option("--search", help="Only those whose note, server or file name holds this.")] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Backups, newest first."""
    query = {"server_id": server, "kind": kind, "q": search, "limit": limit, "cursor": cursor}
    answer = connect(data_dir, url).get("/backups", query)
    if as_json:
        print_json(answer)
        return
    rows = [
        (
            backup["id"],
            backup["server_id"],
            when(backup["made_at"]),
            _KINDS.get(backup["kind"], backup["kind"]),
            size(backup["size_bytes"]),
            _health(backup),
            backup["note"],
        )
        for backup in answer["items"]
    ]
    if not rows:
        if kind or search:
            print_lines("No backup is like that.")
        else:
            print_lines(f"There is no backup yet. Make one with: vsmanager backup create {server or 'SERVER'}")
        return
    print_table(("BACKUP", "SERVER", "OF", "MADE", "SIZE", "IS", "NOTE"), rows, numbers=("SIZE",))
    print_lines("", f"{answer['total_count']} together, {size(answer['total_bytes'])}")
    if answer["next_cursor"]:
        print_lines(f"There are more: --cursor {answer['next_cursor']}")


@app.command("show")
def show(backup: Backup, data_dir: DataDir = None, url: Url = None, as_json: AsJson = False) -> None:
    """One backup: what is in it, and what is known of it."""
    found = connect(data_dir, url).get(_path(backup))
    if as_json:
        print_json(found)
        return
    print_facts(
        [
            ("Backup", found["id"]),
            ("Server", f"{found['server_name']} ({found['server_id']})"),
            ("Of", when(found["made_at"])),
            ("Made", f"{_KINDS.get(found['kind'], found['kind'])}, {found['made_by'] or 'the manager'}"),
            ("World", f"{found['world']}{_method(found)}"),
            ("Game", found["game_version"]),
            ("Mods", str(found["mods"])),
            ("Size", size(found["size_bytes"])),
            ("File", found["file_name"]),
            ("Pinned", "yes" if found["pinned"] else "no"),
            ("Note", found["note"]),
            ("Verified", when(found["verified_at"])),
            ("Problem", found["problem"]),
            *((f"Copy: {copy['target_name']}", f"{copy['state']} {when(copy['at'])}") for copy in found["copies"]),
        ]
    )
    parts = {part: [file for file in found["files"] if file["part"] == part] for part in _PARTS}
    rows = [
        (_PARTS[part], str(len(files)), size(sum(file["size_bytes"] for file in files))) for part, files in parts.items() if files
    ]
    print_lines("")
    print_table(("PART", "FILES", "SIZE"), rows, numbers=("FILES", "SIZE"))
    print_lines(*(f"  {note}" for note in found["notes"]))


@app.command("verify")
def verify(backup: Backup, wait: Wait = False, data_dir: DataDir = None, url: Url = None, as_json: AsJson = False) -> None:
    """Read a backup to its end, compare it with its check sums, and check its world."""
    client = connect(data_dir, url)
    tell_run(client, client.send("POST", f"{_path(backup)}/verify"), wait=wait, as_json=as_json)


@app.command("prune")
def prune(
    server: Server,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be deleted.")] = False,
    yes: Yes = False,
    wait: Wait = False,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Delete the backups that the rules of a server don't keep. It is done after each backup, too."""
    client = connect(data_dir, url)
    preview = client.send("POST", f"/servers/{segment(server)}/backups/retention-preview", {})
    if dry_run and as_json:
        print_json(preview)
        return
    if not as_json:
        _tell_preview(preview)
    if dry_run or not preview["deleted"]:
        if as_json:
            print_json(preview)
        return
    confirm(f"Delete {preview['deleted']} of them?", yes=yes)
    run = client.send("POST", f"/servers/{segment(server)}/backups/prune")
    tell_run(client, run, wait=wait, as_json=as_json)


@app.command("change")
def change(
    backup: Backup,
    note: Annotated[str | None, typer.Option("--note", help="What it is for; an empty one takes it away.")] = None,
    pin: Annotated[bool | None, typer.Option("--pin/--unpin", help="Whether it stays whatever the rules say.")] = None,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Note something down about a backup, or keep it in any case."""
    body: dict[str, Any] = {}
    if note is not None:
        body["note"] = note
    if pin is not None:
        body["pinned"] = pin
    found = connect(data_dir, url).send("PATCH", _path(backup), body)
    if as_json:
        print_json(found)
    else:
        print_lines(f"{found['file_name']}: {_health(found)}; {found['note'] or 'no note'}")


@app.command("delete")
def delete(backup: Backup, yes: Yes = False, data_dir: DataDir = None, url: Url = None, as_json: AsJson = False) -> None:
    """Delete one backup for good."""
    client = connect(data_dir, url)
    found = client.get(_path(backup))
    confirm(f"Delete the backup of {found['server_name']} of {when(found['made_at'])}?", yes=yes)
    client.send("DELETE", _path(backup))
    if as_json:
        print_json({"deleted": found["id"]})
    else:
        print_lines(f"{found['file_name']} is deleted.")


@app.command("download")
def download(
    backup: Backup,
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="Where to write it. [default: its own name, here]")
    ] = None,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Fetch the file of a backup. It holds the server's configuration with its password: keep it from others."""
    client = connect(data_dir, url)
    found = client.get(_path(backup))
    target = file or Path(f"{found['server_id']}-{found['file_name']}")
    count = 0
    with written(target) as part:
        for block in client.fetch(f"{_path(backup)}/download"):
            count += part.write(block)
        if count != found["size_bytes"]:
            raise CommandFailed(
                f"Only {size(count)} of {size(found['size_bytes'])} came. {target} was not written. Try again.",
                code="download_incomplete",
            )
    if as_json:
        print_json({"file": str(target.absolute()), "size_bytes": count})
    else:
        print_lines(f"{target} is written, {size(count)}.")


@app.command("settings")
def settings(
    server: Server,
    last: Annotated[int | None, typer.Option("--last", min=0, help="Keep so many of the latest.")] = None,
    hourly: Annotated[int | None, typer.Option("--hourly", min=0, help="Keep one of each of so many hours.")] = None,
    daily: Annotated[int | None, typer.Option("--daily", min=0, help="Keep one of each of so many days.")] = None,
    weekly: Annotated[int | None, typer.Option("--weekly", min=0, help="Keep one of each of so many weeks.")] = None,
    monthly: Annotated[int | None, typer.Option("--monthly", min=0, help="Keep one of each of so many months.")] = None,
    max_count: Annotated[int | None, typer.Option("--max-count", min=0, help="Keep no more than so many; 0: no limit.")] = None,
    max_gb: Annotated[float | None, typer.Option("--max-gb", min=0, help="Keep no more than so much; 0: no limit.")] = None,
    level: Annotated[int | None, typer.Option("--level", min=1, max=19, help="How much work goes into packing.")] = None,
    mod_files: Annotated[
        bool | None,
        typer.Option("--mod-files/--no-mod-files", help="Pack the files of all mods, or only what can't be fetched again."),
    ] = None,
    mod_data: Annotated[
        list[str] | None, typer.Option("--mod-data", help="A folder with data of mods; may be given several times.")
    ] = None,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Show what is packed of a server and which of its backups are kept; with options, change that."""
    client = connect(data_dir, url)
    path = f"/servers/{segment(server)}/backup-settings"
    found = client.get(path)
    rules = {"last": last, "hourly": hourly, "daily": daily, "weekly": weekly, "monthly": monthly, "max_count": max_count}
    rules["max_bytes"] = None if max_gb is None else round(max_gb * 1e9)
    new_rules = {name: value for name, value in rules.items() if value is not None}
    others = {"compression_level": level, "with_mod_files": mod_files, "mod_data": mod_data}
    new = {name: value for name, value in others.items() if value is not None}
    if new_rules or new:
        found = client.send("PUT", path, {**found, **new, "retention": {**found["retention"], **new_rules}})
    if as_json:
        print_json(found)
        return
    kept = found["retention"]
    periods = [f"{kept[name]} {name}" for name in ("last", "hourly", "daily", "weekly", "monthly") if kept[name]]
    print_facts(
        [
            ("Kept", ", ".join(periods) or "only the newest good one, and pinned ones"),
            ("At most", _limits(kept)),
            ("Data of mods", ", ".join(found["mod_data"]) or "none"),
            ("Files of mods", "all" if found["with_mod_files"] else "those that can't be fetched again"),
            ("Packed at level", str(found["compression_level"])),
            ("Copies to", ", ".join(found["targets"]) or "nowhere else"),
            ("Drill", f"every {found['drill_days']} d" if found["drill_days"] else "never"),
        ]
    )


def _path(backup: str) -> str:
    return f"/backups/{segment(backup)}"


def _health(backup: dict[str, Any]) -> str:
    is_there, is_elsewhere = backup["is_there"], any(copy["state"] == "copied" for copy in backup["copies"])
    is_good = backup["problem"] is None
    words = [
        (not is_there and not is_elsewhere, "gone"),
        ((is_there or is_elsewhere) and not is_good, "damaged"),
        (is_good, {"none": "good, without a world"}.get(backup["world"], "good")),
        (not is_there and is_elsewhere, "only elsewhere"),
        (backup["verified_at"] is not None, "verified"),
        (backup["pinned"], "pinned"),
    ]
    return ", ".join(word for holds, word in words if holds)


def _method(backup: dict[str, Any]) -> str:
    told = {"genbackup": "copied by the game", "copy": "packed as the stopped game left it"}.get(backup["method"] or "")
    return f", {told}" if told else ""


def _limits(rules: dict[str, Any]) -> str:
    limits = [f"{rules['max_count']} backups"] if rules["max_count"] else []
    limits += [size(rules["max_bytes"])] if rules["max_bytes"] else []
    return ", ".join(limits) or "no limit"


def _tell_preview(preview: dict[str, Any]) -> None:
    gone = [item["backup"] for item in preview["items"] if not item["kept_by"]]
    if gone:
        rows = [(backup["id"], when(backup["made_at"]), size(backup["size_bytes"]), backup["note"] or NOTHING) for backup in gone]
        print_table(("BACKUP", "OF", "SIZE", "NOTE"), rows, numbers=("SIZE",))
    if preview["held_back"]:
        print_lines(preview["held_back"])
    print_lines(f"{preview['deleted']} would be deleted ({size(preview['freed_bytes'])}), {preview['kept']} stay.")
