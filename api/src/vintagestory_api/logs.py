"""Structured logs on stdout: JSON for machines, readable on a terminal; secrets masked; a run keeps its own lines."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import orjson
import structlog

from vintagestory_api.kit.redaction import redact_value
from vintagestory_api.services.run_context import current_run

_ALREADY_WITH_THE_RUN = {"event", "level", "timestamp", "job", "run", "exception"}
#: What is longer is cut in the middle: nobody shall wait while megabytes are searched for secrets.
_TEXT_LENGTH = 40_000
_LIBRARY_LEVELS = dict.fromkeys(("apscheduler", "httpx2", "httpcore2", "alembic", "uvicorn"), logging.WARNING)

EventDict = MutableMapping[str, Any]


def configure_logging(level: str = "info", log_format: str = "auto") -> None:
    """Set up structlog and route the standard library's logging through it.

    `log_format`: `json`, `text`, or `auto` (text on a terminal, JSON elsewhere).
    """
    as_text = log_format == "text" or (log_format == "auto" and sys.stdout.isatty())
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            mask_secrets,
            keep_with_run,
            structlog.dev.ConsoleRenderer() if as_text else render_json,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(),
    )
    root = logging.getLogger()
    root.handlers = [_ToStructlog()]
    root.setLevel(number)
    for name, library_level in _LIBRARY_LEVELS.items():
        logging.getLogger(name).setLevel(max(number, library_level))


def mask_secrets(_logger: Any, _method: str, event: EventDict) -> EventDict:
    for key, value in event.items():
        if key not in {"level", "timestamp"}:
            event[key] = redact_value(_bounded(value), key)
    return event


def _bounded(value: Any) -> Any:
    if not isinstance(value, str) or len(value) <= _TEXT_LENGTH:
        return value
    return f"{value[: _TEXT_LENGTH // 2]}\n…\n{value[-_TEXT_LENGTH // 2 :]}"


def keep_with_run(_logger: Any, _method: str, event: EventDict) -> EventDict:
    if run := current_run.get():
        fields = " ".join(f"{key}={value}" for key, value in event.items() if key not in _ALREADY_WITH_THE_RUN)
        run.add_line(str(event.get("level", "info")), f"{event['event']} {fields}".rstrip())
    return event


def render_json(_logger: Any, _method: str, event: EventDict) -> str:
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


class _ToStructlog(logging.Handler):
    """Hands what libraries log to structlog, as event `library_message`."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            structlog.get_logger(record.name).log(
                record.levelno, "library_message", logger=record.name, message=record.getMessage(), exc_info=record.exc_info
            )
        except Exception:  # noqa: BLE001 - logging must never break what it reports on
            self.handleError(record)
