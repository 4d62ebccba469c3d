"""`vsmanager update`: game version and mods of servers, brought up to date with a way back."""

import re
from enum import StrEnum
from typing import Annotated, Any

import typer

from vintagestory_api.cli.connection import Client, connect, segment
from vintagestory_api.cli.failures import CommandFailed, ExitCode
from vintagestory_api.cli.options import AsJson, Cursor, DataDir, Limit, Url, Wait
from vintagestory_api.cli.output import NOTHING, print_facts, print_json, print_lines, print_table, size, when
from vintagestory_api.cli.servers import Server, Yes, confirm, tell_run

app = typer.Typer(help="Updates of servers: backed up before, watched after, and taken back when they turn out badly.")

_PLAN_TIMEOUT_SECONDS = 120.0
_WINDOW = re.compile(r"(\d\d:\d\d)-(\d\d:\d\d)", re.ASCII)
_OUTCOMES = {
    "updated": "updated",
    "went_back": "went back",
    "failed": "failed",
    "nothing_to_do": "nothing to do",
    None: "under way",
}
_GAME = {"off": "nothing", "tell": "told", "patch": "patches by itself", "stable": "all stable versions by itself"}
_MODS = {"off": "nothing", "tell": "told", "fitting": "fitting releases by itself"}


class Mods(StrEnum):
    NONE = "none"
    FITTING = "fitting"


class GamePolicy(StrEnum):
    OFF = "off"
    TELL = "tell"
    PATCH = "patch"
    STABLE = "stable"


class ModPolicy(StrEnum):
    OFF = "off"
    TELL = "tell"
    FITTING = "fitting"


To = Annotated[
    str | None,
    typer.Option("--to", metavar="VERSION", help="Of the game; also `patch` or `stable` for the newest. [default: as it is]"),
]
WhichMods = Annotated[Mods, typer.Option("--mods", help="Whether mods are updated: those releases that fit, or none.")]
Warn = Annotated[
    list[int] | None,
    typer.Option("--warn", metavar="MINUTES", help="Warn players so long before; may be given several times. 0: not at all."),
]
WatchSeconds = Annotated[int | None, typer.Option("--watch", min=0, max=3600, help="Seconds to watch the log before it counts.")]
Unready = Annotated[bool, typer.Option("--allow-unready", help="Also when mods don't support that version, unless pinned.")]


