"""`vsmanager config`: the configuration of a server's game."""

import getpass
import json
import sys
from typing import Annotated, Any, Literal

import typer

from vintagestory_api.cli.connection import Client, connect, segment
from vintagestory_api.cli.failures import CommandFailed, ExitCode, warn_lines
from vintagestory_api.cli.options import AsJson, Cursor, DataDir, Url
from vintagestory_api.cli.output import print_facts, print_json, print_lines, print_table, when
from vintagestory_api.cli.servers import Server

app = typer.Typer(help="The configuration of a server's game: serverconfig.json and servermagicnumbers.json.")

FileName = Literal["serverconfig", "servermagicnumbers"]
File = Annotated[FileName, typer.Option("--file", help="Which file.")]
Version = Annotated[str, typer.Argument(metavar="VERSION", help="Of `config versions`.")]

_FILES: tuple[FileName, ...] = ("serverconfig", "servermagicnumbers")
_TAKES_EFFECT = {"live": "at once", "stop": "next stop", "new_world": "new world", "never": "the game's"}
_OUTCOMES = {
    "written": "written, in force from the next start on",
    "live": "in force, as the game says",
    "pending": "waits for the next stop",
    "unchanged": "was so before",
}
_HIDDEN = "(hidden)"
_SHOWN_LENGTH = 60


