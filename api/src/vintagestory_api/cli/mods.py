"""`vsmanager mods`: the mods of a game server, and every change of them."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from vintagestory_api.cli import mod_config, mod_lists, mod_sets
from vintagestory_api.cli.connection import Client, connect, segment
from vintagestory_api.cli.failures import CommandFailed, ExitCode
from vintagestory_api.cli.mod_commands import Change, changes_mods
from vintagestory_api.cli.mod_plans import Follow, mods_path
from vintagestory_api.cli.options import AsJson, DataDir, Url, Wait
from vintagestory_api.cli.output import print_lines, size
from vintagestory_api.cli.servers import Server

app = typer.Typer(help="The mods of a game server: find, install, update, go back.")

Mods = Annotated[
    list[str], typer.Argument(metavar="MOD", help="Ids of installed mods; a file's name for one without, or for one of several.")
]
Why = Annotated[str | None, typer.Option("--why", metavar="TEXT", help="For the history.")]
Prereleases = Annotated[bool, typer.Option("--allow-prereleases", help="Also versions like 2.0.0-rc.1.")]
Unfitting = Annotated[bool, typer.Option("--allow-unfitting", help="Also releases for another version of the game.")]
Alone = Annotated[bool, typer.Option("--alone", help="Leave other mods as they are: what it needs, and what needs it.")]

app.command("list")(mod_lists.list_mods)
app.command("search")(mod_lists.search)
app.command("ready-for")(mod_lists.ready_for)


@app.command("add")
@changes_mods()
def add(
    change: Change,
    mods: Annotated[
        list[str], typer.Argument(metavar="MOD", help="A mod's id, or id@version, or the address of its page or release.")
    ],
    prereleases: Prereleases = False,
    unfitting: Unfitting = False,
    alone: Alone = False,
    why: Why = None,
) -> None:
    """Install mods, with what they need: the best release for the server's version of the game, unless one is named."""
    wishes = [_wish("install", *_mod_and_version(change.client, mod)) for mod in mods]
    change.do(wishes, _options(why, alone=alone, prereleases=prereleases, unfitting=unfitting))


@app.command("upload")
@changes_mods()
def upload(
    change: Change,
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Files of mods on this machine: .zip, .dll, .cs.")],
    alone: Alone = False,
    why: Why = None,
) -> None:
    """Install mods from files. They are checked like all others."""
    wishes = [{"action": "install", "sha256": _sent(change, file)["sha256"]} for file in files]
    change.do(wishes, _options(why, alone=alone))


@app.command("update")
@changes_mods()
def update(
    change: Change,
    mods: Annotated[
        list[str] | None, typer.Argument(metavar="[MOD]", help="Ids, or id@version; all that are not pinned or held.")
    ] = None,
    prereleases: Prereleases = False,
    unfitting: Unfitting = False,
    alone: Alone = False,
    why: Why = None,
) -> None:
    """Update mods; without names all of them."""
    wishes = [_wish("update", *_mod_and_version(change.client, mod)) for mod in mods or ()] or [{"action": "update"}]
    change.do(wishes, _options(why, alone=alone, prereleases=prereleases, unfitting=unfitting))


def _with_others(action: str, help_text: str) -> None:
    """A command for mods that are there, which may be about others with them."""

    @app.command(action, help=help_text)
    @changes_mods()
    def act(change: Change, mods: Mods, alone: Alone = False, why: Why = None) -> None:
        change.do(_wishes(action, mods), _options(why, alone=alone))


def _marking(action: str, help_text: str) -> None:
    """A command that changes nothing but how mods are treated later."""

    @app.command(action, help=help_text)
    @changes_mods(without="restart")
    def mark(change: Change, mods: Mods, why: Why = None) -> None:
        change.do(_wishes(action, mods), _options(why))


_with_others("remove", "Take mods out, with those that need them. The history keeps them.")
_with_others("enable", "Let the game load mods again, with what they need.")
_with_others("disable", "Keep mods, but do not let the game load them, nor those that need them.")
_marking("pin", "Keep mods at their versions, until somebody asks for another one by name.")
_marking("unpin", "Let mods be updated again that were pinned.")
_marking("hold", "Let nothing change mods, until they are released.")
_marking("release", "Let mods be changed again that were held.")


