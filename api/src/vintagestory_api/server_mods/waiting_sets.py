"""The sets of mods that wait for the next start of a server."""

import os
from collections.abc import Callable, Sequence

from vintagestory_api.server_mods.lock_list import Manifest, SetEntry
from vintagestory_api.server_mods.open_folders import load, save
from vintagestory_api.server_mods.set_building import SetBuilder
from vintagestory_api.server_mods.set_places import NEXT, At, Manifests
from vintagestory_api.server_mods.set_recovery import SetRecovery
from vintagestory_api.server_mods.set_states import Waiting, Waits, Why
from vintagestory_api.storage.open_folders import remove


class WaitingSets:
    """Of one server. Everything blocks."""

    def __init__(self, manifests: Manifests, builder: SetBuilder, recovery: SetRecovery) -> None:
        self._manifests = manifests
        self._builder = builder
        self._recovery = recovery

    def of(self, at: At, current: Manifest | None) -> Waits | None:
        waiting = load(at.sets, NEXT, Waiting)
        if waiting is None or waiting.generation <= (at.linked or 0):
            return None
        planned = self._manifests.get(at, waiting.generation)
        joined = (self._manifests.get(at, number) for number in waiting.joined)
        return None if planned is None else Waits(current, (*(manifest for manifest in joined if manifest is not None), planned))

    def rebase(self, at: At, base: Manifest, become: Callable[[Sequence[SetEntry]], Sequence[SetEntry]]) -> None:
        """What waits for the next start, for the same reason, but from a later set."""
        waiting = load(at.sets, NEXT, Waiting)
        planned = self._manifests.get(at, waiting.generation) if waiting else None
        if waiting is not None and planned is not None:
            reason = Why(planned.actor, planned.why, planned.run_id, planned.game_version)
            rebased = self._builder.build(at, become(planned.entries), reason, before=base, state="waiting")
            # It is still the change that somebody made then, told from what that started from.
            self._manifests.write(at, rebased.model_copy(update={"at": planned.at, "diff": planned.diff, "told": planned.told}))
            save(at.sets, NEXT, waiting.model_copy(update={"generation": rebased.number}))

    def drop(self, at: At) -> int | None:
        waiting = load(at.sets, NEXT, Waiting)
        if waiting is None:
            return None
        remove(at.sets, NEXT)
        os.fsync(at.sets)
        self._recovery.recover(at)
        for number in waiting.joined:
            self._manifests.forget(at, number)
        return waiting.generation
