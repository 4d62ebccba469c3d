"""The wrapper of every periodic job: it logs, tells the run, and never passes a failure on."""

import asyncio
import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from structlog.testing import capture_logs

from vintagestory_api.errors import Unavailable
from vintagestory_api.jobs import DEFAULT_JOBS
from vintagestory_api.jobs.base import report_fields, safe_job
from vintagestory_api.logs import mask_secrets
from vintagestory_api.services.run_context import RunContext, current_run


@dataclass(frozen=True)
class Report:
    added: int
    names: tuple[str, ...] = ("a", "b")
    api_key: str = "not for everybody"


@pytest.fixture
def run() -> Iterator[RunContext]:
    """A run, as the scheduler sets one before it calls a job."""
    context = RunContext("run-id", "job")
    token = current_run.set(context)
    yield context
    current_run.reset(token)


@safe_job("example")
async def example(number: int, *, text: str = "x") -> str:
    """What it does."""
    if number < 0:
        raise ValueError(f"negative: {number}")
    return text * number


async def test_the_result_comes_back() -> None:
    assert await example(3, text="ab") == "ababab"


async def test_a_failure_comes_back_as_none() -> None:
    assert await example(-1) is None


def test_name_docstring_arguments_and_signature_are_kept() -> None:
    assert example.__name__ == "example"
    assert example.__doc__ == "What it does."
    assert str(inspect.signature(example)) == "(number: int, *, text: str = 'x') -> str"
    assert inspect.iscoroutinefunction(example)


async def test_wrong_arguments_are_a_failure_like_any_other() -> None:
    @safe_job("wrong")
    async def wrong() -> None: ...

    call: Any = wrong
    with capture_logs() as logs:
        assert await call(1, two=2) is None
    assert logs[-1]["event"] == "wrong_failed"


async def test_a_success_is_logged_with_the_fields_of_its_report() -> None:
    @safe_job("import")
    async def job() -> Report:
        return Report(3)

    with capture_logs(processors=[mask_secrets]) as logs:
        await job()
    assert [entry["event"] for entry in logs] == ["import_started", "import_completed"]
    completed = logs[1]
    assert (completed["result"], completed["added"], completed["names"]) == ("success", 3, ["a", "b"])
    assert completed["api_key"] == "***"
    assert completed["log_level"] == "info"


async def test_a_failure_is_logged_with_its_text_and_traceback() -> None:
    with capture_logs() as logs:
        await example(-7)
    assert [entry["event"] for entry in logs] == ["example_started", "example_failed"]
    failed = logs[1]
    assert (failed["error"], failed["exc_info"], failed["log_level"]) == ("negative: -7", True, "error")


async def test_the_traceback_is_in_what_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    await example(-7)
    written = capsys.readouterr().out
    assert "Traceback (most recent call last)" in written
    assert "ValueError: negative: -7" in written


async def test_secrets_in_the_text_of_a_failure_are_masked_in_the_log() -> None:
    @safe_job("leaky")
    async def job() -> None:
        raise RuntimeError("token=abc123def and https://ada:lovelace@host/")

    with capture_logs() as logs:
        await job()
    assert logs[-1]["error"] == "token=*** and https://***@host/"


@pytest.mark.parametrize("report", [{"result": 1, "event": 2, "level": 3, "run": 4, "exc_info": 5, "fine": 6}])
async def test_fields_of_a_report_cannot_displace_those_of_the_log(report: dict[str, int]) -> None:
    @safe_job("odd")
    async def job() -> dict[str, int]:
        return report

    with capture_logs() as logs:
        assert await job() == report
    completed = logs[-1]
    assert (completed["event"], completed["result"], completed["fine"]) == ("odd_completed", "success", 6)
    assert (completed["report_result"], completed["report_event"]) == (1, 2)


async def test_cancellation_passes_through_and_is_no_failure(run: RunContext) -> None:
    begun = asyncio.Event()

    @safe_job("patient")
    async def job() -> None:
        begun.set()
        await asyncio.Event().wait()

    with capture_logs() as logs:
        task = asyncio.create_task(job())
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert [entry["event"] for entry in logs] == ["patient_started"]
    assert run.outcome is None


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt])
async def test_what_is_no_exception_is_not_swallowed(error: type[BaseException]) -> None:
    @safe_job("exit")
    async def job() -> None:
        raise error

    coroutine = job()
    with pytest.raises(error):
        coroutine.send(None)


async def test_an_exception_group_is_a_failure(run: RunContext) -> None:
    @safe_job("group")
    async def job() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(example_that_fails())

    async def example_that_fails() -> None:
        raise LookupError("within the group")

    await job()
    assert run.outcome == "failed"
    assert run.error is not None
    assert run.error["type"] == "ExceptionGroup"
    assert "within the group" in run.error["traceback"]


async def test_the_run_is_told_of_success_and_report(run: RunContext) -> None:
    @safe_job("import")
    async def job() -> Report:
        return Report(3)

    await job()
    assert run.outcome == "succeeded"
    assert run.report == {"added": 3, "names": ["a", "b"], "api_key": "***"}


async def test_the_run_is_told_of_a_failure(run: RunContext) -> None:
    await example(-7)
    assert run.outcome == "failed"
    assert run.error is not None
    assert (run.error["type"], run.error["message"]) == ("ValueError", "negative: -7")
    assert not run.permanent_failure


async def test_the_run_is_told_when_nobody_was_asked(run: RunContext) -> None:
    class CircuitOpen(Unavailable):
        code = "upstream_open_circuit"

    @safe_job("skips")
    async def job() -> None:
        raise CircuitOpen("The mod database has failed; it is asked again in 30 s.")

    await job()
    assert (run.outcome, run.reason, run.error) == ("skipped", "upstream_open_circuit", None)


async def test_without_an_application_it_only_logs() -> None:
    assert current_run.get() is None
    with capture_logs() as logs:
        assert await example(1) == "x"
        assert await example(-1) is None
    assert len(logs) == 4


@dataclass
class Circular:
    inside: list[Any] = field(default_factory=list)


async def test_a_report_that_cannot_be_told_is_a_failure_and_stays_inside() -> None:
    @safe_job("circular")
    async def job() -> Circular:
        circular = Circular()
        circular.inside.append(circular)
        return circular

    with capture_logs() as logs:
        assert await job() is None
    assert logs[-1]["event"] == "circular_failed"


@pytest.mark.parametrize("result", [None, 3, "text", [1, 2], Report])
def test_only_dataclasses_and_mappings_are_reports(result: Any) -> None:
    assert report_fields(result) is None


@pytest.mark.parametrize(
    ("result", "fields"),
    [
        (Report(1, ()), {"added": 1, "names": [], "api_key": "***"}),
        ({1: "one", "deep": {"password": "x", 2: {3}}}, {"1": "one", "deep": {"password": "***", "2": [3]}}),
        ({}, {}),
    ],
)
def test_a_report_becomes_plain_data(result: object, fields: Mapping[str, Any]) -> None:
    assert report_fields(result) == fields


def test_every_default_job_is_wrapped() -> None:
    for job in DEFAULT_JOBS:
        assert hasattr(job.function, "__wrapped__"), job.id
        assert inspect.iscoroutinefunction(job.function)
