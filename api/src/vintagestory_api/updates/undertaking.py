"""One update, inside the operation that holds its server.

Everything that can fail without harm is done first, while the game runs: the version is installed, the mods are fetched. Each
step is written down before it is begun, so that whoever finds the record knows what may have happened. Up to the switch nothing
has changed; from then on it either counts or goes back as a whole.
"""

import contextlib
from dataclasses import dataclass
from typing import Any

import structlog

from vintagestory_api.errors import Conflict, ManagerError
from vintagestory_api.events import UpdateEnded, UpdatesChanged
from vintagestory_api.server_mods.set_states import Why
from vintagestory_api.server_mods.within import NewSet
from vintagestory_api.servers.in_store import in_store as in_server_store
from vintagestory_api.servers.operations import run_id
from vintagestory_api.servers.supervisor import Overtaken, Supervisor
from vintagestory_api.services.run_context import report_progress
from vintagestory_api.updates.announcing import warn_players
from vintagestory_api.updates.around import Around
from vintagestory_api.updates.in_store import in_store
from vintagestory_api.updates.plan import Plan
from vintagestory_api.updates.records import Update
from vintagestory_api.updates.schemas import Outcome
from vintagestory_api.updates.watching import NotWell, Troubles, Watch, failure_since, trouble_keys

log = structlog.get_logger(__name__)

_PREPARED, _BACKED_UP, _STARTED, _WATCHED = 0.3, 0.55, 0.7, 0.95
#: When it goes back so much later than its watch should have ended, as after a manager that was dead for long, people have played
#: on: what they did is kept in a backup.
PLAYED_ON_MS = 600_000


class UpdateFailed(Conflict):
    """Nothing has changed, unless the text says otherwise."""

    code = "update_failed"


class UpdateWentBack(Conflict):
    code = "update_went_back"


@dataclass(frozen=True)
class Ready:
    """What was brought before anybody was disturbed."""

    new_set: NewSet | None = None


