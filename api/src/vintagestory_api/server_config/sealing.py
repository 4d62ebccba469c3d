"""Passwords of games kept out of the database: of former versions only a mark is left, by which two can be told apart."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Any

import structlog

from vintagestory_api.errors import ManagerError
from vintagestory_api.server_config.secret_text import MASK, is_marked, masked, without_secret_values
from vintagestory_api.storage.secrets_file import SecretsFile

log = structlog.get_logger(__name__)

_KEY_NAME = "server_config_key"
_MARK_LENGTH = 16


class Sealer:
    """The key of the marks lies beside the other secrets, so that nobody finds a password by trying many against a database.
    Blocking."""

    def __init__(self, secrets_file: SecretsFile) -> None:
        self._secrets = secrets_file
        self._key: bytes | None = None

    def text(self, text: str) -> str:
        return masked(text, self._mark)

    def values(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return without_secret_values(values, self._mark)

    def _mark(self, secret: Any) -> str:
        if is_marked(secret):
            return str(secret)
        key = self._get_key()
        if key is None:
            return MASK
        return f"{MASK} {hmac.new(key, str(secret).encode('utf-8', 'replace'), hashlib.sha256).hexdigest()[:_MARK_LENGTH]}"

    def _get_key(self) -> bytes | None:
        """None where the file of secrets can't be used: then passwords can't be told apart."""
        if self._key is None:
            try:
                known = self._secrets.get(_KEY_NAME)
                if known is None:
                    known = secrets.token_hex(32)
                    self._secrets.put(_KEY_NAME, known)
                self._key = known.encode()
            except ManagerError as error:
                log.warning("configuration_key_not_there", error=error.message)
        return self._key
