"""The configuration of the game, its roles and its mods, as parts of a definition."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from vintagestory_api.definitions.around import Around
from vintagestory_api.definitions.document import DefinedMod, DefinedRoles
from vintagestory_api.definitions.doing import Doing
from vintagestory_api.definitions.plan import Part
from vintagestory_api.definitions.present import CONFIG_FILES, is_carried, wanted_value
from vintagestory_api.definitions.words import difference, shown, some
from vintagestory_api.errors import ManagerError
from vintagestory_api.server_config.catalogue import find_known
from vintagestory_api.server_config.game_roles import FIRST_ROLES, problems_of
from vintagestory_api.server_config.known import Known, key_of
from vintagestory_api.server_config.schemas import (
    ConfigChange,
    ConfigChanged,
    ConfigChanges,
    ConfigFileName,
    GameRole,
    GameRolesChange,
)
from vintagestory_api.server_config.values import BadValue, checked
from vintagestory_api.server_mods.schemas import ImportedList, LockList, ModPlan, PlanStep

if TYPE_CHECKING:
    from vintagestory_api.definitions.planning import Aim

_SHOWN_STEPS = 200


class GameParts:
    def __init__(self, around: Around) -> None:
        self._around = around
        self._doing = Doing(around)

    # The configuration

    async def plan_configuration(self, aim: "Aim", part: Part) -> None:
        wanted = aim.definition.configuration
        if wanted is None:
            return
        changes: dict[ConfigFileName, ConfigChanges] = {}
        for file in CONFIG_FILES:
            values: Mapping[str, Any] = getattr(wanted, file)
            if not values:
                continue
            if not aim.is_ready:
                for known, value in self._known(file, values, part):
                    if file == "servermagicnumbers":
                        _wait_for_first_start(known, value, part)
                    else:
                        part.create(f"{'.'.join(known.path)}: {shown(value)}")
                continue
            if (found := await self._changes(aim.server_id, file, values, part)) is not None:
                changes[file] = found

        async def apply() -> str | None:
            told = []
            for file, change in changes.items():
                told += outcomes(await self._around.configs.change(aim.server_id, file, change, aim.actor))
            return ", ".join(told) or None

        part.work = apply

    async def _changes(self, server_id: str, file: ConfigFileName, values: Mapping[str, Any], part: Part) -> ConfigChanges | None:
        try:
            view = await self._around.configs.view(server_id, file)
        except ManagerError as error:
            part.block(error.message)
            return None
        if view.problem is not None:
            part.block(f"{view.file_name} can't be read: {view.problem}")
            return None
        fields = {key_of(field.path): field for field in view.fields}
        changes = []
        for known, value in self._known(file, values, part):
            if not view.is_there:
                _wait_for_first_start(known, value, part)
                continue
            field = fields.get(known.key)
            before = wanted_value(view, field) if field is not None else None
            if before != value:
                part.change(difference(".".join(known.path), before, value))
                changes.append(ConfigChange(path=list(known.path), value=value))
        return ConfigChanges(etag=view.etag, changes=changes) if changes else None

    def _known(self, file: ConfigFileName, values: Mapping[str, Any], part: Part) -> Iterator[tuple[Known, Any]]:
        """Those that a file can set, with the value as it would be written."""
        for path, value in leaves(file, values):
            known, name = find_known(file, path), ".".join(path)
            if known is None:
                part.block(f"configuration.{file}.{name} is no setting that is known here. Correct it, or leave it out.")
            elif not is_carried(known):
                part.keep(f"{name}: is not set by a file")
            else:
                try:
                    yield known, checked(known, value)
                except BadValue as error:
                    part.block(f"configuration.{file}.{name} {error}.")

    # Roles

    async def plan_roles(self, aim: "Aim", part: Part) -> None:
        wanted = aim.definition.game_roles
        if wanted is None:
            return
        if not aim.is_ready:
            codes = [role.code for role in wanted.roles]
            part.create(f"{len(codes)} roles of players: {some(codes, 12)}")
            if wanted.default_role not in FIRST_ROLES.union(codes):
                part.block(f"game_roles.default_role is {wanted.default_role!r}, and there is no such role.")
            return
        try:
            found = await self._around.configs.roles(aim.server_id)
        except ManagerError as error:
            part.block(error.message)
            return
        if found.problem is not None:
            part.block(found.problem)
            return
        roles = _compare_roles(found.roles, found.default_role, wanted, part)
        if part.has_changes:
            for problem in problems_of(roles, wanted.default_role):
                part.block(f"The roles in the game {problem}.")
        change = GameRolesChange(etag=found.etag, roles=roles, default_role=wanted.default_role)

        async def apply() -> str | None:
            return ", ".join(outcomes(await self._around.configs.change_roles(aim.server_id, change, aim.actor))) or None

        part.work = apply

    # Mods

    async def plan_mods(self, aim: "Aim", part: Part) -> None:
        mods = aim.definition.mods or []
        replaces = "mods" in aim.definition.remove_others
        imported = _list_of(mods, aim, replaces=replaces)
        try:
            if aim.is_ready:
                plan = await self._around.mods.plan_import(aim.server_id, imported, game_version=aim.version)
            else:
                plan = await self._around.mods.plan_import_for_new(imported, aim.version or "")
        except ManagerError as error:
            part.block(f"Nobody can tell whether its mods can be had: {error.message}")
            return
        _tell_mods(plan, part)
        if aim.server is not None and aim.server.is_running and part.has_changes:
            part.note("The game runs: it takes its new mods at its next start.")

        async def apply() -> None:
            await self._doing.import_mods(
                aim.server_id, lambda: self._around.mods.import_list(aim.server_id, imported, aim.actor)
            )

        part.work = apply


def _wait_for_first_start(known: Known, value: Any, part: Part) -> None:
    """The game makes this file when it is started for the first time."""
    part.keep(f"{'.'.join(known.path)}: {shown(value)}")
    again = "Some settings are in a file that the game makes at its first start: apply the file again after that."
    if again not in part.to_fill_in:
        part.to_fill_in.append(again)


def leaves(file: ConfigFileName, values: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every setting with its path; one that is known is a setting, also where its value holds others."""
    for name, value in values.items():
        path = (*above, name)
        if isinstance(value, Mapping) and value and find_known(file, path) is None:
            yield from leaves(file, value, path)
        else:
            yield path, value


