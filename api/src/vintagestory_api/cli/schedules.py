"""`vsmanager schedules`: what happens on the servers by itself."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from vintagestory_api.cli.connection import Client, connect, segment
from vintagestory_api.cli.failures import CommandFailed, ExitCode
from vintagestory_api.cli.files import hand_out_yaml
from vintagestory_api.cli.options import AsJson, DataDir, Url, Wait
from vintagestory_api.cli.output import parse_time, print_facts, print_json, print_lines, print_table, when, write
from vintagestory_api.cli.runs import in_words
from vintagestory_api.cli.servers import Server, Yes, confirm, tell_run

app = typer.Typer(help="Schedules: what happens on the servers by itself, when, and step by step.")

ScheduleArgument = Annotated[
    str, typer.Argument(metavar="SCHEDULE", help="A schedule's id; or its name, where no other server has one of that name.")
]

_MAX_CHARACTERS = 500_000
_PAGE = 200
_REASONS = {
    "server_offline": "the server was offline",
    "server_online": "the server was online",
    "players_online": "players were on",
    "quiet_hours": "quiet hours",
    "nothing_new": "nothing new since the last backup",
    "own_doing": "its own doing",
    "too_soon": "too soon after the run before",
    "too_often": "it ran too often",
    "still_running": "the run before was still going on",
    "replaced": "the next run took its place",
    "manager_away": "the manager was not running",
    "start_deadline": "too late",
}


@app.command("list")
def list_schedules(
    server: Annotated[str | None, typer.Argument(metavar="[SERVER]", help="Only those of this server.")] = None,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Schedules, with their next and last runs."""
    client = connect(data_dir, url)
    answer = _all(client) if server is None else client.get(f"/servers/{segment(server)}/schedules")
    if as_json:
        print_json(answer)
        return
    rows = [
        (found["id"], found["server_id"], found["name"], _next(found), _last(found), found["problem"] or found["sentence"])
        for found in answer["items"]
    ]
    if rows:
        print_table(("SCHEDULE", "SERVER", "NAME", "NEXT RUN", "LAST RUN", "WHAT"), rows)
    else:
        print_lines("There are none yet. See what there could be with: vsmanager schedules templates")


