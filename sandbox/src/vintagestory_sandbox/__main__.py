"""`python -m vintagestory_sandbox upstream`: the stand-in of the mod database and the version API."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from vintagestory_sandbox.dotnet_root import make_dotnet_root
from vintagestory_sandbox.game.switches import check_switches
from vintagestory_sandbox.serve import BadModList, read_mod_list, serve


def main() -> int:
    """Run what the command line asks for. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="vintagestory_sandbox", description="Stand-ins for the services of Vintage Story.")
    commands = parser.add_subparsers(dest="command", required=True)
    _add_upstream(commands.add_parser("upstream", help="the mod database, its file store and the version API"))
    options = parser.parse_args()
    try:
        mod_list = None if options.mod_list is None else read_mod_list(options.mod_list)
        if options.dotnet_root is not None:
            make_dotnet_root(options.dotnet_root)
        serve(
            host=options.host,
            port=options.port,
            public_url=options.public_url,
            ready_file=options.ready_file,
            parent_pid=options.parent_pid,
            mods=options.mods,
            seed=options.seed,
            handmade=mod_list is None if options.handmade is None else options.handmade,
            mod_list=mod_list,
            latency_ms=options.latency_ms,
            game_switches=options.game_switches,
        )
    except BadModList as error:
        return _fail(str(error))
    except OSError as error:
        return _fail(
            f"can't listen on {options.host}:{options.port}: {error.strerror}; choose another --port, or 0 for a free one"
        )
    return 0


def _add_upstream(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 (the default) takes a free one")
    parser.add_argument("--public-url", help="the address that links in answers begin with (default: where it listens)")
    parser.add_argument("--mods", type=_count, default=5000, help="how many mods to make up")
    parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same mods")
    parser.add_argument(
        "--mod-list", type=Path, metavar="FILE", help="a saved answer of /api/mods to serve instead of made-up mods"
    )
    parser.add_argument(
        "--handmade",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="the documented mods, numbers from 900001 (default: yes, but not with --mod-list)",
    )
    parser.add_argument("--latency-ms", type=_count, default=0, help="how much longer every answer takes")
    parser.add_argument(
        "--game-switches", type=_switches, default={}, metavar="JSON", help="what game servers from its archives are told to do"
    )
    parser.add_argument(
        "--dotnet-root",
        type=Path,
        metavar="DIR",
        help="lay a stand-in of .NET there, to be used as DOTNET_ROOT",
    )
    parser.add_argument("--ready-file", type=Path, metavar="PATH", help="where to write the ready line too")
    parser.add_argument("--parent-pid", type=int, metavar="PID", help="end when this process is gone")


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError("can't be negative")
    return number


def _switches(text: str) -> dict[str, Any]:
    try:
        return check_switches(json.loads(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _fail(message: str) -> int:
    sys.stderr.write(f"vintagestory_sandbox: {message}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
