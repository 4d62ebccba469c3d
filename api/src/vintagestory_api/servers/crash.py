"""Why a game ended, and whether it is started again: pure functions, because exit codes lie.

What counts is what was asked for, what the game logged, and whether it had been ready.
"""

import signal
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from vintagestory_api.servers.records import Outcome

#: What the game gives as the reason of its stop: after `/stop`, and after SIGTERM or SIGINT.
_BY_COMMAND, _BY_SIGNAL = "server command", "External close event"
#: The exit code of a program whose .NET is not there.
_NO_DOTNET = 150
_MAX_WORDS = 500


@dataclass(frozen=True)
class EndFacts:
    """Everything that is known of an end.

    `asked`: the manager wanted it to end. `stop_reason`: what the game gave as the reason of its own orderly stop, None when it
    began none. `by_keeper`: its keeper was told to end, and stopped it. `refusal`: why it would not start, in the game's words.
    `fatal`: the last error that it logged; `last_line`: what it printed last. `disk_low`, `memory_high`: its warning before it
    ended itself.
    """

    asked: bool = False
    was_ready: bool = False
    start_error: str | None = None
    exit_code: int | None = None
    signals: tuple[str, ...] = ()
    stop_reason: str | None = None
    by_keeper: bool = False
    thread: str | None = None
    crash_reported: bool = False
    mods: tuple[str, ...] = ()
    needs_runtime: bool = False
    runtime: str | None = None
    refusal: str | None = None
    fatal: str | None = None
    last_line: str | None = None
    disk_low: str | None = None
    memory_high: str | None = None


@dataclass(frozen=True)
class Ending:
    """`by`: what ended it, when it was stopped. `why`: one line for people. `is_wanted`: somebody wanted it to end, so that it
    stays stopped. `is_shutdown`: the machine was shut down around it, which is no failure of the server. `is_lasting`: the next
    start would fail as well, until somebody has done something about it."""

    outcome: Outcome
    why: str
    by: str | None = None
    is_wanted: bool = False
    is_shutdown: bool = False
    mods: tuple[str, ...] = ()
    is_lasting: bool = False


def read_end(facts: EndFacts) -> Ending:
    """What kind of end it was."""
    if facts.start_error is not None:
        return Ending("failed_to_start", facts.start_error)
    if (stop := _as_stop(facts)) is not None:
        return stop
    if not facts.was_ready:
        return Ending("failed_to_start", _why_it_failed(facts), mods=facts.mods, is_lasting=_lacks_dotnet(facts))
    return Ending("crashed", _why_it_crashed(facts), mods=facts.mods)


def _as_stop(facts: EndFacts) -> Ending | None:
    """An end that somebody asked for, whoever that was."""
    if facts.asked:
        return Ending("stopped", "It was stopped.", by=facts.signals[-1] if facts.signals else "/stop", is_wanted=True)
    if facts.by_keeper:
        why = "Its keeper was told to end, as when the machine shuts down."
        return Ending("stopped", why, by=facts.signals[-1] if facts.signals else None, is_shutdown=True)
    if facts.stop_reason is None or _is_trouble(facts):
        return None
    if _BY_COMMAND in facts.stop_reason:
        return Ending("stopped", "Somebody stopped it with /stop, in the game or in its console.", by="/stop", is_wanted=True)
    if _BY_SIGNAL in facts.stop_reason:
        return Ending("stopped", "It was told to end from outside the manager.", by="SIGTERM")
    return None


def _is_trouble(facts: EndFacts) -> bool:
    return facts.crash_reported or facts.thread is not None or facts.refusal is not None or facts.needs_runtime


def _lacks_dotnet(facts: EndFacts) -> bool:
    return facts.needs_runtime or facts.exit_code == _NO_DOTNET


def _why_it_failed(facts: EndFacts) -> str:
    if _lacks_dotnet(facts):
        needed = f".NET {facts.runtime}" if facts.runtime else "The .NET runtime that it needs"
        return f"{needed} is not there. Install it, then start the server again."
    if facts.refusal is not None:
        return _short(facts.refusal)
    if (told := _told_trouble(facts)) is not None:
        return told
    ended = f"It ended before it was ready ({_exit_words(facts)})."
    return _short(f"{ended} It said last: {facts.last_line}") if facts.last_line else f"{ended} It said nothing."


def _why_it_crashed(facts: EndFacts) -> str:
    if (told := _told_trouble(facts)) is not None:
        return told
    if facts.exit_code == -signal.SIGKILL:
        return "It was killed from outside (SIGKILL), perhaps by the system because memory ran out."
    return f"It ended by itself ({_exit_words(facts)})."


def _told_trouble(facts: EndFacts) -> str | None:
    if facts.crash_reported:
        return f"A critical error, in {', '.join(facts.mods)}." if facts.mods else "A critical error."
    if facts.thread is not None:
        return _short(f"An error in its thread {facts.thread} ended it: {facts.fatal or 'its log says more'}")
    told = (
        ("", facts.fatal),
        ("The disk is too full for it: ", facts.disk_low),
        ("It took too much memory: ", facts.memory_high),
        ("It stopped by itself: ", facts.stop_reason),
    )
    return next((_short(words + text) for words, text in told if text is not None), None)


def _exit_words(facts: EndFacts) -> str:
    code = facts.exit_code
    if code is None:
        return "exit code not known"
    if code < 0:
        try:
            return signal.Signals(-code).name
        except ValueError:
            return f"signal {-code}"
    return f"exit code {code}"


def _short(text: str) -> str:
    return text if len(text) <= _MAX_WORDS else f"{text[:_MAX_WORDS]}…"


# What follows


@dataclass(frozen=True)
class RestartRules:
    """`limit` restarts within `window_seconds`; 0: none. Pauses grow from `first_pause_seconds` to `longest_pause_seconds`."""

    limit: int = 3
    window_seconds: float = 600.0
    first_pause_seconds: float = 5.0
    longest_pause_seconds: float = 60.0


@dataclass(frozen=True)
class Failure:
    """An end that nobody asked for, or a start that failed."""

    at_ms: int
    kind: Literal["crashed", "failed_to_start", "stopped"]


@dataclass(frozen=True)
class Restart:
    """The `attempt`th within the window, after a pause; 0 where nothing failed."""

    after_seconds: float
    attempt: int


@dataclass(frozen=True)
class GiveUp:
    failures: int
    window_seconds: float


Decision = Restart | GiveUp


@dataclass
class History:
    """Failures since a person last started or stopped the server."""

    failures: list[Failure] = field(default_factory=list)

    def note(self, failure: Failure) -> None:
        self.failures = [*self.failures[-99:], failure]

    def note_end(self, ending: Ending, now_ms: int) -> None:
        """An end counts as a failure unless somebody wanted it, or the machine was shut down."""
        if not (ending.is_wanted or ending.is_shutdown):
            self.note(Failure(now_ms, ending.outcome))

    def forget(self) -> None:
        self.failures = []

    def settle_starts(self) -> None:
        """It became ready, so that whatever kept it from starting is over."""
        self.failures = [failure for failure in self.failures if failure.kind != "failed_to_start"]


def decide(history: Sequence[Failure], now_ms: int, rules: RestartRules) -> Decision:
    """What to do after the latest failure in `history`, or after an end that was none."""
    since = now_ms - rules.window_seconds * 1000
    recent = sum(1 for failure in history if failure.at_ms > since)
    if recent > rules.limit:
        return GiveUp(recent, rules.window_seconds)
    pause = rules.first_pause_seconds * 3 ** max(0, recent - 1)
    return Restart(min(pause, rules.longest_pause_seconds), recent)
