"""What a game's log has said about mods since its last start, by mod."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from vintagestory_api.events import Event, EventBus, ServerTold
from vintagestory_api.server_mods.modinfo import mod_key
from vintagestory_api.server_mods.schemas import ModTrouble
from vintagestory_api.servers import line_events as told
from vintagestory_api.servers.in_store import in_store
from vintagestory_api.servers.records import Happening
from vintagestory_api.servers.server import GameServer
from vintagestory_api.storage.database import Database

_MAX_TEXT = 500
#: A mod may complain with every tick.
_MAX_MODS, _MAX_OF_ONE = 200, 10
_TELL_AFTER_SECONDS = 1.0
_BLOCKED = "The game did not load it, because it is on its list of blocked mods."
CRASH = "The game broke down, and names this mod as involved."


@dataclass
class _Said:
    """`by_name`: as the log calls it (an id, `id@version` or a file), with what was said. `is_whole`: what an earlier manager has
    heard is in it, too."""

    instance: str
    is_whole: bool = False
    by_name: dict[str, list[ModTrouble]] = field(default_factory=dict)

    def note(self, name: str, trouble: ModTrouble) -> bool:
        if name not in self.by_name and len(self.by_name) >= _MAX_MODS:
            return False
        troubles = self.by_name.setdefault(name, [])
        if trouble in troubles or len(troubles) >= _MAX_OF_ONE:
            return False
        troubles.append(trouble)
        return True


class LogTroubles:
    """`changed` is called with the id of a server of which there is more to say, a second later and once for all of it."""

    def __init__(self, database: Database, bus: EventBus, changed: Callable[[str], None]) -> None:
        self._database = database
        self._changed = changed
        self._said: dict[str, _Said] = {}
        self._due: dict[str, asyncio.TimerHandle] = {}
        self._unsubscribe = bus.subscribe(self._notice)

    def close(self) -> None:
        self._unsubscribe()
        for timer in self._due.values():
            timer.cancel()

    async def of(self, server: GameServer) -> "TroublesByMod":
        instance = server.instance
        if instance is None:
            return TroublesByMod({})
        said = self._of_start(server.id, instance)
        if not said.is_whole:
            happenings = await in_store(self._database, lambda store: store.of_instances([instance]))
            for happening in happenings:
                for name, trouble in _of_happening(happening):
                    said.note(name, trouble)
            said.is_whole = True
        return TroublesByMod(said.by_name)

    def _of_start(self, server_id: str, instance: str) -> _Said:
        said = self._said.get(server_id)
        if said is None or said.instance != instance:
            said = self._said[server_id] = _Said(instance)
        return said

    def _notice(self, event: Event) -> None:
        if not isinstance(event, ServerTold):
            return
        for name, trouble in _of_line(event.what):
            if self._of_start(event.server_id, event.instance).note(name, trouble):
                self._tell(event.server_id)

    def _tell(self, server_id: str) -> None:
        if server_id in self._due:
            return

        def tell() -> None:
            self._due.pop(server_id, None)
            self._changed(server_id)

        self._due[server_id] = asyncio.get_running_loop().call_later(_TELL_AFTER_SECONDS, tell)


class TroublesByMod:
    """Looked up by a mod's id or the name of its file, in any letter case."""

    def __init__(self, by_name: Mapping[str, list[ModTrouble]]) -> None:
        self._found: dict[str, list[ModTrouble]] = {}
        self._blocked = "\n".join(trouble.message for trouble in by_name.get("", ())).casefold()
        for name, troubles in by_name.items():
            if name:
                self._found.setdefault(mod_key(name.partition("@")[0]), []).extend(troubles)

    def of(self, modid: str | None, file_name: str) -> list[ModTrouble]:
        stem = file_name.rpartition(".")[0] or file_name
        keys = dict.fromkeys([mod_key(modid or file_name), mod_key(file_name), mod_key(stem)])
        found = [trouble for key in keys for trouble in self._found.get(key, ())]
        if modid and _is_named(mod_key(modid), self._blocked):
            found.append(ModTrouble(code="log_blocked", message=_BLOCKED))
        return found


def _is_named(key: str, text: str) -> bool:
    words = "".join(letter if letter.isalnum() or letter in "_-." else " " for letter in text).split()
    return key in words or any(word.partition("@")[0] == key for word in words)


def _of_line(what: object) -> Iterable[tuple[str, ModTrouble]]:
    match what:
        case told.ModComplaint(mod=mod, problem=problem, text=text):
            yield mod, ModTrouble(code=f"log_{problem}", message=text[:_MAX_TEXT])
        case told.CrashReported(mods=mods):
            for mod in mods:
                yield mod, ModTrouble(code="log_error", message=CRASH)
        case _:
            return


def _of_happening(happening: Happening) -> Iterable[tuple[str, ModTrouble]]:
    details = happening.details
    if happening.kind == "mod_problem":
        message = str(details.get("text", ""))[:_MAX_TEXT]
        yield str(details.get("mod", "")), ModTrouble(code=f"log_{details.get('problem', 'error')}", message=message)
    elif happening.kind == "crashed":
        for mod in details.get("mods") or ():
            yield str(mod), ModTrouble(code="log_error", message=CRASH)
