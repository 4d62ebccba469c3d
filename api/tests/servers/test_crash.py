"""Why a game ended, and what follows: pure functions, given every fact as an argument."""

import signal
from dataclasses import replace

import pytest

from vintagestory_api.servers.crash import EndFacts, Failure, GiveUp, History, Restart, RestartRules, decide, read_end

READY = EndFacts(was_ready=True, exit_code=0)
BY_COMMAND = "Shutdown via server command"
BY_SIGNAL = "External close event (CTRL+C/kill/etc)"


@pytest.mark.parametrize(
    ("facts", "outcome", "by", "is_wanted"),
    [
        (replace(READY, asked=True), "stopped", "/stop", True),
        (replace(READY, asked=True, signals=("SIGTERM", "SIGKILL"), exit_code=-9), "stopped", "SIGKILL", True),
        (replace(READY, asked=True, crash_reported=True), "stopped", "/stop", True),
        (replace(READY, stop_reason=BY_COMMAND), "stopped", "/stop", True),
        (replace(READY, stop_reason=BY_COMMAND, was_ready=False), "stopped", "/stop", True),
        (replace(READY, stop_reason=BY_SIGNAL), "stopped", "SIGTERM", False),
        (replace(READY, stop_reason=BY_COMMAND, by_keeper=True, signals=("/stop",)), "stopped", "/stop", False),
        (replace(READY), "crashed", None, False),
        (replace(READY, stop_reason="Exception thrown by server during startup or process"), "crashed", None, False),
        (replace(READY, stop_reason=BY_COMMAND, thread="chunkdbthread"), "crashed", None, False),
        (replace(READY, was_ready=False), "failed_to_start", None, False),
        (replace(READY, was_ready=False, exit_code=150), "failed_to_start", None, False),
        (replace(READY, was_ready=False, start_error="no such program"), "failed_to_start", None, False),
    ],
)
def test_what_kind_of_end_it_was(facts: EndFacts, outcome: str, by: str | None, is_wanted: bool) -> None:
    ending = read_end(facts)
    assert (ending.outcome, ending.by, ending.is_wanted) == (outcome, by, is_wanted)


@pytest.mark.parametrize(
    ("facts", "is_lasting"),
    [
        (EndFacts(exit_code=150), True),
        (EndFacts(exit_code=0, needs_runtime=True), True),
        (EndFacts(exit_code=1), False),
        (EndFacts(exit_code=0, refusal="Failed to open port 42420"), False),
        (replace(READY, exit_code=150), False),
    ],
)
def test_a_missing_runtime_is_there_at_no_later_start_either(facts: EndFacts, *, is_lasting: bool) -> None:
    assert read_end(facts).is_lasting is is_lasting


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (replace(READY), "ended by itself (exit code 0)"),
        (replace(READY, exit_code=-signal.SIGSEGV), "ended by itself (SIGSEGV)"),
        (replace(READY, exit_code=-signal.SIGKILL), "killed from outside"),
        (replace(READY, exit_code=-99), "signal 99"),
        (replace(READY, exit_code=None), "not known"),
        (replace(READY, crash_reported=True, mods=("farmlife@1.2.0", "beams")), "critical error, in farmlife@1.2.0, beams"),
        (replace(READY, crash_reported=True), "critical error"),
        (replace(READY, thread="chunkdbthread"), "thread chunkdbthread"),
        (replace(READY, disk_low="Disk space is below 400 megabytes"), "disk is too full"),
        (replace(READY, memory_high="Memory usage is above 50000"), "too much memory"),
        (replace(READY, stop_reason="Too many errors"), "stopped by itself: Too many errors"),
        (EndFacts(exit_code=150), "NET"),
        (EndFacts(exit_code=0, needs_runtime=True, runtime="10.0.0"), ".NET 10.0.0"),
        (EndFacts(exit_code=0, refusal="Failed to open port 42420"), "Failed to open port 42420"),
        (EndFacts(exit_code=0, fatal="Something broke"), "Something broke"),
        (EndFacts(exit_code=0), "before it was ready (exit code 0)"),
    ],
)
def test_the_reason_is_told_in_words(facts: EndFacts, words: str) -> None:
    assert words in read_end(facts).why


def test_words_of_the_game_are_bounded() -> None:
    assert len(read_end(EndFacts(refusal="x" * 100_000)).why) < 600


RULES = RestartRules(limit=3, window_seconds=600, first_pause_seconds=5, longest_pause_seconds=60)
NOW = 1_700_000_000_000


def failures(*seconds_ago: float) -> list[Failure]:
    return [Failure(NOW - round(seconds * 1000), "crashed") for seconds in seconds_ago]


@pytest.mark.parametrize(
    ("history", "decision"),
    [
        (failures(0), Restart(5, 1)),
        (failures(100, 0), Restart(15, 2)),
        (failures(200, 100, 0), Restart(45, 3)),
        (failures(300, 200, 100, 0), GiveUp(4, 600)),
        (failures(601, 200, 100, 0), Restart(45, 3)),
        (failures(5000, 4000, 3000, 0), Restart(5, 1)),
    ],
)
def test_pauses_grow_until_it_is_given_up(history: list[Failure], decision: Restart | GiveUp) -> None:
    assert decide(history, NOW, RULES) == decision


def test_pauses_have_an_end() -> None:
    rules = replace(RULES, limit=50)
    assert decide(failures(*range(40, -1, -1)), NOW, rules) == Restart(60, 41)


def test_a_limit_of_zero_never_starts_it_again() -> None:
    assert decide(failures(0), NOW, replace(RULES, limit=0)) == GiveUp(1, 600)


def test_a_shutdown_of_the_machine_is_no_failure() -> None:
    shutdown = read_end(replace(READY, stop_reason=BY_COMMAND, by_keeper=True, signals=("/stop",)))
    assert shutdown.is_shutdown
    history = History()
    history.note_end(shutdown, NOW)
    assert history.failures == []
    assert decide(history.failures, NOW, replace(RULES, limit=0)) == Restart(5, 0)


@pytest.mark.parametrize(
    ("facts", "counts"),
    [
        (replace(READY), True),
        (replace(READY, was_ready=False), True),
        (replace(READY, stop_reason=BY_SIGNAL), True),
        (replace(READY, stop_reason=BY_COMMAND), False),
        (replace(READY, asked=True), False),
    ],
)
def test_an_end_that_nobody_wanted_counts(facts: EndFacts, *, counts: bool) -> None:
    history = History()
    history.note_end(read_end(facts), NOW)
    assert [failure.at_ms for failure in history.failures] == ([NOW] if counts else [])


def test_a_history_is_bounded_and_can_be_forgotten() -> None:
    history = History()
    for failure in failures(*range(500)):
        history.note(failure)
    assert len(history.failures) == 100
    history.forget()
    assert history.failures == []
