"""`vsmanager players`: who is on a game server, who was, and what to do about them."""

from typing import Annotated, Any, Literal

import typer

from vintagestory_api.cli.connection import connect, segment
from vintagestory_api.cli.failures import CommandFailed, ExitCode
from vintagestory_api.cli.options import AsJson, Cursor, DataDir, Limit, Url
from vintagestory_api.cli.output import duration, print_facts, print_json, print_lines, print_table, when

app = typer.Typer(help="The players of a game server.")

Server = Annotated[str, typer.Argument(metavar="SERVER", help="The server's id.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The player's name; capitals make no difference.")]
Reason = Annotated[str | None, typer.Option("--reason", help="What the player is told.")]

_SESSIONS_SHOWN = 10
_ENDS = {"left": "left", "kicked": "was kicked", "server_ended": "the server ended", "unknown": "not known"}


@app.command("list")
def list_players(
    server: Server,
    words: Annotated[str | None, typer.Option("--search", help="Part of a name.")] = None,
    online: Annotated[bool, typer.Option("--online", help="Only who is on.")] = False,
    limit: Limit = 100,
    cursor: Cursor = None,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Who is on, who was seen last, and who stands in the server's lists."""
    query = {"q": words, "online": online, "limit": limit, "cursor": cursor}
    answer = connect(data_dir, url).get(f"/servers/{segment(server)}/players", query)
    if as_json:
        print_json(answer)
        return
    rows = [
        (
            player["name"],
            f"on for {_since(player)}" if player["is_online"] else when(player["last_seen"]),
            duration(player["play_time_seconds"]) if player["sessions"] else None,
            str(player["sessions"]),
            player["role"],
            _standing(player),
        )
        for player in answer["items"]
    ]
    print_table(("NAME", "SEEN", "PLAYED", "SESSIONS", "ROLE", "STANDING"), rows, numbers=("SESSIONS",))
    print_lines("", _footer(answer))


@app.command("show")
def show(server: Server, name: Name, data_dir: DataDir = None, url: Url = None, as_json: AsJson = False) -> None:
    """One player, with the latest sessions."""
    client, base = connect(data_dir, url), f"/servers/{segment(server)}/players"
    sessions = client.get(f"{base}/{segment(name)}/sessions", {"limit": _SESSIONS_SHOWN})["items"]
    player = _find(client.get(base, {"q": name, "limit": 500})["items"], server, name)
    if as_json:
        print_json({**player, "latest_sessions": sessions})
        return
    print_facts(
        [
            ("Name", player["name"]),
            ("Identifier", player["uid"]),
            ("On", f"for {_since(player)}" if player["is_online"] else "no"),
            ("Seen first", when(player["first_seen"])),
            ("Seen last", when(player["last_seen"])),
            ("Played", f"{duration(player['play_time_seconds'])} in {player['sessions']} sessions"),
            ("Role", player["role"]),
            ("Whitelisted", _yes_or_no(player["is_whitelisted"])),
            ("Banned", _ban(player)),
        ]
    )
    if sessions:
        rows = [
            (when(session["joined_at"]), duration(session["seconds"]), _ENDS[session["end"]] if session["end"] else "still on")
            for session in sessions
        ]
        print_lines("")
        print_table(("JOINED", "STAYED", "END"), rows)


@app.command("kick")
def kick(
    server: Server, name: Name, reason: Reason = None, data_dir: DataDir = None, url: Url = None, as_json: AsJson = False
) -> None:
    """Throw a player out, who can come again."""
    _act(data_dir, url, "POST", server, f"players/{segment(name)}/kick", {"reason": reason}, as_json=as_json)


@app.command("ban")
def ban(
    server: Server,
    name: Name,
    amount: Annotated[int, typer.Option("--for", min=1, max=1000, help="For how many units of time.")] = 50,
    unit: Annotated[Literal["minute", "hour", "day", "week", "year"], typer.Option("--unit", help="Of what.")] = "year",
    reason: Reason = None,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Throw a player out, and keep them out; also somebody who is not on."""
    body = {"amount": amount, "unit": unit, "reason": reason}
    _act(data_dir, url, "POST", server, f"players/{segment(name)}/ban", body, as_json=as_json)


@app.command("unban")
def unban(server: Server, name: Name, data_dir: DataDir = None, url: Url = None, as_json: AsJson = False) -> None:
    """Let a player in again."""
    _act(data_dir, url, "POST", server, f"players/{segment(name)}/unban", as_json=as_json)


@app.command("whitelist")
def whitelist(server: Server, name: Name, data_dir: DataDir = None, url: Url = None, as_json: AsJson = False) -> None:
    """Put a player on the whitelist; also one who never joined."""
    _act(data_dir, url, "POST", server, f"players/{segment(name)}/whitelist", as_json=as_json)


@app.command("unwhitelist")
def unwhitelist(server: Server, name: Name, data_dir: DataDir = None, url: Url = None, as_json: AsJson = False) -> None:
    """Take a player off the whitelist."""
    _act(data_dir, url, "POST", server, f"players/{segment(name)}/unwhitelist", as_json=as_json)


@app.command("whitelist-mode")
def whitelist_mode(
    server: Server,
    mode: Annotated[Literal["on", "off"], typer.Argument(metavar="MODE", help="on or off.")],
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Let in only who is on the whitelist, or everybody."""
    _act(data_dir, url, "PUT", server, "whitelist", {"mode": mode}, as_json=as_json)


@app.command("op")
def op(server: Server, name: Name, data_dir: DataDir = None, url: Url = None, as_json: AsJson = False) -> None:
    """Give a player the game's role admin: every right on the server."""
    _act(data_dir, url, "POST", server, f"players/{segment(name)}/op", as_json=as_json)


@app.command("role")
def role(
    server: Server,
    name: Name,
    code: Annotated[str, typer.Argument(metavar="ROLE", help="The code of a role of the server, like suplayer.")],
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Give a player a role."""
    _act(data_dir, url, "PUT", server, f"players/{segment(name)}/role", {"role": code}, as_json=as_json)


@app.command("chat")
def chat(
    server: Server,
    words: Annotated[str | None, typer.Option("--search", help="Part of what was said, or of a name.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """What was said, oldest of the latest first."""
    answer = connect(data_dir, url).get(f"/servers/{segment(server)}/chat", {"q": words, "limit": limit, "cursor": cursor})
    if as_json:
        print_json(answer)
        return
    for line in reversed(answer["items"]):
        group = f" (group {line['group']})" if line["group"] else ""
        print_lines(f"{when(line['at'])} {line['name']}{group}: {line['text']}")
    if answer["next_cursor"]:
        print_lines("", f"There is more before: --cursor {answer['next_cursor']}")


def _act(data_dir: Any, url: str | None, method: str, server: str, path: str, body: Any = None, *, as_json: bool) -> None:
    """Raises `CommandFailed` unless it was done."""
    answer = connect(data_dir, url).send(method, f"/servers/{segment(server)}/{path}", body)
    if as_json:
        print_json(answer)
    elif answer["outcome"] == "done":
        print_lines(answer["message"])
    if answer["outcome"] != "done":
        raise CommandFailed(answer["message"], code=f"action_{answer['outcome']}")


def _find(players: list[dict[str, Any]], server: str, name: str) -> dict[str, Any]:
    found = next((player for player in players if player["name"].lower() == name.lower()), None)
    if found is None:
        raise CommandFailed(
            f"Nobody on {server!r} is called {name!r}. See: vsmanager players list {server}",
            exit_code=ExitCode.NOT_FOUND,
            code="player_not_found",
        )
    return found


def _footer(answer: dict[str, Any]) -> str:
    most = f" of {answer['max_players']}" if answer["max_players"] is not None else ""
    exact = "" if answer["is_exact"] or not answer["online"] else ", as far as the console tells"
    mode = {"on": " Only players on the whitelist can join.", "off": " Everybody can join."}.get(answer["whitelist"], "")
    more = f" Next page: --cursor {answer['next_cursor']}" if answer["next_cursor"] else ""
    return f"{answer['online']}{most} on{exact}.{mode}{more}"


def _since(player: dict[str, Any]) -> str:
    told = when(player["online_since"])
    return told.split(" ago", 1)[0] if " ago" in told else "a moment"


def _standing(player: dict[str, Any]) -> str | None:
    words = []
    if player["is_banned"]:
        words.append(f"banned{_until(player)}")
    if player["is_whitelisted"]:
        words.append("whitelisted")
    return ", ".join(words) or None


def _ban(player: dict[str, Any]) -> str | None:
    if not player["is_banned"]:
        return _yes_or_no(player["is_banned"])
    reason = f": {player['ban_reason']}" if player["ban_reason"] else ""
    return f"yes{_until(player)}{reason}"


def _until(player: dict[str, Any]) -> str:
    if player["is_banned_for_ever"]:
        return " for ever"
    return f" until {player['banned_until'][:10]}" if player["banned_until"] else ""


def _yes_or_no(value: bool | None) -> str | None:
    return None if value is None else "yes" if value else "no"
