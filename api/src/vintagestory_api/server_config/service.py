"""The configuration of the games of all servers: looked at, changed, kept in its former versions."""

import asyncio
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import structlog

from vintagestory_api.errors import FieldError, Invalid, NotFound
from vintagestory_api.events import Event, EventBus, ServerChanged, ServerConfigChanged, ServerNoted
from vintagestory_api.kit.clock import Clock
from vintagestory_api.kit.relaxed_json import NotRelaxedJson
from vintagestory_api.players.players import Players
from vintagestory_api.server_config.applying import value_at
from vintagestory_api.server_config.catalogue import DEFAULT_ROLE_PATH, ROLES_PATH, find_known
from vintagestory_api.server_config.changing import Changing, Request
from vintagestory_api.server_config.checking import Wanted
from vintagestory_api.server_config.differences import MISSING, Change, changes_between, described
from vintagestory_api.server_config.documents import Document, as_document, read_document
from vintagestory_api.server_config.game_roles import (
    known_privileges,
    read_roles,
    see_that_they_can_be,
    written_roles,
)
from vintagestory_api.server_config.history import History, document_of, shown_version
from vintagestory_api.server_config.known import key_of
from vintagestory_api.server_config.meanwhile import etag_of, read_etag
from vintagestory_api.server_config.records import PendingChange
from vintagestory_api.server_config.schemas import (
    ConfigChanged,
    ConfigChanges,
    ConfigFileName,
    ConfigVersionList,
    ConfigVersionView,
    GameRoles,
    GameRolesChange,
    RawConfig,
    RawConfigChange,
    ServerConfigView,
)
from vintagestory_api.server_config.sealing import Sealer
from vintagestory_api.server_config.secret_text import is_marked, masked, secrets_in_broken, unmasked
from vintagestory_api.server_config.views import config_view
from vintagestory_api.server_config.waiting import Waiting
from vintagestory_api.servers.configuration_file import ConfigurationUnreadable
from vintagestory_api.servers.registry import Servers
from vintagestory_api.servers.setup import Setup
from vintagestory_api.storage.database import Database
from vintagestory_api.storage.secrets_file import SecretsFile

log = structlog.get_logger(__name__)

_FILES: tuple[ConfigFileName, ...] = ("serverconfig", "servermagicnumbers")
#: After these the game may have rewritten its files.
_REWRITTEN_AFTER = frozenset({"ready", "stopped", "killed", "crashed", "failed_to_start"})


class BrokenJson(Invalid):
    """`line` and `column` of the answer: where it breaks."""

    code = "broken_json"


class VersionNotFound(NotFound):
    code = "config_version_not_found"


