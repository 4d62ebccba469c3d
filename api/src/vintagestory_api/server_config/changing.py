"""How a change of a configuration file is made: at once while the game is down; by command, or later, while it runs."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog

from vintagestory_api.errors import ManagerError
from vintagestory_api.events import EventBus, ServerChanged, ServerConfigChanged
from vintagestory_api.kit.clock import Clock
from vintagestory_api.server_config.applying import put, value_at, with_changes
from vintagestory_api.server_config.catalogue import PORT_PATH, find_known, title_of
from vintagestory_api.server_config.checking import Wanted, check_changes
from vintagestory_api.server_config.differences import is_same
from vintagestory_api.server_config.documents import Document, as_document, read_document
from vintagestory_api.server_config.history import History
from vintagestory_api.server_config.known import key_of
from vintagestory_api.server_config.live_changes import Attempt, change_live
from vintagestory_api.server_config.meanwhile import is_unchanged, read_etag, see_that_nobody_was_first
from vintagestory_api.server_config.records import Cause, PendingChange, wrapped
from vintagestory_api.server_config.schemas import ChangeOutcome, ConfigFileName
from vintagestory_api.server_config.views import is_for_new_world, world_exists
from vintagestory_api.server_config.waiting import Waiting
from vintagestory_api.servers.configuration_file import (
    ConfigurationNotWritten,
    ConfigurationUnreadable,
    configuration_text,
    read_configuration,
    write_configuration,
)
from vintagestory_api.servers.launching import CannotStart
from vintagestory_api.servers.registry import Servers
from vintagestory_api.servers.server import GameServer
from vintagestory_api.servers.setup import PortTaken, Setup
from vintagestory_api.servers.supervisor import Supervisor

log = structlog.get_logger(__name__)

_FILES: tuple[ConfigFileName, ...] = ("serverconfig", "servermagicnumbers")
_TITLES_TOLD = 8
_FOR_NEW_WORLD = "This is read only when a world is made. The world exists, so nothing changes in it."


@dataclass(frozen=True)
class Request:
    """Changes that somebody wants. `etag`: of what they looked at. `is_whole`: they come from a whole content, in which the
    game's own settings may differ, too. `whole`: that content, written as it is where nothing else has happened."""

    server_id: str
    file: ConfigFileName
    changes: list[Wanted]
    actor: str
    etag: str
    overwrites: bool = False
    is_whole: bool = False
    whole: Document | None = None
    cause: Cause = "manager"


@dataclass
class _Applied:
    done: list[PendingChange] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


