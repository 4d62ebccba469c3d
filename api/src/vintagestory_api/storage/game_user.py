"""The account that games run as, where it is another than the manager's, and which files it may reach.

Mods are code of strangers that runs with the rights of the game. An account of its own keeps it from the manager's database,
its tokens and its settings, and from other files of the machine.
"""

import contextlib
import os
import pwd
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from vintagestory_api.errors import Invalid
from vintagestory_api.storage.data_folder import DataFolder

_MANAGERS_ALONE = _ITS_OWN = 0o700
#: Others may go through, to what they are allowed to, but not look around.
_WAY_THROUGH = 0o711


class GameUserUnusable(Invalid):
    code = "game_user_unusable"


@dataclass(frozen=True)
class GameUser:
    name: str
    uid: int
    gid: int
    groups: frozenset[int]
    home: Path

    @classmethod
    def find(cls, name: str) -> "GameUser":
        """Raises `GameUserUnusable` when there is no such account, or the manager may not start programs under it."""
        try:
            account = pwd.getpwnam(name)
        except (KeyError, ValueError):
            raise GameUserUnusable(
                f"There is no account {name!r} (VS_GAME_USER) on this machine. Make it, for example with: "
                f"useradd --system --shell /usr/sbin/nologin {name}"
            ) from None
        if account.pw_uid == 0:
            raise GameUserUnusable(
                f"Games must not run as {name!r} (VS_GAME_USER), which may do everything. Name an account made for them."
            )
        if os.geteuid() not in {0, account.pw_uid}:
            raise GameUserUnusable(
                f"Only root can start games as another account ({name!r}, VS_GAME_USER). Run the manager as root, or leave "
                "VS_GAME_USER out: games then run as the account that runs the manager."
            )
        groups = frozenset(os.getgrouplist(name, account.pw_gid))
        return cls(name, account.pw_uid, account.pw_gid, groups, Path(account.pw_dir))

    @property
    def is_other(self) -> bool:
        """Another account than the manager's own."""
        return self.uid != os.geteuid()

    def environment(self, data_path: Path) -> dict[str, str]:
        """What tells a game whose home is whose. A game without a home of its own is at home in its data folder."""
        home = self.home if self.home != Path("/") and self.home.is_dir() else data_path
        return {"HOME": str(home), "USER": self.name, "LOGNAME": self.name}

    def open_ways(self, folder: DataFolder) -> None:
        """Let the account through to servers and versions, and to nothing else. Raises `GameUserUnusable`, `OSError`."""
        if not self.is_other:
            return
        for way in (folder.root, folder.servers, folder.versions):
            way.chmod(_WAY_THROUGH)
        for closed in (folder.cache, folder.run, folder.keepers):
            closed.chmod(_MANAGERS_ALONE)
        self._check_reach(folder.servers)

    def check_ways(self, folder: DataFolder, adopted: Iterable[Path]) -> None:
        """See whether the account can get to the data folder, and to servers that lie elsewhere. Raises `GameUserUnusable`,
        `OSError`."""
        if not self.is_other:
            return
        for place in (folder.root, *adopted):
            self._check_reach(place.parent)

    def take(self, data_path: Path) -> None:
        """Give everything below `data_path` to the account; what it has already stays as it is, links are not followed.

        Raises `GameUserUnusable` when it can't get there. Blocking: looks at every file.
        """
        if not self.is_other:
            return
        self._check_reach(data_path.parent)
        if data_path.stat().st_uid == os.geteuid():
            data_path.chmod(_ITS_OWN)
        self._take_one(str(data_path), None)
        for _, folders, files, handle in os.fwalk(data_path, follow_symlinks=False):
            for name in (*folders, *files):
                self._take_one(name, handle)

    def _take_one(self, name: str, folder: int | None) -> None:
        with contextlib.suppress(FileNotFoundError):
            state = os.stat(name, dir_fd=folder, follow_symlinks=False)
            kind = state.st_mode
            if state.st_uid == self.uid or not (stat.S_ISDIR(kind) or stat.S_ISREG(kind) or stat.S_ISLNK(kind)):
                return
            if stat.S_ISREG(kind) and state.st_nlink > 1:
                return  # the same file has a name elsewhere, where it may be somebody else's
            os.chown(name, self.uid, self.gid, dir_fd=folder, follow_symlinks=False)

    def _check_reach(self, folder: Path) -> None:
        folder = folder.resolve()
        for way in (*reversed(folder.parents), folder):
            try:
                state = way.stat()
            except FileNotFoundError:
                return
            if not self._may_pass(state):
                raise GameUserUnusable(
                    f"The account {self.name!r} (VS_GAME_USER) can't reach {folder}, because {way} is closed to it. Put the data "
                    "folder where every account can get to, such as VS_DATA_DIR=/var/lib/vsmanager, or open that folder."
                )

    def _may_pass(self, state: os.stat_result) -> bool:
        if state.st_uid == self.uid:
            return bool(state.st_mode & stat.S_IXUSR)
        if state.st_gid in self.groups:
            return bool(state.st_mode & stat.S_IXGRP)
        return bool(state.st_mode & stat.S_IXOTH)
