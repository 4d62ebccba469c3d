"""What the launcher runs: the command line, and what it can do without a world."""

import os
import sys
from pathlib import Path

from vintagestory_sandbox.game.config import NAME, BadConfig, Config, UnknownField, default_config, load_config
from vintagestory_sandbox.game.dotnet import missing_runtime
from vintagestory_sandbox.game.edition import Edition, edition_of
from vintagestory_sandbox.game.options import HELP, BadOptions, Options, parse_options
from vintagestory_sandbox.game.server import Server
from vintagestory_sandbox.game.switches import BadSwitch, SwitchSources

_NO_DOTNET = 150
_SET, _UNKNOWN, _BAD_VALUE = 200, 404, 500


def main(install: Path) -> int:
    """Run the program of an install. Returns the exit code."""
    environment = dict(os.environ)
    try:
        options = parse_options(sys.argv[1:], Path(environment.get("HOME", "/")))
        sources = SwitchSources(install, options.data_path, environment)
        switches = sources.read()
    except BadOptions as error:
        sys.stdout.write(f"\nERROR(S):\n  {error}\n{HELP}")
        return 1
    except BadSwitch as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if missing := missing_runtime(install, switches.text("dotnet"), environment):
        sys.stderr.write(missing)
        return _NO_DOTNET
    edition = _edition(install)
    if options.flags & {"help", "version"}:
        sys.stdout.write(HELP if "help" in options.flags else f"\n{edition.version}\n")
        return 0
    if "genconfig" in options.flags or options.set_config is not None:
        return _write_config(options, edition, switches.count("seed"))
    return Server(install, edition, options, sources).run()


def _write_config(options: Options, edition: Edition, seed: int) -> int:
    """A new file, or the present one with changes; the exit code tells which of them went well."""
    if "genconfig" in options.flags:
        values = default_config(options.data_path, edition, seed)
        Config(options.data_path / NAME, edition, values, new=True).write()
        return 0
    try:
        config = load_config(options.data_path, edition, seed)
        config.merge(options.set_config or "{}")
    except UnknownField:
        return _UNKNOWN
    except BadConfig:
        return _BAD_VALUE
    config.write()
    return _SET


def _edition(install: Path) -> Edition:
    """The version that the assets name; with the files of several it is the newest name, and the server won't start."""
    marks = sorted(path.stem.removeprefix("version-") for path in (install / "assets").glob("version-*.txt"))
    return edition_of(marks[-1] if marks else "1.22.0")