class ServerConfigs:
    """Every method raises `ServerNotFound`; those that change something, `ServerBusy` and what `Changing` raises."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        bus: EventBus,
        servers: Servers,
        setup: Setup,
        players: Players,
        secrets: SecretsFile,
    ) -> None:
        self._bus = bus
        self._servers = servers
        self._players = players
        self._waiting = Waiting(database, clock, secrets)
        self._history = History(database, clock, Sealer(secrets))
        self._changing = Changing(clock, bus, servers, setup, self._waiting, self._history)
        self._tasks: set[asyncio.Task[None]] = set()
        self._unsubscribe = bus.subscribe(self._hear)
        servers.check_before_start(self._changing.before_start)
        servers.after_end(self._changing.after_end)

    # Life

    async def start(self) -> None:
        """Has to be done before any game is started."""
        await self._waiting.open()

    def go_on(self) -> None:
        """What waits for servers that do not run, because an earlier manager was killed, is written as soon as that is known."""
        if waiting := self._waiting.servers():
            self._keep(self._catch_up(waiting))

    async def close(self) -> None:
        self._unsubscribe()
        for task in tuple(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=2.0)

    async def _catch_up(self, server_ids: Sequence[str]) -> None:
        await self._servers.taken_up()
        for server_id in server_ids:
            if server_id in self._servers.ids:
                await self._changing.catch_up(server_id)

    def _hear(self, event: Event) -> None:
        if isinstance(event, ServerNoted) and event.kind in _REWRITTEN_AFTER:
            self._keep(self._look_at(event.server_id))
        elif isinstance(event, ServerChanged) and event.server_id not in self._servers.ids:
            self._history.forget(event.server_id)
            self._changing.failures.pop(event.server_id, None)
            self._keep(self._waiting.forget(event.server_id))

    async def _look_at(self, server_id: str) -> None:
        if server_id not in self._servers.ids:
            return
        for file in _FILES:
            document = await self._read(server_id, file)
            if await self._history.note(server_id, document):
                self._bus.publish(ServerConfigChanged(server_id))

    def _keep(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._forget)

    def _forget(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.warning("configuration_not_looked_at", error=str(error))

    # Looking

    def pending_count(self, server_id: str) -> int:
        """How many changes wait for the next stop of its game."""
        return self._waiting.count(server_id)

    def folder(self, server_id: str) -> Path:
        return self._servers.get(server_id).data_path

    def warnings(self, server_id: str) -> list[str]:
        """What a person should look at, in words."""
        failure = self._changing.failures.get(server_id)
        return [failure] if failure is not None else []

    async def view(self, server_id: str, file: ConfigFileName) -> ServerConfigView:
        document, waiting = await self._look(server_id, file)
        server = self._servers.get(server_id)
        return await asyncio.to_thread(
            config_view,
            document,
            waiting,
            data_path=server.data_path,
            server_runs=server.is_running,
            port=server.port,
            game_version=server.version,
        )

    async def text(self, server_id: str, file: ConfigFileName) -> RawConfig:
        """Raises `ConfigurationUnreadable` where there is no text."""
        document, waiting = await self._look(server_id, file)
        if document.data is None:
            raise ConfigurationUnreadable(
                document.problem or f"There is no {document.name} in the folder of this server. Start the game once."
            )
        text = await asyncio.to_thread(masked, document.text)
        return RawConfig(text=text, etag=etag_of(document, waiting), problem=document.problem, problem_line=document.line)

    async def _look(self, server_id: str, file: ConfigFileName) -> tuple[Document, list[PendingChange]]:
        document = await self._read(server_id, file)
        await self._history.note(server_id, document)
        return document, await self._waiting.of(server_id, file)

    async def _read(self, server_id: str, file: ConfigFileName) -> Document:
        return await asyncio.to_thread(read_document, self._servers.get(server_id).data_path, file)

    # Changing

    async def change(self, server_id: str, file: ConfigFileName, change: ConfigChanges, actor: str) -> ConfigChanged:
        """Raises `ChangedMeanwhile`, `SettingsInvalid`, `PortTaken`, `ConfigurationUnreadable`, `ConfigurationNotWritten`."""
        wanted = {key_of(item.path): Wanted(tuple(item.path), item.value) for item in change.changes}
        request = Request(server_id, file, list(wanted.values()), actor, etag=change.etag, overwrites=change.overwrite)
        return await self._make(request)

    async def change_text(self, server_id: str, file: ConfigFileName, change: RawConfigChange, actor: str) -> ConfigChanged:
        """Raises `BrokenJson`, and what `change` raises."""
        document, _ = await self._look(server_id, file)
        looked_at = await self._looked_at(server_id, document, change.etag)
        try:
            text = await asyncio.to_thread(unmasked, change.text, _secrets_of(document))
        except NotRelaxedJson as error:
            raise _broken(str(error), error.line, error.column) from None
        new = await asyncio.to_thread(as_document, file, text.encode())
        if new.problem is not None:
            raise _broken(new.problem, new.line, new.column)
        before = looked_at.values if looked_at is not None else {}
        changes = await asyncio.to_thread(changes_between, before, new.values)
        request = Request(
            server_id,
            file,
            [Wanted(change.path, change.after) for change in changes],
            actor,
            etag=change.etag,
            is_whole=True,
            whole=new,
        )
        return await self._make(request)

    async def _looked_at(self, server_id: str, document: Document, etag: str) -> Document | None:
        sha256, _ = read_etag(etag)
        if sha256 == document.sha256:
            return document
        return await self._history.with_content(server_id, document.file, sha256)

    async def _make(self, request: Request) -> ConfigChanged:
        outcomes = await self._changing.make(request)
        return ConfigChanged(outcomes=outcomes, config=await self.view(request.server_id, request.file))

    async def discard(self, server_id: str, file: ConfigFileName, path: str | None, actor: str) -> ServerConfigView:
        """Let changes wait no more: that of the setting at `path` (JSON), or all."""
        key = None if path is None else key_of(_path_from(path))
        self._servers.get(server_id)
        await self._changing.discard(server_id, file, key, actor)
        return await self.view(server_id, file)

    # Versions

    async def versions(self, server_id: str, file: ConfigFileName, *, limit: int, cursor: str) -> ConfigVersionList:
        document, _ = await self._look(server_id, file)
        found, older = await self._history.page(server_id, file, limit=limit, before=cursor or None)
        following = [*found[1:], older]
        items = await asyncio.to_thread(
            lambda: (
                [shown_version(version, before, document.sha256) for version, before in zip(found, following, strict=True)]
                if found
                else []
            )
        )
        return ConfigVersionList(items=items, next_cursor=found[-1].id if found and older is not None else None)

    async def version(self, server_id: str, file: ConfigFileName, version_id: str) -> ConfigVersionView:
        """Raises `VersionNotFound`."""
        document, _ = await self._look(server_id, file)
        version = await self._history.find(server_id, file, version_id)
        if version is None:
            raise _no_version()
        before = await self._history.one_before(version)
        present = await self._history.comparable(document)
        return await asyncio.to_thread(
            lambda: ConfigVersionView(
                version=shown_version(version, before, document.sha256),
                text=masked(version.content),
                to_current=described(file, changes_back(present, document_of(version))),
            )
        )

    async def bring_back(self, server_id: str, file: ConfigFileName, version_id: str, actor: str) -> ConfigChanged:
        """Raises `VersionNotFound`, `BrokenJson` for one that was broken, and what `change` raises."""
        document, waiting = await self._look(server_id, file)
        version = await self._history.find(server_id, file, version_id)
        if version is None:
            raise _no_version()
        old = await asyncio.to_thread(document_of, version)
        if old.problem is not None:
            raise _broken(old.problem, old.line, old.column)
        present = await self._history.comparable(document)
        changes = [change for change in await asyncio.to_thread(changes_back, present, old) if not is_marked(change.after)]
        # What waits would undo it: a setting is as in that version, or as it waits to be.
        changed = {key_of(change.path) for change in changes}
        settings = [Wanted(change.path, change.after) for change in changes]
        settings += [
            Wanted(waits.path, value_at(old.values, waits.path)) for waits in waiting if key_of(waits.path) not in changed
        ]
        request = Request(
            server_id,
            file,
            settings,
            actor,
            etag=etag_of(document, waiting),
            is_whole=True,
            whole=await asyncio.to_thread(_with_present_secrets, old, document) if document.problem is not None else None,
            cause="returned",
        )
        return await self._make(request)

    # Roles

    async def roles(self, server_id: str) -> GameRoles:
        document, waiting = await self._look(server_id, "serverconfig")
        present, default = _present_roles(document, waiting)
        roles, problem = await asyncio.to_thread(read_roles, present) if document.problem is None else ([], document.problem)
        waits = {key_of(change.path) for change in waiting}
        return GameRoles(
            roles=roles,
            default_role=default[:40] if isinstance(default, str) else None,
            privileges=known_privileges(),
            players=await self._players_of_roles(server_id, [role.code for role in roles]),
            is_pending=bool(waits & {key_of(ROLES_PATH), key_of(DEFAULT_ROLE_PATH)}),
            etag=etag_of(document, waiting),
            problem=problem,
        )

    async def change_roles(self, server_id: str, change: GameRolesChange, actor: str) -> ConfigChanged:
        """Raises `RoleInUse`, and what `change` raises."""
        document, waiting = await self._look(server_id, "serverconfig")
        if document.problem is not None or document.data is None:
            raise ConfigurationUnreadable(document.problem or f"There is no {document.name} yet. Start the game once.")
        present, _default = _present_roles(document, waiting)
        before, problem = await asyncio.to_thread(read_roles, present)
        if problem is not None:
            raise ConfigurationUnreadable(problem)
        codes = [role.code for role in before]
        see_that_they_can_be(change.roles, change.default_role, await self._players_of_roles(server_id, codes), present)
        settings = [
            Wanted(ROLES_PATH, await asyncio.to_thread(written_roles, present, change.roles)),
            Wanted(DEFAULT_ROLE_PATH, change.default_role),
        ]
        request = Request(server_id, "serverconfig", settings, actor, etag=change.etag, is_whole=True)
        return await self._make(request)

    async def _players_of_roles(self, server_id: str, codes: Sequence[str]) -> dict[str, int]:
        written = {code.lower(): code for code in codes}
        records = (await self._players.files(server_id)).records.players
        return dict(Counter(written.get(player.role.lower(), player.role) for player in records if player.role is not None))


def changes_back(document: Document, old: Document) -> list[Change]:
    """What it takes to have the settings of an earlier version again. The game's own stay as they are."""

    def is_ours(change: Change) -> bool:
        known = find_known(document.file, change.path)
        return known is None or known.takes_effect != "never"

    return [change for change in changes_between(document.values, old.values) if is_ours(change)]


