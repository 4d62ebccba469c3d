"""How a game server comes into being, changes its version, and goes: what an operation does besides starting and stopping."""

import asyncio
import contextlib
import re
import shutil
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import structlog

from vintagestory_api.errors import Conflict, FieldError, Invalid, ManagerError, Unavailable
from vintagestory_api.events import ServerNoted
from vintagestory_api.game_versions.unpack import NotUnpacked
from vintagestory_api.kit.clock import Clock
from vintagestory_api.kit.ids import uuid7
from vintagestory_api.servers.host import GameNotStarted
from vintagestory_api.servers.in_store import in_store
from vintagestory_api.servers.launching import CannotStart, is_same_folder
from vintagestory_api.servers.operations import run_id
from vintagestory_api.servers.records import Happening, ServerRecord
from vintagestory_api.servers.registry import Servers
from vintagestory_api.servers.schemas import Adoption, NewServer, PortCheck, ServerChange, TimelineKind
from vintagestory_api.servers.supervisor import ServerRuns, StartFailed, Supervisor
from vintagestory_api.services.run_context import in_thread, report_progress, to_its_end
from vintagestory_api.services.run_records import RunRecord
from vintagestory_api.services.schedule import Trigger

if TYPE_CHECKING:
    from vintagestory_api.servers.store import ServerStore

log = structlog.get_logger(__name__)

MAX_ID = 40
_TRASH = ".deleted-"
_FOREIGN = re.compile(r"[^a-z0-9]+")
#: Options of the game that the manager sets itself.
_OWN_OPTIONS = frozenset({"--datapath", "--port", "--logpath", "--genconfig", "--setconfig", "--withconfig", "-v", "--version"})


class ServerExists(Conflict):
    code = "server_exists"


class PortTaken(Conflict):
    code = "port_taken"


class FolderTaken(Conflict):
    code = "data_folder_taken"


class NotDeleted(Unavailable):
    code = "server_not_deleted"


class VersionChangeFailed(Conflict):
    code = "version_change_failed"


class SameVersion(Conflict):
    code = "same_version"


class ChangeNeedsStop(Conflict):
    code = "server_has_to_be_stopped"


class InvalidChange(Invalid):
    code = "invalid_server"


class Installer(Protocol):
    def find(self, version: str) -> Any | None: ...

    async def check(self, version: str) -> None: ...

    async def install(self, version: str) -> Any: ...

    async def install_folder(self, folder: Path, version: str) -> Any: ...


