"""What the manager keeps of a server, as parts of a definition: schedules, rules of backups and updates, who is told."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from vintagestory_api.backups.making import check_mod_data
from vintagestory_api.backups.schemas import BackupSettings
from vintagestory_api.definitions.around import Around
from vintagestory_api.definitions.document import DefinedRule, DefinedTarget
from vintagestory_api.definitions.plan import Part
from vintagestory_api.definitions.present import backups_of, concerns
from vintagestory_api.definitions.words import differences, some
from vintagestory_api.errors import ManagerError
from vintagestory_api.notifications.schemas import NewTarget, Target, TargetChange, TargetOptions
from vintagestory_api.updates.policy import check_policy
from vintagestory_api.updates.schemas import UpdatePolicy

if TYPE_CHECKING:
    from vintagestory_api.definitions.planning import Aim


class KeptParts:
    def __init__(self, around: Around) -> None:
        self._around = around

    # Schedules

    async def plan_schedules(self, aim: "Aim", part: Part) -> None:
        bodies = aim.definition.schedules or []
        removes = "schedules" in aim.definition.remove_others
        if aim.server is None:
            for body in bodies:
                part.create(f"the schedule {body.name!r}")
        else:
            try:
                found = await self._around.schedules.apply(aim.server_id, bodies, aim.actor, remove_others=removes, dry_run=True)
            except ManagerError as error:
                part.block(error.message)
                return
            for name in found.added:
                part.create(f"the schedule {name!r}")
            for name in found.changed:
                part.change(f"the schedule {name!r}")
            for name in found.removed:
                part.remove(f"the schedule {name!r}")
            named = {body.name.casefold() for body in bodies}
            others = [one.body.name for one in self._around.schedules.of_server(aim.server_id)]
            others = [name for name in others if name.casefold() not in named]
            if others and not removes:
                part.note(f"Stays, although the file does not name it: {some(others)}.")

        async def apply() -> None:
            await self._around.schedules.apply(aim.server_id, bodies, aim.actor, remove_others=removes)

        part.work = apply

    # Backups

    async def plan_backups(self, aim: "Aim", part: Part) -> None:
        wanted = aim.definition.backups
        if wanted is None:
            return
        try:
            check_mod_data(wanted.mod_data)
        except ManagerError as error:
            part.block(error.message)
            return
        before = await backups_of(self._around, aim.server_id) if aim.server is not None else BackupSettings()
        ids = {place.name.casefold(): place_id for place_id, place in (await self._around.places.known()).items()}
        missing = [name for name in wanted.targets if name.casefold() not in ids]
        if missing:
            part.note(
                f"There is no place for copies named {some(missing)} here, so no copies go there. Set it up under Backups, then "
                "apply the file again."
            )
        there = {name.casefold() for name in missing}
        given = wanted.model_dump(exclude_unset=True)
        if "targets" in given:
            given["targets"] = [name for name in wanted.targets if name.casefold() not in there]
        for text in differences(before.model_dump(), given):
            part.change(text)

        async def apply() -> None:
            settings = BackupSettings.model_validate(_merged(before.model_dump(), given))
            targets = [ids[name.casefold()] for name in settings.targets if name.casefold() in ids]
            await self._around.backups.change_settings(aim.server_id, settings.model_copy(update={"targets": targets}))

        part.work = apply

    # Updates

    async def plan_updates(self, aim: "Aim", part: Part) -> None:
        wanted = aim.definition.updates
        if wanted is None:
            return
        before = await self._around.updates.policy(aim.server_id) if aim.server is not None else UpdatePolicy()
        after = UpdatePolicy.model_validate({**before.model_dump(), **wanted.model_dump(exclude_unset=True)})
        try:
            check_policy(after)
        except ManagerError as error:
            part.block(error.message)
            return
        for text in differences(before.model_dump(), after.model_dump()):
            part.change(text)

        async def apply() -> None:
            await self._around.updates.set_policy(aim.server_id, after)

        part.work = apply

    # Notifications

    async def plan_notifications(self, aim: "Aim", part: Part) -> None:
        wanted = aim.definition.notifications or []
        if not wanted:
            return
        known = {target.name.casefold(): target for target in (await self._around.notifications.targets()).items}
        new: list[DefinedTarget] = []
        changed: list[tuple[Target, TargetOptions]] = []
        for target in wanted:
            there = known.get(target.name.casefold())
            if there is not None:
                missing = [rule for rule in target.rules if not _is_heard(rule, there, aim.server_id)]
                if missing:
                    part.change(f"{there.name!r} is told more of this server: {len(missing)} rules more")
                    changed.append((there, _with_rules(there, missing, aim.server_id)))
                if _differs(target, there):
                    part.note(f"{there.name!r} stays as it is here apart from that: other servers use it, too.")
            elif target.address is not None:
                part.create(f"{target.name!r}, who is told of this server")
                new.append(target)
            else:
                of = f" ({target.service})" if target.service else ""
                part.keep(f"{target.name!r} is not set up here: its address{of} is secret, so it is in no file")
                part.to_fill_in.append(
                    f"The address of {target.name!r}{of}: write it into the file as `address`, or set up a target of this name "
                    "under Notifications and apply the file again."
                )

        async def apply() -> str:
            for target in new:
                if target.address is not None:
                    facts = target.options(aim.server_id).model_dump()
                    await self._around.notifications.add(NewTarget(**facts, name=target.name, address=target.address))
            for there, options in changed:
                await self._around.notifications.change(there.id, TargetChange.model_validate({"options": options}))
            # Not who: everybody who may see the server sees what its runs tell.
            return f"{len(new)} set up, {len(changed)} told more"

        part.work = apply


def _merged(before: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Down to the innermost."""
    merged = dict(before)
    for name, value in given.items():
        known = merged.get(name)
        merged[name] = _merged(known, value) if isinstance(known, dict) and isinstance(value, dict) else value
    return merged


def _is_heard(rule: DefinedRule, target: Target, server_id: str) -> bool:
    wanted = rule.rule(server_id)
    return any(
        concerns(known, server_id)
        and (rule.only_this_server or not known.servers)
        and (set(known.kinds), known.min_severity) == (set(wanted.kinds), wanted.min_severity)
        for known in target.rules
    )


def _with_rules(target: Target, missing: Sequence[DefinedRule], server_id: str) -> TargetOptions:
    options = TargetOptions.model_validate(target.model_dump(include=set(TargetOptions.model_fields)))
    return options.model_copy(update={"rules": [*options.rules, *(rule.rule(server_id) for rule in missing)]})


def _differs(wanted: DefinedTarget, there: Target) -> bool:
    facts = set(TargetOptions.model_fields) - {"rules"}
    return wanted.model_dump(include=facts) != there.model_dump(include=facts)
