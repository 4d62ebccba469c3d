"""What every periodic job is wrapped in."""

import dataclasses
import functools
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, ParamSpec, TypeVar

import structlog

from vintagestory_api.kit.redaction import redact_value
from vintagestory_api.services.run_context import RunContext, current_run, describe_error

P = ParamSpec("P")
R = TypeVar("R")

log = structlog.get_logger(__name__)

_RESERVED_FIELDS = {"event", "level", "timestamp", "result", "job", "run", "exc_info", "stack_info"}


def safe_job(name: str) -> Callable[[Callable[P, Awaitable[R]]], Callable[P, Coroutine[Any, Any, R | None]]]:
    """Log `<name>_started`, then `<name>_completed` with the report's fields or `<name>_failed` with the traceback.

    The function's result is returned, or None after a failure: a failing job never stops whoever called it.
    Cancellation passes through. Inside a run, outcome and report are handed to the run, which records them.
    """

    def decorate(func: Callable[P, Awaitable[R]]) -> Callable[P, Coroutine[Any, Any, R | None]]:
        @functools.wraps(func)
        async def wrapper(*args: P.args, **kwargs: P.kwargs) -> R | None:
            run = current_run.get()
            log.info(f"{name}_started")
            try:
                result = await func(*args, **kwargs)
                report = report_fields(result)
            except Exception as error:
                if run is not None:
                    _record_failure(run, error)
                log.exception(f"{name}_failed", error=describe_error(error)["message"])
                return None
            if run is not None:
                run.succeed(report)
            fields = {key if key not in _RESERVED_FIELDS else f"report_{key}": value for key, value in (report or {}).items()}
            log.info(f"{name}_completed", result="success", **fields)
            return result

        return wrapper

    return decorate


def _record_failure(run: RunContext, error: Exception) -> None:
    if getattr(error, "code", None) == "upstream_open_circuit":
        run.skip("upstream_open_circuit")  # nobody was asked, so nothing failed
    else:
        run.fail(error)


def report_fields(result: object) -> dict[str, Any] | None:
    """A job's report as plain data: dataclasses and mappings count as reports, anything else does not."""
    if dataclasses.is_dataclass(result) and not isinstance(result, type):
        fields: Mapping[str, Any] = dataclasses.asdict(result)
    elif isinstance(result, Mapping):
        fields = result
    else:
        return None
    return dict(redact_value(fields))