@app.command("show")
def show_schedule(
    schedule: ScheduleArgument,
    count: Annotated[int, typer.Option("--count", "-n", min=1, max=100, help="How many of its next times.")] = 3,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """One schedule, with its steps, and its next times across changes of the clocks."""
    client = connect(data_dir, url)
    found = _find(client, schedule)
    if as_json:
        print_json(found)
        return
    steps = [*(("Step", step) for step in found["steps"]), *(("In any case", step) for step in found["finally"])]
    print_facts(
        [
            ("Schedule", found["id"]),
            ("Name", found["name"]),
            ("Server", found["server_id"]),
            ("Enabled", "yes" if found["enabled"] else "no"),
            ("What", found["sentence"]),
            ("Problem", found["problem"]),
            *((title, _step(step)) for title, step in steps),
            ("Last run", _last(found)),
            ("Run id", found["last_run_id"]),
        ]
    )
    if found["problem"] is None and found["enabled"]:
        _tell_times(client.get(f"/schedules/{segment(found['id'])}/next-runs", {"n": count}))


@app.command("run")
def run_schedule(
    schedule: ScheduleArgument, wait: Wait = False, data_dir: DataDir = None, url: Url = None, as_json: AsJson = False
) -> None:
    """Do its steps now, whatever its conditions say."""
    client = connect(data_dir, url)
    run = client.send("POST", f"/schedules/{segment(_find(client, schedule)['id'])}/run")
    tell_run(client, run, wait=wait, as_json=as_json)


@app.command("dry-run")
def dry_run(schedule: ScheduleArgument, data_dir: DataDir = None, url: Url = None, as_json: AsJson = False) -> None:
    """What a run would do at this moment, step by step. Changes nothing."""
    client = connect(data_dir, url)
    found = client.send("POST", f"/schedules/{segment(_find(client, schedule)['id'])}/dry-run")
    if as_json:
        print_json(found)
        return
    begins = found["waits"] or "It would run at once."
    print_lines(begins if found["would_run"] else f"It would be skipped: {found['reason']}")
    rows = [
        (
            str(number),
            ("in any case: " if step["is_finally"] else "") + step["sentence"],
            {True: "yes", False: "no", None: None}[step["ok"]],
            step["note"],
        )
        for number, step in enumerate(found["steps"], 1)
    ]
    print_table(("STEP", "WHAT", "WORKS", "NOTE"), rows)


@app.command("enable")
def enable_schedule(schedule: ScheduleArgument, data_dir: DataDir = None, url: Url = None, as_json: AsJson = False) -> None:
    """Let it run by itself again. What came meanwhile was not missed."""
    _turn(connect(data_dir, url), schedule, enabled=True, as_json=as_json)


@app.command("disable")
def disable_schedule(schedule: ScheduleArgument, data_dir: DataDir = None, url: Url = None, as_json: AsJson = False) -> None:
    """Keep it from running by itself. A run that is under way goes on."""
    _turn(connect(data_dir, url), schedule, enabled=False, as_json=as_json)


@app.command("delete")
def delete_schedule(
    schedule: ScheduleArgument, yes: Yes = False, data_dir: DataDir = None, url: Url = None, as_json: AsJson = False
) -> None:
    """Remove a schedule. A run that is under way goes on."""
    client = connect(data_dir, url)
    found = _find(client, schedule)
    confirm(f"Remove {found['name']!r} of {found['server_id']}?", yes=yes)
    client.send("DELETE", f"/schedules/{segment(found['id'])}")
    if as_json:
        print_json({"deleted": found["id"]})
    else:
        print_lines(f"{found['name']} is removed.")


@app.command("apply")
def apply_schedules(
    server: Server,
    file: Annotated[str, typer.Argument(metavar="FILE", help="A YAML file; - reads standard input.")],
    remove_others: Annotated[
        bool, typer.Option("--remove-others", help="Also remove schedules of the server that are not in the file.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Bring the schedules of a server in line with a file, all of it or nothing."""
    body = {"yaml": _text(file), "remove_others": remove_others, "dry_run": dry_run}
    answer = connect(data_dir, url).send("POST", f"/servers/{segment(server)}/schedules/apply", body)
    if as_json:
        print_json(answer)
        return
    would = "would be " if dry_run else ""
    told = [f"{name} {would}{what}" for what in ("added", "changed", "removed") for name in answer[what]]
    print_lines(*told or ["Everything is as the file says already."])


@app.command("export")
def export_schedules(
    server: Server,
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="[default: print it]")] = None,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """The schedules of a server as YAML, which `apply` takes."""
    client = connect(data_dir, url)
    text = b"".join(client.fetch(f"/servers/{segment(server)}/schedules/export"))
    hand_out_yaml(text, file, as_json=as_json)


@app.command("templates")
def list_templates(
    template: Annotated[str | None, typer.Argument(metavar="[TEMPLATE]", help="Print this one as a file for `apply`.")] = None,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Schedules to begin with."""
    items = connect(data_dir, url).get("/schedule-templates")["items"]
    if template is not None:
        items = [item for item in items if item["id"] == template]
        if not items:
            message = f"There is no template {template!r}. See: vsmanager schedules templates"
            raise CommandFailed(message, exit_code=ExitCode.NOT_FOUND, code="template_not_found")
    if as_json:
        print_json({"items": items, "next_cursor": None})
    elif template is not None:
        from vintagestory_api.schedules.schemas import ScheduleBody  # noqa: PLC0415 - only who needs it pays for it
        from vintagestory_api.schedules.yaml_text import write_schedules  # noqa: PLC0415 - as above

        write(write_schedules([ScheduleBody.model_validate(items[0]["body"])], items[0]["text"]))
    else:
        print_table(("TEMPLATE", "TITLE", "WHAT"), [(item["id"], item["title"], item["text"]) for item in items])


def _all(client: Client) -> dict[str, Any]:
    """Page after page."""
    items: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = client.get("/schedules", {"limit": _PAGE, "cursor": cursor})
        items += page["items"]
        if page["next_cursor"] is None:
            return {"items": items, "next_cursor": None}
        cursor = page["next_cursor"]


def _find(client: Client, schedule: str) -> dict[str, Any]:
    """By its id or its name. Raises `CommandFailed`."""
    items = _all(client)["items"]
    found = [item for item in items if item["id"] == schedule] or [
        item for item in items if item["name"].casefold() == schedule.casefold()
    ]
    if len(found) == 1:
        return dict(found[0])
    if found:
        where = ", ".join(f"{item['id']} of {item['server_id']}" for item in found)
        message = f"Several servers have a schedule {schedule!r}. Give its id: {where}"
        raise CommandFailed(message, exit_code=ExitCode.USAGE, code="wrong_usage")
    message = f"There is no schedule {schedule!r}. See: vsmanager schedules list"
    raise CommandFailed(message, exit_code=ExitCode.NOT_FOUND, code="schedule_not_found")


def _turn(client: Client, schedule: str, *, enabled: bool, as_json: bool) -> None:
    found = client.send("PATCH", f"/schedules/{segment(_find(client, schedule)['id'])}", {"enabled": enabled})
    if as_json:
        print_json(found)
    elif enabled:
        print_lines(f"{found['name']} is on. Next run: {_next(found)}")
    else:
        print_lines(f"{found['name']} is off. Turn it on with: vsmanager schedules enable {found['id']}")


def _tell_times(answer: dict[str, Any]) -> None:
    next_times = [f"Next: {time.replace('T', ' ')}, {when(time).split(' (')[0]}" for time in answer["times"]]
    print_lines("", *next_times, *answer["notes"])


def _step(step: dict[str, Any]) -> str:
    fields = {name: value for name, value in step.items() if name not in {"do", "on_failure"}}
    shown = [f"{name} {value}" for name, value in fields.items() if value not in (None, [], False)]
    on_failure = ["goes on when it fails"] if step["on_failure"] == "continue" else []
    return ", ".join([step["do"], *shown, *on_failure])


def _next(schedule: dict[str, Any]) -> str:
    if not schedule["enabled"]:
        return "off"
    if schedule["problem"]:
        return "never"
    return when(schedule["next_run_at"]) if parse_time(schedule["next_run_at"]) else "when it happens"


def _last(schedule: dict[str, Any]) -> str | None:
    if schedule["is_running"]:
        return "running"
    if schedule["last_run_state"] is None:
        return None
    reason = schedule["last_run_reason"]
    why = f": {_REASONS.get(reason, reason)}" if reason else ""
    return f"{in_words(schedule['last_run_state'])} {when(schedule['last_run_at'])}{why}"


def _text(file: str) -> str:
    try:
        data = sys.stdin.buffer.read(_MAX_CHARACTERS * 4) if file == "-" else Path(file).read_bytes()
        text = data.decode()
    except OSError as error:
        message = f"{file} can't be read: {error.strerror or error}"
        raise CommandFailed(message, exit_code=ExitCode.USAGE, code="file_unreadable") from error
    except UnicodeDecodeError as error:
        raise CommandFailed(f"{file} is no text in UTF-8.", exit_code=ExitCode.USAGE, code="file_unreadable") from error
    if len(text) > _MAX_CHARACTERS:
        raise CommandFailed(f"{file} is too large for a file of schedules.", exit_code=ExitCode.USAGE, code="file_too_large")
    return text
