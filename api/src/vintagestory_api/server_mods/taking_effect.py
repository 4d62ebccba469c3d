"""How a set of mods comes into the game: at its next start, or with a restart, and back when the game does not start with it."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import structlog

from vintagestory_api.errors import Conflict, ManagerError
from vintagestory_api.server_mods.generations import Generations
from vintagestory_api.server_mods.lock_list import Manifest
from vintagestory_api.server_mods.log_troubles import CRASH, LogTroubles
from vintagestory_api.server_mods.set_states import GenerationNotFound, State, Why
from vintagestory_api.server_mods.timeline_notes import note_loaded, note_put_back
from vintagestory_api.servers.host import GameNotStarted
from vintagestory_api.servers.in_store import in_store
from vintagestory_api.servers.launching import CannotStart
from vintagestory_api.servers.life import Life
from vintagestory_api.servers.operations import run_id
from vintagestory_api.servers.records import Happening
from vintagestory_api.servers.server import GameServer
from vintagestory_api.servers.supervisor import StartFailed, Supervisor
from vintagestory_api.services.run_context import in_thread, report_progress
from vintagestory_api.storage.database import Database

log = structlog.get_logger(__name__)

_MOST_BLAMED: Final = 3


class SetNotLoaded(Conflict):
    code = "mods_not_loaded"


class SetPutBack(Conflict):
    """The game did not start with the new set, so it has the one from before."""

    code = "mods_put_back"


@dataclass(frozen=True)
class _Trial:
    """A set with which the game is started, and the one to go back to. `by_hand`: the one that somebody has made by hand in
    between, and that the game has not loaded yet."""

    supervisor: Supervisor
    generations: Generations
    made: Manifest
    back_to: int
    actor: str
    by_hand: int | None


class TakingEffect:
    """`generations`: those of a server; `tell` is called with the id of a server whose mods have become others."""

    def __init__(
        self,
        database: Database,
        troubles: LogTroubles,
        *,
        generations: Callable[[GameServer], Generations],
        tell: Callable[[str], None],
    ) -> None:
        self._database = database
        self._troubles = troubles
        self._generations = generations
        self._tell = tell

    async def before_launch(self, server: GameServer, life: Life) -> None:
        """Put the set that waits in its place. Raises what `Generations.before_launch` raises; no start fails for that."""
        generations = self._generations(server)
        try:
            await self._finish_trial(server, generations)
        except (ManagerError, OSError) as error:
            log.warning("mods_not_put_back", server=server.id, error=str(error))
        try:
            taken = await asyncio.to_thread(generations.before_launch, life.instance)
        except (ManagerError, OSError) as error:
            why = error.message if isinstance(error, ManagerError) else (error.strerror or str(error))
            text = f"The mods were left as they were before this start: {why}"
            server.note("mod_problem", instance=life.instance, seq=0, mod="", problem="error", text=text)
            raise
        if taken is not None:
            if taken.has_waited:
                note_loaded(server, life, taken.manifest)
            self._tell(server.id)

    async def restart(self, supervisor: Supervisor, made: Manifest, actor: str, reason: str | None = None) -> dict[str, Any]:
        """Restart the game with a set that waits. Raises `SetPutBack`, `SetNotLoaded`, and what taking it down raises."""
        server = supervisor.server
        generations = self._generations(server)
        state = await in_thread(generations.state)
        back_to = _running_with(server, state)
        await in_thread(generations.begin_trial, made.number, back_to)
        supervisor.forget_failures()
        await supervisor.want("running")
        down = await supervisor.bring_down(actor, reason or "To load other mods", then="start")
        supervisor.aftermath.plans_restarts = False
        try:
            up = await supervisor.bring_up()
        except CannotStart as error:
            raise SetNotLoaded(
                f"The server was stopped for the new set of mods ({made.number}), and can't be started now: {error.message} "
                "The set waits for its next start."
            ) from error
        except (StartFailed, GameNotStarted) as error:
            by_hand = state.current.number if state.current is not None and state.current.number != back_to else None
            await self._go_back(_Trial(supervisor, generations, made, back_to, actor, by_hand), error)
        finally:
            supervisor.aftermath.plans_restarts = True
        await in_thread(generations.end_trial)
        state = await in_thread(generations.state)
        if state.current is None or state.current.number < made.number:
            raise SetNotLoaded(
                "The server was restarted, but with the mods as they were: the new set could not be put in its place, and waits."
            )
        return {"waits": False, "stopped_by": down.get("by"), "ready_after_seconds": up.get("ready_after_seconds")}

    async def _go_back(self, trial: _Trial, error: ManagerError) -> None:
        """Start the game with the set before; always raises what became of it."""
        supervisor, server = trial.supervisor, trial.supervisor.server
        failure = supervisor.failures.latest
        why = await self._what_happened(trial, failure, error)
        report_progress(None, f"The game did not start with set {trial.made.number}; going back to set {trial.back_to}")
        log.warning("mods_go_back", server=server.id, set=trial.made.number, back_to=trial.back_to)
        reason = _why_back(trial.made.number, trial.back_to, trial.actor, run_id(), server)
        try:
            put = await in_thread(trial.generations.put_back, reason)
        except ManagerError as second:
            raise SetNotLoaded(f"{why} The server could not be put back to set {trial.back_to}: {second.message}") from second
        if put is None:
            raise SetNotLoaded(f"{why} The new set was not in its place, so nothing was put back.")
        note_put_back(server, put, trial.made.number, trial.back_to, actor=trial.actor, text=why)
        self._tell(server.id)
        kept = f" What was changed by hand before, set {trial.by_hand}, is in the history." if trial.by_hand is not None else ""
        try:
            await supervisor.bring_up()
        except ManagerError as second:
            either = f"with which it did not start either: {second.message}"
            raise SetPutBack(f"{why} The server was put back to set {trial.back_to}, {either}{kept}") from second
        raise SetPutBack(f"{why} The server was put back to set {trial.back_to} and runs again.{kept}") from error

    async def _what_happened(self, trial: _Trial, failure: Happening | None, error: ManagerError) -> str:
        """In whole sentences: what the log said, which of the mods that are new it blames, and what that means for the world."""
        details = failure.details if failure is not None else {}
        was_ready = failure is not None and failure.kind == "crashed"
        reason = details.get("why") or details.get("summary") or error.message
        what = "The game broke down" if was_ready else "The game did not start"
        said = [f"{what} with the new set of mods ({trial.made.number}): {reason}"]
        said += await self._blamed(trial)
        if was_ready:
            said.append("It had become ready before, so it may have saved the world with these mods.")
        return " ".join(said)

    async def _blamed(self, trial: _Trial) -> list[str]:
        told = await self._troubles.of(trial.supervisor.server)
        known: set[tuple[str, str]] = set()
        with contextlib.suppress(GenerationNotFound):
            before = await in_thread(trial.generations.get, trial.back_to)
            known = {(entry.file_name, entry.sha256) for entry in before.enabled}
        found = []
        for entry in trial.made.enabled:
            if entry.is_mod and (entry.file_name, entry.sha256) not in known:
                troubles = [one for one in told.of(entry.modid, entry.file_name) if one.message != CRASH]
                found += [f"{entry.label}: {trouble.message.rstrip('.')}." for trouble in troubles[:1]]
        return [f"The log says of {text}" for text in found[:_MOST_BLAMED]]

    async def _finish_trial(self, server: GameServer, generations: Generations) -> None:
        """What is left to do when nobody saw how the start with it went, because the run was cancelled, or the manager ended."""
        found = await asyncio.to_thread(generations.trial)
        if found is None:
            return
        trial, instance = found
        happenings = await in_store(self._database, lambda store: store.of_instances([instance]))
        failure = next((one for one in happenings if one.kind == "failed_to_start"), None)
        if any(one.kind == "ready" for one in happenings):
            await asyncio.to_thread(generations.end_trial)
        elif failure is not None:
            put = await asyncio.to_thread(generations.put_back, _why_back(trial.generation, trial.back_to, None, None, server))
            if put is not None:
                note_put_back(
                    server, put, trial.generation, trial.back_to, actor=None, text=str(failure.details.get("why") or "")
                )


def _running_with(server: GameServer, state: State) -> int:
    """The set that the running game has loaded; where that is not known, the present one."""
    loaded, current = state.loaded, state.current
    if loaded is not None and loaded.instance == server.instance:
        return loaded.generation
    return current.number if current is not None else 0


def _why_back(number: int, back_to: int, actor: str | None, run: str | None, server: GameServer) -> Why:
    return Why(actor, f"Back to set {back_to}: the game did not start with set {number}", run, server.version)
