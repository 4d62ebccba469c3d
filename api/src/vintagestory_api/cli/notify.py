"""`vsmanager notify`: what needs somebody, and who is told of it."""

import getpass
import sys
from typing import Annotated, Any, Literal

import typer

from vintagestory_api.cli.connection import Client, connect, segment
from vintagestory_api.cli.failures import CommandFailed, ExitCode
from vintagestory_api.cli.options import AsJson, Cursor, DataDir, Limit, Url
from vintagestory_api.cli.output import print_facts, print_json, print_lines, print_table, when

app = typer.Typer(help="Alerts, and who is told of them.")

_STDIN_MAX = 10_000
#: Longer than the manager waits for a service.
_TEST_SECONDS = 90.0

Target = Annotated[str, typer.Argument(metavar="TARGET", help="Its name or its id.")]
FromStdin = Annotated[bool, typer.Option("--address-stdin", help="Read the address from the first line of standard input.")]


@app.command("list")
def list_targets(data_dir: DataDir = None, url: Url = None, as_json: AsJson = False) -> None:
    """The targets, with what became of their last messages."""
    answer = connect(data_dir, url).get("/notification-targets")
    if as_json:
        print_json(answer)
        return
    rows = [
        (
            target["name"],
            target["service"],
            "on" if target["enabled"] else "off",
            when(target["last_sent_at"]),
            target["last_problem"] or "well",
            str(target["waiting"]),
            target["id"],
        )
        for target in answer["items"]
    ]
    print_table(("NAME", "SERVICE", "STATE", "LAST SENT", "GOES", "WAITING", "ID"), rows, numbers=("WAITING",))


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="How you call it; unique.")],
    from_stdin: FromStdin = False,
    severity: Annotated[
        Literal["info", "warning", "critical"], typer.Option("--severity", help="From which severity on it is told.")
    ] = "warning",
    kinds: Annotated[list[str] | None, typer.Option("--kind", help="Only this kind; may be given several times.")] = None,
    servers: Annotated[list[str] | None, typer.Option("--server", help="Only this server; may be given several times.")] = None,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Add a target. Asks for its address, an Apprise URL, which is a secret: it is never an argument, and never shown again."""
    client = connect(data_dir, url)
    rule = {"kinds": kinds or [], "servers": servers or [], "min_severity": severity}
    made = client.send(
        "POST",
        "/notification-targets",
        {"name": name, "address": _secret("Address: ", from_stdin=from_stdin), "rules": [rule]},
        timeout_seconds=_TEST_SECONDS,
    )
    if as_json:
        print_json(made)
    else:
        print_lines(f"{made['name']!r} ({made['service']}) is a target now. Try it: vsmanager notify test {made['id']}")


@app.command("test")
def send_test(target: Target, data_dir: DataDir = None, url: Url = None, as_json: AsJson = False) -> None:
    """Send a test message now."""
    client = connect(data_dir, url)
    found = _find(client, target)
    result = client.send("POST", f"/notification-targets/{segment(found['id'])}/test", timeout_seconds=_TEST_SECONDS)
    if not result["ok"]:
        raise CommandFailed(result["message"], code="notification_not_sent", problem=result)
    if as_json:
        print_json(result)
    else:
        print_lines(result["message"])


@app.command("remove")
def remove(target: Target, data_dir: DataDir = None, url: Url = None, as_json: AsJson = False) -> None:
    """Remove a target with its address. What waits for it is dropped."""
    client = connect(data_dir, url)
    found = _find(client, target)
    client.send("DELETE", f"/notification-targets/{segment(found['id'])}")
    if as_json:
        print_json(found)
    else:
        print_lines(f"{found['name']!r} is told nothing any more.")


@app.command("deliveries")
def deliveries(
    limit: Limit = 50, cursor: Cursor = None, data_dir: DataDir = None, url: Url = None, as_json: AsJson = False
) -> None:
    """What was sent, what waits, and what could not be delivered."""
    answer = connect(data_dir, url).get("/notification-deliveries", {"limit": limit, "cursor": cursor})
    if as_json:
        print_json(answer)
        return
    rows = [
        (item["state"], when(item["at"]), item["target_name"], item["title"], item["error"] or when(item["next_try_at"]))
        for item in answer["items"]
    ]
    print_table(("STATE", "AT", "TARGET", "MESSAGE", "WHY, OR WHEN"), rows)
    _more(answer)


@app.command("alerts")
def alerts(
    open_only: Annotated[bool, typer.Option("--open", help="Only those that are open.")] = False,
    server: Annotated[str | None, typer.Option("--server", help="Only of this server.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """What needs somebody, and what did: open ones first."""
    query = {"open": True if open_only else None, "server_id": server, "limit": limit, "cursor": cursor}
    answer = connect(data_dir, url).get("/alerts", query)
    if as_json:
        print_json(answer)
        return
    rows = [
        (_state(item), item["severity"], when(item["opened_at"]), str(item["count"]), item["title"], item["text"], item["id"])
        for item in answer["items"]
    ]
    print_table(("STATE", "SEVERITY", "SINCE", "TIMES", "WHAT", "MORE", "ID"), rows, fixed=2, numbers=("TIMES",))
    _more(answer)


@app.command("ack")
def acknowledge(
    alert: Annotated[str, typer.Argument(metavar="ALERT", help="Its id.")],
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Say that you have seen an alert: it leaves the overview, and nobody is reminded of it."""
    seen = connect(data_dir, url).send("POST", f"/alerts/{segment(alert)}/acknowledge")
    if as_json:
        print_json(seen)
    else:
        print_lines(f"Acknowledged: {seen['title']}")


