"""The `vsmanager` command. This module imports next to nothing: `vsmanager serve` must not wait for what it does not use."""

import sys
from collections.abc import Sequence

_HELP = {"--help", "-h"}


def main() -> None:
    """The entry point. Ends the process with the exit codes of docs/cli.md."""
    try:
        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Do what the command line asks for, and return the exit code."""
    if arguments[:1] == ["serve"] and not _HELP & set(arguments):
        from vintagestory_api.cli.serving import serve_command  # noqa: PLC0415 - without typer and rich: the start time counts

        return serve_command(arguments[1:])
    if arguments and arguments[0] in {"--version", "-V"}:
        return _tell_version(as_json="--json" in arguments)
    from vintagestory_api.cli.app import run_app  # noqa: PLC0415 - imports typer

    return run_app(arguments)


def _tell_version(*, as_json: bool) -> int:
    from vintagestory_api import __version__  # noqa: PLC0415 - as the next one
    from vintagestory_api.cli.output import print_json, write  # noqa: PLC0415 - not needed by serve

    if as_json:
        print_json({"version": __version__})
    else:
        write(f"vsmanager {__version__}\n")
    return 0