def _secrets_of(document: Document) -> Mapping[str, Any]:
    """Of a file that can't be read, as far as they can be found in its text."""
    return secrets_in_broken(document.text) if document.problem is not None else document.values


def _with_present_secrets(old: Document, document: Document) -> Document:
    return as_document(old.file, unmasked(old.text, _secrets_of(document)).encode())


def _present_roles(document: Document, waiting: Sequence[PendingChange]) -> tuple[Any, Any]:
    """With what waits: the roles, and the code of the default one."""
    waits = {key_of(change.path): change.wanted for change in waiting}
    found = []
    for path in (ROLES_PATH, DEFAULT_ROLE_PATH):
        value = waits.get(key_of(path), value_at(document.values, path))
        found.append(None if value is MISSING else value)
    return found[0], found[1]


def _path_from(text: str) -> list[str]:
    try:
        path = json.loads(text)
    except (ValueError, RecursionError):
        path = None
    if not isinstance(path, list) or not path or not all(isinstance(name, str) for name in path):
        message = "has to be a JSON list of names"
        raise Invalid(f"The query parameter path {message}.", fields=[FieldError("path", message)])
    return path


def _broken(problem: str, line: int | None, column: int | None) -> BrokenJson:
    return BrokenJson(
        f"This is no configuration that the game could read ({problem.rstrip('.')}), so nothing was changed.",
        line=line,
        column=column,
    )


def _no_version() -> VersionNotFound:
    return VersionNotFound("There is no such version of this file any more. Look at the list of its versions.")
