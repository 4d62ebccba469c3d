"""Which backups are kept, and by which rule: a pure function.

Hours, days, weeks and months are those of UTC, so that a change of the clocks or of the machine's zone deletes nothing. A week
begins on Monday. Each rule keeps the newest backup of each of its latest periods in which there is one.

Only backups that could be restored count: those with a sound world, or, as long as there is none, those of a server without a
world. The others never keep a good one from being kept, nor push one out.
"""

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

from vintagestory_api.backups.schemas import RetentionRules, WorldState

PINNED: Final = "pinned"
NEWEST_VERIFIED: Final = "newest_verified"
#: It does not count, and there is no newer one that does.
NOTHING_NEWER: Final = "nothing_newer"
#: It is being read, or copied elsewhere.
IN_USE: Final = "in_use"

_HOUR_MS: Final = 3_600_000
_DAY_MS: Final = 24 * _HOUR_MS
_WEEK_MS: Final = 7 * _DAY_MS
#: 1970 began on a Thursday.
_TO_MONDAY_MS: Final = 3 * _DAY_MS


class Kept(NamedTuple):
    """What has to be known of a backup. `is_good`: nothing is known to be wrong with it, and it is there."""

    id: str
    made_at: int
    size_bytes: int
    world: WorldState
    pinned: bool
    is_good: bool
    is_busy: bool = False


class Decision(NamedTuple):
    """`kept_by`: the rules that want it; empty when it is to be deleted."""

    backup: Kept
    kept_by: list[str]


def decide(backups: Iterable[Kept], rules: RetentionRules) -> list[Decision]:
    """One decision for each backup, newest first."""
    ordered = sorted(backups, key=lambda backup: (backup.made_at, backup.id), reverse=True)
    good = good_ones(ordered)
    decisions = {backup.id: Decision(backup, []) for backup in ordered}

    def keep(backup: Kept, rule: str) -> None:
        decisions[backup.id].kept_by.append(rule)

    for backup in ordered:
        if backup.pinned:
            keep(backup, PINNED)
        if backup.is_busy:
            keep(backup, IN_USE)
    if not good:
        for backup in ordered:
            keep(backup, NOTHING_NEWER)
        return list(decisions.values())
    keep(good[0], NEWEST_VERIFIED)
    wanted: dict[str, list[str]] = {}
    for rule, found in _wanted(good, rules):
        for backup in found:
            wanted.setdefault(backup.id, []).append(rule)
    for backup in _within_limits(good, wanted, decisions, rules):
        decisions[backup.id].kept_by.extend(wanted[backup.id])
    _decide_on_the_others(ordered, good, decisions, rules)
    return list(decisions.values())


def good_ones(ordered: Sequence[Kept]) -> list[Kept]:
    """Those that count, in the same order."""
    good = [backup for backup in ordered if backup.is_good and backup.world == "verified"]
    return good or [backup for backup in ordered if backup.is_good and backup.world == "none"]


def _wanted(good: Sequence[Kept], rules: RetentionRules) -> Iterator[tuple[str, list[Kept]]]:
    yield "last", list(good[: rules.last])
    yield "hourly", _one_of_each(good, rules.hourly, lambda at: at // _HOUR_MS)
    yield "daily", _one_of_each(good, rules.daily, lambda at: at // _DAY_MS)
    yield "weekly", _one_of_each(good, rules.weekly, lambda at: (at + _TO_MONDAY_MS) // _WEEK_MS)
    yield "monthly", _one_of_each(good, rules.monthly, _month)


def _one_of_each(good: Sequence[Kept], count: int, period: Callable[[int], int]) -> list[Kept]:
    found: list[Kept] = []
    last: int | None = None
    for backup in good:
        if len(found) >= count:
            break
        if (now := period(backup.made_at)) != last:
            found.append(backup)
            last = now
    return found


def _month(at_ms: int) -> int:
    moment = datetime.fromtimestamp(at_ms / 1000, UTC)
    return moment.year * 12 + moment.month


class _Room:
    """What the limits leave."""

    def __init__(self, rules: RetentionRules, taken: Sequence[Kept]) -> None:
        self._rules = rules
        self._count, self._bytes = len(taken), sum(backup.size_bytes for backup in taken)

    def takes(self, backup: Kept) -> bool:
        self._count, self._bytes = self._count + 1, self._bytes + backup.size_bytes
        rules = self._rules
        return not ((rules.max_count and self._count > rules.max_count) or (rules.max_bytes and self._bytes > rules.max_bytes))


def _within_limits(
    good: Sequence[Kept], wanted: Container[str], decisions: dict[str, Decision], rules: RetentionRules
) -> Iterator[Kept]:
    """The newest of what the rules want, as long as the limits allow. Good ones that stay in any case take room, too."""
    fixed = [backup for backup in good if decisions[backup.id].kept_by]
    room = _Room(rules, fixed)
    for backup in good:
        if backup.id in wanted:
            if not decisions[backup.id].kept_by and not room.takes(backup):
                return
            yield backup


def _decide_on_the_others(
    ordered: Sequence[Kept], good: Sequence[Kept], decisions: dict[str, Decision], rules: RetentionRules
) -> None:
    """A damaged one stays while it is as young as those that `last` keeps: somebody may still want to save something of it."""
    good_ids = {backup.id for backup in good}
    kept_by_last = [backup for backup in good if "last" in decisions[backup.id].kept_by]
    oldest_of_last = kept_by_last[-1].made_at if kept_by_last else good[0].made_at
    room = _Room(rules, [decision.backup for decision in decisions.values() if decision.kept_by])
    for backup in ordered:
        kept_by = decisions[backup.id].kept_by
        if backup.id in good_ids or kept_by:
            continue
        if (backup.made_at, backup.id) > (good[0].made_at, good[0].id):
            kept_by.append(NOTHING_NEWER)
        elif rules.last and backup.made_at >= oldest_of_last and room.takes(backup):
            kept_by.append("last")