class Setup:
    """`configure` makes the configuration of a new server in its folder, and changes that of an adopted one."""

    def __init__(self, servers: Servers, installs: Installer, configurator: "Configurator", clock: Clock) -> None:
        self._servers = servers
        self._installs = installs
        self._configurator = configurator
        self._clock = clock
        #: Puts a backup into the folder of a new server, which holds a fresh configuration; also for the second time. Set by
        #: whoever knows backups. Gets what `create_from` was told, and the version of the game.
        self.fill: Callable[[Supervisor, Mapping[str, Any], str], Awaitable[None]] = _no_backups
        #: Called with the id of a server that is about to be forgotten, and whether its files are deleted; also for the second
        #: time. Set by whoever keeps files of servers elsewhere.
        self.let_files_go: Callable[[str, bool], Awaitable[None]] = _no_files
        #: One creation after the other, so that each sees the ports and ids of those before.
        self._making = asyncio.Lock()
        servers.go_on = self.go_on

    # Making

    async def create(self, new: NewServer, actor: str) -> Supervisor:
        """Store it and begin to set it up. Raises `ServerExists`, `PortTaken`, and what `Installs.check` raises."""
        await self._see_that_it_can_be_had(new.version)
        async with self._making:
            server_id = new.id or self.free_id(new.name)
            self._check_id(server_id)
            port = await self._port_for(new.port)
            folder = await asyncio.to_thread(_free_folder, self._servers.servers_dir, server_id)
            password = new.password.get_secret_value() if new.password else None
            setup = {**new.model_dump(mode="json", exclude={"name", "id", "port", "password"}), "password": password}
            record = ServerRecord(server_id, new.name, None, port, folder, self._clock.now_ms(), actor, setup=setup)
            supervisor, _run = await self._add(record, actor, "created")
            return supervisor

    async def create_from(self, backup: Mapping[str, Any], new: NewServer, actor: str) -> RunRecord:
        """A server whose folder `fill` makes from a backup; `backup` says which. The run of its creation. Raises what `create`
        raises."""
        await self._see_that_it_can_be_had(new.version)
        async with self._making:
            server_id = self.free_id(new.name)
            port = await self._port_for(new.port)
            folder = await asyncio.to_thread(_free_folder, self._servers.servers_dir, server_id)
            setup = {"version": new.version, "start": new.start, "backup": dict(backup)}
            record = ServerRecord(server_id, new.name, None, port, folder, self._clock.now_ms(), actor, setup=setup)
            _supervisor, run = await self._add(record, actor, "created")
            return run

    async def adopt(
        self,
        adoption: Adoption,
        path: Path,
        port: int,
        actor: str,
        *,
        version_there: str | None = None,
        install: Path | None = None,
        is_own: bool = False,
    ) -> Supervisor:
        """The folder was looked at before; `version_there` is that of the install in it, or in `install`. `is_own`: it was copied
        into the folder of servers. Raises `ServerExists`, `PortTaken`, `FolderTaken`, what `Installs.check` raises."""
        is_there = version_there is not None and version_there == adoption.version.removeprefix("v")
        if not is_there:
            await self._see_that_it_can_be_had(adoption.version)
        async with self._making:
            server_id = adoption.id or self.free_id(adoption.name)
            self._check_id(server_id)
            port = await self._port_for(port)
            for other in self._servers.all():
                if await asyncio.to_thread(is_same_folder, other.data_path, path):
                    raise FolderTaken(f"This folder belongs to the server {other.name!r} already.", server_id=other.id)
            setup = {"version": adoption.version, "adopted": True, "start": False, "has_install": is_there}
            if is_there and install is not None:
                setup["install"] = str(install)
            where = path.name if is_own else str(path)
            record = ServerRecord(server_id, adoption.name, None, port, where, self._clock.now_ms(), actor, setup=setup)
            supervisor, _run = await self._add(record, actor, "adopted")
            return supervisor

    async def _see_that_it_can_be_had(self, version: str) -> None:
        """Refuse what could only fail. Whether it can be had is not always known: then the run finds out."""
        if self._installs.find(version) is None:
            with contextlib.suppress(Unavailable):
                await self._installs.check(version)

    async def _add(self, record: ServerRecord, actor: str, kind: TimelineKind) -> tuple[Supervisor, RunRecord]:
        supervisor = self._servers.add(record)
        begun = Happening(record.id, record.created_at, kind, actor)

        def store_both(store: "ServerStore") -> None:
            store.add(record)
            store.note([begun])

        storing = asyncio.ensure_future(in_store(self._servers.database, store_both))
        try:
            await asyncio.shield(storing)
        except BaseException:
            # Whoever is told that it was not made must find nothing of it later.
            await to_its_end(storing)
            if not storing.cancelled() and storing.exception() is None:
                undoing = in_store(self._servers.database, lambda store: store.remove(record.id))
                await to_its_end(asyncio.ensure_future(undoing))
            self._servers.forget(record.id)
            raise
        self._servers.bus.publish(ServerNoted(record.id, kind, record.created_at, actor, {}))
        return supervisor, await self.finish(supervisor, actor, start=bool(record.setup and record.setup.get("start")))

    async def finish(self, supervisor: Supervisor, actor: str | None, *, start: bool) -> RunRecord:
        """Go on with a creation, and start it then if that is wanted. Raises `ServerBusy`."""
        trigger: Trigger = "manual" if actor is not None else "startup"
        who = actor or supervisor.server.record.created_by
        return await supervisor.operate(
            "create", lambda: self._create(supervisor, who, start=start), actor=actor, trigger=trigger
        )

    def go_on(self, supervisor: Supervisor) -> None:
        """With what an earlier manager did not finish."""
        supervisor.keep(self._go_on(supervisor))

    async def _go_on(self, supervisor: Supervisor) -> None:
        setup = supervisor.server.record.setup or {}
        try:
            if supervisor.server.record.deleted_at is not None:
                await supervisor.operate("delete", lambda: self._delete(supervisor), actor=None, trigger="startup")
            else:
                await self.finish(supervisor, None, start=bool(setup.get("start")))
        except ManagerError as error:
            log.warning("setup_not_continued", server=supervisor.server.id, error=error.message)

    async def _create(self, supervisor: Supervisor, who: str, *, start: bool) -> dict[str, Any]:
        """`who` asked for it, be it of an earlier manager."""
        server = supervisor.server
        setup = dict(server.record.setup or {})
        version = str(setup["version"])
        folder = Path(str(setup["install"])) if setup.get("install") else server.data_path
        installed = await self._have(version, folder if setup.get("has_install") else None)
        report_progress(0.95, "Writing its configuration")
        if setup.get("adopted"):
            await self._configurator.set_port(server.data_path, server.port)
        elif setup.get("backup"):
            await self._configurator.make(installed, server.data_path, server.name, server.port, setup)
            await self.fill(supervisor, setup["backup"], installed.version)
        else:
            await self._configurator.make(installed, server.data_path, server.name, server.port, setup)
        await supervisor.save(setup=None, version=installed.version)
        report: dict[str, Any] = {"version": installed.version, "port": server.port}
        if start:
            await supervisor.want("running")
            server.note("start_asked", actor=who, run_id=run_id())
            report |= await supervisor.bring_up()
        return report

    async def _have(self, version: str, folder: Path | None) -> Any:
        """`folder`: an install that is copied, rather than downloaded, if that can be done."""
        if folder is not None and self._installs.find(version) is None:
            try:
                return await self._installs.install_folder(folder, version)
            except (Invalid, Conflict, NotUnpacked) as error:
                # It is not the version that is wanted by now, or not clean, or not readable, or somebody else was quicker.
                log.warning("install_not_taken_over", folder=str(folder), reason=error.message)
        return await self._installs.install(version)

    # Changing

    async def change(self, supervisor: Supervisor, change: ServerChange, actor: str) -> None:
        """Raises `ChangeNeedsStop`, `PortTaken`, `InvalidChange`, `ServerBusy`."""
        server = supervisor.server
        fields: dict[str, Any] = {}
        if change.settings is not None:
            check_arguments(change.settings.extra_arguments)
            fields["settings"] = change.settings
        if change.name is not None:
            fields["name"] = change.name
        if change.port is None or change.port == server.port:
            changed = {name: value for name, value in fields.items() if value != getattr(server.record, name)}
            if changed:
                await supervisor.save(**changed)
                server.note("settings_changed", actor=actor, text=_words(changed))
            return
        async with supervisor.operations.briefly("change", actor):
            if server.is_running:
                raise ChangeNeedsStop("The port can be changed while the server is stopped. Stop it first.")
            port = await self._port_for(change.port, server.id)
            if server.record.setup is None:
                await self._configurator.set_port(server.data_path, port)
            fields["port"] = port
            await supervisor.save(**fields)
            server.note("settings_changed", actor=actor, text=_words(fields))

    async def change_version(self, supervisor: Supervisor, version: str, actor: str) -> RunRecord:
        """Raises `SameVersion`, `ServerBusy`, and what `Installs.check` raises. For a server that is not set up yet: set it up
        with that version."""
        record = supervisor.server.record
        await self._see_that_it_can_be_had(version)
        if record.setup is not None:
            async with supervisor.operations.briefly("version", actor):
                await supervisor.save(setup={**record.setup, "version": version})
            return await self.finish(supervisor, actor, start=bool(record.setup.get("start")))
        if record.version == version:
            raise SameVersion(f"The server uses version {version} already.")
        return await supervisor.operate("version", lambda: self._change_version(supervisor, version, actor), actor=actor)

    async def _change_version(self, supervisor: Supervisor, version: str, actor: str) -> dict[str, Any]:
        server, before = supervisor.server, supervisor.server.version
        installed = await self._installs.install(version)
        if installed.version == before:
            raise SameVersion(f"The server uses version {before} already.")
        goes_on = server.record.wanted == "running"
        down: dict[str, Any] = {}
        if server.is_running:
            supervisor.forget_failures()
            down = await supervisor.bring_down(actor, f"To change the version to {installed.version}", then="start")
        await supervisor.save(version=installed.version, version_before=before if goes_on else None)
        if not goes_on:
            self._note_change(supervisor, before, installed.version, actor)
            return {"from": before, "to": installed.version}
        supervisor.aftermath.plans_restarts = False
        try:
            up = await supervisor.bring_up()
        except (StartFailed, CannotStart, GameNotStarted) as error:
            await supervisor.save(version=before, version_before=None)
            versions: dict[str, Any] = {"from": before, "to": installed.version}
            server.note("version_change_failed", actor=actor, run_id=run_id(), text=error.message, **versions)
            report_progress(None, f"{installed.version} did not start; going back to {before}")
            log.warning("version_change_goes_back", server=server.id, wanted=installed.version, back_to=before)
            await self._go_back(supervisor, before, installed.version, error)
        finally:
            supervisor.aftermath.plans_restarts = True
        self._note_change(supervisor, before, installed.version, actor)
        return {"from": before, "to": installed.version, "stopped_by": down.get("by"), **up}

    async def _go_back(self, supervisor: Supervisor, before: str | None, version: str, error: ManagerError) -> None:
        """Start the old version again; always raises what became of it."""
        try:
            await supervisor.bring_up()
        except ManagerError as second:
            raise VersionChangeFailed(
                f"Version {version} did not start: {error.message} The server was put back to {before}, which did not start "
                f"either: {second.message}"
            ) from second
        raise VersionChangeFailed(
            f"Version {version} did not start: {error.message} The server was put back to {before} and runs again."
        ) from error

    def _note_change(self, supervisor: Supervisor, before: str | None, version: str, actor: str) -> None:
        versions: dict[str, Any] = {"from": before, "to": version}
        supervisor.server.note("version_changed", actor=actor, run_id=run_id(), **versions)

    # Going

    async def delete(self, supervisor: Supervisor, actor: str, *, delete_files: bool) -> RunRecord:
        """Raises `ServerRuns`, `ServerBusy`."""
        server = supervisor.server

        def check() -> None:
            if server.is_running:
                raise ServerRuns(f"{server.name!r} runs. Stop it first.")

        async def work() -> dict[str, Any]:
            check()
            setup = server.record.setup
            await supervisor.save(
                wanted="stopped",
                deleted_at=self._clock.now_ms(),
                setup={"delete_files": delete_files and not server.record.is_adopted, "before": setup},
            )
            return await self._delete(supervisor)

        return await supervisor.operate("delete", work, actor=actor, check=check)

    async def _delete(self, supervisor: Supervisor) -> dict[str, Any]:
        server = supervisor.server
        wants_files = bool((server.record.setup or {}).get("delete_files")) and not server.record.is_adopted
        trash = self._servers.servers_dir / f"{_TRASH}{server.id}-{uuid7()}"
        try:
            if wants_files and await asyncio.to_thread(_move_aside, server.data_path, trash):
                report_progress(0.3, "Deleting its files")
        except NotDeleted:
            # It stays as usable as it was.
            await supervisor.save(deleted_at=None, setup=(server.record.setup or {}).get("before"))
            raise
        await self._servers.timeline.flush()
        await self.let_files_go(server.id, wants_files)
        await in_store(self._servers.database, lambda store: store.remove(server.id))
        self._servers.forget(server.id)
        if wants_files:
            await in_thread(shutil.rmtree, trash, ignore_errors=True)
        return {"deleted_files": wants_files}

    def sweep(self) -> None:
        """Delete what an earlier manager was about to. Blocking."""
        for folder in self._servers.servers_dir.glob(f"{_TRASH}*"):
            log.info("deleted_server_swept", folder=folder.name)
            shutil.rmtree(folder, ignore_errors=True)

    # Before anything is made

    async def check_new(self, server_id: str | None, port: int | None, version: str | None) -> None:
        """Refuse what could only fail later. `version`: one that has to be brought. Raises `ServerExists`, `PortTaken`, and what
        `Installs.check` raises."""
        if version is not None:
            await self._see_that_it_can_be_had(version)
        if server_id is not None:
            self._check_id(server_id)
        if port is not None:
            await self._port_for(port)

    def free_folder(self, server_id: str) -> Path:
        """Where the data of a new server can lie; it is not there yet. Blocking."""
        return self._servers.servers_dir / _free_folder(self._servers.servers_dir, server_id)

    # Ports

    async def free_port(self) -> int:
        """The next one that no server of ours has, and no program."""
        return await self._configurator.free_port({server.port for server in self._servers.all()})

    async def check_port(self, port: int, server_id: str | None = None) -> PortCheck:
        """Whether a server could take it now; that of `server_id` is not counted as having it."""
        other = next((server for server in self._servers.all() if server.port == port and server.id != server_id), None)
        if other is not None:
            message = f"Port {port} belongs to the server {other.name!r}."
            return PortCheck(port=port, is_free=False, used_by=other.id, message=message)
        own = next((server for server in self._servers.all() if server.id == server_id and server.port == port), None)
        if own is not None and own.is_running:
            return PortCheck(port=port, is_free=True, used_by=None, message=f"Port {port} is used by this very server.")
        problem = await asyncio.to_thread(self._configurator.check_port, port)
        return PortCheck(port=port, is_free=problem is None, used_by=None, message=problem or f"Port {port} is free.")

    # Checks

    def _check_id(self, server_id: str) -> None:
        if server_id in self._servers.ids:
            raise ServerExists(f"There is a server {server_id!r} already. Choose another name or id.")

    def free_id(self, name: str) -> str:
        base = _FOREIGN.sub("-", name.lower()).strip("-")[: MAX_ID - 3].strip("-") or "server"
        number, candidate = 1, base
        while candidate in self._servers.ids:
            number += 1
            candidate = f"{base}-{number}"
        return candidate

    async def _port_for(self, wanted: int | None, server_id: str | None = None) -> int:
        taken = {server.port: server for server in self._servers.all() if server.id != server_id}
        if wanted is None:
            return await self._configurator.free_port(set(taken))
        if (other := taken.get(wanted)) is not None:
            raise PortTaken(f"Port {wanted} belongs to the server {other.name!r}. Choose another one.", server_id=other.id)
        return wanted


