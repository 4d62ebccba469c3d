from typing import Any

import pytest

from tests.upstreams import FakeClock
from vintagestory_api.kit.circuit import Circuit, CircuitOpen


@pytest.fixture
def clock() -> Any:
    return FakeClock()


@pytest.fixture
def circuit(clock: FakeClock) -> Any:
    return Circuit("The file store", clock=clock, failures=3, open_seconds=60, max_open_seconds=200)


def fail(circuit: Circuit, times: int = 1) -> None:
    for _ in range(times):
        circuit.before()
        circuit.failure()


def test_a_new_circuit_lets_calls_through(circuit: Circuit) -> None:
    circuit.before()
    assert circuit.state == "closed"


def test_it_opens_after_three_failures_in_a_row(circuit: Circuit) -> None:
    states = []
    for _ in range(3):
        fail(circuit)
        states.append(circuit.state)
    assert states == ["closed", "closed", "open"]


def test_a_success_in_between_starts_the_count_anew(circuit: Circuit) -> None:
    fail(circuit, 2)
    circuit.success()
    fail(circuit, 2)
    assert circuit.state == "closed"


def test_an_open_circuit_refuses_and_says_how_long(circuit: Circuit, clock: FakeClock) -> None:
    fail(circuit, 3)
    clock.advance(20)
    with pytest.raises(CircuitOpen) as refused:
        circuit.before()
    assert refused.value.code == "upstream_open_circuit"
    assert refused.value.retry_after_seconds == 40
    assert "The file store" in str(refused.value)


def test_after_the_pause_exactly_one_trial_gets_through(circuit: Circuit, clock: FakeClock) -> None:
    fail(circuit, 3)
    clock.advance(60)
    assert circuit.state == "half_open"
    circuit.before()
    with pytest.raises(CircuitOpen):
        circuit.before()


def test_a_trial_that_succeeds_closes_the_circuit(circuit: Circuit, clock: FakeClock) -> None:
    fail(circuit, 3)
    clock.advance(60)
    circuit.before()
    circuit.success()
    assert circuit.state == "closed"
    circuit.before()
    circuit.before()


def test_every_trial_that_fails_doubles_the_pause_up_to_a_limit(circuit: Circuit, clock: FakeClock) -> None:
    fail(circuit, 3)
    pauses = []
    for _ in range(4):
        clock.advance(circuit.snapshot()["retry_after_seconds"])
        fail(circuit)
        pauses.append(circuit.snapshot()["retry_after_seconds"])
    assert pauses == [120, 200, 200, 200]


def test_the_pause_is_short_again_after_a_success(circuit: Circuit, clock: FakeClock) -> None:
    fail(circuit, 3)
    clock.advance(60)
    fail(circuit)
    clock.advance(120)
    circuit.before()
    circuit.success()
    fail(circuit, 3)
    assert circuit.snapshot()["retry_after_seconds"] == 60


def test_a_cancelled_trial_leaves_room_for_the_next_one(circuit: Circuit, clock: FakeClock) -> None:
    fail(circuit, 3)
    clock.advance(60)
    circuit.before()
    circuit.release()
    assert circuit.state == "half_open"
    circuit.before()


def test_a_late_failure_of_an_older_call_does_not_make_the_pause_longer(circuit: Circuit, clock: FakeClock) -> None:
    fail(circuit, 3)
    clock.advance(30)
    circuit.failure()
    clock.advance(30)
    assert circuit.state == "half_open"


def test_a_trial_that_never_reports_back_does_not_block_for_ever(circuit: Circuit, clock: FakeClock) -> None:
    fail(circuit, 3)
    clock.advance(60)
    circuit.before()
    clock.advance(200)
    circuit.before()


def test_the_snapshot_names_state_and_failures(circuit: Circuit) -> None:
    fail(circuit, 3)
    assert circuit.snapshot() == {"name": "The file store", "state": "open", "failures": 3, "retry_after_seconds": 60.0}


def test_it_says_when_a_call_has_opened_or_closed_it(clock: FakeClock) -> None:
    states: list[str] = []
    told = Circuit("The file store", clock=clock, failures=2, open_seconds=60, changed=lambda: states.append(told.state))
    told.success()
    fail(told, 2)
    assert states == ["open"]
    told.failure()
    clock.advance(61)
    fail(told)
    assert states == ["open", "open"], "the trial failed: it is left alone for longer"
    clock.advance(121)
    told.before()
    told.success()
    assert states == ["open", "open", "closed"]
