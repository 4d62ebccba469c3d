"""Definitions of game servers: exported, planned, applied."""

import asyncio
from typing import Any, Final

import structlog

from vintagestory_api.definitions.around import Around
from vintagestory_api.definitions.document import Definition
from vintagestory_api.definitions.journal import Applying, Journal
from vintagestory_api.definitions.plan import DefinitionBlocked, Part
from vintagestory_api.definitions.planning import ORDER, Planner
from vintagestory_api.definitions.present import definition_of
from vintagestory_api.definitions.reading import read_definition
from vintagestory_api.definitions.schemas import AppliedPart, ApplyDefinition, DefinitionPlan, DefinitionText, PartName
from vintagestory_api.definitions.writing import write_definition
from vintagestory_api.errors import ManagerError, Unavailable
from vintagestory_api.services.run_context import current_run, report_progress
from vintagestory_api.services.run_execution import JobPolicy
from vintagestory_api.services.run_records import RunRecord

log = structlog.get_logger(__name__)

DEFINITION_APPLY: Final = "definition_apply"
POLICY: Final = JobPolicy(title="Apply a definition to a game server", timeout_seconds=24 * 3600.0, ends_with_manager=True)

#: So many managers in a row may die of it.
_MAX_TRIES: Final = 3
#: What nothing else can be done without; and without its mods a server does not change its version.
_NEEDED_BY_ALL: Final[PartName] = "server"
_NEEDS: Final[dict[PartName, PartName]] = {"version": "mods"}


class NotAllApplied(ManagerError):
    code = "definition_not_all_applied"


class DefinitionNotKept(Unavailable):
    code = "definition_not_kept"


