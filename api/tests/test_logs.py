"""What is written to stdout: one JSON object a line, without secrets, from us and from libraries."""

import asyncio
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import structlog

from vintagestory_api.kit.redaction import remember_secret
from vintagestory_api.logs import configure_logging
from vintagestory_api.services.run_context import RunContext, current_run

TOKEN = "vsm_abcdefghijklmnopqrstuvwxyz0123456789"


@pytest.fixture(autouse=True)
def _routed() -> Iterator[None]:
    """With the standard library's logging routed as well; pytest's own handlers come back at the end."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    configure_logging("info", "json")
    yield
    root.handlers = handlers
    root.setLevel(level)


class Written:
    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def text(self) -> str:
        return self._capsys.readouterr().out

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text().splitlines()]


@pytest.fixture
def written(capsys: pytest.CaptureFixture[str]) -> Written:
    return Written(capsys)


def test_each_event_is_one_json_object_on_a_line(written: Written) -> None:
    structlog.get_logger().info("job_registered", job_id="x", text="two\nlines – ü")
    structlog.get_logger().warning("second")
    first, second = written.lines()
    assert (first["event"], first["job_id"], first["level"], first["text"]) == ("job_registered", "x", "info", "two\nlines – ü")
    assert first["timestamp"].endswith("Z")
    assert (second["event"], second["level"]) == ("second", "warning")


def test_on_a_terminal_events_are_readable(written: Written) -> None:
    configure_logging("info", "text")
    structlog.get_logger().info("job_registered", job_id="x")
    text = written.text()
    assert "job_registered" in text
    assert not text.startswith("{")


def test_below_the_level_nothing_is_written(written: Written) -> None:
    configure_logging("warning", "json")
    structlog.get_logger().info("quiet")
    logging.getLogger("somebody").info("quiet")
    structlog.get_logger().error("loud")
    assert [line["event"] for line in written.lines()] == ["loud"]


def test_what_libraries_log_comes_as_events_too(written: Written) -> None:
    logging.getLogger("some.library").warning("%s of %s", 3, "five")
    try:
        raise ValueError("with a traceback")
    except ValueError:
        logging.getLogger("some.library").exception("it broke")
    first, second = written.lines()
    assert (first["event"], first["logger"], first["message"], first["level"]) == (
        "library_message", "some.library", "3 of five", "warning",
    )  # fmt: skip
    assert "ValueError: with a traceback" in second["exception"]


def test_talkative_libraries_are_quiet(written: Written) -> None:
    for name in ("apscheduler.scheduler", "httpx2", "alembic.runtime", "uvicorn.error"):
        logging.getLogger(name).info("chatter")
    assert written.text() == ""


def test_a_library_s_broken_message_harms_nobody(written: Written, capsys: pytest.CaptureFixture[str]) -> None:
    logging.raiseExceptions, before = False, logging.raiseExceptions
    try:
        logging.getLogger("some.library").warning("%d", "no number")
    finally:
        logging.raiseExceptions = before
    structlog.get_logger().info("goes_on")
    assert [line["event"] for line in written.lines()] == ["goes_on"]


@dataclass
class Held:
    password: str


class Address:
    def __str__(self) -> str:
        return "https://ada:lovelace@host/"


class Unprintable:
    def __str__(self) -> str:
        raise RuntimeError("no")


def test_secrets_are_masked_wherever_they_stand(written: Written) -> None:
    remember_secret("the-local-secret")
    try:
        raise PermissionError(f"refused: Bearer {TOKEN}")
    except PermissionError as error:
        structlog.get_logger().exception(
            f"event_with_{TOKEN}",
            password="hunter2",
            nested={"deep": [{"api_key": "k-123456"}, f"x {TOKEN}"]},
            error=error,
            url="https://ada:lovelace@host/path",
            address=Address(),
            held=Held("hunter2"),
            raw=b"token=abcdefgh",
            known="before the-local-secret after",
        )
    logging.getLogger("some.library").error("password=hunter2 and %s", TOKEN)
    text = written.text()
    for secret in (TOKEN, "hunter2", "lovelace", "k-123456", "abcdefgh", "the-local-secret"):
        assert secret not in text, secret
    assert "PermissionError: refused: Bearer ***" in text
    assert "https://***@host/path" in text


def test_whatever_is_logged_a_line_is_written(written: Written) -> None:
    circular: dict[str, Any] = {}
    circular["self"] = circular
    structlog.get_logger().info(
        "odd",
        big=10**40,
        lone="\ud800",
        path=Path("caf\udce9"),
        keys={(1, 2): {None: 1}},
        unprintable=Unprintable(),
        circular=circular,
        inf=float("inf"),
        kind=Held,
    )
    (line,) = written.lines()
    assert line["big"] == str(10**40)
    assert line["path"] == "caf?"
    assert "could not be made" in line["unprintable"]


def test_a_huge_text_is_cut_in_the_middle(written: Written) -> None:
    structlog.get_logger().info("huge", text="a" * 5_000_000 + "z")
    (line,) = written.lines()
    assert len(line["text"]) < 50_000
    assert line["text"].startswith("aaa")
    assert line["text"].endswith("az")


# The lines of a run


async def test_a_run_keeps_its_own_lines_and_no_others(written: Written) -> None:
    contexts = [RunContext("run-1", "one"), RunContext("run-2", "two")]

    async def job(context: RunContext) -> None:
        current_run.set(context)
        structlog.contextvars.bind_contextvars(job=context.job_id, run=context.run_id)
        await asyncio.sleep(0)
        structlog.get_logger().info("asked", mods=3, token="secret")
        await asyncio.to_thread(structlog.get_logger().warning, "from_a_thread")

    await asyncio.gather(*(asyncio.create_task(job(context)) for context in contexts))
    structlog.get_logger().info("from_outside")
    for context in contexts:
        assert [(line.seq, line.level, line.message) for line in context.lines()] == [
            (1, "info", "asked mods=3 token=***"),
            (2, "warning", "from_a_thread"),
        ]
    lines = written.lines()
    assert {(line["job"], line["run"]) for line in lines if "run" in line} == {("one", "run-1"), ("two", "run-2")}
    assert "run" not in next(line for line in lines if line["event"] == "from_outside")