@app.command("plan")
@changes_mods(without="dry_run")
def plan(
    change: Change,
    install: Annotated[list[str] | None, typer.Option("--add", metavar="MOD[@VERSION]", help="May be repeated.")] = None,
    updated: Annotated[list[str] | None, typer.Option("--update", metavar="MOD[@VERSION]", help="May be repeated.")] = None,
    removed: Annotated[list[str] | None, typer.Option("--remove", metavar="MOD", help="May be repeated.")] = None,
    disabled: Annotated[list[str] | None, typer.Option("--disable", metavar="MOD", help="May be repeated.")] = None,
    enabled: Annotated[list[str] | None, typer.Option("--enable", metavar="MOD", help="May be repeated.")] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Do it, all together or not at all.")] = False,
    prereleases: Prereleases = False,
    unfitting: Unfitting = False,
    alone: Alone = False,
    why: Why = None,
) -> None:
    """Show what several changes at once would do; without any, what an update of all mods would."""
    wishes = [_wish("install", *_mod_and_version(change.client, mod)) for mod in install or ()]
    wishes += [_wish("update", *_mod_and_version(change.client, mod)) for mod in updated or ()]
    for action, mods in (("remove", removed), ("disable", disabled), ("enable", enabled)):
        wishes += _wishes(action, mods or ())
    options = _options(why, alone=alone, prereleases=prereleases, unfitting=unfitting)
    change.do(wishes or [{"action": "update"}], options, only_plan=not apply)


@app.command("check")
def check(
    server: Server, wait: Wait = False, follow: Follow = False, data_dir: DataDir = None, url: Url = None, as_json: AsJson = False
) -> None:
    """Ask the mod database for updates now. It is asked about the mods of all servers, as every hour."""
    client = connect(data_dir, url)
    run = client.send("POST", f"{mods_path(server)}/updates/check")
    mod_lists.tell_check(client, run, server, wait=wait, follow=follow, as_json=as_json)


app.command("history")(mod_sets.history)
app.command("show")(mod_sets.show)
app.command("rollback")(mod_sets.rollback)
app.command("discard")(mod_sets.discard)
app.command("export")(mod_sets.export)
app.command("import")(mod_sets.import_list)
app.command("restart")(mod_sets.restart)
app.command("client-pack")(mod_sets.client_pack)
app.command("config")(mod_config.config)


def _options(
    why: str | None, *, alone: bool | None = None, prereleases: bool | None = None, unfitting: bool | None = None
) -> dict[str, Any]:
    """None of them for what a command doesn't offer."""
    options = {
        "with_dependencies": None if alone is None else not alone,
        "allow_prereleases": prereleases,
        "allow_unfitting": unfitting,
        "why": why,
    }
    return {name: value for name, value in options.items() if value is not None}


def _wishes(action: str, mods: Iterable[str]) -> list[dict[str, Any]]:
    """Raises `CommandFailed` for what no mod is called by."""
    mods = list(mods)
    if odd := next((mod for mod in mods if not mod.strip() or any(letter in "/\\" for letter in mod)), None):
        message = f"{odd!r} is neither a mod's id nor the name of a file. See: vsmanager mods list SERVER"
        raise CommandFailed(message, exit_code=ExitCode.USAGE, code="wrong_usage")
    return [{"action": action, "mod": mod} for mod in mods]


def _wish(action: str, mod: str, version: str | None) -> dict[str, Any]:
    return {"action": action, "mod": mod} if version is None else {"action": action, "mod": mod, "version": version}


def _mod_and_version(client: Client, text: str) -> tuple[str, str | None]:
    """From `id`, `id@version`, or an address."""
    if ":" in text or "/" in text:
        found = client.get("/catalog/pointer", {"text": text})
        if not found["modid"]:
            raise CommandFailed(
                f"What {text} leads to has no mod id, so it can't be installed: it may be a tool.",
                exit_code=ExitCode.NOT_FOUND,
                code="mod_not_found",
            )
        return found["modid"], found["version"]
    mod, _sign, version = text.partition("@")
    if not mod.strip():
        raise CommandFailed(f"{text!r} names no mod. Write its id, or id@version.", exit_code=ExitCode.USAGE, code="wrong_usage")
    return mod, version or None


def _sent(change: Change, path: Path) -> dict[str, Any]:
    """The file as the manager took it."""
    address = f"{mods_path(change.server)}/uploads/{segment(path.name)}"
    try:
        with path.open("rb") as file:
            taken: dict[str, Any] = change.client.send_file("PUT", address, file)
    except CommandFailed as failure:
        if failure.code == "body_too_large":
            message = f"{path.name} is larger than a mod may be (200 MB)."
            raise CommandFailed(message, exit_code=ExitCode.USAGE, code="mod_too_large") from failure
        raise
    except OSError as error:
        raise CommandFailed(
            f"{path} can't be read: {error.strerror or error}", exit_code=ExitCode.USAGE, code="file_unreadable"
        ) from error
    if not change.manner.as_json:
        known = " ".join(part for part in (taken["modid"], taken["version"]) if part) or "a mod without an id"
        print_lines(f"{path.name} holds {known}, {size(taken['size_bytes'])}.")
    return taken
