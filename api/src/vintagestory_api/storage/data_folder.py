"""The folder that holds everything, and the lock that says whose it is."""

import contextlib
import fcntl
import os
import stat
from pathlib import Path

from vintagestory_api.errors import Conflict, Unavailable


class DataFolderUnusable(Unavailable):
    code = "data_folder_unusable"


class DataFolderInUse(Conflict):
    code = "data_folder_in_use"


class DataFolder:
    """Paths below `VS_DATA_DIR`. Whoever holds the lock knows that no other manager works on it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.database = root / "vsmanager.db"
        self.settings = root / "api-settings.json"
        self.cache = root / "cache"
        self.catalog = self.cache / "catalog.db"
        self.logos = self.cache / "logos"
        self.mod_updates = self.cache / "mod-updates.json"
        self.servers = root / "servers"
        self.versions = root / "versions"
        self.mods_store = root / "mods-store"
        self.backups = root / "backups"
        self.restores = root / "restores"
        self.manager_copies = root / "manager-backups"
        self.definitions = root / "definitions"
        self.trash = root / "trash"
        self.secrets = root / "secrets.json"
        self.run = root / "run"
        self.keepers = self.run / "keepers"
        self.manager_info = self.run / "manager.json"
        self.lock_file = root / "manager.lock"
        self._lock: int | None = None

    def prepare(self) -> None:
        """Make the folders, and see that they can be written. Raises `DataFolderUnusable`."""
        try:
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            for folder in (self.cache, self.servers, self.versions, self.mods_store, self.backups, self.run, self.keepers):
                folder.mkdir(exist_ok=True, mode=0o700)
            probe = self.run / ".writable"
            probe.write_bytes(b"")
            probe.unlink()
        except OSError as error:
            raise DataFolderUnusable(
                f"The data folder {self.root} can't be written ({error.strerror or error}). "
                "Give the user that runs the manager the right to write there, or name another folder with VS_DATA_DIR."
            ) from error

    def lock(self) -> None:
        """Take the folder for this process, until `unlock` or its end. Raises `DataFolderInUse`, `DataFolderUnusable`."""
        try:
            handle = os.open(self.lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise DataFolderUnusable(f"The lock file {self.lock_file} can't be opened ({error.strerror or error}).") from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.read(handle, 32).decode(errors="replace").strip() or "unknown"
            os.close(handle)
            raise DataFolderInUse(
                f"Another vsmanager (process {holder}) uses the data folder {self.root}. "
                "Stop it first, or name another folder with VS_DATA_DIR."
            ) from error
        with contextlib.suppress(OSError):  # the number only serves the message above
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        self._lock = handle

    def unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def give_to_owner(self, *paths: Path) -> None:
        """Let what root has made belong to whom the folder belongs, who else could not use it. Raises `OSError`."""
        if os.geteuid() != 0:
            return
        owner = self.root.stat()
        for path in paths:
            state = path.lstat()
            if state.st_uid == 0 and not stat.S_ISLNK(state.st_mode):
                os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)

    @property
    def is_locked(self) -> bool:
        """This process holds the lock."""
        return self._lock is not None
