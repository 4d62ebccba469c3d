"""What an update would do, and what speaks against it: from facts to a plan. Pure."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from vintagestory_api.errors import Conflict
from vintagestory_api.server_mods.within import ModAfter, ModsAfter
from vintagestory_api.updates.newest import is_older, is_other_line, is_prerelease
from vintagestory_api.updates.schemas import ModStep, UpdatePlan, UpdateStep

_NAMED = 5


class UpdateBlocked(Conflict):
    """`problems` say why."""

    code = "update_blocked"


class UpdatePlanChanged(Conflict):
    code = "update_plan_changed"


class NothingToUpdate(Conflict):
    code = "nothing_to_update"


@dataclass(frozen=True)
class Facts:
    """`game_then` is what it would have afterwards, also where that is what it has. `not_to_be_had`: why that version can't be
    installed; `no_runtime`: why it would not start on this machine; `no_backup`: why there would be no way back. `busy`: what
    holds the server."""

    server_id: str
    game_now: str | None
    game_then: str | None
    mods: ModsAfter
    is_running: bool
    should_run: bool
    is_hung: bool
    players: Sequence[str]
    warn_minutes: Sequence[int]
    watch_seconds: int
    allow_unready: bool
    is_installed: bool
    bytes_needed: int
    bytes_free: int
    not_to_be_had: str | None = None
    no_runtime: str | None = None
    no_backup: str | None = None
    busy: str | None = None


@dataclass(frozen=True)
class Plan:
    facts: Facts
    problems: Sequence[str] = ()
    warnings: Sequence[str] = ()
    steps: Sequence[UpdateStep] = field(default_factory=tuple)

    @property
    def changes_game(self) -> bool:
        return self.facts.game_then != self.facts.game_now

    @property
    def changed_mods(self) -> list[ModAfter]:
        return [mod for mod in self.facts.mods.mods if mod.changes]

    @property
    def changes_mods(self) -> bool:
        return bool(self.facts.mods.steps)

    @property
    def nothing_to_do(self) -> bool:
        return not (self.changes_game or self.changes_mods)

    @property
    def key(self) -> str:
        """What it would change, and nothing else: the same for two plans that would end in the same."""
        changes = sorted((mod.modid.casefold(), mod.then) for mod in self.changed_mods)
        return _sum([self.facts.game_now, self.facts.game_then, changes])

    @property
    def digest(self) -> str:
        """Of what somebody agrees to. Who is on, and how much room there is, is no part of it."""
        mods = [(mod.modid.casefold(), mod.now, mod.then, mod.fit) for mod in self._shown]
        told = [self.facts.server_id, self.facts.game_now, self.facts.game_then, mods, self.facts.mods.digest]
        return _sum([*told, [step.do for step in self.steps if step.do != "announce"]])

    @property
    def _shown(self) -> list[ModAfter]:
        """Where the game changes, every mod has to get along with it."""
        return list(self.facts.mods.mods) if self.changes_game else self.changed_mods

    def check(self, digest: str | None) -> None:
        """Raises `UpdatePlanChanged`, `UpdateBlocked`, `NothingToUpdate`."""
        if digest is not None and digest != self.digest:
            raise UpdatePlanChanged(
                "By now another update would be made than you have seen, so nothing was done. Look at it again."
            )
        if self.problems:
            raise UpdateBlocked(f"This update can't be made. {' '.join(self.problems)}", problems=list(self.problems))
        if self.nothing_to_do:
            raise NothingToUpdate("There is nothing to update: the server has what was asked for.")

    def view(self) -> UpdatePlan:
        facts = self.facts
        return UpdatePlan(
            server_id=facts.server_id,
            game_now=facts.game_now,
            game_then=facts.game_then,
            mods=[
                ModStep(
                    modid=mod.modid,
                    name=mod.name,
                    now=mod.now,
                    then=mod.then,
                    fit=mod.fit,
                    is_pinned=mod.is_pinned,
                    note=mod.note,
                )
                for mod in self._shown
            ],
            steps=list(self.steps),
            players_online=len(facts.players),
            bytes_needed=facts.bytes_needed,
            bytes_free=facts.bytes_free,
            is_ready=not self.problems,
            warnings=list(self.warnings),
            problems=list(self.problems),
            nothing_to_do=self.nothing_to_do,
            digest=self.digest,
        )


def make_plan(facts: Facts) -> Plan:
    plan = Plan(facts)
    if plan.nothing_to_do:
        return Plan(facts, list(_problems_of_version(plan)))
    problems = [*_problems_of_version(plan), *_problems_of_mods(plan), *_problems_of_place(facts)]
    return Plan(facts, problems, list(_warnings(plan)), list(_steps(plan)))


# What speaks against it


def _problems_of_version(plan: Plan) -> Iterable[str]:
    facts = plan.facts
    if not plan.changes_game or facts.game_then is None:
        return
    if is_older(facts.game_then, facts.game_now):
        yield (
            f"{facts.game_then} is older than {facts.game_now}, and an older game can't load the world of a newer one. Put "
            "back a backup of that version instead."
        )
    if facts.not_to_be_had is not None:
        yield facts.not_to_be_had
    if facts.no_runtime is not None:
        yield facts.no_runtime


def _problems_of_mods(plan: Plan) -> Iterable[str]:
    facts = plan.facts
    for note in facts.mods.blocking:
        yield note.message
    if not plan.changes_game:
        return
    unready = _unready(facts)
    fixed = [mod for mod in unready if mod.is_pinned]
    if fixed:
        yield f"Pinned or held mods don't support {facts.game_then}: {_names(fixed)}. Unpin or release them first."
    others = [mod for mod in unready if not mod.is_pinned]
    if others and not facts.allow_unready:
        yield f"Mods don't support {facts.game_then}: {_names(others)}. Wait for them, disable them, or update all the same."


def _problems_of_place(facts: Facts) -> Iterable[str]:
    if facts.bytes_needed > facts.bytes_free:
        yield (
            f"It takes {_size(facts.bytes_needed)}, with the backup and the room to put it back, and the disk has "
            f"{_size(facts.bytes_free)} left. Free some space first."
        )
    if facts.no_backup is not None:
        yield facts.no_backup
    if facts.busy is not None:
        yield facts.busy


def _unready(facts: Facts) -> list[ModAfter]:
    return [mod for mod in facts.mods.mods if mod.fit == "not" and mod.then is not None]


def _warnings(plan: Plan) -> Iterable[str]:
    facts = plan.facts
    if facts.players:
        minutes = ", ".join(str(minute) for minute in sorted(facts.warn_minutes, reverse=True))
        told = f"They are warned {minutes} minutes before, and then" if minutes else "They are not warned, and"
        yield f"{_count(len(facts.players), 'player')} on it. {told} lose their connection."
    if facts.is_hung:
        yield "The server has stopped answering, so it can't be told to save its world."
    if plan.changes_game and facts.game_then is not None:
        if is_prerelease(facts.game_then):
            yield f"{facts.game_then} is a pre-release."
        if is_other_line(facts.game_then, facts.game_now):
            yield f"Players need {facts.game_then} of the game as well, and the world is converted to it."
        if facts.allow_unready and (others := [mod for mod in _unready(facts) if not mod.is_pinned]):
            yield f"Not made for {facts.game_then}: {_names(others)}."
        if unknown := [mod for mod in facts.mods.mods if mod.fit == "unknown" and mod.then is not None]:
            yield f"Nobody says whether they support {facts.game_then}: {_names(unknown)}."
        if not facts.mods.is_asked:
            yield "The mod database can't be asked at the moment: what mods support is what was known before."
    if facts.mods.waits:
        yield "A change of mods waits for the next start. It is made with this update, and goes back with it."
    if facts.should_run and facts.watch_seconds == 0:
        yield "The log is not watched: it counts as soon as the game is ready."


# What it does


def _steps(plan: Plan) -> Iterable[UpdateStep]:
    facts = plan.facts
    if facts.players and facts.warn_minutes:
        yield UpdateStep(do="announce", sentence=f"Warn the players for {max(facts.warn_minutes)} minutes")
    yield UpdateStep(do="backup", sentence="Back up the world, the configuration and the mods")
    if facts.is_running:
        yield UpdateStep(do="stop", sentence="Stop the game")
    if plan.changes_game:
        fetched = "" if facts.is_installed else ", which is installed while the game still runs"
        yield UpdateStep(do="switch_game", sentence=f"Switch from {facts.game_now} to {facts.game_then}{fetched}")
    if plan.changes_mods:
        yield UpdateStep(do="switch_mods", sentence=f"Switch {_count(len(facts.mods.steps), 'mod')} at once")
    if not facts.should_run and facts.watch_seconds == 0:
        return
    yield UpdateStep(do="start", sentence="Start the game, and wait until players can join")
    if facts.watch_seconds:
        after = "" if facts.should_run else ", then stop it again"
        yield UpdateStep(do="watch", sentence=f"Watch its log for {_duration(facts.watch_seconds)}{after}")


# Words


def _names(mods: Sequence[ModAfter]) -> str:
    names = [mod.name or mod.modid for mod in mods]
    return ", ".join([*names[:_NAMED], f"{len(names) - _NAMED} more"] if len(names) > _NAMED else names)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _duration(seconds: int) -> str:
    return _count(seconds // 60, "minute") if seconds % 60 == 0 else _count(seconds, "second")


def _size(size: float) -> str:
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "bytes" or size >= 100 else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"


def _sum(told: object) -> str:
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()[:32]