@app.command("show")
def show(
    server: Server,
    file: File = "serverconfig",
    words: Annotated[str | None, typer.Option("--search", help="Part of a name or title.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Also what only few need, and what the file does not say.")] = False,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Every setting, with its value and when a change of it is in force."""
    view = connect(data_dir, url).get(_config(server, file))
    if as_json:
        print_json(view)
        return
    waiting = {tuple(change["path"]) for change in view["pending"]}
    rows = [
        (
            ".".join(field["path"]),
            _value_of(field) + (" (another value waits)" if tuple(field["path"]) in waiting else ""),
            _TAKES_EFFECT[field["takes_effect"]],
            field["problem"] or field["title"],
        )
        for field in view["fields"]
        if _is_wanted(field, words, everything=everything)
    ]
    if view["problem"]:
        warn_lines(view["problem"])
    if rows:
        print_table(("SETTING", "VALUE", "IN FORCE", "WHAT"), rows)
    if view["whitelist"]:
        print_lines("", f"Whitelist: {view['whitelist']}")
    if view["pending"]:
        print_lines("", f"{len(view['pending'])} wait for the next stop: vsmanager config pending {server}")


@app.command("get")
def get(
    server: Server,
    setting: Annotated[str, typer.Argument(metavar="SETTING", help="Such as MaxClients or WorldConfig.WorldName.")],
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """The value of one setting, as JSON; a text as it is."""
    _, field = _find(connect(data_dir, url), server, setting)
    if as_json:
        print_json(field)
    elif field["type"] == "secret":
        print_lines("set" if field["is_set"] else "not set")
    else:
        value = field["value"]
        print_lines(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


@app.command("set")
def set_values(
    server: Server,
    settings: Annotated[
        list[str], typer.Argument(metavar="SETTING=VALUE…", help="A password without its value: it is asked for.")
    ],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Also over what others change at this moment.")] = False,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Change settings. While the game runs, what it can't take at once waits for its next stop."""
    client = connect(data_dir, url)
    by_file: dict[FileName, list[dict[str, Any]]] = {}
    for item in settings:
        name, has_value, text = item.partition("=")
        file, field = _find(client, server, name)
        if field["type"] == "secret":
            if has_value and text:
                raise CommandFailed(
                    f"Others can read what is typed here. Leave out the value: vsmanager config set {server} {name}",
                    exit_code=ExitCode.USAGE,
                    code="wrong_usage",
                )
            value: Any = None if has_value else _secret(server, name)
        elif not has_value:
            raise CommandFailed(f"Say what {name} shall be: {name}=VALUE", exit_code=ExitCode.USAGE, code="wrong_usage")
        else:
            value = _value(field, text)
        by_file.setdefault(file, []).append({"path": field["path"], "value": value})
    answers = []
    for file, changes in by_file.items():
        etag = client.get(_config(server, file))["etag"]
        body = {"etag": etag, "changes": changes, "overwrite": overwrite}
        answers.append(client.send("PATCH", _config(server, file), body))
    outcomes = [outcome for answer in answers for outcome in answer["outcomes"]]
    if as_json:
        print_json({"outcomes": outcomes})
    else:
        _tell(outcomes)


@app.command("pending")
def pending(
    server: Server,
    discard: Annotated[bool, typer.Option("--discard", help="Let them not wait any more.")] = False,
    setting: Annotated[str | None, typer.Option("--setting", help="Only this one.")] = None,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """The changes that wait for the next stop of the game."""
    client = connect(data_dir, url)
    waiting = [change for file in _FILES for change in client.get(_config(server, file))["pending"]]
    if setting is not None:
        waiting = [change for change in waiting if ".".join(change["path"]).lower() == setting.lower()]
    if discard:
        for change in waiting:
            query = {"path": json.dumps(change["path"])}
            client.send("DELETE", f"{_config(server, change['file'])}/pending", query=query)
    if as_json:
        print_json({"items": waiting})
    elif not waiting:
        print_lines("Nothing waits.")
    else:
        rows = [
            (
                ".".join(change["path"]),
                _HIDDEN if change["is_secret"] else _short(change["before"]),
                _HIDDEN if change["is_secret"] else _short(change["value"]),
                change["actor"],
                when(change["at"]),
            )
            for change in waiting
        ]
        print_table(("SETTING", "NOW", "THEN", "WHO", "SINCE"), rows)
        if discard:
            print_lines("", "They do not wait any more.")


@app.command("versions")
def versions(
    server: Server,
    file: File = "serverconfig",
    limit: Annotated[int, typer.Option("--limit", min=1, max=50, help="How many at most.")] = 20,
    cursor: Cursor = None,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """What the file was before, newest first."""
    answer = connect(data_dir, url).get(f"{_config(server, file)}/versions", {"limit": limit, "cursor": cursor})
    if as_json:
        print_json(answer)
        return
    causes = {"manager": "changed here", "outside": "by the game or by hand", "returned": "brought back"}
    rows = [
        (
            version["id"],
            when(version["at"]),
            version["actor"],
            causes[version["cause"]] + (", in force" if version["is_current"] else ""),
            _listed(version["changes"], version["changes_total"]),
        )
        for version in answer["items"]
    ]
    print_table(("VERSION", "SINCE", "WHO", "HOW", "CHANGED"), rows)
    if answer["next_cursor"]:
        print_lines("", f"next page: {answer['next_cursor']}")


@app.command("diff")
def diff(
    server: Server,
    version: Version,
    file: File = "serverconfig",
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """What would change if an earlier version was brought back."""
    answer = connect(data_dir, url).get(f"{_config(server, file)}/versions/{segment(version)}")
    if as_json:
        print_json(answer)
    elif not answer["to_current"]:
        print_lines("It has the same settings as the file has now.")
    else:
        rows = [
            (
                ".".join(change["path"]),
                _HIDDEN if change["is_secret"] else _short(change["before"]),
                _HIDDEN if change["is_secret"] else _short(change["after"]),
            )
            for change in answer["to_current"]
        ]
        print_table(("SETTING", "NOW", "THEN"), rows)


@app.command("return")
def bring_back(
    server: Server,
    version: Version,
    file: File = "serverconfig",
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Bring the settings of an earlier version back."""
    answer = connect(data_dir, url).send("POST", f"{_config(server, file)}/versions/{segment(version)}/return")
    if as_json:
        print_json({"outcomes": answer["outcomes"]})
    elif answer["outcomes"]:
        _tell(answer["outcomes"])
    else:
        print_lines("Nothing was to be changed.")


def _tell(outcomes: list[dict[str, Any]]) -> None:
    print_facts(
        [
            (".".join(outcome["path"]), _OUTCOMES[outcome["outcome"]] + (f" ({outcome['text']})" if outcome["text"] else ""))
            for outcome in outcomes
        ]
    )


def _config(server: str, file: FileName) -> str:
    return f"/servers/{segment(server)}/config/{file}"


def _find(client: Client, server: str, setting: str) -> tuple[FileName, dict[str, Any]]:
    """In whichever file it is. A setting that nobody knows is taken as it stands in the file."""
    wanted = setting.lower()
    for file in _FILES:
        view = client.get(_config(server, file))
        for field in view["fields"]:
            if ".".join(field["path"]).lower() == wanted:
                return file, field
        for unknown in view["unknown"]:
            if ".".join(unknown["path"]).lower() == wanted:
                return file, {**unknown, "type": "unknown", "is_set": True}
    word = setting.rpartition(".")[2]
    raise CommandFailed(
        f"There is no setting {setting!r}. Look for it: vsmanager config show {server} --all --search {word}",
        exit_code=ExitCode.NOT_FOUND,
        code="setting_not_found",
    )


def _value(field: dict[str, Any], text: str) -> Any:
    """Texts are taken as they are; everything else as JSON, with on and off for switches."""
    if field["type"] == "bool" and text.lower() in {"on", "yes", "off", "no"}:
        return text.lower() in {"on", "yes"}
    texts = field["type"] in {"text", "long_text"} or any(isinstance(choice["value"], str) for choice in field.get("choices", ()))
    if texts and text != "null":
        return text
    try:
        return json.loads(text)
    except ValueError:
        return [name.strip() for name in text.split(",") if name.strip()] if field["type"] == "list" else text


def _secret(server: str, name: str) -> str:
    if sys.stdin.isatty():
        value = getpass.getpass(f"{name}: ")
        if value != getpass.getpass("Once more: "):
            raise CommandFailed("The two are not the same.", exit_code=ExitCode.USAGE, code="wrong_usage")
    else:
        value = sys.stdin.readline().rstrip("\r\n")
    if not value:
        # A script whose pipe broke must not open the server to everybody.
        raise CommandFailed(
            f"It is empty, so nothing was changed. To take it away: vsmanager config set {server} {name}=",
            exit_code=ExitCode.USAGE,
            code="wrong_usage",
        )
    return value


def _is_wanted(field: dict[str, Any], words: str | None, *, everything: bool) -> bool:
    if words is not None and words.lower() not in f"{'.'.join(field['path'])} {field['title']}".lower():
        return False
    return everything or words is not None or (field["is_set"] and not field["is_advanced"]) or field["problem"] is not None


def _value_of(field: dict[str, Any]) -> str:
    if field["type"] == "secret":
        return "set" if field["is_set"] else "not set"
    if not field["is_set"]:
        return f"{_short(field['default'])} (the game's own)"
    unit = f" {field['unit']}" if field["unit"] and isinstance(field["value"], int | float) else ""
    return _short(field["value"]) + unit


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN_LENGTH else f"{text[:_SHOWN_LENGTH]}…"


def _listed(changes: list[dict[str, Any]], total: int) -> str | None:
    names = ", ".join(".".join(change["path"]) for change in changes[:3])
    return f"{names} and {total - 3} more" if total > 3 else names or None