@app.command("status")
def status(
    server: Annotated[str | None, typer.Argument(metavar="[SERVER]", help="Only of this server.")] = None,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """What is new for the servers, and what is done of itself. Nobody is asked for it."""
    client = connect(data_dir, url)
    if server is None:
        answer = client.get("/updates")
        if as_json:
            print_json(answer)
            return
        rows = [
            (
                one["server_id"],
                one["game_now"],
                one["newest_patch"],
                one["newest_stable"],
                str(one["mod_updates"]),
                one["waits_for"] or (one["current"] or {}).get("phase"),
            )
            for one in answer["items"]
        ]
        if rows:
            print_table(("SERVER", "VERSION", "NEWEST PATCH", "NEWEST STABLE", "MOD UPDATES", "WAITS FOR"), rows)
        else:
            print_lines("There are no servers yet.")
        return
    answer = client.get(f"/servers/{segment(server)}/update")
    if as_json:
        print_json(answer)
        return
    _tell_state(answer)


@app.command("plan")
def plan(
    server: Server,
    to: To = None,
    mods: WhichMods = Mods.FITTING,
    allow_unready: Unready = False,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """What an update would do, and what speaks against it. Changes nothing; fails when it could not be made."""
    client = connect(data_dir, url)
    found = _plan(client, server, _request(client, server, to, mods, allow_unready=allow_unready))
    if as_json:
        print_json(found)
    else:
        _tell_plan(found)
    if found["problems"]:
        raise typer.Exit(ExitCode.FAILED)


@app.command("run")
def run(
    server: Server,
    to: To = None,
    mods: WhichMods = Mods.FITTING,
    warn: Warn = None,
    watch: WatchSeconds = None,
    allow_unready: Unready = False,
    yes: Yes = False,
    wait: Wait = False,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Update a server: warn, back up, stop, switch, start, watch; and go back, with the world, when it turns out badly."""
    client = connect(data_dir, url)
    body = _request(client, server, to, mods, allow_unready=allow_unready)
    if warn is not None:
        body["warn_minutes"] = [minutes for minutes in warn if minutes]
    if watch is not None:
        body["watch_seconds"] = watch
    found = _plan(client, server, body)
    if not as_json:
        _tell_plan(found)
    if not found["problems"] and not found["nothing_to_do"]:
        confirm(f"Update {server}?", yes=yes)
    body["digest"] = found["digest"]
    begun = client.send("POST", f"/servers/{segment(server)}/update", body, timeout_seconds=_PLAN_TIMEOUT_SECONDS)
    tell_run(client, begun, wait=wait, as_json=as_json)


@app.command("policy")
def policy(
    server: Server,
    game: Annotated[GamePolicy | None, typer.Option("--game", help="What is done about new versions of the game.")] = None,
    mods: Annotated[ModPolicy | None, typer.Option("--mods", help="What is done about new releases of mods.")] = None,
    window: Annotated[
        str | None, typer.Option("--window", metavar="HH:MM-HH:MM", help="Only between these times; `any` for at any time.")
    ] = None,
    zone: Annotated[str | None, typer.Option("--zone", help="Time zone of the window, such as Europe/Berlin.")] = None,
    with_players: Annotated[
        bool | None, typer.Option("--with-players/--without-players", help="Whether it is done while players are on.")
    ] = None,
    warn: Warn = None,
    watch: WatchSeconds = None,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """What is done of itself on a server; with options, change that."""
    client = connect(data_dir, url)
    answer = client.get(f"/servers/{segment(server)}/update")
    changes: dict[str, Any] = {
        name: value
        for name, value in (
            ("game", game and str(game)),
            ("mods", mods and str(mods)),
            ("zone", zone),
            ("with_players", with_players),
            ("warn_minutes", None if warn is None else [minutes for minutes in warn if minutes]),
            ("watch_seconds", watch),
        )
        if value is not None
    }
    if window is not None:
        changes["window"] = _window(window)
    if changes:
        answer = client.send("PUT", f"/servers/{segment(server)}/update-policy", {**answer["policy"], **changes})
    if as_json:
        print_json(answer["policy"])
    else:
        print_facts(_policy_facts(answer["policy"]))


@app.command("history")
def history(
    server: Server,
    limit: Limit = 20,
    cursor: Cursor = None,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Updates of a server and what became of them, newest first."""
    answer = connect(data_dir, url).get(f"/servers/{segment(server)}/updates", {"limit": limit, "cursor": cursor})
    if as_json:
        print_json(answer)
        return
    rows = [
        (
            when(one["started_at"]),
            _OUTCOMES.get(one["outcome"], one["outcome"]),
            _change(one),
            one["actor"] or one["trigger"],
            one["text"],
        )
        for one in answer["items"]
    ]
    if not rows:
        print_lines("This server was not updated yet.")
        return
    print_table(("WHEN", "BECAME", "WHAT", "BY", "WHY"), rows)
    if answer["next_cursor"]:
        print_lines(f"next page: --cursor {answer['next_cursor']}")


def _request(client: Client, server: str, to: str | None, mods: Mods, *, allow_unready: bool) -> dict[str, Any]:
    version = to
    if to in {"patch", "stable"}:
        version = client.get(f"/servers/{segment(server)}/update")[f"newest_{to}"]
        if version is None:
            raise CommandFailed(f"{server} has the newest {to} version that is known.", code="nothing_to_update")
    return {"game_version": version, "mods": str(mods), "allow_unready": allow_unready}


def _plan(client: Client, server: str, body: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = client.send(
        "POST", f"/servers/{segment(server)}/update/plan", body, timeout_seconds=_PLAN_TIMEOUT_SECONDS
    )
    return found


def _window(text: str) -> dict[str, str] | None:
    if text == "any":
        return None
    found = _WINDOW.fullmatch(text)
    if found is None:
        raise CommandFailed("Write the window like 03:00-05:00, or `any`.", exit_code=ExitCode.USAGE, code="wrong_usage")
    return {"begin": found[1], "end": found[2]}


def _tell_state(state: dict[str, Any]) -> None:
    current = state["current"]
    print_facts(
        [
            ("Version", state["game_now"]),
            ("Newest patch", state["newest_patch"]),
            ("Newest stable", state["newest_stable"]),
            ("Mods not ready for it", ", ".join(state["not_ready"])),
            ("Updates of mods", str(state["mod_updates"])),
            ("Under way", current and f"{_change(current)}: {current['phase'].replace('_', ' ')}"),
            ("Waits for", state["waits_for"]),
            ("Versions checked", when(state["checked_at"])),
            *_policy_facts(state["policy"]),
        ]
    )


def _policy_facts(found: dict[str, Any]) -> list[tuple[str, str | None]]:
    window = found["window"]
    return [
        ("New versions of the game", _GAME.get(found["game"], found["game"])),
        ("New releases of mods", _MODS.get(found["mods"], found["mods"])),
        ("When", f"{window['begin']}-{window['end']} ({found['zone']})" if window else "at any time"),
        ("While players are on", "yes" if found["with_players"] else "no"),
        ("Warnings", ", ".join(f"{minutes} min" for minutes in sorted(found["warn_minutes"], reverse=True)) or None),
        ("Watched for", f"{found['watch_seconds']} s"),
    ]


def _tell_plan(found: dict[str, Any]) -> None:
    if found["nothing_to_do"] and not found["problems"]:
        print_lines("There is nothing to update.")
        return
    if found["game_then"] != found["game_now"]:
        print_lines(f"The game: {found['game_now'] or NOTHING} to {found['game_then']}")
    rows = [
        (mod["modid"], mod["now"], mod["then"], mod["fit"], "pinned" if mod["is_pinned"] else None, mod["note"])
        for mod in found["mods"]
    ]
    if rows:
        print_table(("MOD", "NOW", "THEN", "FITS", "PINNED", "NOTE"), rows)
    for number, step in enumerate(found["steps"], 1):
        print_lines(f"{number}. {step['sentence']}")
    if found["bytes_needed"]:
        print_lines(f"It takes up to {size(found['bytes_needed'])} of {size(found['bytes_free'])} that are free.")
    for warning in found["warnings"]:
        print_lines(f"Note: {warning}")
    for problem in found["problems"]:
        print_lines(f"In the way: {problem}")


def _change(update: dict[str, Any]) -> str:
    parts = []
    if update["game_from"] != update["game_to"]:
        parts.append(f"{update['game_from'] or NOTHING} to {update['game_to']}")
    if update["mods_changed"]:
        parts.append("1 mod" if update["mods_changed"] == 1 else f"{update['mods_changed']} mods")
    return ", ".join(parts) or NOTHING
