"""All commands but the quick way to `serve`, put together. Importing this module imports typer."""

import sqlite3
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from vintagestory_api.cli import (
    apply,
    audit,
    backup_restore,
    catalog,
    config,
    console,
    jobs,
    manager_backup,
    mods,
    notify,
    offsite,
    players,
    runs,
    schedules,
    servers,
    service,
    settings,
    tokens,
    update,
    users,
    versions,
)
from vintagestory_api.cli.failures import CommandFailed, ExitCode, ReaderGone, failure_of, report
from vintagestory_api.cli.options import AsJson, DataDir
from vintagestory_api.cli.output import forget_stdout
from vintagestory_api.cli.serving import run_manager
from vintagestory_api.errors import ManagerError

app = typer.Typer(
    help="Vintage Story Server Manager: runs the periodic jobs, and lets you watch and steer them.",
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(jobs.app, name="jobs")
app.add_typer(runs.app, name="runs")
app.add_typer(servers.app, name="servers")
app.add_typer(versions.app, name="versions")
app.add_typer(mods.app, name="mods")
app.add_typer(players.app, name="players")
app.add_typer(config.app, name="config")
app.add_typer(backup_restore.app, name="backup")
app.add_typer(offsite.app, name="offsite")
app.add_typer(notify.app, name="notify")
app.add_typer(schedules.app, name="schedules")
app.add_typer(update.app, name="update")
app.add_typer(settings.app, name="settings")
app.add_typer(catalog.app, name="catalog")
app.add_typer(users.admin_app, name="admin")
app.add_typer(users.users_app, name="users")
app.add_typer(tokens.app, name="token")
app.add_typer(audit.app, name="audit")
app.add_typer(service.app, name="service")
app.add_typer(manager_backup.app, name="manager")


def run_app(arguments: Sequence[str]) -> int:
    """Do what `arguments` ask for. Returns the exit code; errors are told on stderr."""
    as_json = "--json" in arguments
    for stream in (sys.stdout, sys.stderr):
        if (reconfigure := getattr(stream, "reconfigure", None)) is not None:
            reconfigure(errors="replace")
    try:
        return int(app(args=list(arguments) or ["--help"], prog_name="vsmanager", standalone_mode=False) or 0)
    except (KeyboardInterrupt, typer.Abort):
        return ExitCode.INTERRUPTED
    except (ReaderGone, BrokenPipeError):
        forget_stdout()
        return ExitCode.READER_GONE
    except Exception as error:
        failure = _expected(error)
        if failure is None:
            raise
        return report(failure, as_json=as_json)


@app.callback()
def say_version(
    version: Annotated[bool, typer.Option("--version", "-V", help="Show the version and end.", is_eager=True)] = False,
) -> None:
    if version:
        raise CommandFailed("--version stands alone.", exit_code=ExitCode.USAGE, code="wrong_usage")


@app.command("serve")
def serve(
    data_dir: DataDir = None,
    host: Annotated[str | None, typer.Option("--host", help="Address to listen on. [default: VS_HOST, else 127.0.0.1]")] = None,
    port: Annotated[
        str | None, typer.Option("--port", help="Port to listen on; 0 takes a free one. [default: VS_PORT, else 8080]")
    ] = None,
    log_level: Annotated[str | None, typer.Option("--log-level", help="debug, info, warning or error.")] = None,
    log_format: Annotated[str | None, typer.Option("--log-format", help="json, text, or auto.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The log as JSON, whatever it is written to.")] = False,
) -> None:
    """Run the manager in the foreground, until Ctrl-C or SIGTERM."""
    given = {"VS_HOST": host, "VS_PORT": port, "VS_LOG_LEVEL": log_level, "VS_LOG_FORMAT": "json" if as_json else log_format}
    given["VS_DATA_DIR"] = None if data_dir is None else str(data_dir)
    raise typer.Exit(run_manager({name: value for name, value in given.items() if value is not None}))


@app.command("demo")
def demo(
    data_dir: Annotated[Path, typer.Option("--data-dir", metavar="DIR", help="Where the demo keeps its data.")] = Path(".demo"),
    mods: Annotated[int | None, typer.Option("--mods", min=0, help="How many mods to make up. [default: 5000]")] = None,
    mod_list: Annotated[
        Path | None, typer.Option("--mod-list", metavar="FILE", help="A saved answer of /api/mods, instead of made-up mods.")
    ] = None,
    latency_ms: Annotated[int | None, typer.Option("--latency-ms", min=0, help="How much longer each answer takes.")] = None,
    real: Annotated[bool, typer.Option("--real", help="Ask the internet's services instead of stand-ins.")] = False,
    port: Annotated[
        int | None, typer.Option("--port", min=0, max=65_535, help="[default: VS_PORT, else 8080 or the next free one]")
    ] = None,
    server: Annotated[bool, typer.Option("--server/--no-server", help="Whether to start a game server.")] = True,
    reload: Annotated[bool, typer.Option("--reload", help="Restart the manager when its code changes.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Show the manager's log on stderr, not in DIR/demo.log.")] = False,
    as_json: AsJson = False,
) -> None:
    """Everything running on stand-ins for the internet's services, until Ctrl-C: the quickest way to look around."""
    from vintagestory_api.cli.demo import DemoOptions, run_demo  # noqa: PLC0415 - only this command starts processes

    options = DemoOptions(
        data_dir.expanduser().absolute(), mods, mod_list, latency_ms, real, port, server, reload, verbose, as_json
    )
    raise typer.Exit(run_demo(options))


@app.command("doctor")
def doctor(
    offline: Annotated[bool, typer.Option("--offline", help="Do not ask the services on the internet.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Check everything the manager needs, and say what to do about what is wrong."""
    from vintagestory_api.cli.doctor import examine  # noqa: PLC0415 - imports the parts it looks at

    raise typer.Exit(examine(data_dir, offline=offline, as_json=as_json))


@app.command("healthcheck")
def healthcheck(
    timeout: Annotated[float, typer.Option("--timeout", min=0.1, max=300, help="Seconds to wait for the answer.")] = 5,
    data_dir: DataDir = None,
    url: Annotated[str | None, typer.Option("--url", metavar="URL", help="Where to ask; needs no token.")] = None,
    as_json: AsJson = False,
) -> None:
    """Ask the manager whether it works; ends with 0 or 1, as health checks of containers want it."""
    from vintagestory_api.cli.healthcheck import check_health  # noqa: PLC0415 - the ssl module is only for this

    raise typer.Exit(check_health(data_dir, url, timeout_seconds=timeout, as_json=as_json))


app.command("console")(console.console)
app.command("apply")(apply.apply_definition)
servers.app.command("export")(apply.export_definition)


def _expected(error: Exception) -> CommandFailed | None:
    """`error` as the end of a command; None for a mistake of ours, which keeps its traceback."""
    if isinstance(error, CommandFailed):
        return error
    if isinstance(error, ManagerError):
        return failure_of(error)
    if isinstance(error, typer.TyperException):
        context = getattr(error, "ctx", None)
        where = context.command_path if context is not None else "vsmanager"
        message = f"{error.format_message().strip().replace('Value error, ', '')} See: {where} --help"
        return CommandFailed(message, exit_code=ExitCode.USAGE, code="wrong_usage")
    from vintagestory_api.storage.failures import advise  # noqa: PLC0415 - only when something failed

    advice = advise(error)
    if advice is None and isinstance(error, sqlite3.Error):
        advice = f"The database can't be used ({error})."
    return CommandFailed(advice, code="storage_unavailable") if advice else None
