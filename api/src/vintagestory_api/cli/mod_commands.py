"""What all commands share that change the mods of a server: their options, written down once."""

import functools
import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Concatenate, ParamSpec

from vintagestory_api.cli.connection import Client, connect, segment
from vintagestory_api.cli.failures import warn_lines
from vintagestory_api.cli.mod_plans import DryRun, Follow, Manner, Restart, Yes, agreed, tell_change, ways_round
from vintagestory_api.cli.options import AsJson, DataDir, Url, Wait
from vintagestory_api.cli.servers import Server

P = ParamSpec("P")

#: A plan may have to look into files of mods, which are fetched for it.
_PLAN_TIMEOUT_SECONDS = 300.0


@dataclass(frozen=True)
class Change:
    """Of which server, and in which manner it is asked for. The manager is first spoken to when `client` is."""

    server: str
    manner: Manner
    data_dir: Path | None
    url: str | None

    @functools.cached_property
    def client(self) -> Client:
        return connect(self.data_dir, self.url)

    def do(self, changes: list[dict[str, Any]], options: Mapping[str, Any], *, only_plan: bool = False) -> None:
        """Plan these wishes, show the plan, ask, and do exactly that plan. Raises `CommandFailed` when it can't be done."""
        manner = replace(self.manner, dry_run=True) if only_plan else self.manner
        body = {"changes": changes, "when": manner.when, **options}
        plan = self.ask_for_plan("/mods/plan", body)
        if agreed(plan, manner, ways_round(plan, options)):
            self.begin("/mods/changes", {**body, "digest": plan["digest"]})

    def ask_for_plan(self, path: str, body: Any = None) -> dict[str, Any]:
        if not self.manner.as_json and sys.stderr.isatty():
            warn_lines(
                "Working out the plan; large files of mods that have to be looked into take a while. Nothing is changed yet, and "
                "Ctrl-C gives it up."
            )
        plan: dict[str, Any] = self.client.send("POST", f"{self.path}{path}", body, timeout_seconds=_PLAN_TIMEOUT_SECONDS)
        return plan

    def begin(self, path: str, body: Any) -> None:
        """The change itself, and tell of its run."""
        tell_change(self.client, self.client.send("POST", f"{self.path}{path}", body), self.manner)

    @property
    def path(self) -> str:
        return f"/servers/{segment(self.server)}"


def changes_mods(*, without: str = "") -> Callable[[Callable[Concatenate[Change, P], None]], Callable[..., None]]:
    """Of a command whose first parameter stands for the server, its first argument, and for the options that all of them have,
    but the one that is named."""
    return functools.partial(_with_options, without=without)


def _change(
    server: Server,
    restart: Restart = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    wait: Wait = False,
    follow: Follow = False,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,
) -> Change:
    return Change(server, Manner(dry_run, yes, restart, wait, follow, as_json), data_dir, url)


def _with_options(command: Callable[..., None], *, without: str) -> Callable[..., None]:
    """The command as typer sees it: the server, its own parameters, and then the options of all."""
    server, *options = inspect.signature(_change).parameters.values()
    shared = [option for option in options if option.name != without]
    _change_itself, *own = inspect.signature(command).parameters.values()
    names = {"server", *(option.name for option in shared)}

    @functools.wraps(command)
    def run(**given: Any) -> None:
        change = _change(**{name: value for name, value in given.items() if name in names})
        command(change, **{name: value for name, value in given.items() if name not in names})

    run.__signature__ = inspect.Signature([server, *own, *shared])  # type: ignore[attr-defined]
    return run
