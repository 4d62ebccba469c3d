"""What is done of itself, and when. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from vintagestory_api.errors import FieldError, Invalid
from vintagestory_api.kit.clock import from_ms
from vintagestory_api.schedules.schemas import QuietHours
from vintagestory_api.updates.newest import Newest
from vintagestory_api.updates.plan import Plan
from vintagestory_api.updates.records import Update
from vintagestory_api.updates.schemas import UpdatePolicy, UpdateRequest, UpdateState

#: What failed before anything was changed, as for want of space, is tried again by itself after so long.
FAILED_AGAIN_MS = 86_400_000


class InvalidUpdatePolicy(Invalid):
    code = "invalid_update_policy"


def check_policy(policy: UpdatePolicy) -> None:
    """Raises `InvalidUpdatePolicy`."""
    try:
        ZoneInfo(policy.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidUpdatePolicy(
            f"There is no time zone {policy.zone!r}. Write one like Europe/Berlin, or UTC.",
            fields=[FieldError("zone", "no such time zone")],
        ) from None


def wishes(policy: UpdatePolicy, known: Newest, mod_updates: int) -> list[UpdateRequest]:
    """What may be done of itself, the most wanted first; the next one counts where one is not ready."""
    mods = "fitting" if policy.mods == "fitting" else "none"
    games: Sequence[str | None] = ()
    if policy.game == "stable":
        games = (known.stable, known.patch)
    elif policy.game == "patch":
        games = (known.patch,)
    found = [UpdateRequest(game_version=game, mods=mods) for game in dict.fromkeys(games) if game is not None]  # type: ignore[arg-type]
    if mods == "fitting" and mod_updates:
        found.append(UpdateRequest(mods="fitting"))
    return found


def wishes_of_schedule(state: UpdateState, what: Literal["mods", "game"]) -> list[UpdateRequest]:
    """A schedule may bring patches whatever the policy says, and newer versions where that says so. Its warnings are steps of
    their own."""
    if what == "mods":
        return [UpdateRequest(mods="fitting", warn_minutes=[])] if state.mod_updates else []
    games = (state.newest_stable, state.newest_patch) if state.policy.game == "stable" else (state.newest_patch,)
    return [
        UpdateRequest(game_version=game, mods="fitting", warn_minutes=[]) for game in dict.fromkeys(games) if game is not None
    ]


def is_told(policy: UpdatePolicy, known: Newest, mod_updates: int) -> str | None:
    """What there is and is not done of itself, in words."""
    new = []
    if policy.game == "tell" and known.stable is not None:
        both = known.patch is not None and known.patch != known.stable
        new.append(
            f"version {known.patch} and version {known.stable} of the game" if both else f"version {known.stable} of the game"
        )
    if policy.game == "patch" and known.stable is not None and known.stable != known.patch:
        new.append(f"version {known.stable} of the game")
    if policy.mods == "tell" and mod_updates:
        new.append("an update of 1 mod" if mod_updates == 1 else f"updates of {mod_updates} mods")
    return f"There is {' and '.join(new)}." if new else None


@dataclass(frozen=True)
class Moment:
    """What decides whether something may be done of itself now. `busy`: what holds the server, in words."""

    now_ms: int
    players: int
    busy: str | None = None
    is_set_up: bool = True


def waits_for(policy: UpdatePolicy, moment: Moment) -> str | None:
    """Why nothing is done of itself at this moment, in words; None when it may be."""
    if not moment.is_set_up:
        return "the server is not set up yet"
    if policy.window is not None and not is_within(policy.window, policy.zone, moment.now_ms):
        return f"it is not between {policy.window.begin} and {policy.window.end} ({policy.zone})"
    if moment.players and not policy.with_players:
        on = "a player is" if moment.players == 1 else f"{moment.players} players are"
        return f"{on} on"
    return moment.busy


def is_within(window: QuietHours, zone: str, now_ms: int) -> bool:
    """From one time of the day to another, over midnight where the second is earlier; the whole day where they are the same."""
    try:
        local = from_ms(now_ms).astimezone(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        local = datetime.fromtimestamp(now_ms / 1000, UTC)
    now, begin, end = f"{local:%H:%M}", window.begin, window.end
    return begin <= now < end if begin < end else now >= begin or now < end


def nobody_knows(plan: Plan) -> str | None:
    """Why an update that no person looks at is not made although nothing is known that speaks against it, in words."""
    mods = plan.facts.mods
    if not plan.changes_game or mods.is_asked or not mods.mods:
        return None
    return f"the mod database can't be asked at the moment, so nobody knows which mods support {plan.facts.game_then}"


def went_back(key: str, past: Iterable[Update]) -> str | None:
    """Why the same is not tried once more by itself, in words. `past`: of the server."""
    if any(update.key == key and update.outcome == "went_back" for update in past):
        return "it went back when it was tried; it is not tried again by itself until something about it is new"
    return None


def was_tried(key: str, past: Iterable[Update], now_ms: int) -> str | None:
    """The same, also where it failed a short while ago. `past`: of the server, newest first."""
    past = list(past)
    if (why := went_back(key, past)) is not None:
        return why
    for update in past:
        lately = update.ended_at is not None and now_ms - update.ended_at < FAILED_AGAIN_MS
        if update.key == key and update.outcome == "failed" and lately:
            return f"it failed less than a day ago: {update.text or ''}".strip()
    return None
