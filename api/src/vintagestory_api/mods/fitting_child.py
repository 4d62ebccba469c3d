"""Prints the numbers of the mods in one answer of the mod list: `python -m vintagestory_api.mods.fitting_child FILE`.

A process of its own, because parsing megabytes of JSON would hold up the event loop. Ends with 2 and one word on stderr
when the answer makes no sense: `status <code>` or `shape`.
"""

import contextlib
import sys
from pathlib import Path

import orjson

#: A hostile list of 64 MB could become gigabytes of objects.
_MAX_MEMORY_BYTES = 2 * 1024**3
_MAX_MODS = 200_000


def main(path: str) -> int:
    _limit_memory()
    try:
        answer = orjson.loads(Path(path).read_bytes())
    except (orjson.JSONDecodeError, MemoryError):
        return _refuse("shape")
    if not isinstance(answer, dict):
        return _refuse("shape")
    if str(answer.get("statuscode")) != "200":
        return _refuse(f"status {str(answer.get('statuscode'))[:10]}")
    rows = answer.get("mods")
    if not isinstance(rows, list) or len(rows) > _MAX_MODS:
        return _refuse("shape")
    ids = {row.get("modid") for row in rows if isinstance(row, dict) and isinstance(row.get("modid"), int)}
    sys.stdout.buffer.write(orjson.dumps(sorted(ids)))
    return 0


def _refuse(why: str) -> int:
    sys.stderr.write(why)
    return 2


def _limit_memory() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415 - only on Unix

        resource.setrlimit(resource.RLIMIT_AS, (_MAX_MEMORY_BYTES, _MAX_MEMORY_BYTES))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
