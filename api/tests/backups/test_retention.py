"""Which backups are kept, for any past and any rules."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from vintagestory_api.backups.retention import NEWEST_VERIFIED, NOTHING_NEWER, PINNED, Decision, Kept, decide
from vintagestory_api.backups.schemas import RetentionRules

NOW = datetime(2026, 11, 26, 12, 30, tzinfo=UTC)
NO_RULES = RetentionRules(last=0, hourly=0, daily=0, weekly=0, monthly=0)

moments = st.integers(min_value=0, max_value=3 * 365 * 24 * 60).map(lambda minutes: NOW - timedelta(minutes=minutes))
few = st.integers(min_value=0, max_value=6)
rules_of_any_kind = st.builds(
    RetentionRules,
    last=few,
    hourly=few,
    daily=few,
    weekly=few,
    monthly=few,
    max_bytes=st.sampled_from([0, 1, 500, 5_000]),
    max_count=st.integers(min_value=0, max_value=5),
)


def kept(at: datetime, place: int = 0, **fields: object) -> Kept:
    usual = {"size_bytes": 100, "world": "verified", "pinned": False, "is_good": True}
    return Kept(f"{place:04}", round(at.timestamp() * 1000), **(usual | fields))  # type: ignore[arg-type]


@st.composite
def pasts(draw: st.DrawFn) -> list[Kept]:
    found = []
    for place, at in enumerate(draw(st.lists(moments, max_size=40))):
        world = draw(st.sampled_from(["verified", "verified", "verified", "damaged", "none", "unknown"]))
        found.append(
            kept(
                at,
                place,
                world=world,
                pinned=draw(st.booleans()) and draw(st.booleans()),
                is_good=draw(st.sampled_from([True, True, True, False])),
                size_bytes=draw(st.integers(min_value=0, max_value=2_000)),
            )
        )
    return found


def verified(decisions: list[Decision]) -> list[Decision]:
    return [each for each in decisions if each.backup.is_good and each.backup.world == "verified"]


@given(pasts(), rules_of_any_kind)
def test_each_gets_one_decision_newest_first(past: list[Kept], rules: RetentionRules) -> None:
    decisions = decide(past, rules)
    assert sorted(each.backup.id for each in decisions) == sorted(backup.id for backup in past)
    assert [each.backup.made_at for each in decisions] == sorted((backup.made_at for backup in past), reverse=True)


@given(pasts(), rules_of_any_kind)
def test_the_newest_verified_and_the_pinned_always_stay(past: list[Kept], rules: RetentionRules) -> None:
    decisions = decide(past, rules)
    if good := verified(decisions):
        assert NEWEST_VERIFIED in good[0].kept_by
    assert all(PINNED in each.kept_by for each in decisions if each.backup.pinned)


@given(pasts(), rules_of_any_kind)
def test_nothing_goes_that_has_no_newer_verified_one(past: list[Kept], rules: RetentionRules) -> None:
    decisions = decide(past, rules)
    good = verified(decisions) or [each for each in decisions if each.backup.is_good and each.backup.world == "none"]
    newest = good[0].backup if good else None
    for each in decisions:
        if not each.kept_by:
            assert newest is not None
            assert (newest.made_at, newest.id) > (each.backup.made_at, each.backup.id)


@given(pasts(), rules_of_any_kind)
def test_those_that_do_not_count_change_nothing_for_those_that_do(past: list[Kept], rules: RetentionRules) -> None:
    with_all = {each.backup.id: each.kept_by for each in verified(decide(past, rules))}
    alone = [backup for backup in past if backup.is_good and backup.world == "verified"]
    assert {each.backup.id: each.kept_by for each in decide(alone, rules)} == with_all


@given(pasts(), rules_of_any_kind)
def test_doing_it_twice_deletes_nothing_more(past: list[Kept], rules: RetentionRules) -> None:
    """What was kept once is kept again, as long as nothing new is made."""
    left = [each.backup for each in decide(past, rules) if each.kept_by]
    assert all(each.kept_by for each in decide(left, rules))


@given(pasts(), rules_of_any_kind, st.sampled_from(["last", "hourly", "daily", "weekly", "monthly"]))
def test_a_more_generous_rule_keeps_no_less_as_long_as_nothing_limits_it(
    past: list[Kept], rules: RetentionRules, name: str
) -> None:
    rules = rules.model_copy(update={"max_bytes": 0, "max_count": 0})
    more = rules.model_copy(update={name: getattr(rules, name) + 3})
    before = {each.backup.id for each in decide(past, rules) if each.kept_by}
    assert before <= {each.backup.id for each in decide(past, more) if each.kept_by}


@given(pasts(), rules_of_any_kind)
def test_limits_hold_but_for_what_always_stays(past: list[Kept], rules: RetentionRules) -> None:
    stay = [each.backup for each in verified(decide(past, rules)) if each.kept_by]
    free = [backup for backup in stay if not backup.pinned][1:]
    if free and rules.max_count:
        assert len(stay) <= rules.max_count
    if free and rules.max_bytes:
        assert sum(backup.size_bytes for backup in stay) <= rules.max_bytes


def test_each_period_keeps_its_newest_one() -> None:
    past = [kept(NOW - timedelta(hours=hours), hours) for hours in range(24 * 40)]
    rules = NO_RULES.model_copy(update={"daily": 3, "monthly": 2})
    found = {each.backup.made_at: each.kept_by for each in decide(past, rules) if each.kept_by}
    moments = [datetime.fromtimestamp(at / 1000, UTC).strftime("%m-%d %H:%M") for at in found]
    assert moments == ["11-26 12:30", "11-25 23:30", "11-24 23:30", "10-31 23:30"]
    assert next(iter(found.values())) == [NEWEST_VERIFIED, "daily", "monthly"]


def test_a_week_begins_on_monday_in_utc() -> None:
    monday = datetime(2026, 11, 23, tzinfo=UTC)
    past = [kept(monday, 1), kept(monday - timedelta(minutes=1), 2), kept(monday - timedelta(days=6), 3)]
    decisions = decide(past, NO_RULES.model_copy(update={"weekly": 5}))
    assert [each.backup.id for each in decisions if each.kept_by] == ["0001", "0002"]


def test_a_damaged_one_that_is_newer_than_all_stays() -> None:
    past = [kept(NOW, 1, world="damaged"), kept(NOW - timedelta(days=1), 2), kept(NOW - timedelta(days=2), 3)]
    decisions = decide(past, NO_RULES)
    assert [each.kept_by for each in decisions] == [[NOTHING_NEWER], [NEWEST_VERIFIED], []]


def test_nothing_goes_while_none_is_good() -> None:
    past = [kept(NOW - timedelta(days=days), days, world="damaged") for days in range(30)]
    assert all(each.kept_by == [NOTHING_NEWER] for each in decide(past, NO_RULES))


def test_a_server_whose_world_went_away_keeps_the_backups_that_hold_it() -> None:
    past = [kept(NOW - timedelta(hours=hours), hours, world="none") for hours in range(10)]
    past.append(kept(NOW - timedelta(days=300), 11))
    decisions = {each.backup.id: each.kept_by for each in decide(past, RetentionRules())}
    assert NEWEST_VERIFIED in decisions["0011"]
