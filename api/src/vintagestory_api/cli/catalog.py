"""`vsmanager catalog`: the mods, as the manager knows them."""

import re
from html import unescape
from typing import Annotated, Any, Literal

import typer

from vintagestory_api.cli.connection import connect, segment
from vintagestory_api.cli.failures import warn_lines
from vintagestory_api.cli.options import AsJson, Cursor, DataDir, Limit, Url
from vintagestory_api.cli.output import duration, print_facts, print_json, print_lines, print_table, when

app = typer.Typer(help="The catalogue of mods.")

_RELEASES_SHOWN = 10
_DESCRIPTION_LENGTH = 1_000
_STATES = {
    "filling": "note: what was asked for is being fetched. Ask again in a moment.",
    "unavailable": "note: what was asked for could not be fetched. See: vsmanager jobs list",
}

#: What searches of the catalogue have in common.
Words = Annotated[list[str] | None, typer.Argument(metavar="[WORD]...", help="Words that all have to occur.")]
Side = Annotated[Literal["both", "server", "client"] | None, typer.Option("--side", help="Where the mod runs.")]
Tags = Annotated[list[str] | None, typer.Option("--tag", help="A tag's name; may be repeated: all of them.")]
Sort = Annotated[
    Literal["relevance", "downloads", "last_released", "name"] | None,
    typer.Option("--sort", help="[default: relevance with words, downloads without]"),
]


@app.command("search")
def search(
    words: Words = None,
    side: Side = None,
    kind: Annotated[
        Literal["mod", "externaltool", "other"] | None, typer.Option("--type", help="What kind of thing it is.")
    ] = None,
    tag: Tags = None,
    author: Annotated[str | None, typer.Option("--author", help="The author's exact name.")] = None,
    game_version: Annotated[str | None, typer.Option("--game-version", help="Mods for this version, like 1.21.")] = None,
    sort: Sort = None,
    limit: Limit = 20,
    cursor: Cursor = None,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Search the mods; without words, those most downloaded."""
    query = {
        "q": " ".join(words) if words else None,
        "side": side,
        "type": kind,
        "tag": tag,
        "author": author,
        "game_version": game_version,
        "sort": sort,
        "limit": limit,
        "cursor": cursor,
    }
    answer = connect(data_dir, url).get("/catalog/mods", query)
    if as_json:
        print_json(answer)
        return
    rows = [
        (
            str(mod["id"]),
            mod["name"],
            mod["author"],
            mod["side"],
            f"{mod['downloads']:,}",
            when(mod["last_released"]),
            mod["modids"][0] if mod["modids"] else None,
        )
        for mod in answer["items"]
    ]
    print_table(
        ("NUMBER", "NAME", "AUTHOR", "SIDE", "DOWNLOADS", "LAST RELEASED", "MOD ID"), rows, numbers=("NUMBER", "DOWNLOADS")
    )
    print_lines("", _footer(answer))
    tell_state(answer)


@app.command("show")
def show(
    mod: Annotated[str, typer.Argument(metavar="MOD", help="The mod's number, or an id of its modinfo.json.")],
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """One mod, with its releases."""
    answer = connect(data_dir, url).get(f"/catalog/mods/{segment(mod)}")
    if as_json:
        print_json(answer)
        return
    print_facts(
        [
            ("Name", answer["name"]),
            ("Author", answer["author"]),
            ("Ids", ", ".join(answer["modids"])),
            ("Summary", answer["summary"]),
            ("Side", answer["side"]),
            ("Type", answer["type"]),
            ("Tags", ", ".join(answer["tags"])),
            ("Downloads", f"{answer['downloads']:,}"),
            ("Page", answer["page_url"]),
            ("Home page", answer["homepage_url"]),
            ("Source", answer["source_code_url"]),
            ("Last released", when(answer["last_released"])),
            ("Fetched", when(answer["fetched_at"]) + (" – the mod database does not answer now" if answer["stale"] else "")),
        ]
    )
    if text := _words(answer["description_html"]):
        print_lines("", text)
    if releases := answer["releases"]:
        print_lines("")
        rows = [
            (
                release["version"] + (" (pre-release)" if release.get("is_prerelease") else ""),
                ", ".join(release["game_versions"][:3]) + (" …" if len(release["game_versions"]) > 3 else ""),
                when(release["created"]),
                f"{release['downloads']:,}",
                release["file_name"],
            )
            for release in releases[:_RELEASES_SHOWN]
        ]
        print_table(("RELEASE", "FOR GAME", "RELEASED", "DOWNLOADS", "FILE"), rows, numbers=("DOWNLOADS",))
        if len(releases) > _RELEASES_SHOWN:
            print_lines("", f"{len(releases) - _RELEASES_SHOWN} older releases are shown with --json.")


@app.command("tags")
def tags(data_dir: DataDir = None, url: Url = None, as_json: AsJson = False) -> None:
    """All tags, with how many mods have each."""
    answer = connect(data_dir, url).get("/catalog/tags")
    if as_json:
        print_json(answer)
    else:
        print_table(("TAG", "MODS"), [(tag["name"], f"{tag['mods']:,}") for tag in answer["items"]], numbers=("MODS",))


def _footer(answer: dict[str, Any]) -> str:
    more = f" Next page: --cursor {answer['next_cursor']}" if answer["next_cursor"] else ""
    return f"{len(answer['items'])} of {answer['total']:,} mods{age(answer)}.{more}"


def age(answer: dict[str, Any]) -> str:
    age = answer["data_age_seconds"]
    return "" if age is None else f", as they were {duration(age)} ago" if age else ", up to date"


def tell_state(answer: dict[str, Any]) -> None:
    if note := _STATES.get(answer["state"]):
        warn_lines(note)


def _words(html: str) -> str:
    """The beginning of a text without its markup."""
    text = " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())
    return text if len(text) <= _DESCRIPTION_LENGTH else text[:_DESCRIPTION_LENGTH].rstrip() + " …"