class Undertaking:
    """Belongs to one operation. `update` is how far it has come, as it is stored."""

    def __init__(self, around: Around, supervisor: Supervisor, update: Update) -> None:
        self.update = update
        self._around = around
        self._supervisor = supervisor
        self._server = supervisor.server
        self._held = contextlib.ExitStack()

    # The whole

    async def make(self, plan: Plan, minutes: list[int]) -> dict[str, Any]:
        """From the beginning. Raises `UpdateFailed`, `UpdateWentBack`; a cancellation leaves the record as it is."""
        try:
            ready = await self._prepare(plan)
            await self._announce(minutes)
            await self._back_up()
            await self._stop()
        except Exception as error:
            await self.fail(_words(error))
            raise UpdateFailed(f"Nothing was updated: {_words(error)}") from error
        try:
            await self._switch(ready)
        except Exception as error:  # noqa: BLE001 - whatever it is: it goes back, and says why
            return await self.go_back(f"It could not be switched: {_words(error)}")
        return await self.try_it()

    async def try_it(self) -> dict[str, Any]:
        """Start it with what is new, watch it, and let it count or go back; also again, after the manager was killed on the
        way."""
        update = self.update
        if not (update.should_run or (update.watch_seconds and update.backup_world != "none")):
            return await self._count(None)
        try:
            up = await self._start_and_watch()
        except NotWell as trouble:
            return await self.go_back(trouble.why, trouble.blamed, was_killed=trouble.was_killed)
        except Exception as error:
            log.exception("update_not_started", server=self._server.id)
            return await self.go_back(_words(error))
        return await self._count(up)

    def hold_backup(self) -> None:
        """It is the way back: neither rules nor people delete it meanwhile."""
        if self.update.backup_id is not None:
            self._held.enter_context(self._around.backups.shelf.using(self.update.backup_id))

    def let_go(self) -> None:
        self._held.close()

    # Before the switch

    async def _prepare(self, plan: Plan) -> Ready:
        around, server, update = self._around, self._server, self.update
        await self._save(run_id=run_id())
        if update.changes_game and update.game_to is not None:
            if around.versions.find(update.game_to) is None:
                report_progress(0.0, f"Installing version {update.game_to} of the game")
                await around.versions.install(update.game_to)
            runtime = await around.versions.runtime_of(update.game_to)
            if runtime.is_there is False:
                raise UpdateFailed(runtime.message or f"The .NET runtime that {update.game_to} needs is not there.")
        report_progress(_PREPARED / 2, "Bringing the mods")
        within = around.mods.within
        present = await within.current(server)
        new_set = None
        if plan.changes_mods:
            new_set = await within.entries(server, plan.facts.mods, update.game_to, _tell(_PREPARED / 2, _PREPARED / 2))
        known = trouble_keys(await self._known_troubles(), await within.names(server))
        await self._save(mods_from=present.number if present is not None else None, known_troubles=known)
        return Ready(new_set)

    async def _known_troubles(self) -> set[tuple[str, str]]:
        """What the log of the present, or of the latest start said about mods."""
        server = self._server
        if server.life is not None:
            return set(server.life.mod_problems)
        instance = server.instance
        if instance is None:
            return set()
        found = await in_server_store(self._around.database, lambda store: store.of_instances([instance]))
        told = (happening.details for happening in found if happening.kind == "mod_problem")
        return {(str(details.get("mod", "")), str(details.get("problem", ""))) for details in told}

    async def _announce(self, minutes: list[int]) -> None:
        server, around = self._server, self._around
        warns = bool(minutes and server.is_running and around.players(server.id))
        if warns:
            await self._save(phase="announcing", warns=True)
            await warn_players(server, minutes, around.players, around.clock, minute_seconds=around.pace.minute)
        elif self.update.warns:
            await self._save(warns=False)

    async def _back_up(self) -> None:
        update = self.update
        await self._save(phase="backing_up")
        report_progress(_PREPARED, "Backing up")
        target = f"version {update.game_to}" if update.changes_game else "an update of mods"
        made = await self._around.backups.make_within(
            update.server_id, kind="before_update", actor=update.actor, note=f"Before {target}"
        )
        await self._save(backup_id=made.id, backup_world=made.world, backup_made_at=made.made_at)
        self.hold_backup()
        if made.world == "damaged":
            raise UpdateFailed(
                "the world is damaged, so there would be no way back. The backup was made all the same. See to the world first."
            )

    async def _stop(self) -> None:
        if self._server.life is None:
            return
        await self._save(phase="stopping")
        report_progress(_BACKED_UP, "Stopping the game")
        self._supervisor.forget_failures()
        then = {"then": "start"} if self.update.should_run else {}
        await self._supervisor.bring_down(self.update.actor, f"To update {self._what}", **then)

    # The switch, and after it

    async def _switch(self, ready: Ready) -> None:
        update = self.update
        # What is switched is on the disk at once: its record must not be behind it after a power cut.
        await self._save(phase="switching")
        await self._around.database.reach_disk()
        report_progress(_BACKED_UP, "Switching")
        if ready.new_set is not None:
            why = Why(update.actor, f"Update of {self._what}", run_id(), update.game_to)
            made = await self._around.mods.within.make(self._server, ready.new_set, why)
            await self._save(mods_to=made.number)
        if update.changes_game:
            await self._supervisor.save(version=update.game_to, version_before=None)

    async def _start_and_watch(self) -> dict[str, Any]:
        around, server, supervisor, update = self._around, self._server, self._supervisor, self.update
        troubles = Troubles(update.known_troubles, await around.mods.within.names(server))
        supervisor.aftermath.plans_restarts = False
        try:
            with Watch(around.bus, server, around.clock, troubles, answers_within=around.pace.answer) as watch:
                if not update.has_run:
                    await self._save(phase="starting", has_run=True, switched_at=around.clock.now_ms())
                    await around.database.reach_disk()
                report_progress(_BACKED_UP, "Starting the game")
                await supervisor.want("running")
                up = await self._until_ready(watch)
                await self._save(phase="watching")
                if (life := server.life) is not None:
                    await watch.until_it_counts(life, update.watch_seconds, _tell(_STARTED, _WATCHED - _STARTED))
                elif (failure := failure_since(supervisor, self.update.switched_at)) is not None:
                    raise failure
        finally:
            supervisor.aftermath.plans_restarts = True
        return up

    async def _until_ready(self, watch: Watch) -> dict[str, Any]:
        """Raises `NotWell`, with the mods that the log named on the way."""
        try:
            return await self._supervisor.bring_up()
        except ManagerError as error:
            latest = self._supervisor.failures.latest
            mods = latest.details.get("mods") or () if latest is not None else ()
            named = [watch.troubles.modid(str(mod)) for mod in mods]
            blamed = [*named, *([] if watch.troubles.is_empty else watch.troubles.not_well().blamed)]
            raise NotWell(error.message, blamed, was_killed=isinstance(error, Overtaken)) from error

    async def _count(self, up: dict[str, Any] | None) -> dict[str, Any]:
        update, supervisor = self.update, self._supervisor
        report_progress(_WATCHED, "It counts")
        if up is not None and not update.should_run:
            try:
                await supervisor.want("stopped")
                await supervisor.bring_down(update.actor, "It was started to see whether its update is well")
            except ManagerError as error:
                log.warning("server_not_stopped_after_update", server=update.server_id, error=error.message)
        await self._end("updated", f"{self._done}.")
        return {"outcome": "updated", **self._report, **({} if up is None else up)}

    # Going back

    async def go_back(self, why: str, blamed: tuple[str, ...] = (), *, was_killed: bool = False) -> dict[str, Any]:
        """Old version, old mods, and the world as it was; always raises what became of it."""
        supervisor, server, update = self._supervisor, self._server, self.update
        log.warning("update_goes_back", server=server.id, update=update.id, why=why)
        await self._try_to_save(phase="going_back", text=why, blamed_mods=blamed)
        supervisor.aftermath.plans_restarts = False
        try:
            if not update.is_back:
                try:
                    await self._put_back()
                except Exception as error:
                    log.exception("update_not_taken_back", server=server.id, update=update.id)
                    text = (
                        f"{why} It could not go back: {_words(error)} The server has what is new. "
                        "Put back its latest backup before an update."
                    )
                    await self.fail(text, is_half_done=True)
                    await supervisor.want(update.wanted)
                    raise UpdateFailed(text) from error
                # From here on people may play with what is old: a manager that finds this must not put the world back again.
                await self._try_to_save(is_back=True)
            started = await self._start_again(was_killed=was_killed)
        finally:
            supervisor.aftermath.plans_restarts = True
        text = f"{_sentence(why)} {self._went_back} {started}".strip()
        await self._end("went_back", text)
        raise UpdateWentBack(text, mods=list(blamed))

    async def _put_back(self) -> None:
        """What was done already is found so, and is not done again."""
        supervisor, server, update, around = self._supervisor, self._server, self.update, self._around
        if server.life is not None:
            report_progress(None, "Going back: stopping the game")
            await supervisor.bring_down(None, f"To go back from {self._what}")
        if update.has_run and update.backup_id is not None:
            await self._keep_what_was_played()
            report_progress(None, "Going back: putting back the world")
            await around.restores.put_back_within(server.id, update.backup_id, actor=update.actor)
        report_progress(None, "Going back: putting back version and mods")
        if update.mods_from is not None:
            why = Why(None, f"Back from an update of {self._what}", run_id(), update.game_from)
            await around.mods.within.go_back(server, update.mods_from, why)
        if server.version != update.game_from:
            await supervisor.save(version=update.game_from, version_before=None)

    async def _keep_what_was_played(self) -> None:
        update, around = self.update, self._around
        since = update.switched_at
        if update.played_id is not None or since is None:
            return
        if around.clock.now_ms() - since < update.watch_seconds * 1000 + PLAYED_ON_MS:
            return
        report_progress(None, "Going back: backing up what was played since")
        made = await around.backups.make_within(
            update.server_id, kind="before_restore", actor=None, note=f"What was played before {self._what} was taken back"
        )
        await self._save(played_id=made.id)

    async def _start_again(self, *, was_killed: bool) -> str:
        """The failures of what is new are none of what is there again."""
        supervisor, update = self._supervisor, self.update
        supervisor.forget_failures()
        if not update.should_run or was_killed:
            await supervisor.save(wanted="stopped", outcome="stopped")
            return "It is stopped." if was_killed else ""
        await supervisor.want("running")
        report_progress(None, "Going back: starting the game")
        try:
            await supervisor.bring_up()
        except ManagerError as error:
            return f"It did not start again: {error.message}"
        return "It runs again."

    # The record

    async def fail(self, text: str, *, is_half_done: bool = False, was_cancelled: bool = False) -> None:
        """It has ended without an update, and without going back."""
        said = text if is_half_done else f"Nothing was updated: {text}"
        await self._end("failed", said, is_half_done=is_half_done, was_cancelled=was_cancelled)

    async def _end(self, outcome: Outcome, text: str, *, is_half_done: bool = False, was_cancelled: bool = False) -> None:
        update, server = self.update, self._server
        await self._try_to_save(phase="done", outcome=outcome, text=text, ended_at=self._around.clock.now_ms())
        told: dict[str, Any] = {"from": update.game_from, "to": update.game_to, "mods": update.mods_changed}
        if update.backup_id is not None:
            told["backup_id"] = update.backup_id
        if outcome == "updated":
            server.note("updated", actor=update.actor, run_id=run_id(), **told)
        elif outcome == "went_back":
            server.note(
                "update_went_back", actor=update.actor, run_id=run_id(), text=text, blamed=list(self.update.blamed_mods), **told
            )
        elif outcome == "failed":
            server.note("update_failed", actor=update.actor, run_id=run_id(), text=text, **told)
        self._around.bus.publish(UpdateEnded(update.server_id, update.id, outcome, text, is_half_done, was_cancelled))

    async def _save(self, **changes: Any) -> None:
        self.update = changed = self.update.changed(**changes)
        await in_store(self._around.database, lambda store: store.save(changed))
        self._around.bus.publish(UpdatesChanged(changed.server_id))

    async def _try_to_save(self, **changes: Any) -> None:
        """What can't be written down is done all the same: going back is more important than its record."""
        try:
            await self._save(**changes)
        except Exception:
            log.exception("update_not_written_down", update=self.update.id)

    # Words

    @property
    def _what(self) -> str:
        update = self.update
        return f"version {update.game_to}" if update.changes_game else "mods"

    @property
    def _done(self) -> str:
        update = self.update
        mods = "1 mod" if update.mods_changed == 1 else f"{update.mods_changed} mods"
        if not update.changes_game:
            return f"{mods} changed"
        also = f", and {mods} changed" if update.mods_changed else ""
        return f"Updated from {update.game_from} to {update.game_to}{also}"

    @property
    def _went_back(self) -> str:
        update = self.update
        old = f"version {update.game_from} and its old mods" if update.changes_game else "its old mods"
        if update.has_run and update.backup_id is not None and update.backup_world != "none":
            played = "lies in a backup of its own" if update.played_id is not None else "is lost"
            return (
                f"The server has {old} again, and the world of the backup of {update.backup_made_at}; what was played since then "
                f"{played}."
            )
        return f"The server has {old} again."

    @property
    def _report(self) -> dict[str, Any]:
        update = self.update
        return {
            "from": update.game_from,
            "to": update.game_to,
            "mods_changed": update.mods_changed,
            "backup_id": update.backup_id,
        }


def _words(error: BaseException) -> str:
    return error.message if isinstance(error, ManagerError) else f"An error inside the manager ({type(error).__name__}): {error}"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def _tell(start: float, share: float) -> Any:
    def tell(fraction: float | None, message: str) -> None:
        report_progress(start + share * (fraction or 0.0), message)

    return tell
