"""The moment in which the new state of a server counts or not, with everything that may come between: whatever does, one of the
two states is there whole, and it is said which."""

import asyncio
import errno
import json
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.clocks import FixedClock
from vintagestory_api.backups.restore_exchange import Exchange
from vintagestory_api.backups.restore_journal import Journal, Journals, ServerFacts
from vintagestory_api.backups.restore_swap import Staging, left_behind
from vintagestory_api.backups.restore_trial import NotPutBack, RestoreFailed, Trial
from vintagestory_api.errors import ManagerError
from vintagestory_api.services.run_context import RunContext, current_run
from vintagestory_api.storage.atomic import write_atomically

ID = "0198c0de-0000-7000-8000-000000000001"
OLD = {"Saves/default.vcdbs": "old world", "Playerdata/a.json": "old players"}
NEW = {"Saves/default.vcdbs": "new world", "Playerdata/b.json": "new players", "ModConfig/c.json": "new"}
NAMES = ["Saves/default.vcdbs", "Saves/default.vcdbs-wal", "Playerdata", "ModConfig"]

Step = Callable[[], Any]


class Book:
    """What was written down of the restore, the last of it last."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str | None]] = []

    async def end_by_id(self, restore_id: str, outcome: str, text: str | None, actor: str | None) -> None:
        assert restore_id == ID
        if not self.said:
            self.said.append((outcome, text))


class Game:
    """Stands for the supervisor of a server. `up`, `down`: what a start and a stop do."""

    def __init__(self) -> None:
        self.server = SimpleNamespace(id="alpha", record=SimpleNamespace(version="1.22.7", wanted="running"), life=None)
        self.aftermath = SimpleNamespace(plans_restarts=True, is_over=False)
        self.up: list[Step] = []
        self.down: list[Step] = []
        self.in_background: list[Coroutine[Any, Any, None]] = []

    async def bring_up(self) -> dict[str, Any]:
        if self.up:
            await _done(self.up.pop(0))
        return {"port": 42420}

    async def bring_down(self, *_: Any) -> None:
        if self.down:
            await _done(self.down.pop(0))

    async def save(self, **changes: Any) -> None:
        vars(self.server.record).update(changes)

    async def want(self, wanted: str) -> None:
        self.server.record.wanted = wanted

    async def operate(self, _kind: str, work: Callable[[], Coroutine[Any, Any, Any]], **_: Any) -> None:
        try:
            await work()
        except ManagerError as error:
            self.ended_with = error.message

    def keep(self, work: Coroutine[Any, Any, None]) -> None:
        self.in_background.append(work)


async def _done(step: Step) -> None:
    found = step()
    if asyncio.iscoroutine(found):
        await found


class Place:
    def __init__(self, folder: Path) -> None:
        self.data_path = write(folder / "server", OLD)
        self.journals = Journals(folder / "restores")
        self.clock = FixedClock()
        self.exchange = Exchange(self.journals, cast("Any", None), self.clock)
        self.book = Book()
        self.trial = Trial(self.exchange, cast("Any", self.book), self.clock)
        self.game = Game()
        self.staging = Staging(self.data_path, ID)
        self.staging.make()
        write(self.data_path / self.staging.name / "new", NEW)

    def journal(self, *, starts: bool = True) -> Journal:
        return Journal(
            id=ID,
            server_id="alpha",
            backup_id=ID,
            run_id=None,
            actor="alice",
            data_path=str(self.data_path),
            phase="swapping",
            starts=starts,
            before=ServerFacts(version="1.22.7", wanted="running"),
            after=ServerFacts(version="1.22.7", wanted="running" if starts else "stopped"),
            units=self.staging.units(NAMES),
        )

    async def restore(self, *, starts: bool = True) -> dict[str, Any]:
        game = cast("Any", self.game)
        exchanged = await self.trial.exchange(game, self.journal(starts=starts), None, why="From a backup")
        return await self.trial.count(game, exchanged)

    async def cancelled_in(self, event: asyncio.Event, *, starts: bool = True, cause: Any = "user") -> None:
        """Begun, and cancelled again and again from that moment on, as runs are."""
        run = RunContext(run_id="r", job_id="server_restore")
        token = current_run.set(run)
        work = asyncio.ensure_future(self.restore(starts=starts))
        current_run.reset(token)
        async with asyncio.timeout(60):
            await event.wait()
            run.cancel_cause = cause
            while not work.done():
                work.cancel()
                await asyncio.wait({work}, timeout=0.01)
            for left in self.game.in_background:
                await left
        assert work.cancelled()

    @property
    def is_old(self) -> bool:
        return read(self.data_path) == OLD

    @property
    def is_new(self) -> bool:
        return read(self.data_path) == NEW

    @property
    def leftovers(self) -> list[str]:
        return [*left_behind(self.data_path), *(journal.id for journal in self.journals.all())]


def write(folder: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def read(folder: Path) -> dict[str, str]:
    found = [path for path in folder.rglob("*") if path.is_file()]
    names = {path.relative_to(folder).as_posix(): path for path in found}
    return {name: path.read_text() for name, path in names.items() if not name.startswith(".restore")}


def fails(error: Exception) -> Step:
    def step() -> None:
        raise error

    return step


@contextmanager
def full_disk(is_full: Callable[[Path, bytes], bool]) -> Iterator[None]:
    """For journals for which `is_full` says so."""

    def write(path: Path, data: bytes) -> None:
        if is_full(path, data):
            raise OSError(errno.ENOSPC, "No space left on device")
        write_atomically(path, data)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vintagestory_api.backups.restore_journal.write_atomically", write)
        yield


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.mark.parametrize("starts", [True, False])
async def test_a_restore_that_goes_well_leaves_the_new_state_and_nothing_else(place: Place, starts: bool) -> None:
    await place.restore(starts=starts)
    assert (place.is_new, place.leftovers, place.book.said) == (True, [], [("restored", None)])


async def test_whatever_goes_wrong_with_the_start_brings_the_old_state_back(place: Place) -> None:
    place.game.up = [fails(RuntimeError("something that nobody thought of"))]
    with pytest.raises(RestoreFailed, match=r"nobody thought of.*there again, and runs"):
        await place.restore()
    assert (place.is_old, place.leftovers, place.game.server.record.wanted) == (True, [], "running")


async def test_a_game_that_hangs_while_it_starts_is_not_waited_for_for_ever(place: Place) -> None:
    async def hang() -> None:
        place.game.server.life = SimpleNamespace(ready_ms=None, last_output=place.clock.monotonic())
        place.clock.now += 3_600_000
        await asyncio.Event().wait()

    place.game.up = [hang]
    with pytest.raises(RestoreFailed, match=r"said nothing for 30 minutes.*there again, and runs"):
        await place.restore()
    assert (place.is_old, place.leftovers) == (True, [])


async def test_an_old_state_that_can_not_be_put_back_yet_counts_all_the_same(place: Place) -> None:
    """A start finds that the old one counts, and puts it back first; the mix is never played."""
    aside = place.data_path / "taken-away"
    place.game.up = [fails(ManagerError("It crashed."))]
    place.game.down = [lambda: (place.data_path / place.staging.name).rename(aside)]
    with pytest.raises(NotPutBack, match=r"It crashed\..*tried again before each start"):
        await place.restore()
    (journal,) = place.journals.all()
    assert journal.phase == "swapping"
    aside.rename(place.data_path / place.staging.name)
    await place.exchange.clear(await place.exchange.undo(journal, place.game.save, journal.text))
    assert (place.is_old, place.leftovers) == (True, [])


async def test_a_cancel_while_the_game_starts_puts_the_old_state_back(place: Place) -> None:
    starts = asyncio.Event()

    async def hang() -> None:
        starts.set()
        await asyncio.Event().wait()

    place.game.up = [hang]
    await place.cancelled_in(starts)
    assert (place.is_old, place.leftovers) == (True, [])
    assert place.book.said[0][0] == "put_back"


async def test_a_cancel_while_it_goes_back_does_not_keep_it_from_going_back(place: Place) -> None:
    stops = asyncio.Event()

    async def hang() -> None:
        stops.set()
        await asyncio.Event().wait()

    place.game.up, place.game.down = [fails(ManagerError("It crashed."))], [hang]
    await place.cancelled_in(stops)
    assert (place.is_old, place.leftovers) == (True, [])
    assert place.book.said[0][0] == "put_back"


async def test_the_end_of_the_manager_while_the_game_starts_leaves_the_rest_to_the_next_one(place: Place) -> None:
    starts = asyncio.Event()

    async def hang() -> None:
        starts.set()
        await asyncio.Event().wait()

    place.game.up = [hang]
    await place.cancelled_in(starts, cause="shutdown")
    assert [journal.phase for journal in place.journals.all()] == ["trying"]
    assert place.book.said == []


@pytest.mark.parametrize("starts", [True, False])
async def test_who_cancels_when_the_new_state_counts_already_is_told_that_it_does(
    place: Place, starts: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts, real = asyncio.Event(), place.exchange.clear

    async def clear(journal: Journal) -> None:
        counts.set()
        await asyncio.sleep(0.05)  # so that it is cancelled in the middle of it
        await real(journal)

    monkeypatch.setattr(place.exchange, "clear", clear)
    await place.cancelled_in(counts, starts=starts)
    assert (place.is_new, place.leftovers, place.book.said) == (True, [], [("restored", None)])


async def test_a_cancel_in_the_exchange_undoes_it_to_its_end(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    swapped, real = asyncio.Event(), place.exchange.undo

    async def save(**_: Any) -> None:
        if not swapped.is_set():
            swapped.set()
            await asyncio.Event().wait()

    async def undo(*args: Any) -> Journal:
        await asyncio.sleep(0.05)
        return await real(*args)

    monkeypatch.setattr(place.game, "save", save)
    monkeypatch.setattr(place.exchange, "undo", undo)
    await place.cancelled_in(swapped, starts=False)
    assert (place.is_old, place.leftovers) == (True, [])


# Full disks


async def test_a_disk_that_is_full_before_the_exchange_is_freed_of_what_came_out_of_the_archive(place: Place) -> None:
    new = place.data_path / place.staging.name / "new"
    with full_disk(lambda _path, _data: new.is_dir()), pytest.raises(RestoreFailed, match="No space left"):
        await place.restore()
    assert (place.is_old, place.leftovers) == (True, [])


@pytest.mark.parametrize("phase", ["trying", "kept"])
async def test_a_disk_that_is_full_after_the_exchange_brings_the_old_state_back(place: Place, phase: str) -> None:
    def is_full(_path: Path, data: bytes) -> bool:
        return bool(json.loads(data)["phase"] == phase)

    with full_disk(is_full), pytest.raises(RestoreFailed, match=r"No space left.*there again"):
        await place.restore(starts=phase == "trying")
    assert (place.is_old, place.leftovers) == (True, [])


async def test_a_game_that_runs_with_the_new_state_is_not_put_back_for_a_full_disk(place: Place) -> None:
    with full_disk(lambda _path, data: json.loads(data)["phase"] == "kept"):
        await place.restore()
    assert place.is_new
    assert [journal.phase for journal in place.journals.all()] == ["trying"]
