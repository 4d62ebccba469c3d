"""Whether a text is good JSON for the lenient reader of the game, looked at where it holds nobody up."""

import json
import subprocess
import sys
from typing import Final

from vintagestory_api.files.schemas import JsonProblem
from vintagestory_api.kit.relaxed_json import NotRelaxedJson, parse_relaxed

_ENDINGS: Final = (".json", ".json5")
#: More than this is parsed by a program of its own: it would keep everybody else waiting.
HERE_BYTES: Final = 100_000
_SECONDS: Final = 30
_PROGRAM: Final = "from vintagestory_api.files.json_check import main; main()"


def problem_of(name: str, text: str) -> JsonProblem | None:
    """None also for what is no JSON by its name, and where looking takes too long. Blocking."""
    if not name.lower().endswith(_ENDINGS) or not text.strip():
        return None
    data = text.encode("utf-8", "surrogatepass")
    if len(data) <= HERE_BYTES:
        return _look(data)
    try:
        done = subprocess.run(  # noqa: S603 - our own program, with nothing of the text among its arguments
            [sys.executable, "-I", "-c", _PROGRAM], input=data, capture_output=True, timeout=_SECONDS, check=True
        )
    except (subprocess.SubprocessError, OSError):
        return None
    return JsonProblem.model_validate_json(done.stdout) if done.stdout.strip() else None


def _look(data: bytes) -> JsonProblem | None:
    try:
        parse_relaxed(data)
    except NotRelaxedJson as error:
        return JsonProblem(message=str(error)[:500], line=error.line, column=error.column)
    return None


def main() -> None:
    try:
        problem = _look(sys.stdin.buffer.read())
    except (RecursionError, MemoryError):
        problem = None
    if problem is not None:
        sys.stdout.write(json.dumps(problem.model_dump()))
