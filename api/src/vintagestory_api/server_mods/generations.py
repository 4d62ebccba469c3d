"""The sets of mods that a server has had: each is a folder and a manifest, and `Mods` is a link to one of them.

Whatever ends the manager, between any two of its steps: `Mods` is one whole set, and the next call finishes or undoes what was
begun. The link is the truth of what is current. What somebody does in `Mods` by hand becomes a set of its own.

The folder belongs to the account that games run as, and mods are code of strangers: so everything is reached from folders that
are held open, links are not followed, and manifests are doubted.
"""

import contextlib
import errno
import os
import stat
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from vintagestory_api.server_mods.lock_list import (
    Manifest,
    ManifestState,
    SetEntry,
    merge,
    only_marks_differ,
    same_set,
    with_marks_of,
)
from vintagestory_api.server_mods.open_folders import load, save
from vintagestory_api.server_mods.set_building import SetBuilder
from vintagestory_api.server_mods.set_folders import SetFolders, is_touched
from vintagestory_api.server_mods.set_places import (
    GENERATIONS,
    MODS,
    NEXT,
    OLD,
    SWAP,
    At,
    Manifests,
    linked,
    number_of,
    opened,
    see_that_it_is_no_foreign_link,
    told_in_words,
)
from vintagestory_api.server_mods.set_recovery import KEPT_STATES, SetRecovery
from vintagestory_api.server_mods.set_states import (
    GenerationNotFound,
    Loaded,
    ModsElsewhere,
    SetChanged,
    State,
    Taken,
    Trial,
    Waiting,
    Waits,
    Why,
)
from vintagestory_api.server_mods.store import ModStore
from vintagestory_api.server_mods.waiting_sets import WaitingSets
from vintagestory_api.storage.open_folders import OPEN_FOLDER, exchange, remove

#: So many sets are kept, and those in use.
KEPT: Final = 50

_LOADED, _TRIAL = "loaded.json", "trial.json"
_NO_EXCHANGE = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EPERM}