class Changing:
    """Of all servers. What one change needs of the file is never mixed with another: each server has a lock of its own."""

    def __init__(
        self,
        clock: Clock,
        bus: EventBus,
        servers: Servers,
        setup: Setup,
        waiting: Waiting,
        history: History,
    ) -> None:
        self._clock = clock
        self._bus = bus
        self._servers = servers
        self._setup = setup
        self._waiting = waiting
        self._history = history
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        #: Server → why what waits could not be written, in words.
        self.failures: dict[str, str] = {}

    # What people want

    async def make(self, request: Request) -> list[ChangeOutcome]:
        """Raises `ServerBusy`, `ChangedMeanwhile`, `SettingsInvalid`, `PortTaken`, `ConfigurationUnreadable`,
        `ConfigurationNotWritten`."""
        supervisor = self._servers.supervisor(request.server_id)
        server = supervisor.server
        async with self._locks[server.id]:
            if server.is_running:
                outcomes = await self._make_while_it_runs(server, request)
            else:
                outcomes = await self._make_while_it_is_down(supervisor, request)
        outcomes = await self._with_what_counts_no_more(server, request, outcomes)
        self._tell(server, request, outcomes)
        if not server.is_running and self._waiting.count(server.id):
            # It ended while this was made to wait.
            await self.catch_up(server.id)
        return outcomes

    async def _make_while_it_is_down(self, supervisor: Supervisor, request: Request) -> list[ChangeOutcome]:
        async with supervisor.operations.briefly("change", request.actor):
            if supervisor.server.is_running:  # it was being started
                return await self._make_while_it_runs(supervisor.server, request)
            await self._apply(supervisor.server)
            return await self._write(supervisor, request)

    async def discard(self, server_id: str, file: ConfigFileName, key: tuple[str, ...] | None, actor: str) -> None:
        async with self._locks[server_id]:
            waiting = await self._waiting.of(server_id, file)
            gone = [change for change in waiting if key is None or key_of(change.path) == key]
            await self._waiting.change(server_id, removed=gone)
        if gone:
            log.info("pending_configuration_discarded", server=server_id, actor=actor, settings=len(gone))
            self.failures.pop(server_id, None)
            self._changed(server_id)

    async def _write(self, supervisor: Supervisor, request: Request) -> list[ChangeOutcome]:
        server = supervisor.server
        document = await self._read(server, request.file)
        await self._history.note(server.id, document)
        waiting = await self._waiting.of(server.id, request.file)
        await self._see_that_nobody_was_first(request, document, waiting)
        mends = document.problem is not None and request.whole is not None
        if (document.data is None or document.problem is not None) and not mends:
            raise ConfigurationUnreadable(
                document.problem or f"There is no {document.name} in the folder of this server yet. Start the game once."
            )
        wanted = await self._checked(server, request, document)
        changed = [change for change in wanted if not is_unchanged(value_at(document.values, change.path), change.value)]
        is_as_seen = read_etag(request.etag)[0] == document.sha256
        exact = request.whole.data if request.whole is not None and (is_as_seen or mends) else None
        port = _port_in(request.file, wanted)
        if changed or (port or server.port) != server.port or (exact is not None and exact != document.data):
            data = exact if exact is not None else await asyncio.to_thread(_with, document, changed)
            await self._store(supervisor, document, data, port or server.port, request)
        await self._waiting.change(server.id, removed=_of(waiting, wanted))
        return [
            ChangeOutcome(path=list(change.path), outcome="written" if change in changed else "unchanged") for change in wanted
        ]

    async def _store(self, supervisor: Supervisor, document: Document, data: bytes, port: int, request: Request) -> None:
        """The record of the server first, because that is what its game is started with."""
        server = supervisor.server
        before = server.port
        if port != before:
            await self._see_that_it_is_free(server, port)
            await supervisor.save(port=port)
        try:
            await asyncio.to_thread(_replace, server.data_path, document, data)
        except BaseException:
            if port != before:
                await supervisor.save(port=before)
            raise
        await self._history.note(server.id, as_document(request.file, data), request.cause, request.actor)

    async def _make_while_it_runs(self, server: GameServer, request: Request) -> list[ChangeOutcome]:
        document = await self._read(server, request.file)
        await self._history.note(server.id, document)
        waiting = await self._waiting.of(server.id, request.file)
        await self._see_that_nobody_was_first(request, document, waiting)
        if document.data is None or document.problem is not None:
            raise ConfigurationUnreadable(
                f"{document.problem or f'There is no {document.name} yet.'} The game runs, and writes it anew when it ends: "
                "stop it first."
            )
        overlaid = with_changes(document.values, [(change.path, change.wanted) for change in waiting])
        wanted = await self._checked(server, request, document, overlaid)
        port = _port_in(request.file, wanted)
        if port is not None and port != server.port:
            await self._see_that_it_is_free(server, port)
        outcomes: list[ChangeOutcome] = []
        later: list[Wanted] = []
        now: list[Wanted] = []
        is_silent = False
        for change in wanted:
            outcome, tried = await self._try_now(server, request.file, document, change, is_silent=is_silent)
            is_silent = is_silent or (tried is not None and tried.is_silent)
            outcomes.append(outcome)
            (later if outcome.outcome == "pending" else now).append(change)
        at = self._waiting.moment()
        added = [
            PendingChange(
                server.id,
                request.file,
                change.path,
                wrapped(change.value),
                wrapped(value_at(document.values, change.path)),
                request.actor,
                at,
            )
            for change in later
        ]
        await self._waiting.change(server.id, added=added, removed=_of(waiting, now))
        if any(outcome.outcome == "live" for outcome in outcomes):
            await self._history.note(server.id, await self._read(server, request.file), request.cause, request.actor)
        return outcomes

    async def _try_now(
        self, server: GameServer, file: ConfigFileName, document: Document, change: Wanted, *, is_silent: bool
    ) -> tuple[ChangeOutcome, Attempt | None]:
        """`is_silent`: the game has answered nothing just now, so it is not asked again."""
        path = list(change.path)
        if is_unchanged(value_at(document.values, change.path), change.value):
            return ChangeOutcome(path=path, outcome="unchanged"), None
        known = find_known(file, change.path)
        if known is None or known.command is None:
            return ChangeOutcome(path=path, outcome="pending"), None
        if is_silent:
            return ChangeOutcome(path=path, outcome="pending", text="The game does not answer at the moment."), None
        tried = await change_live(server, known, change.value, lambda: self._read(server, file), self._clock)
        return ChangeOutcome(path=path, outcome="live" if tried.is_done else "pending", text=tried.text), tried

    async def _with_what_counts_no_more(
        self, server: GameServer, request: Request, outcomes: list[ChangeOutcome]
    ) -> list[ChangeOutcome]:
        """What is read only when a world is made changes nothing in one that is there, and says so."""
        idle = [
            outcome for outcome in outcomes if outcome.outcome != "unchanged" and is_for_new_world(request.file, outcome.path)
        ]
        if not idle:
            return outcomes
        document = await self._read(server, request.file)
        waiting = await self._waiting.of(server.id, request.file)
        coming = with_changes(document.values, [(change.path, change.wanted) for change in waiting])
        if not await asyncio.to_thread(world_exists, request.file, coming, server.data_path):
            return outcomes
        return [outcome.model_copy(update={"text": _FOR_NEW_WORLD}) if outcome in idle else outcome for outcome in outcomes]

    # What waits

    async def before_start(self, server: GameServer) -> None:
        """Nothing is to start with the old values unnoticed. Raises `CannotStart`."""
        if not self._waiting.count(server.id):
            return
        async with self._locks[server.id]:
            try:
                await self._apply(server)
            except ManagerError as error:
                self._note_failure(server, error.message)
                raise CannotStart(
                    f"Changes of its configuration wait, and can't be written: {error.message} Mend that, or discard them on the "
                    "page of its configuration."
                ) from error

    async def after_end(self, server: GameServer) -> None:
        """Its game has just rewritten its files for the last time."""
        async with self._locks[server.id]:
            for file in _FILES:
                await self._history.note(server.id, await self._read(server, file))
            try:
                await self._apply(server)
            except ManagerError as error:
                self._note_failure(server, error.message)

    async def catch_up(self, server_id: str) -> None:
        """For a server that does not run. Where somebody else holds it, its next start sees to that."""
        supervisor = self._servers.supervisor(server_id)
        try:
            async with self._locks[server_id], supervisor.operations.briefly("change", None):
                if not supervisor.server.is_running:
                    await self._apply(supervisor.server)
        except ManagerError as error:
            log.warning("configuration_still_waits", server=server_id, error=error.message)

    async def _apply(self, server: GameServer) -> None:
        """Write what waits. Twice is as good as once: it is forgotten only after it is in the file. Raises what writing does."""
        if not self._waiting.count(server.id):
            return
        told = _Applied()
        for file in _FILES:
            waiting = await self._waiting.of(server.id, file)
            if waiting:
                await self._apply_to(server, file, waiting, told)
        if told.done:
            server.note("config_applied", text=_words(told.done))
        if told.problems:
            self._note_failure(server, " ".join(told.problems))
        else:
            self.failures.pop(server.id, None)
        self._changed(server.id)

    async def _apply_to(self, server: GameServer, file: ConfigFileName, waiting: Sequence[PendingChange], told: _Applied) -> None:
        document = await self._read(server, file)
        await self._history.note(server.id, document)
        if document.data is None or document.problem is not None:
            raise ConfigurationUnreadable(document.problem or f"There is no {document.name}.")
        values = with_changes(document.values, ())
        ready, port = [], None
        for change in waiting:
            wanted_port = _port_in(file, [Wanted(change.path, change.wanted)])
            if wanted_port is not None and wanted_port != server.port:
                try:
                    await self._see_that_it_is_free(server, wanted_port)
                except ManagerError as error:
                    # Not which server: who reads of this one may not see the other.
                    why = f"another server has port {wanted_port}." if error.extra.get("server_id") else error.message
                    told.problems.append(f"The port still waits: {why}")
                    continue
                port = wanted_port
            put(values, change.path, change.wanted, change.was)
            ready.append(change)
        data = await asyncio.to_thread(configuration_text, values, document.name)
        if port is not None:
            await self._servers.supervisor(server.id).save(port=port)
        if not is_same(values, document.values):
            await asyncio.to_thread(_replace, server.data_path, document, data)
            actors = ", ".join(dict.fromkeys(change.actor for change in ready))
            await self._history.note(server.id, as_document(file, data), "manager", actors)
        await self._waiting.change(server.id, removed=ready)
        told.done += ready

    def _note_failure(self, server: GameServer, why: str) -> None:
        """Told once, until it is another reason."""
        text = f"Changes of its configuration could not be written when the game had ended. {why}"
        if self.failures.get(server.id) != text:
            self.failures[server.id] = text
            log.warning("pending_configuration_not_applied", server=server.id, error=why)
            server.note("config_not_applied", text=why)
            self._changed(server.id)

    # Parts

    async def _read(self, server: GameServer, file: ConfigFileName) -> Document:
        return await asyncio.to_thread(read_document, server.data_path, file)

    async def _see_that_nobody_was_first(self, request: Request, document: Document, waiting: Sequence[PendingChange]) -> None:
        if request.overwrites:
            return
        sha256, stamp = read_etag(request.etag)
        is_as_seen = sha256 == document.sha256
        present: Document = document
        looked_at: Document | None = document
        if not is_as_seen:
            present = await self._history.comparable(document)
            looked_at = await self._history.with_content(request.server_id, request.file, sha256)
        see_that_nobody_was_first(
            request.changes, document=document, waiting=waiting, looked_at=looked_at, present=present, stamp=stamp
        )

    async def _checked(
        self, server: GameServer, request: Request, document: Document, values: dict[str, Any] | None = None
    ) -> list[Wanted]:
        base = document.values if values is None else values
        if document.problem is not None and request.whole is not None:
            # A file that can't be read is replaced as a whole: all of the new one counts.
            base = request.whole.values
        return await asyncio.to_thread(
            check_changes, request.file, base, request.changes, server.data_path, is_whole=request.is_whole
        )

    async def _see_that_it_is_free(self, server: GameServer, port: int) -> None:
        """Raises `PortTaken` with what holds it."""
        found = await self._setup.check_port(port, server.id)
        if not found.is_free:
            raise PortTaken(found.message, server_id=found.used_by)

    def _tell(self, server: GameServer, request: Request, outcomes: Sequence[ChangeOutcome]) -> None:
        changed = [outcome for outcome in outcomes if outcome.outcome != "unchanged"]
        if changed:
            titles = [title_of(request.file, outcome.path) for outcome in changed]
            waits = sum(outcome.outcome == "pending" for outcome in changed)
            server.note("config_changed", actor=request.actor, text=_listed(titles), waits=waits)
        self._changed(server.id)

    def _changed(self, server_id: str) -> None:
        self._bus.publish(ServerConfigChanged(server_id))
        self._bus.publish(ServerChanged(server_id))


