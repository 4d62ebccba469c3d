"""`vsmanager runs`: what the jobs did, and what they do right now."""

import re
import sys
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import typer

from vintagestory_api.cli.connection import Client, connect, segment
from vintagestory_api.cli.failures import CommandFailed, ExitCode
from vintagestory_api.cli.options import AsJson, Cursor, DataDir, Limit, Url
from vintagestory_api.cli.output import (
    NOTHING,
    parse_time,
    plain,
    print_facts,
    print_json,
    print_lines,
    print_table,
    took,
    when,
    write,
)

app = typer.Typer(help="The runs of the jobs: history, logs, and stopping them.")

State = StrEnum(  # typer takes no list of literals
    "State", ["queued", "running", "succeeded", "failed", "timed_out", "cancelled", "skipped", "missed", "lost"]
)
RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="A run's id; or a job's id, for its newest run.")]

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_LOOK_EVERY_SECONDS = 1.0
_WAIT_AT_MOST_SECONDS = 15.0


@app.command("list")
def list_runs(
    job: Annotated[str | None, typer.Option("--job", metavar="JOB", help="Only runs of this job.")] = None,
    state: Annotated[list[State] | None, typer.Option("--state", help="Only runs in this state; may be repeated.")] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Runs, newest first."""
    query = {"job_id": job, "state": state, "limit": limit, "cursor": cursor}
    answer = connect(data_dir, url).get("/runs", query)
    if as_json:
        print_json(answer)
        return
    rows = [
        (
            run["id"],
            run["job_id"],
            in_words(run["state"]),
            when(run["started_at"] or run["scheduled_for"]),
            took(run["started_at"], run["ended_at"]),
            outcome(run),
        )
        for run in answer["items"]
    ]
    print_table(("RUN", "JOB", "STATE", "STARTED", "TOOK", "WHAT"), rows)
    if answer["next_cursor"]:
        print_lines("", f"There are more: --cursor {answer['next_cursor']}")


@app.command("show")
def show_run(run: RunArgument, data_dir: DataDir = None, url: Url = None, as_json: AsJson = False) -> None:
    """One run, with its report, its error and its log."""
    client = connect(data_dir, url)
    answer = client.get(f"/runs/{segment(_run_id(client, run))}")
    if as_json:
        print_json(answer)
        return
    error = answer["error"]
    print_facts(
        [
            ("Run", answer["id"]),
            ("Job", answer["job_id"]),
            ("State", in_words(answer["state"]) + (f" ({answer['reason']})" if answer["reason"] else "")),
            ("Trigger", answer["trigger"]),
            ("Due", when(answer["scheduled_for"])),
            ("Started", when(answer["started_at"])),
            ("Ended", when(answer["ended_at"])),
            ("Took", took(answer["started_at"], answer["ended_at"])),
            ("Attempt", str(answer["attempt"])),
            ("Progress", _progress(answer)),
            ("Report", _report(answer["report"])),
            ("Error", f"{error['type']}: {error['message']}" if error else None),
        ]
    )
    if answer["log"]:
        print_lines("", *(_log_line(line) for line in answer["log"]))


@app.command("follow")
def follow(run: RunArgument, data_dir: DataDir = None, url: Url = None, as_json: AsJson = False) -> None:
    """Show a run's log, live, until it has ended. Fails when the run does; Ctrl-C leaves the run alone."""
    client = connect(data_dir, url)
    follow_run(client, _run_id(client, run), show_log=True, as_json=as_json)


@app.command("cancel")
def cancel(run: RunArgument, data_dir: DataDir = None, url: Url = None, as_json: AsJson = False) -> None:
    """Ask a run to stop. It ends when its work has."""
    client = connect(data_dir, url)
    answer = client.send("POST", f"/runs/{segment(_run_id(client, run))}/cancel")
    if as_json:
        print_json(answer)
    else:
        print_lines(f"Asked run {answer['id']} of {answer['job_id']} to stop.")


def follow_run(client: Client, run_id: str, *, show_log: bool, as_json: bool, says_end: bool = True) -> None:
    """Wait for the run's end, and raise `CommandFailed` unless it succeeded. With `as_json` only the ended run is printed."""
    path = f"/runs/{segment(run_id)}"
    watch = _Watch(on_terminal=sys.stdout.isatty()) if show_log and not as_json else None
    after, finished = 0, False
    while not finished:
        wait_seconds = _LOOK_EVERY_SECONDS if watch else _WAIT_AT_MOST_SECONDS
        log = client.get(f"{path}/log", {"after": after, "wait_seconds": wait_seconds})
        after, finished = log["next_after"], log["finished"]
        if watch:
            watch.lines(log["items"])
            if not finished:
                watch.progress(client.get(path))
    run = client.get(path)
    if watch:
        watch.done()
    if as_json:
        print_json(run)
    elif run["state"] == "succeeded" and says_end:
        print_lines(f"{run['job_id']} succeeded after {took(run['started_at'], run['ended_at'])}: {outcome(run)}")
    if run["state"] != "succeeded":
        raise CommandFailed(
            f"The run of {run['job_id']} {_ENDED.get(run['state'], run['state'])}: {outcome(run).removesuffix('.')}. "
            f"See: vsmanager runs show {run['id']}",
            code=f"run_{run['state']}",
        )


def in_words(name: str) -> str:
    return name.replace("_", " ")


def outcome(run: dict[str, Any]) -> str:
    """What became of a run, in one line."""
    if run["error"]:
        return str(run["error"]["message"])
    if run["state"] in {"skipped", "missed", "lost", "cancelled", "timed_out"} and run["reason"]:
        count = f", {run['ticks']} times" if run["ticks"] > 1 else ""
        return _REASONS.get(run["reason"], in_words(run["reason"])) + count
    return run["message"] or _report(run["report"]) or run["reason"] or NOTHING


#: Where the word of the API says little to people.
_REASONS = {
    "upstream_open_circuit": "the service that it asks had failed several times in a row, and is left alone for a while",
}
_ENDED = {
    "failed": "failed",
    "timed_out": "took too long",
    "cancelled": "was cancelled",
    "skipped": "was skipped",
    "missed": "was missed",
    "lost": "was lost when the manager ended",
}


class _Watch:
    """Lines of a log as they come. Progress stands below them on a terminal; elsewhere each new message is a line."""

    def __init__(self, *, on_terminal: bool) -> None:
        self._on_terminal = on_terminal
        self._shown = ""

    def lines(self, items: list[dict[str, Any]]) -> None:
        if items:
            self.done()
            print_lines(*(_log_line(line) for line in items))

    def progress(self, run: dict[str, Any]) -> None:
        text = _progress(run) or ""
        if not text or text == self._shown:
            return
        if self._on_terminal:
            write(f"\r\x1b[2K{plain(text)[:200]}")
        else:
            print_lines(text)
        self._shown = text

    def done(self) -> None:
        """Take the progress away, so that other lines can follow."""
        if self._on_terminal and self._shown:
            write("\r\x1b[2K")
            self._shown = ""


def _run_id(client: Client, run: str) -> str:
    """The id itself, or that of a job's newest run."""
    if _UUID.fullmatch(run):
        return run
    found = client.get("/runs", {"job_id": run, "limit": 1})["items"]
    if not found:
        raise CommandFailed(
            f"There is no run {run!r}, and no job with that id has run. See: vsmanager runs list",
            exit_code=ExitCode.NOT_FOUND,
            code="run_not_found",
        )
    return str(found[0]["id"])


def _progress(run: dict[str, Any]) -> str | None:
    parts = ["" if run["progress"] is None else f"{run['progress']:.0%}", run["message"] or ""]
    return " ".join(part for part in parts if part) or None


def _report(report: dict[str, Any] | None) -> str | None:
    return ", ".join(f"{in_words(name)} {_value(value)}" for name, value in report.items()) if report else None


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "(" + ", ".join(f"{in_words(str(name))} {_value(item)}" for name, item in value.items()) + ")"
    if isinstance(value, list):
        return ", ".join(_value(item) for item in value) or "none"
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _log_line(line: dict[str, Any]) -> str:
    moment: datetime | None = parse_time(line["time"])
    clock = moment.astimezone().strftime("%H:%M:%S") if moment else line["time"]
    level = "" if line["level"] == "info" else f"{line['level'].upper()} "
    return f"{clock} {level}{line['message']}"
