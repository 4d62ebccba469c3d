"""What went wrong with a game server lately, and whether it is started again by itself. Knows; does nothing."""

from collections.abc import Iterable

from vintagestory_api.servers.crash import Decision, Ending, Failure, GiveUp, History, Restart, RestartRules, decide
from vintagestory_api.servers.records import Happening, ServerRecord


class Failures:
    """Of one server.

    `latest`: the latest crash or failed start, also while it is up again. `latest_end`: the latest end that nobody asked for,
    until it is ready again. `gave_up`: it ended too often in a short time, and is left alone until somebody starts it.
    """

    def __init__(self) -> None:
        self.latest: Happening | None = None
        self.latest_end: Happening | None = None
        self.gave_up = False
        self.restarts_at_ms: int | None = None
        #: It was ended from outside, and its settings said that it does not come back by itself.
        self._was_left_down = False
        #: Its latest start failed, and so would the next. A new manager tries once: much may have been put right since.
        self._needs_a_person = False
        self._history = History()

    def remember(self, happenings: Iterable[Happening]) -> None:
        """Failures and what was done about them, oldest first."""
        for happening in happenings:
            match happening.kind:
                case "crashed" | "failed_to_start" as kind:
                    self._history.note(Failure(happening.at, kind))
                    self.latest = self.latest_end = happening
                case "start_asked" if happening.actor is not None:
                    self.forget()
                case "started":
                    self.gave_up = self._was_left_down = False
                case "stopped":
                    self.latest_end = happening
                    self._was_left_down = bool(happening.details.get("stays_down"))
                case "ready":
                    self.settle(is_up=True)
                case "gave_up":
                    self.gave_up = True
                case _:
                    pass

    def forget(self) -> None:
        """Somebody cares for it: count anew."""
        self._history.forget()
        self.latest = self.latest_end = self.restarts_at_ms = None
        self.gave_up = self._was_left_down = self._needs_a_person = False

    def note(self, end: Happening, *, is_wanted: bool = False) -> None:
        if end.kind in {"crashed", "failed_to_start"}:
            self.latest = end
        self.latest_end = None if is_wanted else end

    def settle(self, *, is_up: bool) -> None:
        """It became ready, so that whatever kept it from starting is over. `is_up`: and it still is."""
        self._history.settle_starts()
        if is_up:
            self.latest_end = None

    def begin_start(self) -> None:
        self.restarts_at_ms = None
        self._was_left_down = self._needs_a_person = False

    def start_at_once(self, now_ms: int) -> None:
        """As soon as whatever holds it has ended."""
        self._history.forget()
        self.gave_up, self.restarts_at_ms = False, now_ms

    def judge(self, ending: Ending, now_ms: int, rules: RestartRules, *, comes_back: bool) -> Decision | None:
        """What follows an end that nobody asked for; None where it stays down. `comes_back`: its settings say so."""
        self._history.note_end(ending, now_ms)
        if not (comes_back or ending.is_shutdown):
            self._was_left_down = ending.outcome == "stopped"
            return None
        if ending.is_lasting:
            self._needs_a_person = True
            return None
        decision = decide(self._history.failures, now_ms, rules)
        match decision:
            case Restart(after_seconds=seconds):
                self.restarts_at_ms = now_ms + round(seconds * 1000)
            case GiveUp():
                self.gave_up = True
        return decision

    def leave_down(self, record: ServerRecord) -> bool:
        """Whether it ended although nobody asked for that, and does not come back: by its settings, or because it could not."""
        if self._needs_a_person:
            return True
        ended = self._was_left_down or record.outcome in {"crashed", "failed_to_start"}
        return ended and self.restarts_at_ms is None and not record.settings.restart_after_crash
