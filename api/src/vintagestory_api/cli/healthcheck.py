"""`vsmanager healthcheck`: one question to the manager of this machine, for containers and watchdogs. Standard library only."""

import json
import os
import time
from contextlib import closing
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from vintagestory_api.cli.connection import data_dir_of, find_running
from vintagestory_api.cli.failures import CommandFailed, ExitCode
from vintagestory_api.cli.output import print_json, print_lines
from vintagestory_api.config import ENVIRONMENT, read_process_settings

_MAX_ANSWER_BYTES = 1_000_000


def check_health(data_dir: Path | None, url: str | None, *, timeout_seconds: float, as_json: bool) -> int:
    """Returns 0 when the manager answers that it works, and 1 for everything else: Docker knows no other codes."""
    try:
        health = _ask(_address(data_dir, url), timeout_seconds)
    except (OSError, HTTPException, ValueError) as error:
        raise CommandFailed(f"The manager does not answer ({error}).", code="manager_unreachable") from error
    if as_json:
        print_json(health)
    else:
        print_lines(str(health["status"]), *(f"{problem['code']}: {problem['message']}" for problem in health["problems"]))
    return ExitCode.OK


def _address(data_dir: Path | None, url: str | None) -> str:
    """As told; else where the manager of the folder says it is; else where the environment puts it."""
    if url is not None:
        return url
    try:
        running = find_running(data_dir_of(data_dir))
    except CommandFailed:  # another user's, who asks as well as its own
        running = None
    if running is not None:
        return running.url
    return f"http://127.0.0.1:{read_process_settings({ENVIRONMENT['port']: os.environ.get(ENVIRONMENT['port'], '')}).port}"


def _ask(address: str, timeout_seconds: float) -> dict[str, Any]:
    """Raises `OSError`, `HTTPException` and `ValueError`."""
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"{address!r} is no address that starts with http:// or https://")
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    deadline = time.monotonic() + timeout_seconds
    with closing(kind(parts.hostname, parts.port, timeout=timeout_seconds)) as connection:
        connection.request("GET", "/healthz", headers={"Accept": "application/json"})
        answer = connection.getresponse()
        content = answer.read(_MAX_ANSWER_BYTES)
    if time.monotonic() > deadline:
        raise TimeoutError("it took too long")
    if answer.status != 200:
        raise ValueError(f"it answered with the status {answer.status}")
    health = json.loads(content)
    if not isinstance(health, dict) or not {"status", "problems"} <= health.keys():
        raise ValueError("something else answers there")
    return health