class Definitions:
    """Made once; `start` belongs to the manager's life."""

    def __init__(self, around: Around) -> None:
        self._around = around
        self._planner = Planner(around)
        self._journal = Journal(around.folder)

    async def start(self) -> None:
        """Go on with what an earlier manager was killed in the middle of."""
        for applying in await asyncio.to_thread(lambda: list(self._journal.open_ones())):
            again = applying.again()
            try:
                if again.tries > _MAX_TRIES:
                    await self._give_up(applying)
                    continue
                definition = await asyncio.to_thread(read_definition, again.yaml)
                await asyncio.to_thread(self._journal.note, again)
                await self._begin(again, definition, trigger="startup")
            except (ManagerError, OSError) as error:
                log.warning("definition_not_continued", server=applying.server_id, error=str(error))

    async def _give_up(self, applying: Applying) -> None:
        """As a run that has failed, so that it is seen."""

        async def work() -> None:
            await asyncio.to_thread(self._journal.forget, applying.server_id)
            log.error("definition_given_up", server=applying.server_id, tries=applying.tries)
            if (run := current_run.get()) is not None:
                told = f"The manager died {applying.tries} times while it applied this file, so it is not tried again by itself."
                run.fail(NotAllApplied(f"{told} Look at its log, then apply the file again."))

        await self._around.scheduler().run_now(
            DEFINITION_APPLY, work, trigger="startup", server_key=applying.server_id, policy=POLICY
        )

    # Asking

    async def export(self, server_id: str, *, for_admin: bool) -> str:
        """Raises `ServerNotFound`, `NotYetDefined`."""
        definition, left_out = await definition_of(self._around, server_id, for_admin=for_admin)
        return await asyncio.to_thread(write_definition, definition, left_out)

    async def plan(self, text: DefinitionText, actor: str) -> DefinitionPlan:
        """Raises `InvalidDefinition`, `IncompleteDefinition`."""
        definition = await asyncio.to_thread(read_definition, text.yaml)
        return (await self._planner.plan(text.yaml, definition, text.server_id, actor)).view()

    # Doing

    async def apply(self, text: ApplyDefinition, actor: str) -> RunRecord:
        """Raises what `plan` raises, `DefinitionPlanChanged`, `DefinitionBlocked`, `AlreadyRunning`, `DefinitionNotKept`."""
        definition = await asyncio.to_thread(read_definition, text.yaml)
        plan = await self._planner.plan(text.yaml, definition, text.server_id, actor)
        plan.check(text.digest)
        return await self._begin(Applying(plan.server_id, text.yaml, actor), definition, trigger="manual")

    async def _begin(self, applying: Applying, definition: Definition, *, trigger: Any) -> RunRecord:
        begun = asyncio.Event()

        async def work() -> None:
            await begun.wait()
            await self._apply(applying, definition)

        run = await self._around.scheduler().run_now(
            DEFINITION_APPLY, work, trigger=trigger, server_key=applying.server_id, policy=POLICY
        )
        try:
            # Only now: another run for this server would have been refused, and keeps what it has noted.
            await asyncio.to_thread(self._journal.note, applying)
        except OSError as error:
            self._around.scheduler().cancel_run(run.id)
            raise DefinitionNotKept(
                f"What is to be applied can't be kept on disk ({error.strerror or error}), so nothing was begun. Make room, then "
                "try again."
            ) from error
        finally:
            begun.set()
        return run

    async def _apply(self, applying: Applying, definition: Definition) -> None:
        run = current_run.get()
        applied: list[AppliedPart] = []
        try:
            for place, name in enumerate(ORDER):
                report_progress(place / len(ORDER), f"Looking at: {TITLES[name]}")
                applied.append(await self._one(name, applying, definition, applied))
        except asyncio.CancelledError:
            # A manager that ends leaves it to the next one; whoever cancels it does not want it any more.
            if run is None or run.cancel_cause != "shutdown":
                await asyncio.to_thread(self._journal.forget, applying.server_id)
            raise
        await asyncio.to_thread(self._journal.forget, applying.server_id)
        report = {"server_id": applying.server_id, "parts": [one.model_dump(mode="json") for one in applied]}
        failed = [one for one in applied if one.outcome == "failed"]
        if failed:
            log.warning("definition_not_all_applied", server=applying.server_id, failed=[one.part for one in failed])
            reasons = " ".join(f"{TITLES[one.part]}: {one.text}" for one in failed)
            left = [TITLES[one.part].lower() for one in applied if one.outcome == "not_done"]
            rest = f" Not done because of that: {', '.join(left)}." if left else ""
            if run is not None:
                told = f"Not everything could be applied. {reasons}{rest} See to that, then apply the file again."
                run.fail(NotAllApplied(told))
                run.report = report
            return
        log.info("definition_applied", server=applying.server_id)
        report_progress(1.0, "Everything is as the file says")
        if run is not None:
            run.succeed(report)

    async def _one(self, name: PartName, applying: Applying, definition: Definition, before: list[AppliedPart]) -> AppliedPart:
        """Looked at anew: what it starts from is what the parts before have made."""
        bad = {one.part for one in before if one.outcome in {"failed", "not_done"}}
        if (_NEEDED_BY_ALL in bad) or _NEEDS.get(name) in bad:
            return AppliedPart(part=name, outcome="not_done")
        try:
            aim = self._planner.aim(definition, applying.server_id, applying.actor)
            if aim.server is None and name != _NEEDED_BY_ALL:
                raise DefinitionBlocked("The server was deleted meanwhile.")
            part = await self._planner.part(name, aim)
            if not part.has_changes:
                return AppliedPart(part=name, outcome="same")
            if part.is_blocked:
                raise DefinitionBlocked(" ".join(note.text for note in part.notes if note.blocks))
            report_progress(ORDER.index(name) / len(ORDER), f"Applying: {TITLES[name]}")
            said = await part.work() if part.work is not None else None
        except ManagerError as error:
            log.warning("definition_part_failed", server=applying.server_id, part=name, error=error.message)
            return AppliedPart(part=name, outcome="failed", text=error.message)
        except Exception as error:
            log.exception("definition_part_failed", server=applying.server_id, part=name)
            return AppliedPart(part=name, outcome="failed", text=f"{type(error).__name__}; the manager's log has more.")
        log.info("definition_part_applied", server=applying.server_id, part=name)
        return AppliedPart(part=name, outcome="done", text=said or _done(part))


TITLES: Final[dict[PartName, str]] = {
    "server": "The server itself",
    "version": "Version of the game",
    "world": "World",
    "configuration": "Configuration of the game",
    "game_roles": "Roles in the game",
    "mods": "Mods",
    "schedules": "Schedules",
    "backups": "Rules of backups",
    "updates": "Updates by itself",
    "notifications": "Notifications",
}


def _done(part: Part) -> str:
    return "; ".join(step.text for step in part.steps if step.action != "keep")[:2000]
