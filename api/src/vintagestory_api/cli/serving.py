"""`vsmanager serve`, read by hand: neither typer nor rich is imported on the way to the first answer."""

import gc
import importlib
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from vintagestory_api.cli.failures import CommandFailed, ExitCode, failure_of, report
from vintagestory_api.errors import ManagerError

_WAIT_FOR_FOLDER_SECONDS = 5.0
_TRY_AGAIN_SECONDS = 0.1

#: Option → environment variable that it overrides.
SERVE_OPTIONS = {
    "--data-dir": "VS_DATA_DIR",
    "--host": "VS_HOST",
    "--port": "VS_PORT",
    "--log-level": "VS_LOG_LEVEL",
    "--log-format": "VS_LOG_FORMAT",
}


def serve_command(arguments: Sequence[str]) -> int:
    """Serve in the foreground, and return the exit code. `--json` makes the log JSON, whatever it is written to."""
    as_json = "--json" in arguments
    try:
        return run_manager(read_options([argument for argument in arguments if argument != "--json"], as_json=as_json))
    except CommandFailed as failure:
        return report(failure, as_json=as_json)
    except ManagerError as error:
        return report(failure_of(error), as_json=as_json)


def read_options(arguments: Sequence[str], *, as_json: bool) -> dict[str, str]:
    """The environment variables that the options stand for. Raises `CommandFailed` for what is no option of `serve`."""
    variables = {"VS_LOG_FORMAT": "json"} if as_json else {}
    rest = iter(arguments)
    for argument in rest:
        option, equals, value = argument.partition("=")
        if option not in SERVE_OPTIONS:
            raise CommandFailed(
                f"serve does not know {argument!r}. See: vsmanager serve --help", exit_code=ExitCode.USAGE, code="wrong_usage"
            )
        given = value if equals else next(rest, None)
        if given is None:
            raise CommandFailed(f"{option} needs a value.", exit_code=ExitCode.USAGE, code="wrong_usage")
        variables[SERVE_OPTIONS[option]] = given
    return variables


def run_manager(variables: dict[str, str]) -> int:
    """Serve with the environment and, before it, `variables`. Raises a `ManagerError` when the start fails."""
    from vintagestory_api.config import read_process_settings  # noqa: PLC0415 - wrong usage is told without waiting for it

    settings = read_process_settings({**os.environ, **variables})
    gc.disable()  # nothing that is made until it serves is garbage; the server looks for some once it does
    _import_structlog_alone()
    _do_without_old_pydantic()
    from vintagestory_api.server import serve  # noqa: PLC0415 - the whole application, after the settings are known to be good
    from vintagestory_api.storage.data_folder import DataFolderInUse  # noqa: PLC0415 - with it

    deadline = time.monotonic() + _WAIT_FOR_FOLDER_SECONDS
    while True:
        try:
            return serve(settings)
        except DataFolderInUse:
            if _has_manager(settings.data_dir) or time.monotonic() >= deadline:
                raise
            time.sleep(_TRY_AGAIN_SECONDS)


def _has_manager(data_dir: Path) -> bool:
    """Whether the folder is in use by a manager; a command such as `token create` has it for a moment only."""
    from vintagestory_api.cli.connection import find_running  # noqa: PLC0415 - only when the folder is in use

    try:
        return find_running(data_dir) is not None
    except CommandFailed:
        return True


def _import_structlog_alone() -> None:
    """Structlog takes rich along where there is one, for colourful tracebacks: a tenth of the time to the first answer."""
    if "rich" in sys.modules or "structlog" in sys.modules:
        return
    sys.modules["rich"] = None  # type: ignore[assignment] # how Python says that a module is not to be had
    try:
        importlib.import_module("structlog")
    finally:
        del sys.modules["rich"]


def _do_without_old_pydantic() -> None:
    """FastAPI asks of each type whether it is one of pydantic's first version, which is loaded for that: 2 MB for a "no"."""
    sys.modules.setdefault("pydantic.v1", None)  # type: ignore[arg-type] # as above
