"""Runs benchmarks and prints what they found as one JSON document. `./just bench --list` names them."""

import argparse
import importlib
import json
import os
import platform
import signal
import sys
import time
from typing import Any

#: Each is a module of this folder with `measure(quick=…)`; its docstring says what it measures.
BENCHMARKS = (
    "cold_start",
    "idle_memory",
    "latency",
    "catalogue_search",
    "refresh",
    "cold_catalogue",
    "events_fanout",
    "scheduler_lateness",
    "scheduler_load",
    "schedules_load",
    "console",
    "running_servers",
    "install",
    "mods_core",
    "mod_updates",
    "backups",
    "files",
    "pages",
    "file_pages",
    "install_to_page",
)


def main() -> int:
    options = _read_arguments()
    # So that everything a benchmark started is stopped also when it is told to end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if options.list:
        for name in BENCHMARKS:
            print(f"{name:20} {_first_line(name)}")
        return 0
    found: dict[str, Any] = {}
    for name in options.names or BENCHMARKS:
        print(f"{name}: {_first_line(name)}", file=sys.stderr)
        started = time.monotonic()
        measured = importlib.import_module(name).measure(quick=options.quick)
        found[name] = {"seconds": round(time.monotonic() - started, 1), **measured.told()}
        for figure in measured.figures:
            verdict = "met" if figure.is_met else "MISSED"
            print(f"  {figure.name}: {figure.value} ({figure.wanted} {figure.limit:g} {figure.unit}) {verdict}", file=sys.stderr)
    print(json.dumps({"quick": options.quick, "machine": _machine(), "benchmarks": found}, indent=2))
    all_met = all(figure["met"] for one in found.values() for figure in one["figures"])
    return 1 if options.check and not all_met else 0


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="just bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="which to run; all without one")
    parser.add_argument("--list", action="store_true", help="name the benchmarks")
    parser.add_argument("--quick", action="store_true", help="only see that they work: the figures mean little")
    parser.add_argument("--check", action="store_true", help="end with 1 when a figure is missed")
    options = parser.parse_args()
    if unknown := [name for name in options.names if name not in BENCHMARKS]:
        parser.error(f"there is no benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    return options


def _first_line(name: str) -> str:
    return (importlib.import_module(name).__doc__ or "").partition("\n")[0]


def _machine() -> dict[str, Any]:
    return {
        "cores": os.cpu_count(),
        "load_average": [round(load, 2) for load in os.getloadavg()],
        "python": platform.python_version(),
        "system": platform.platform(),
    }


if __name__ == "__main__":
    sys.exit(main())