async def _no_backups(_supervisor: Supervisor, _backup: Mapping[str, Any], _version: str) -> None:
    raise Unavailable("Backups are not open: the manager is starting or stopping. Try again.")


async def _no_files(_server_id: str, _is_deleted: bool) -> None:
    pass


class Configurator(Protocol):
    """What is done with the game's own configuration."""

    async def make(self, installed: Any, data_path: Path, name: str, port: int, setup: Mapping[str, Any]) -> None:
        """Write the configuration of a new server, from the game's own defaults."""
        ...

    async def set_port(self, data_path: Path, port: int) -> None: ...

    async def free_port(self, taken: set[int]) -> int: ...

    def check_port(self, port: int) -> str | None:
        """What keeps a game from taking the port at this moment, in words; None when nothing does. Blocking."""
        ...


def _free_folder(servers_dir: Path, server_id: str) -> str:
    """A name for its data folder. What an earlier server of this id left stays untouched."""
    number, name = 1, server_id
    while (servers_dir / name).exists():
        number += 1
        name = f"{server_id}-{number}"
    return name


def _move_aside(folder: Path, trash: Path) -> bool:
    try:
        folder.rename(trash)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise NotDeleted(
            f"The folder of the server can't be removed: {error.strerror}. Nothing was deleted, and the server stays as it was. "
            "See to its folder, then delete it again."
        ) from error
    return True


def check_arguments(arguments: list[str]) -> None:
    for argument in arguments:
        option = argument.partition("=")[0].lower()
        if option in _OWN_OPTIONS:
            raise InvalidChange(
                f"{argument.partition('=')[0]} is set by the manager. Leave it out.",
                fields=[FieldError("settings.extra_arguments", f"{option} is set by the manager")],
            )


def _words(fields: Mapping[str, Any]) -> str:
    return ", ".join(sorted(fields))
