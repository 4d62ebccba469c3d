"""How commands end: exit codes that scripts can use, and errors that say what happened and what to do."""

import json
import sys
from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any

from vintagestory_api.errors import FieldError, Forbidden, Invalid, ManagerError, NotFound, Unauthorized


class ExitCode(IntEnum):
    """Documented in docs/cli.md."""

    OK = 0
    FAILED = 1
    USAGE = 2
    UNREACHABLE = 3
    NOT_ALLOWED = 4
    NOT_FOUND = 5
    CHANGES = 6
    INTERRUPTED = 130
    READER_GONE = 141


class CommandFailed(Exception):
    """Ends a command. `problem` is the API's own problem document, where there is one."""

    def __init__(
        self,
        message: str,
        *,
        exit_code: ExitCode = ExitCode.FAILED,
        code: str = "command_failed",
        fields: Sequence[FieldError] = (),
        problem: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.exit_code = exit_code
        self.code = code
        self.fields = fields
        self.problem = problem


class ReaderGone(Exception):
    """Whoever read the output has ended, as `head` does."""


def failure_of(error: ManagerError) -> CommandFailed:
    """An error of the manager's own code, as the end of a command."""
    fields = [field for field in error.fields if field.message not in error.message]
    return CommandFailed(error.message, exit_code=_exit_code_of(error), code=error.code, fields=fields)


def exit_code_of_status(status: int) -> ExitCode:
    """The exit code for an HTTP answer with an error status."""
    if status in {401, 403}:
        return ExitCode.NOT_ALLOWED
    if status == 404:
        return ExitCode.NOT_FOUND
    if status in {400, 422}:
        return ExitCode.USAGE
    return ExitCode.FAILED


def report(failure: CommandFailed, *, as_json: bool) -> int:
    """Tell of it on stderr: a line that starts with `error:`, the fields that are wrong, with `as_json` a last line of JSON.

    Returns the exit code.
    """
    from vintagestory_api.cli.output import plain  # noqa: PLC0415 - only when something failed

    lines = [f"error: {plain(failure.message)}"]
    lines += [f"  {plain(_of_field(field))}" for field in failure.fields]
    if as_json:
        lines.append(json.dumps(_problem(failure)))
    warn_lines(*lines)
    return failure.exit_code


def _of_field(field: FieldError) -> str:
    return field.message if field.field in field.message else f"{field.field}: {field.message}"


def warn_lines(*lines: str) -> None:
    """Lines for people on stderr; nobody reading them is no failure."""
    try:
        sys.stderr.write("\n".join(lines) + "\n")
        sys.stderr.flush()
    except OSError:
        pass


def _problem(failure: CommandFailed) -> dict[str, Any]:
    if failure.problem is not None:
        return {**failure.problem, "exit_code": int(failure.exit_code)}
    document: dict[str, Any] = {"type": "about:blank", "title": _TITLES.get(failure.exit_code, "The command failed")}
    document |= {"code": failure.code, "detail": failure.message, "exit_code": int(failure.exit_code)}
    if failure.fields:
        document["errors"] = [{"field": field.field, "message": field.message} for field in failure.fields]
    return document


_TITLES = {
    ExitCode.USAGE: "Wrong usage",
    ExitCode.UNREACHABLE: "The manager can't be reached",
    ExitCode.NOT_ALLOWED: "Not allowed",
    ExitCode.NOT_FOUND: "Not found",
}


def _exit_code_of(error: ManagerError) -> ExitCode:
    if isinstance(error, Invalid):
        return ExitCode.USAGE
    if isinstance(error, NotFound):
        return ExitCode.NOT_FOUND
    if isinstance(error, (Forbidden, Unauthorized)):
        return ExitCode.NOT_ALLOWED
    return ExitCode.FAILED
