from typing import Any, cast

from vintagestory_api.cli.connection import Client
from vintagestory_api.cli.mod_starts import new_mods_failed


class Answers:
    """A manager that has these answers, by the end of their paths."""

    def __init__(self, kinds: list[str], sets: list[tuple[int, bool]]) -> None:
        self._happened = [{"kind": kind, "details": {"set": 11} if kind.startswith("mods_") else {}} for kind in kinds]
        self._sets = [{"number": number, "is_joined": joined, "can_be_restored": True} for number, joined in sets]

    def get(self, path: str, _query: Any) -> Any:
        return {"items": self._happened if path == "/servers/demo/timeline" else self._sets}


def said(kinds: list[str], sets: list[tuple[int, bool]] | None = None, state: str = "failed_to_start") -> str | None:
    return new_mods_failed(cast("Client", Answers(kinds, sets or [])), {"id": "demo", "state": state})


def test_a_server_that_did_not_start_with_mods_that_had_waited_says_so_with_the_way_back() -> None:
    kinds = ["failed_to_start", "started", "restart_planned", "failed_to_start", "started", "mods_loaded", "stopped", "ready"]
    assert said(kinds, [(11, False), (10, True), (9, False)]) == (
        "It started with other mods (set 11). Go back to set 9 with: vsmanager mods rollback demo 9"
    )
    without = said(kinds)
    assert without is not None
    assert without.endswith("Look at its sets with: vsmanager mods history demo")


def test_mods_are_not_blamed_that_it_was_ready_with_or_that_it_has_no_more() -> None:
    for over in ("ready", "mods_restored", "mods_put_back", "mods_changed", "mods_by_hand"):
        assert said(["failed_to_start", "started", over, "mods_loaded"]) is None
    assert said(["failed_to_start", "started"]) is None
    assert said(["started", "mods_loaded"], state="starting") is None