def outcomes(changed: ConfigChanged) -> list[str]:
    counts: dict[str, int] = {}
    for outcome in changed.outcomes:
        counts[outcome.outcome] = counts.get(outcome.outcome, 0) + 1
    words = {"written": "written", "live": "in force at once", "pending": "wait for the next stop", "unchanged": "unchanged"}
    return [f"{count} {words[outcome]}" for outcome, count in counts.items() if outcome != "unchanged"]


def _compare_roles(before: list[GameRole], default: str | None, wanted: DefinedRoles, part: Part) -> list[GameRole]:
    """What there will be: others than the file names stay."""
    known = {role.code: role for role in before}
    for role in wanted.roles:
        if role.code not in known:
            part.create(f"the role {role.code}")
        elif _with_wishes(known[role.code], role) != known[role.code]:
            part.change(f"the role {role.code}")
    if default != wanted.default_role:
        part.change(difference("role of newcomers", default, wanted.default_role))
    named = {role.code: role for role in wanted.roles}
    if others := [code for code in known if code not in named]:
        part.note(f"Stays, although the file does not name it: {some(others)}.")
    kept = [_with_wishes(role, named.pop(role.code)) if role.code in named else role for role in before]
    return [*kept, *named.values()]


def _with_wishes(role: GameRole, wanted: GameRole) -> GameRole:
    """What the file does not say of a role stays."""
    return role.model_copy(update={name: getattr(wanted, name) for name in wanted.model_fields_set})


def _list_of(mods: list[DefinedMod], aim: "Aim", *, replaces: bool) -> ImportedList:
    lock = LockList(server=aim.name, game_version=aim.version, mods=[mod.lock_entry() for mod in mods])
    return ImportedList(lock=lock, replace=replaces)


def _tell_mods(plan: ModPlan, part: Part) -> None:
    for step in plan.steps[:_SHOWN_STEPS]:
        text = _step(step)
        match step.action:
            case "install":
                part.create(text)
            case "remove":
                part.remove(text)
            case _:
                part.change(text)
    if len(plan.steps) > _SHOWN_STEPS:
        part.change(f"and {len(plan.steps) - _SHOWN_STEPS} more mods")
    for note in plan.notes:
        if note.blocks:
            part.block(note.message)
        elif note.code != "nothing_to_do":
            part.note(note.message)


def _step(step: PlanStep) -> str:
    name = step.name or step.modid
    match step.action:
        case "install":
            return f"{name} {step.to_version or ''}".strip()
        case "remove":
            return f"{name} {step.from_version or ''}".strip()
        case "update" | "downgrade":
            return f"{name} {step.from_version or '?'} → {step.to_version or '?'}"
        case _:
            return f"{name}: {step.action}"