def _with(document: Document, changes: Sequence[Wanted]) -> bytes:
    """The text of the file with these changes. Blocking."""
    values = with_changes(document.values, [(change.path, change.value) for change in changes])
    return configuration_text(values, document.name)


def _replace(data_path: Path, document: Document, data: bytes) -> None:
    """Unless somebody has edited it by hand since it was read. Blocking."""
    if read_configuration(data_path, document.name) != document.data:
        raise ConfigurationNotWritten(f"{document.name} was changed by somebody else at this very moment. Try again.")
    write_configuration(data_path, document.name, data)


def _port_in(file: ConfigFileName, changes: Sequence[Wanted]) -> int | None:
    """The port that is wanted, if one is."""
    if file != "serverconfig":
        return None
    values = (change.value for change in changes if key_of(change.path) == key_of(PORT_PATH))
    return next((value for value in values if isinstance(value, int)), None)


def _of(waiting: Sequence[PendingChange], changes: Sequence[Wanted]) -> list[PendingChange]:
    keys = {key_of(change.path) for change in changes}
    return [change for change in waiting if key_of(change.path) in keys]


def _words(changes: Sequence[PendingChange]) -> str:
    return _listed([title_of(change.file, change.path) for change in changes])


def _listed(titles: Sequence[str]) -> str:
    more = len(titles) - _TITLES_TOLD
    return ", ".join(titles[:_TITLES_TOLD]) + (f" and {more} more" if more > 0 else "")
