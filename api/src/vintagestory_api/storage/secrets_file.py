"""Secrets of ours that people give the manager (addresses for notifications, passwords of repositories), and of second
factors: one file, 0600."""

import threading
from collections.abc import Callable
from pathlib import Path

import orjson

from vintagestory_api.errors import Unavailable
from vintagestory_api.kit.redaction import remember_secret
from vintagestory_api.storage.atomic import write_atomically


class SecretsUnreadable(Unavailable):
    code = "secrets_unreadable"


class SecretsNotSaved(Unavailable):
    code = "secrets_not_saved"


class SecretsFile:
    """Name → secret. What was read or written here is masked in every log line from then on. Blocking; one caller at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._known: dict[str, str] | None = None

    def get(self, name: str) -> str | None:
        """Raises `SecretsUnreadable`."""
        with self._lock:
            return self._read().get(name)

    def put(self, name: str, secret: str) -> None:
        """Raises `SecretsUnreadable`, `SecretsNotSaved`."""
        remember_secret(secret)
        with self._lock:
            self._write({**self._read(), name: secret})

    def remove(self, name: str) -> None:
        """Raises `SecretsUnreadable`, `SecretsNotSaved`."""
        with self._lock:
            known = self._read()
            if name in known:
                self._write({key: secret for key, secret in known.items() if key != name})

    def remove_where(self, is_unwanted: Callable[[str], bool]) -> None:
        """Those with such a name. Raises `SecretsUnreadable`, `SecretsNotSaved`."""
        with self._lock:
            known = self._read()
            kept = {name: secret for name, secret in known.items() if not is_unwanted(name)}
            if len(kept) < len(known):
                self._write(kept)

    def _read(self) -> dict[str, str]:
        if self._known is not None:
            return self._known
        try:
            found = orjson.loads(self._path.read_bytes())
        except FileNotFoundError:
            found = {}
        except (OSError, ValueError) as error:
            raise SecretsUnreadable(
                "The file of secrets (secrets.json in the manager's folder) can't be read. Mend it, or move it away and enter "
                "the secrets anew."
            ) from error
        if not isinstance(found, dict) or not all(isinstance(secret, str) for secret in found.values()):
            raise SecretsUnreadable(
                "The file of secrets (secrets.json in the manager's folder) does not hold what the manager wrote. Move it away "
                "and enter the secrets anew."
            )
        for secret in found.values():
            remember_secret(secret)
        self._known = found
        return found

    def _write(self, secrets: dict[str, str]) -> None:
        try:
            write_atomically(self._path, orjson.dumps(secrets, option=orjson.OPT_INDENT_2))
        except OSError as error:
            raise SecretsNotSaved(f"The secret could not be saved ({error.strerror or error}). Nothing was changed.") from error
        self._known = secrets
