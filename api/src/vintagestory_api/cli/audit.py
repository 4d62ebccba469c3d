"""`vsmanager audit`: who changed what."""

from typing import Annotated, Any

import typer

from vintagestory_api.cli.connection import connect
from vintagestory_api.cli.options import AsJson, Cursor, DataDir, Limit, Url
from vintagestory_api.cli.output import print_json, print_lines, print_table, when

app = typer.Typer(help="The trail of every change.")


@app.command("list")
def list_audit(
    who: Annotated[str | None, typer.Option("--who", help="Name or id of a user or token.")] = None,
    action: Annotated[str | None, typer.Option("--action", help="What was done, such as run_job.")] = None,
    result: Annotated[str | None, typer.Option("--result", help="ok, denied, or the code of an error.")] = None,
    since: Annotated[str | None, typer.Option("--since", metavar="TIME", help="Such as 2026-11-23T14:00:00Z.")] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Changes, newest first; refused and failed ones, too."""
    query = {"who": who, "action": action, "result": result, "since": since, "limit": limit, "cursor": cursor}
    answer = connect(data_dir, url).get("/audit", query)
    if as_json:
        print_json(answer)
        return
    rows = [
        (
            when(entry["time"]),
            _who(entry["who"]),
            entry["action"],
            entry["result"],
            _pairs({**entry["target"], **entry["details"]}),
        )
        for entry in answer["items"]
    ]
    print_table(("WHEN", "WHO", "WHAT", "RESULT", "DETAILS"), rows, fixed=0)
    if answer["next_cursor"]:
        print_lines("", f"There are more: --cursor {answer['next_cursor']}")


def _who(who: dict[str, Any]) -> str:
    if who["kind"] == "command_line":
        return f"{who['name']} (command line)"
    return f"{who['name']} ({who['role']})" if who["role"] else str(who["name"])


def _pairs(fields: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in fields.items())