@app.command("settings")
def settings(
    failures: Annotated[int | None, typer.Option("--failures", help="Failures of a job in a row that raise an alert.")] = None,
    pause_after: Annotated[int | None, typer.Option("--pause-after", help="And that pause it; 0: never.")] = None,
    grace: Annotated[int | None, typer.Option("--missed-grace", help="Seconds that a run may be late.")] = None,
    overdue: Annotated[
        int | None, typer.Option("--backup-overdue", help="Hours after which a backup is overdue; 0: never.")
    ] = None,
    ping_minutes: Annotated[int | None, typer.Option("--ping-minutes", help="Minutes between two pings.")] = None,
    ping_stdin: Annotated[
        bool, typer.Option("--ping-url-stdin", help="Read the address of a watchdog from standard input; an empty line: none.")
    ] = False,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """When alerts are raised, and the watchdog outside; with options, change that."""
    client = connect(data_dir, url)
    given: dict[str, Any] = {
        "failures": failures,
        "pause_after": pause_after,
        "missed_grace_seconds": grace,
        "backup_overdue_hours": overdue,
        "ping_minutes": ping_minutes,
        "ping_url": sys.stdin.readline(_STDIN_MAX).strip() if ping_stdin else None,
    }
    change = {name: value for name, value in given.items() if value is not None}
    answer = client.send("PATCH", "/alert-settings", change) if change else client.get("/alert-settings")
    if as_json:
        print_json(answer)
        return
    print_facts(
        [
            ("Alert after", f"{answer['failures']} failures of a job in a row"),
            ("Pause after", f"{answer['pause_after']} failures" if answer["pause_after"] else "never"),
            ("A run may be late", f"{answer['missed_grace_seconds']} s"),
            ("Backup overdue", f"after {answer['backup_overdue_hours']} h" if answer["backup_overdue_hours"] else "never"),
            ("Watchdog", f"asked every {answer['ping_minutes']} min" if answer["has_ping_url"] else "none"),
            ("Asked last", when(answer["last_ping_at"])),
            ("Its problem", answer["last_ping_problem"]),
        ]
    )


def _find(client: Client, id_or_name: str) -> dict[str, Any]:
    targets: list[dict[str, Any]] = client.get("/notification-targets")["items"]
    for target in targets:
        if id_or_name == target["id"] or id_or_name.casefold() == target["name"].casefold():
            return target
    raise CommandFailed(
        f"There is no target with the id or name {id_or_name!r}. See: vsmanager notify list",
        exit_code=ExitCode.NOT_FOUND,
        code="notification_target_not_found",
    )


def _secret(prompt: str, *, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline(_STDIN_MAX).strip()
    if not sys.stdin.isatty():
        raise CommandFailed(
            "There is no terminal to ask for the address. Use --address-stdin.", exit_code=ExitCode.USAGE, code="wrong_usage"
        )
    return getpass.getpass(prompt).strip()


def _state(alert: dict[str, Any]) -> str:
    if alert["closed_at"]:
        return "over"
    return "seen" if alert["acknowledged_at"] else "open"


def _more(answer: dict[str, Any]) -> None:
    if answer["next_cursor"]:
        print_lines("", f"Next page: --cursor {answer['next_cursor']}")
