"""What `vsmanager mods` tells about mods: those that are there, those that could be, those that are ready for another version."""

from typing import Annotated, Any

import typer

from vintagestory_api.cli.catalog import Side, Sort, Tags, Words, age, tell_state
from vintagestory_api.cli.connection import Client, connect, segment
from vintagestory_api.cli.failures import ExitCode, warn_lines
from vintagestory_api.cli.mod_plans import FITS, SIGNS, mods_path
from vintagestory_api.cli.options import AsJson, Cursor, DataDir, Limit, Url
from vintagestory_api.cli.output import print_json, print_lines, print_table, when
from vintagestory_api.cli.runs import follow_run
from vintagestory_api.cli.servers import Server, tell_run

_CATALOG_FITS = {"likely": "likely", "not": "no", "unknown": "not known"}
_VERDICTS = {
    "ready": "ready",
    "update": "with an update",
    "likely": "likely",
    "not_ready": "not ready",
    "unknown": "not known",
}


def list_mods(
    server: Server,
    updates: Annotated[bool, typer.Option("--updates", help="Only those for which there is an update.")] = False,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """The mods of a server, their updates, and what is wrong with them."""
    answer = connect(data_dir, url).get(mods_path(server))
    if updates:
        answer["items"] = [mod for mod in answer["items"] if mod["update"]]
    if as_json:
        print_json(answer)
        return
    rows = [
        (
            mod["file_name"] if mod["is_double"] else mod["modid"] or mod["file_name"],
            mod["name"],
            mod["version"],
            FITS[mod["fit"]],
            _update(mod["update"]),
            ", ".join(_marks(mod)),
        )
        for mod in answer["items"]
    ]
    if rows:
        print_table(("MOD ID", "NAME", "VERSION", "FITS", "UPDATE", "IS"), rows)
    troubles = [
        f"{mod['modid'] or mod['file_name']}: {trouble['message']}" for mod in answer["items"] for trouble in mod["troubles"]
    ]
    if troubles:
        print_lines("", *troubles)
    print_lines(*([""] if rows else []), _footer(server, answer, updates=updates))
    if answer["pending"]:
        print_lines("", *_pending(server, answer["pending"]))


def search(
    server: Server,
    words: Words = None,
    fitting: Annotated[bool, typer.Option("--fitting", help="Only mods with a release for the server's version.")] = False,
    side: Side = None,
    tag: Tags = None,
    sort: Sort = None,
    limit: Limit = 20,
    cursor: Cursor = None,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Search the catalogue for mods that can be installed: whether they fit this server, and which it has."""
    client = connect(data_dir, url)
    installed = client.get(mods_path(server))
    version = installed["game_version"]
    query = {
        "q": " ".join(words) if words else None,
        "type": "mod",
        "fit_for": version,
        "game_version": version if fitting else None,
        "side": side,
        "tag": tag,
        "sort": sort,
        "limit": limit,
        "cursor": cursor,
    }
    answer = client.get("/catalog/mods", query)
    there = {mod["modid"].casefold(): mod["version"] or "yes" for mod in installed["items"] if mod["modid"]}
    for mod in answer["items"]:
        mod["installed"] = next((there[modid.casefold()] for modid in mod["modids"] if modid.casefold() in there), None)
    if as_json:
        print_json(answer)
        return
    rows = [
        (
            ", ".join(mod["modids"]),
            mod["name"],
            mod["author"],
            mod["side"],
            _CATALOG_FITS.get(mod["fit"] or ""),
            mod["installed"],
            f"{mod['downloads']:,}",
            when(mod["last_released"]),
        )
        for mod in answer["items"]
    ]
    columns = ("MOD ID", "NAME", "AUTHOR", "SIDE", "FITS", "INSTALLED", "DOWNLOADS", "LAST RELEASED")
    print_table(columns, rows, numbers=("DOWNLOADS",))
    more = f" Next page: --cursor {answer['next_cursor']}" if answer["next_cursor"] else ""
    print_lines("", f"{len(rows)} of {answer['total']:,} mods{age(answer)}.{more}")
    tell_state(answer)


def ready_for(
    server: Server,
    version: Annotated[str, typer.Argument(metavar="VERSION", help="Of the game, as in: vsmanager versions list")],
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Which mods are ready for another version of the game. Ends with 1 when one is known not to be."""
    answer = connect(data_dir, url).get(f"{mods_path(server)}/ready-for/{segment(version)}", timeout_seconds=120.0)
    if as_json:
        print_json(answer)
    else:
        rows = [
            (mod["modid"], mod["name"], mod["installed"], _VERDICTS[mod["verdict"]], mod["version"], mod["message"])
            for mod in answer["items"]
        ]
        if rows:
            print_table(("MOD ID", "NAME", "INSTALLED", "READY", "VERSION", "WHY"), rows)
            print_lines("")
        counts = f"{answer['ready']} ready, {answer['not_ready']} not ready, {answer['unknown']} not known for certain"
        print_lines(f"For version {answer['game_version']} of the game: {counts}.")
        if answer["problem"]:
            warn_lines(f"note: {answer['problem']}")
    if answer["not_ready"]:
        raise typer.Exit(ExitCode.FAILED)


def tell_check(client: Client, run: dict[str, Any], server: str, *, wait: bool, follow: bool, as_json: bool) -> None:
    """Of the check for updates; when it was waited for, what it found for this server."""
    if not (wait or follow):
        tell_run(client, run, wait=False, as_json=as_json)
        return
    follow_run(client, run["id"], show_log=follow, as_json=as_json, says_end=False)
    if not as_json:
        found = next((one for one in client.get("/mod-updates")["items"] if one["server_id"] == server), None)
        print_lines(_found(server, found))
        report = client.get(f"/runs/{segment(run['id'])}")["report"]
        if report and report.get("problem"):
            warn_lines(f"note: {report['problem']}")


def _found(server: str, found: dict[str, Any] | None) -> str:
    if found is None:
        return f"{server} has no mods that the mod database could know."
    more = f" (see: vsmanager mods plan {server})" if found["updates"] else ""
    return (
        f"Updates: {found['updates']}{more}. Only for another version of the game: {found['updates_for_other_versions']}. "
        f"Retracted: {found['retracted']}. Gone from the mod database: {found['gone']}."
    )


def _update(update: dict[str, Any] | None) -> str | None:
    if update is None:
        return None
    return f"{update['version']}, for another version of the game" if update["fit"] == "not" else str(update["version"])


def _marks(mod: dict[str, Any]) -> list[str]:
    marks = [
        (not mod["is_enabled"], "disabled"),
        (mod["is_pinned"], "pinned"),
        (mod["is_held"], "held"),
        (mod["by_hand"], "put there by hand"),
        (mod["side"] == "client", "for players only"),
    ]
    return [word for holds, word in marks if holds]


def _footer(server: str, answer: dict[str, Any], *, updates: bool) -> str:
    count = len(answer["items"])
    if not count and not updates:
        return f"There are none yet. Find some with: vsmanager mods search {server} WORD"
    kind = "with an update" if updates else f"for version {answer['game_version']} of the game"
    of_set = "" if answer["generation"] is None else f", set {answer['generation']}"
    checked = answer["updates_checked_at"]
    looked = f"Updates were looked for {when(checked)}." if checked else "Updates were not looked for yet."
    return f"{count} {'mod' if count == 1 else 'mods'} {kind}{of_set}. {looked}"


def _pending(server: str, pending: dict[str, Any]) -> list[str]:
    changes = pending["changes"]
    what = "This waits" if len(changes) == 1 else f"{len(changes)} changes wait"
    lines = [f"{what} for the next start, as set {pending['generation']}:"]
    for change in changes:
        by = f" by {change['actor']}" if change["actor"] else ""
        lines.append(f"  {when(change['at'])}{by}: {change['why']}")
        lines += [f"    {sign} {text}" for sign, name in SIGNS for text in change[name]]
    return [
        *lines,
        f"Restart the server for it with: vsmanager mods restart {server}, or forget it: vsmanager mods discard {server}",
    ]
