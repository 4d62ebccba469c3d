"""The sets of mods that a server had: the history, the way back, and the way to other servers and to players."""

import json
import sys
import zipfile
from pathlib import Path
from typing import Annotated, Any

import typer

from vintagestory_api.cli.connection import Client, connect, segment
from vintagestory_api.cli.failures import CommandFailed, ExitCode, warn_lines
from vintagestory_api.cli.files import written
from vintagestory_api.cli.mod_commands import Change, changes_mods
from vintagestory_api.cli.mod_plans import SIGNS, Follow, Manner, agreed, mods_path, tell_change
from vintagestory_api.cli.options import AsJson, Cursor, DataDir, Limit, Url, Wait
from vintagestory_api.cli.output import print_facts, print_json, print_lines, print_table, size, when
from vintagestory_api.cli.servers import Server

_MAX_LIST_BYTES = 2_000_000
_CHANGES_SHOWN = 4
#: In a pack for players, what tells of the files that are not in it: after an empty line, one a line.
_LEFT_OUT_FILE = "LEFT OUT.txt"

Number = Annotated[int, typer.Argument(metavar="SET", min=1, help="A set's number, as in: vsmanager mods history SERVER")]


def history(
    server: Server,
    limit: Limit = 20,
    cursor: Cursor = None,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Every set of mods that the server had, newest first: who changed what, and why."""
    client = connect(data_dir, url)
    answer = client.get(_sets_path(server), {"limit": limit, "cursor": cursor})
    if as_json:
        print_json(answer)
        return
    waits = _waits(client, server)
    rows = [
        (
            str(one["number"]),
            when(one["at"]),
            one["actor"],
            one["why"],
            str(one["mods"]),
            _changes(one["diff"]),
            _standing(one, waits),
        )
        for one in answer["items"]
    ]
    if not rows:
        print_lines("Nobody has changed the mods of this server yet.")
        return
    print_table(("SET", "WHEN", "WHO", "WHY", "MODS", "CHANGES", "IS"), rows, numbers=("SET", "MODS"))
    if answer["next_cursor"]:
        print_lines("", f"There are more: --cursor {answer['next_cursor']}")


def show(server: Server, number: Number, data_dir: DataDir = None, url: Url = None, as_json: AsJson = False) -> None:
    """One set: what it changed, and all its mods."""
    client = connect(data_dir, url)
    try:
        answer = client.get(f"{_sets_path(server)}/{number}")
    except CommandFailed as failure:
        if failure.code == "generation_not_found":
            failure.message += (
                " A set that waits gets another number when a mod is pinned, held or put there by hand meanwhile. "
                f"See: vsmanager mods history {server}"
            )
        raise
    if as_json:
        print_json(answer)
        return
    print_facts(
        [
            ("Set", str(answer["number"])),
            ("Made", _made(answer)),
            ("Why", answer["why"]),
            ("Run", answer["run_id"]),
            ("Is", _standing(answer, _waits(client, server))),
        ]
    )
    print_lines(*(f"  {sign} {text}" for sign, name in SIGNS for text in answer["diff"][name]))
    rows = [
        (
            mod["modid"] or mod["file_name"],
            mod["version"],
            mod["file_name"],
            size(mod["size_bytes"]),
            {"moddb": "mod database", "upload": "a file", "hand": "put there by hand"}[mod["source"]],
            ", ".join(_marks(mod)),
        )
        for mod in answer["lock"]["mods"]
    ]
    print_lines("")
    print_table(("MOD ID", "VERSION", "FILE", "SIZE", "FROM", "IS"), rows, numbers=("SIZE",))


@changes_mods()
def rollback(
    change: Change,
    number: Annotated[
        int | None, typer.Argument(metavar="[SET]", min=1, help="A set's number. [default: the one before the present one]")
    ] = None,
) -> None:
    """Go back to an earlier set of mods. Needs no network; what is there now stays in the history."""
    client, manner = change.client, change.manner
    wanted = client.get(f"{_sets_path(change.server)}/{number or _previous(client, change.server)}")
    if not manner.as_json:
        print_lines(f"Set {wanted['number']}, made {_made(wanted)}: {wanted['why']}", "")
    path = f"/mod-generations/{wanted['number']}"
    plan = change.ask_for_plan(f"{path}/plan")
    if agreed(plan, manner):
        change.begin(f"{path}/restore", {"when": manner.when, "digest": plan["digest"]})


def discard(server: Server, data_dir: DataDir = None, url: Url = None, as_json: AsJson = False) -> None:
    """Forget a set that waits for the next start of the server: the mods stay as they are."""
    client = connect(data_dir, url)
    waited = client.get(f"{mods_path(server)}/pending")["pending"]
    answer = client.send("DELETE", f"{mods_path(server)}/pending")
    if as_json:
        print_json(answer)
    elif not waited:
        print_lines("No set was waiting.")
    else:
        count = len(waited["changes"])
        what = f": {count} changes are forgotten." if count > 1 else "."
        print_lines(f"Set {waited['generation']} does not wait any more{what}")


def restart(
    server: Server, wait: Wait = False, follow: Follow = False, data_dir: DataDir = None, url: Url = None, as_json: AsJson = False
) -> None:
    """Restart a server with the mods that wait for that. When it does not start, it gets the mods back that it ran with."""
    client = connect(data_dir, url)
    run = client.send("POST", f"{mods_path(server)}/pending/restart")
    tell_change(client, run, Manner(dry_run=False, yes=True, restart=True, wait=wait, follow=follow, as_json=as_json))


def export(
    server: Server,
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="Where to write it; - is standard output. [default: -]")
    ] = None,
    number: Annotated[int | None, typer.Option("--set", metavar="SET", min=1, help="An earlier set. [default: as it is]")] = None,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Write the list of a server's mods, with versions and check sums: to keep, to share, or to import elsewhere."""
    answer = connect(data_dir, url).get(f"{mods_path(server)}/lock-list", {"generation": number})
    to_file = file is not None and str(file) != "-"
    if not to_file or as_json:
        print_json(answer)
    if file is not None and to_file:
        with written(file) as part:
            part.write(json.dumps(answer, indent=2, ensure_ascii=False).encode() + b"\n")
        if not as_json:
            print_lines(f"{len(answer['mods'])} mods are listed in {file}.")


@changes_mods()
def import_list(
    change: Change,
    file: Annotated[str, typer.Argument(metavar="FILE", help="A list that was exported; - reads it from standard input.")],
    merge: Annotated[bool, typer.Option("--merge", help="Keep what is not in the list. [default: exactly the list]")] = False,
) -> None:
    """Make the mods of a server those of a list, with the same files, or add those of the list."""
    body = {"lock": _read_list(file), "replace": not merge, "when": change.manner.when}
    plan = change.ask_for_plan("/mods/lock-list/plan", body)
    if agreed(plan, change.manner):
        change.begin("/mods/lock-list", {**body, "digest": plan["digest"]})


def client_pack(
    server: Server,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it, like mods.zip.")],
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Write one zip with the mods that players need."""
    client = connect(data_dir, url)
    count = 0
    blocks = client.fetch(f"{mods_path(server)}/client-pack")
    with written(file) as part:
        for block in blocks:
            count += part.write(block)
    with zipfile.ZipFile(file) as pack:
        mods = [name for name in pack.namelist() if name != _LEFT_OUT_FILE]
        left_out = _lines_of(pack) if len(mods) < len(pack.namelist()) else []
    if as_json:
        print_json({"file": str(file.absolute()), "size_bytes": count, "mods": mods, "left_out": left_out})
        return
    if mods:
        what = f"{len(mods)} {'mod' if len(mods) == 1 else 'mods'}, {size(count)}"
        print_lines(f"{file} is written: {what}. Players unpack it into the folder Mods of their game.")
    else:
        print_lines(f"{file} is written without a mod: players need none of this server's, as far as they can be read.")
    warn_lines(*(f"note: left out, because it can't be read: {line}" for line in left_out))


def _lines_of(pack: zipfile.ZipFile) -> list[str]:
    _head, _, lines = pack.read(_LEFT_OUT_FILE).decode("utf-8", "replace").replace("\r\n", "\n").partition("\n\n")
    return lines.splitlines()


def _sets_path(server: str) -> str:
    return f"/servers/{segment(server)}/mod-generations"


def _previous(client: Client, server: str) -> int:
    """The set before the present one. Raises `CommandFailed` while another one waits: then it is not clear what is meant."""
    if pending := client.get(f"{mods_path(server)}/pending")["pending"]:
        raise CommandFailed(
            f"Set {pending['generation']} waits for the next start of {server}, and is not loaded yet. Forget it with: "
            f"vsmanager mods discard {server}. To go back further, name a set from: vsmanager mods history {server}",
            code="set_waits",
        )
    answer = client.get(_sets_path(server), {"limit": 200})
    numbers = [one["number"] for one in answer["items"] if not one["is_joined"]]
    current = next((one["number"] for one in answer["items"] if one["is_current"]), None)
    earlier = [number for number in numbers if current is not None and number < current]
    if not earlier:
        raise CommandFailed(
            f"{server} has no earlier set of mods. See: vsmanager mods history {server}",
            exit_code=ExitCode.NOT_FOUND,
            code="generation_not_found",
        )
    return int(earlier[0])


def _made(one: dict[str, Any]) -> str:
    return f"{when(one['at'])} by {one['actor']}" if one["actor"] else when(one["at"])


def _marks(mod: dict[str, Any]) -> list[str]:
    marks = ((not mod["is_enabled"], "disabled"), (mod["is_pinned"], "pinned"), (mod["is_held"], "held"))
    return [word for holds, word in marks if holds]


def _changes(diff: dict[str, list[str]]) -> str | None:
    texts = [f"{sign} {text}" for sign, name in SIGNS for text in diff[name]]
    more = f" and {len(texts) - _CHANGES_SHOWN} more" if len(texts) > _CHANGES_SHOWN else ""
    return ", ".join(texts[:_CHANGES_SHOWN]) + more or None


def _waits(client: Client, server: str) -> int | None:
    """The set that waits for the next start."""
    pending = client.get(f"{mods_path(server)}/pending")["pending"]
    return pending["generation"] if pending else None


def _standing(one: dict[str, Any], waits: int | None) -> str | None:
    words = [
        (one["number"] == waits, "waits for the next start"),
        (one["is_joined"], "joined by a later set before a start"),
        (one["is_current"], "the present one"),
        (one["is_loaded"], "loaded by the game"),
        (not one["can_be_restored"], "not whole any more"),
    ]
    return ", ".join(word for holds, word in words if holds) or None


def _read_list(file: str) -> Any:
    try:
        if file == "-":
            data = sys.stdin.buffer.read(_MAX_LIST_BYTES + 1)
        else:
            with Path(file).open("rb") as source:
                data = source.read(_MAX_LIST_BYTES + 1)
    except OSError as error:
        raise _no_list(f"{file} can't be read: {error.strerror or error}") from error
    name = "What came on standard input" if file == "-" else file
    if len(data) > _MAX_LIST_BYTES:
        raise _no_list(f"{name} is larger than any list of mods.")
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _no_list(f"{name} is no list of mods: it is no JSON. Make one with: vsmanager mods export SERVER FILE") from error
    if not isinstance(found, dict) or not isinstance(found.get("mods"), list):
        raise _no_list(f"{name} is no list of mods. Make one with: vsmanager mods export SERVER FILE")
    return found


def _no_list(message: str) -> CommandFailed:
    return CommandFailed(message, exit_code=ExitCode.USAGE, code="no_lock_list")
