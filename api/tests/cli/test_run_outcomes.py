from typing import Any

import pytest

from vintagestory_api.cli.runs import outcome


@pytest.mark.parametrize(
    ("reason", "ticks", "told"),
    [
        ("upstream_open_circuit", 1, "the service that it asks had failed several times in a row, and is left alone for a while"),
        ("still_running", 3, "still running, 3 times"),
    ],
)
def test_why_a_run_was_skipped_is_said_in_words(reason: str, ticks: int, told: str) -> None:
    run: dict[str, Any] = {"error": None, "state": "skipped", "reason": reason, "ticks": ticks, "message": None, "report": None}
    assert outcome(run) == told
