"""Plans for the mods of a server: shown, asked about, and done as they were shown."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

import typer

from vintagestory_api.cli.connection import Client, segment
from vintagestory_api.cli.failures import CommandFailed
from vintagestory_api.cli.output import duration, print_json, print_lines, print_table, size
from vintagestory_api.cli.runs import follow_run
from vintagestory_api.cli.servers import tell_run

DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show what would be done.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Restart = Annotated[bool, typer.Option("--restart", help="Restart the server for it, if it runs. [default: at its next start]")]
Follow = Annotated[bool, typer.Option("--follow", "-f", help="Show its log until it has ended.")]

FITS = {"verified": "yes", "likely": "likely", "unknown": "not known", "not": "no"}
#: What became of mods, as the API names it.
SIGNS = (("+", "added"), ("~", "updated"), ("-", "removed"), ("*", "changed"))
#: An option as the API names it, how it is unless somebody asks for it, what in a plan calls for it, and what to say then.
_WAYS_ROUND: Final = (
    ("allow_unfitting", False, {"not_fitting"}, "Take it all the same with: --allow-unfitting"),
    ("allow_prereleases", False, {"prerelease_only"}, "Take a pre-release with: --allow-prereleases"),
    ("with_dependencies", True, {"missing_dependency", "dependency_too_old"}, "Leave out what is needed with: --alone"),
)
_SIDES = {"client": "players only", "server": "server only"}


@dataclass(frozen=True)
class Manner:
    """How a change is done and told."""

    dry_run: bool
    yes: bool
    restart: bool
    wait: bool
    follow: bool
    as_json: bool

    @property
    def when(self) -> str:
        return "restart" if self.restart else "next_start"


def mods_path(server: str) -> str:
    return f"/servers/{segment(server)}/mods"


def ways_round(plan: dict[str, Any], options: Mapping[str, Any]) -> list[str]:
    """What would let a plan be done that can't be done as it is, of what the command offers and nobody has asked for."""
    in_the_way = {note["code"] for note in plan["notes"] if note["blocks"]}
    return [way for name, is_usual, codes, way in _WAYS_ROUND if options.get(name) is is_usual and codes & in_the_way]


def agreed(plan: dict[str, Any], manner: Manner, ways: Sequence[str] = ()) -> bool:
    """Whether the plan is to be done now. `ways`: round what is in its way. Raises `CommandFailed` when it can't be done, and
    when the answer is no."""
    if manner.dry_run and manner.as_json:
        print_json(plan)
    elif not manner.as_json:
        show_plan(plan, restarts=manner.restart)
    if in_the_way := [note["message"] for note in plan["notes"] if note["blocks"]]:
        in_the_way += [note["message"] for note in plan["notes"] if note["code"] == "older_release_works"]
        raise CommandFailed(f"This can't be done as it is. {' '.join([*in_the_way, *ways])}", code="mod_plan_blocked")
    if manner.dry_run:
        return False
    if not plan["steps"] and not manner.as_json:
        return False
    return manner.as_json or _asked(yes=manner.yes)


def tell_change(client: Client, run: dict[str, Any], manner: Manner) -> None:
    """Of a change that has begun; when it is waited for, of what it made. It fails when the run does."""
    if not (manner.wait or manner.follow):
        tell_run(client, run, wait=False, as_json=manner.as_json)
        return
    follow_run(client, run["id"], show_log=manner.follow, as_json=manner.as_json, says_end=False)
    if not manner.as_json:
        print_lines("", _made(client.get(f"/runs/{segment(run['id'])}")["report"] or {}))


def _made(report: Mapping[str, Any]) -> str:
    made = f"set {report.get('generation')}"
    if (discarded := report.get("discarded")) is not None:
        return f"Done: {made} stays, and set {discarded} does not wait any more."
    if report.get("changed") is False:
        return f"Nothing was to be changed: it is {made}."
    if report.get("waits"):
        return f"Done: {made} waits for the next start of the server."
    if (ready := report.get("ready_after_seconds")) is not None:
        return f"Done: {made} is in its place, and the server was restarted; it was ready after {duration(ready)}."
    return f"Done: {made} is in its place."


def show_plan(plan: dict[str, Any], *, restarts: bool) -> None:
    steps = plan["steps"]
    if steps:
        rows = [
            (
                step["action"],
                step["modid"],
                f"{step['name'] or ''} ({step['file_name']})".strip() if step["file_name"] else step["name"],
                step["from_version"],
                step["to_version"],
                FITS.get(step["fit"] or ""),
                None if step["size_bytes"] is None else size(step["size_bytes"]),
                _why(step),
            )
            for step in steps
        ]
        print_table(("STEP", "MOD ID", "NAME", "FROM", "TO", "FITS", "SIZE", "WHY"), rows, fixed=2, numbers=("SIZE",))
    notes = [f"in the way: {note['message']}" for note in plan["notes"] if note["blocks"]]
    notes += [
        note["message"] if note["code"] == "nothing_to_do" else f"note: {note['message']}"
        for note in plan["notes"]
        if not note["blocks"]
    ]
    if steps and plan["needs_restart"]:
        notes.append(
            "note: The server runs. It is restarted for this."
            if restarts
            else "note: The server runs, so this waits for its next start; --restart does it at once."
        )
    if notes:
        print_lines(*([""] if steps else []), *notes)


def _why(step: dict[str, Any]) -> str:
    side = _SIDES.get(step["side"] or "") if step["action"] == "install" else None
    if not step["because"]:
        words = "asked for"
    elif step["action"] in {"remove", "disable"}:
        words = f"needs {', '.join(step['because'])}"
    else:
        words = f"needed by {', '.join(step['because'])}"
    return f"{words}; {side}" if side else words


def _asked(*, yes: bool) -> bool:
    """True also where nobody can answer: a change of mods can be taken back. Raises `CommandFailed` when the answer is no."""
    if yes or not sys.stdin.isatty():
        return True
    if not typer.confirm("Do this?", err=True):
        raise CommandFailed("Nothing was done.", code="not_confirmed")
    return True