class Generations:
    """Of one server. Safe to use from threads; everything blocks.

    `now` tells the time as RFC 3339. `found_by_hand` is told, in any thread, of a set that somebody has made by hand, and what
    was there before.
    """

    def __init__(
        self,
        data_path: Path,
        store: ModStore,
        *,
        now: Callable[[], str],
        found_by_hand: Callable[[Manifest, Sequence[SetEntry]], object] = lambda _made, _before: None,
    ) -> None:
        self.data_path = data_path
        self._store = store
        self._folders = SetFolders(store)
        self._found_by_hand = found_by_hand
        self._lock = threading.RLock()
        self._manifests = Manifests()
        self._builder = SetBuilder(self._manifests, self._folders, now)
        self._recovery = SetRecovery(self._manifests, self._folders, self._builder)
        self._waiting = WaitingSets(self._manifests, self._builder, self._recovery)

    # Asking

    @property
    def is_managed(self) -> bool:
        """There are sets. Until the first change there are none, and nothing of the manager's lies there."""
        try:
            return any(map(number_of, os.listdir(self.data_path / GENERATIONS)))  # noqa: PTH208 - names alone
        except OSError:
            return False

    def mods_folder(self) -> Path:
        """Where the game's `Mods` really lie: the folder itself, or that of the present set. Raises `ModsOutOfReach`."""
        with told_in_words():
            data = os.open(self.data_path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                number = linked(data)
            finally:
                os.close(data)
        return self.data_path / MODS if number is None else self.data_path / GENERATIONS / str(number)

    def state(self) -> State:
        """Raises `ModsElsewhere`, `ModsOutOfReach`."""
        with self._lock, told_in_words():
            if not self.is_managed:
                see_that_it_is_no_foreign_link(self.data_path)
                return State(None, None, None, None, is_touched=False)
            with opened(self.data_path) as at:
                number = at.linked
                if number is None:
                    see_that_it_is_no_foreign_link(self.data_path)
                current = self._manifests.get(at, number) if number is not None else None
                loaded = load(at.sets, _LOADED, Loaded)
                touched = current is None or self._is_touched(at, current)
                known = current or self._manifests.latest(at)
                return State(current, self._waiting.of(at, current), loaded, known, is_touched=touched)

    def waits(self) -> Waits | None:
        """What waits for the next start; files of mods are not looked at. Raises `ModsOutOfReach`."""
        with self._lock, told_in_words():
            if not self.is_managed:
                return None
            with opened(self.data_path) as at:
                number = at.linked
                return self._waiting.of(at, self._manifests.get(at, number) if number is not None else None)

    def history(self) -> list[Manifest]:
        """Every kept set, newest first; also one that waits for the next start. Raises `ModsOutOfReach`."""
        with self._lock, told_in_words():
            if not self.is_managed:
                return []
            with opened(self.data_path) as at:
                waiting = load(at.sets, NEXT, Waiting)
                number = at.linked
                found = []
                for each in sorted(at.numbers, reverse=True):
                    manifest = self._manifests.get(at, each)
                    if manifest is None:
                        continue
                    if manifest.state in KEPT_STATES or each == number or (waiting is not None and waiting.generation == each):
                        found.append(manifest)
                return found

    def get(self, number: int) -> Manifest:
        """Raises `GenerationNotFound`."""
        found = next((manifest for manifest in self.history() if manifest.number == number), None)
        if found is None:
            raise GenerationNotFound(f"There is no set {number} of this server's mods, or it is not kept any more.")
        return found

    def needed(self) -> set[str]:
        """Check sums of what any kept set holds. Raises `ModsOutOfReach` when the server's folder can't be read."""
        with self._lock, told_in_words():
            self.data_path.stat()
            return {entry.sha256 for manifest in self.history() for entry in manifest.entries if entry.sha256}

    # Changing

    def take_stock(self) -> State:
        """Finish or undo what was begun, and make a set of what lies in `Mods` by hand.

        Raises `ModsElsewhere`, `TooManyFiles`, `FolderTooLarge`, `DiskFull`, `ModsOutOfReach`.
        """
        with self._lock, told_in_words():
            with opened(self.data_path, make=True) as at:
                self._take_stock(at)
            return self.state()

    def make(self, entries: Sequence[SetEntry], *, base: int, why: Why, waits: bool) -> Manifest:
        """A new set, in the place of the present one, or, with `waits`, waiting for the next start. What only pins or holds does
        not wait: the game knows nothing of that.

        `base` is the number of the set that this was planned on. All files have to be in the store. Raises `SetChanged`,
        `GenerationIncomplete`, and what `take_stock` raises; then nothing has changed.
        """
        with self._lock, told_in_words(), opened(self.data_path, make=True) as at:
            current = self._take_stock(at)
            waiting = load(at.sets, NEXT, Waiting)
            if (waiting.generation if waiting else current.number) != base:
                raise SetChanged("The server's mods were changed meanwhile, so nothing was done. Look at the plan again.")
            if same_set(entries, current.entries):
                self._waiting.drop(at)
                return current
            planned = self._manifests.get(at, waiting.generation) if waiting is not None else None
            if waits and planned is not None and same_set(entries, planned.entries):
                return planned
            planned_on = (planned or current).entries
            if waits and only_marks_differ(planned_on, entries):
                marked = with_marks_of(current.entries, planned_on, entries)
                if not same_set(marked, current.entries):
                    return self._mark(at, current, marked, why, waiting=entries)
            remove(at.sets, _TRIAL)
            state: ManifestState = "waiting" if waits else "making"
            manifest = self._builder.build(at, entries, why, before=current, told_from=planned or current, state=state)
            if planned is not None:
                self._manifests.write(at, planned.model_copy(update={"state": "joined"}))
            if waits:
                joined = (*waiting.joined, planned.number) if waiting is not None and planned is not None else ()
                save(at.sets, NEXT, Waiting(generation=manifest.number, joined=joined))
            else:
                self._builder.point_to(at, manifest.number)
                manifest = self._builder.finish(at, manifest)
            self._recovery.recover(at)
            self._prune(at)
            return manifest

    def drop_waiting(self) -> int | None:
        """Forget the set that waits for the next start; None when there was none."""
        with self._lock, told_in_words():
            if not self.is_managed:
                return None
            with opened(self.data_path) as at:
                self._recovery.recover(at)
                return self._waiting.drop(at)

    def before_launch(self, instance: str) -> Taken | None:
        """Put the waiting set in its place, and note what this start of the game will load; None while nothing is managed."""
        with self._lock, told_in_words():
            if not self.is_managed:
                return None
            with opened(self.data_path) as at:
                current = self._take_stock(at)
                waiting = load(at.sets, NEXT, Waiting)
                manifest = self._manifests.get(at, waiting.generation) if waiting is not None else None
                if manifest is not None:
                    self._builder.point_to(at, manifest.number)
                    current = self._builder.finish(at, manifest)
                if waiting is not None:
                    self._recovery.recover(at)
                save(at.sets, _LOADED, Loaded(instance=instance, generation=current.number))
                return Taken(current, has_waited=manifest is not None)

    # Trying a set out

    def begin_trial(self, generation: int, back_to: int) -> None:
        """Until `end_trial`, `put_back` or another change of the set."""
        with self._lock, told_in_words(), opened(self.data_path) as at:
            save(at.sets, _TRIAL, Trial(generation=generation, back_to=back_to))

    def end_trial(self) -> None:
        with self._lock, told_in_words(), opened(self.data_path) as at:
            remove(at.sets, _TRIAL)

    def trial(self) -> tuple[Trial, str] | None:
        """That of the set which a start of the game has loaded, and the name of that start."""
        with self._lock, told_in_words():
            if not self.is_managed:
                return None
            with opened(self.data_path) as at:
                trial, loaded = load(at.sets, _TRIAL, Trial), load(at.sets, _LOADED, Loaded)
            is_loaded = trial is not None and loaded is not None and loaded.generation == trial.generation
            return (trial, loaded.instance) if is_loaded and trial and loaded else None

    def put_back(self, why: Why) -> Manifest | None:
        """The set to go back to, as a new one in the place of that on trial; None when that is not in its place (any more).

        What somebody has changed by hand meanwhile stays. Raises `GenerationIncomplete`, and what `take_stock` raises.
        """
        with self._lock, told_in_words(), opened(self.data_path) as at:
            trial = load(at.sets, _TRIAL, Trial)
            back = self._manifests.get(at, trial.back_to) if trial else None
            tried = self._manifests.get(at, trial.generation) if trial else None
            if trial is None or back is None or tried is None or at.linked != trial.generation:
                remove(at.sets, _TRIAL)
                return None
            current = self._take_stock(at)
            is_untouched = current.number == trial.generation
            entries = back.entries if is_untouched else merge(tried.entries, back.entries, current.entries)
            manifest = self._builder.build(at, entries, why, before=current, state="making")
            self._builder.point_to(at, manifest.number)
            manifest = self._builder.finish(at, manifest)
            remove(at.sets, _TRIAL)
            self._recovery.recover(at)
            self._prune(at)
            return manifest

    # Files

    def find_again(self, entry: SetEntry) -> bool:
        """See that the store has the file of an entry, and the right one; what was lost there may lie in the folder of a set."""
        if self._folders.is_kept(entry):
            return True
        with self._lock, told_in_words():
            if not self.is_managed or entry.kind == "folder":
                return False
            with opened(self.data_path) as at:
                for manifest in self.history():
                    for kept in manifest.enabled:
                        if kept.sha256 == entry.sha256 and self._put_back(at, manifest.number, kept):
                            return self._store.claim(entry.sha256)
        return False

    def _put_back(self, at: At, number: int, entry: SetEntry) -> bool:
        with contextlib.suppress(OSError):
            folder = os.open(str(number), OPEN_FOLDER, dir_fd=at.sets)
            try:
                return self._folders.put_back(folder, entry)
            finally:
                os.close(folder)
        return False

    # Steps

    def _take_stock(self, at: At) -> Manifest:
        self._recovery.recover(at)
        try:
            found = os.stat(MODS, dir_fd=at.data, follow_symlinks=False)
        except FileNotFoundError:
            manifest = self._builder.build(at, [], Why(None, "There was no folder of mods"), before=None, state="making")
            self._builder.point_to(at, manifest.number)
            return self._builder.finish(at, manifest)
        if stat.S_ISLNK(found.st_mode):
            number = at.linked
            if number is None:
                see_that_it_is_no_foreign_link(self.data_path)
            return self._take_by_hand(at, number or 0)
        if stat.S_ISDIR(found.st_mode):
            return self._take_over(at)
        raise ModsElsewhere("The server's `Mods` is neither a folder nor a link. Move it away, then try again.")

    def _take_over(self, at: At) -> Manifest:
        """`Mods` is a folder that the game or a person has made: what is in it becomes a set."""
        known = self._manifests.latest(at)
        mods = os.open(MODS, OPEN_FOLDER, dir_fd=at.data)
        try:
            entries = self._folders.read(mods, known.entries if known else [])
        finally:
            os.close(mods)
        why = Why(None, "As it was found")
        manifest = self._builder.build(at, entries, why, before=known, state="making")
        self._builder.link(at, manifest.number)
        try:
            exchange(at.data, SWAP, MODS)
        except OSError as error:
            if error.errno not in _NO_EXCHANGE:
                raise
            # Two steps, which `_recover` finishes: whoever comes between them finds no `Mods`, and nothing is lost.
            os.rename(MODS, OLD, src_dir_fd=at.data, dst_dir_fd=at.data)
            os.rename(SWAP, MODS, src_dir_fd=at.data, dst_dir_fd=at.data)
        os.fsync(at.data)
        manifest = self._builder.finish(at, manifest)
        self._recovery.recover(at)
        return manifest

    def _take_by_hand(self, at: At, number: int) -> Manifest:
        manifest = self._manifests.get(at, number)
        if manifest is not None and not self._is_touched(at, manifest):
            return manifest
        known = manifest or self._manifests.latest(at)
        try:
            mods = os.open(str(number), OPEN_FOLDER, dir_fd=at.sets)
        except FileNotFoundError:
            entries = [
                entry for entry in (known.entries if known else []) if entry.kind == "link" or self._store.has(entry.sha256)
            ]
        else:
            try:
                entries = self._folders.read(mods, known.entries if known else [])
            finally:
                os.close(mods)
            if manifest is not None and same_set(entries, manifest.entries):
                # Only touched: remember how it looks now.
                return self._manifests.write(at, manifest.model_copy(update={"entries": entries}))
        by_hand = self._builder.build(at, entries, Why(None, "Changed by hand"), before=known, state="making")
        if known is not None:
            self._waiting.rebase(at, by_hand, lambda planned: merge(known.entries, planned, by_hand.entries))
        self._builder.point_to(at, by_hand.number)
        by_hand = self._builder.finish(at, by_hand)
        self._recovery.recover(at)
        self._found_by_hand(by_hand, known.entries if known else [])
        return by_hand

    def _mark(self, at: At, current: Manifest, entries: Sequence[SetEntry], why: Why, *, waiting: Sequence[SetEntry]) -> Manifest:
        """The present set with other pins and holds, also while a game runs with its files; and so what waits."""
        manifest = self._builder.build(at, entries, why, before=current, state="making")
        self._waiting.rebase(at, manifest, lambda _planned: waiting)
        self._builder.point_to(at, manifest.number)
        manifest = self._builder.finish(at, manifest)
        loaded = load(at.sets, _LOADED, Loaded)
        if loaded is not None and loaded.generation == current.number:
            save(at.sets, _LOADED, loaded.model_copy(update={"generation": manifest.number}))
        self._recovery.recover(at)
        self._prune(at)
        return manifest

    def _prune(self, at: At) -> None:
        waiting, loaded, trial = load(at.sets, NEXT, Waiting), load(at.sets, _LOADED, Loaded), load(at.sets, _TRIAL, Trial)
        pinned = {at.linked, waiting and waiting.generation, loaded and loaded.generation, trial and trial.back_to}
        for number in sorted(at.numbers, reverse=True)[KEPT:]:
            if number not in pinned:
                self._manifests.forget(at, number)

    def _is_touched(self, at: At, manifest: Manifest) -> bool:
        try:
            folder = os.open(str(manifest.number), OPEN_FOLDER, dir_fd=at.sets)
        except OSError:
            return True
        try:
            return is_touched(folder, manifest.enabled)
        finally:
            os.close(folder)
