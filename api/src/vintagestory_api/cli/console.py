"""`vsmanager console`: what a game server prints, live, and what is typed to it."""

import sys
import threading
import time
from contextlib import suppress
from typing import Annotated, Any

import typer

from vintagestory_api.cli.connection import Client, Unreachable, connect, segment
from vintagestory_api.cli.failures import CommandFailed, ExitCode, warn_lines
from vintagestory_api.cli.options import AsJson, DataDir, Url
from vintagestory_api.cli.output import plain, print_json, print_lines, write
from vintagestory_api.cli.servers import Server, Yes, confirm

_LOOK_EVERY_SECONDS = 0.4
_PAGE_LINES = 1000
_SHOWN_AT_FIRST = 20
_HISTORY_LINES = 500


def console(
    server: Server,
    send: Annotated[
        str | None, typer.Option("--send", metavar="COMMAND", help="Hand one command to it, print the answer, and end.")
    ] = None,
    last: Annotated[
        int | None, typer.Option("--last", min=0, max=5000, help="Print the last so many lines. Alone: and end.")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Print lines as they come, until Ctrl-C.")] = False,
    yes: Yes = False,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """The console of a server: its lines, live, and commands for it. Ctrl-D leaves it; the server stays as it is."""
    client = connect(data_dir, url)
    if send is not None:
        _send_one(client, server, send, yes=yes, as_json=as_json)
        return
    feed = _Feed(client, server)
    if follow:
        _follow(feed, _SHOWN_AT_FIRST if last is None else last, as_json=as_json)
    elif last is not None or as_json or not (sys.stdin.isatty() and sys.stdout.isatty()):
        _print_last(feed, _SHOWN_AT_FIRST if last is None else last, as_json=as_json)
    else:
        _Prompt(client, server, feed).run()


class _Feed:
    """Lines from a place on, page by page."""

    def __init__(self, client: Client, server: str) -> None:
        self._client = client
        self._path = f"/servers/{segment(server)}/console"
        self._after = 0

    def last(self, count: int) -> dict[str, Any]:
        """The last lines; the next ones follow them."""
        # None at all is asked for by one, as 0 means all that there are.
        page: dict[str, Any] = self._client.get(self._path, {"last": max(count, 1)})
        if count == 0:
            page["lines"] = []
        self._after = page["next_after"]
        return page

    def next(self) -> dict[str, Any]:
        page: dict[str, Any] = self._client.get(self._path, {"after": self._after, "limit": _PAGE_LINES})
        self._after = page["next_after"]
        return page


def _send_one(client: Client, server: str, command: str, *, yes: bool, as_json: bool) -> None:
    if not command.startswith("/"):
        confirm(f"Say {command!r} to all players? Commands begin with a slash.", yes=yes)
    answer = _send(client, server, command)
    if as_json:
        print_json(answer)
        return
    print_lines(*(line["text"] for line in answer["lines"]))
    if not answer["is_complete"]:
        warn_lines("note: the game may not have finished its answer. Look on with: vsmanager console " + server + " --last 20")


def _send(client: Client, server: str, command: str) -> dict[str, Any]:
    answer: dict[str, Any] = client.send("POST", f"/servers/{segment(server)}/commands", {"command": command})
    return answer


def _print_last(feed: _Feed, count: int, *, as_json: bool) -> None:
    page = feed.last(count)
    if as_json:
        print_json(page)
    else:
        print_lines(*map(_shown, page["lines"]))


def _follow(feed: _Feed, count: int, *, as_json: bool) -> None:
    """Until Ctrl-C. As JSON: one document a line, each a page."""
    page = feed.last(count)
    while True:
        if as_json:
            if page["lines"] or page["dropped"]:
                print_json_line(page)
        else:
            print_lines(*_lines_of(page))
        if page["is_end"]:
            time.sleep(_LOOK_EVERY_SECONDS)
        page = _patiently(feed)


def _patiently(feed: _Feed) -> dict[str, Any]:
    """The next page, also over a restart of the manager."""
    was_told = False
    while True:
        with suppress(Unreachable):
            return feed.next()
        if not was_told:
            warn_lines("note: the manager does not answer; trying again …")
            was_told = True
        time.sleep(1.0)


def print_json_line(document: Any) -> None:
    import json  # noqa: PLC0415 - only here

    write(json.dumps(document) + "\n")


def _lines_of(page: dict[str, Any]) -> list[str]:
    gap = [f"… {page['dropped']:,} lines are no longer kept …"] if page["dropped"] else []
    return gap + [_shown(line) for line in page["lines"]]


def _shown(line: dict[str, Any]) -> str:
    if line.get("is_continuation") or line["time"] is None:
        return f"    {line['text']}"
    return f"{line['time'][11:19]} [{line['type']}] {line['text']}"


class _Prompt:
    """Lines above, a line to type in below them."""

    def __init__(self, client: Client, server: str, feed: _Feed) -> None:
        self._client = client
        self._server = server
        self._feed = feed
        self._text = f"{server}> "
        self._asks = threading.Event()  # a question stands where the prompt was
        self._ended = threading.Event()

    def run(self) -> None:
        history = _History(self._server, self._hints())
        print_lines(*_lines_of(self._feed.last(_SHOWN_AT_FIRST)), "")
        print_lines("Commands begin with a slash; Tab completes them. Ctrl-D leaves the console, the server goes on.")
        watcher = threading.Thread(target=self._watch, name="console", daemon=True)
        watcher.start()
        try:
            while (typed := self._read()) is not None:
                if typed:
                    self._do(typed)
        finally:
            self._ended.set()
            history.save()

    def _hints(self) -> list[str]:
        with suppress(CommandFailed):
            answer = self._client.get(f"/servers/{segment(self._server)}/command-hints")
            return [f"/{hint['name'].lstrip('/')}" for hint in answer["items"]]
        return []

    def _read(self) -> str | None:
        try:
            return input(self._text).strip()
        except EOFError:
            write("\n")
            return None

    def _do(self, typed: str) -> None:
        try:
            if not typed.startswith("/") and not self._may_be_said(typed):
                return
            _send(self._client, self._server, typed)  # what it answers comes with the other lines
        except CommandFailed as failure:
            if failure.exit_code in {ExitCode.NOT_ALLOWED, ExitCode.NOT_FOUND}:
                raise
            warn_lines(f"error: {plain(failure.message)}")

    def _may_be_said(self, typed: str) -> bool:
        self._asks.set()
        try:
            return input(f"Say {plain(typed)!r} to all players? [y/N] ").strip().lower() in {"y", "yes"}
        except EOFError:
            return False
        finally:
            self._asks.clear()

    def _watch(self) -> None:
        was_lost = False
        while not self._ended.wait(_LOOK_EVERY_SECONDS):
            if self._asks.is_set():
                continue
            try:
                page = self._feed.next()
            except Unreachable:
                if not was_lost:
                    self._above(["The manager does not answer; trying again …"])
                was_lost = True
                continue
            except CommandFailed as failure:
                self._above([f"error: {failure.message}"])
                return
            if was_lost:
                self._above(["The manager answers again."])
                was_lost = False
            self._above(_lines_of(page))

    def _above(self, lines: list[str]) -> None:
        """Print lines, and then again what is being typed."""
        if not lines or self._ended.is_set():
            return
        import readline  # noqa: PLC0415 - only where it is typed

        text = "".join(plain(line) + "\n" for line in lines)
        write(f"\r\x1b[2K{text}{self._text}{readline.get_line_buffer()}")


class _History:
    """What was typed before, per server; for its owner only."""

    def __init__(self, server: str, hints: list[str]) -> None:
        import readline  # noqa: PLC0415 - only where it is typed

        from platformdirs import user_state_path  # noqa: PLC0415 - as above

        self._readline = readline
        self._file = user_state_path("vsmanager", appauthor=False) / "console-history" / f"{segment(server)}.txt"
        self._hints = sorted(hints)
        readline.set_completer_delims("")
        readline.set_completer(self._complete)
        readline.parse_and_bind("tab: complete")
        readline.clear_history()
        with suppress(OSError):
            readline.read_history_file(str(self._file))

    def save(self) -> None:
        with suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._readline.set_history_length(_HISTORY_LINES)
            self._readline.write_history_file(str(self._file))
            self._file.chmod(0o600)

    def _complete(self, text: str, place: int) -> str | None:
        fitting = [hint for hint in self._hints if hint.startswith(text)]
        return fitting[place] if place < len(fitting) else None
