"""How one set of mods comes to be on disk, and into its place: its folder and manifest first, then one link."""

import contextlib
import os
from collections.abc import Callable, Sequence

from vintagestory_api.server_mods.lock_list import Manifest, ManifestState, SetEntry, diff
from vintagestory_api.server_mods.misnamed import carry_over
from vintagestory_api.server_mods.set_folders import SetFolders
from vintagestory_api.server_mods.set_places import GENERATIONS, MODS, SWAP, At, Manifests
from vintagestory_api.server_mods.set_states import Why
from vintagestory_api.storage.open_folders import OPEN_FOLDER, remove


class SetBuilder:
    """Of one server. `now` tells the time as RFC 3339. Everything blocks."""

    def __init__(self, manifests: Manifests, folders: SetFolders, now: Callable[[], str]) -> None:
        self._manifests = manifests
        self._folders = folders
        self._now = now

    def build(
        self,
        at: At,
        entries: Sequence[SetEntry],
        why: Why,
        *,
        before: Manifest | None,
        state: ManifestState,
        told_from: Manifest | None = None,
    ) -> Manifest:
        """A folder with its manifest, which nothing points to yet. `told_from`: the set that its difference is told from, if that
        is not the one `before`. Raises `GenerationIncomplete`."""
        number = self._manifests.next_number(at)
        part = f".{number}.part"
        remove(at.sets, part)
        os.mkdir(part, 0o755, dir_fd=at.sets)
        folder = os.open(part, OPEN_FOLDER, dir_fd=at.sets)
        donor = self._open_donor(at, before)
        try:
            os.fchmod(folder, 0o755)
            laid = self._folders.lay_out(entries, folder, before.enabled if before else (), donor)
        except BaseException:
            with contextlib.suppress(OSError):
                remove(at.sets, part)
            raise
        finally:
            os.close(folder)
            if donor is not None:
                os.close(donor)
        start = told_from or before
        started = start.entries if start else []
        manifest = Manifest(
            number=number,
            at=self._now(),
            actor=why.actor,
            why=why.why,
            run_id=why.run_id,
            game_version=why.game_version,
            state=state,
            diff=diff(started, laid),
            told=diff(started, laid, by_name=True),
            entries=laid,
        )
        try:
            self._manifests.write(at, manifest)
            os.rename(part, str(number), src_dir_fd=at.sets, dst_dir_fd=at.sets)
            os.fsync(at.sets)
        except BaseException:
            with contextlib.suppress(OSError):
                self._manifests.remove(at, number)
                remove(at.sets, part)
            raise
        return manifest

    def _open_donor(self, at: At, before: Manifest | None) -> int | None:
        """The folder of the set before: what is a copy there is shared, and not copied again."""
        if not self._folders.copies or before is None:
            return None
        try:
            return os.open(str(before.number), OPEN_FOLDER, dir_fd=at.sets)
        except OSError:
            return None

    def link(self, at: At, number: int) -> None:
        remove(at.data, SWAP)
        os.symlink(f"{GENERATIONS}/{number}", SWAP, dir_fd=at.data)

    def point_to(self, at: At, number: int) -> None:
        """The moment in which the server's mods become others. `Mods` is a link of ours, or is not there.

        Raises `MisnamedFileStays`.
        """
        self._carry_over(at, number)
        self.link(at, number)
        os.replace(SWAP, MODS, src_dir_fd=at.data, dst_dir_fd=at.data)
        os.fsync(at.data)

    def _carry_over(self, at: At, number: int) -> None:
        """What no set lists, from the present one. Only now: a set that waited was made before."""
        present = at.linked
        if present is None or present == number:
            return
        try:
            source = os.open(str(present), OPEN_FOLDER, dir_fd=at.sets)
        except FileNotFoundError:
            return
        try:
            target = os.open(str(number), OPEN_FOLDER, dir_fd=at.sets)
            try:
                carry_over(source, target)
            finally:
                os.close(target)
        finally:
            os.close(source)

    def finish(self, at: At, manifest: Manifest) -> Manifest:
        return self._manifests.write(at, manifest.model_copy(update={"state": "done"}))
