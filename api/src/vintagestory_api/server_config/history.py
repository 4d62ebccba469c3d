"""What configuration files were before: every content that the manager makes, and each that it finds. Marks stand in place of
secrets, by which it can be told whether two are the same."""

import asyncio
from dataclasses import replace

from vintagestory_api.kit.clock import Clock, rfc3339
from vintagestory_api.kit.ids import uuid7
from vintagestory_api.server_config.catalogue import FILE_NAMES
from vintagestory_api.server_config.differences import changes_between, described
from vintagestory_api.server_config.documents import Document, as_document
from vintagestory_api.server_config.in_store import in_store
from vintagestory_api.server_config.records import Cause, VersionRecord
from vintagestory_api.server_config.schemas import ConfigFileName, ConfigVersion
from vintagestory_api.server_config.sealing import Sealer
from vintagestory_api.storage.database import Database

_CHANGES_SHOWN = 20


class History:
    def __init__(self, database: Database, clock: Clock, sealer: Sealer) -> None:
        self._database = database
        self._clock = clock
        self._sealer = sealer
        #: What was noted last, so that a look at the same again costs nothing.
        self._latest: dict[tuple[str, ConfigFileName], str] = {}

    async def note(self, server_id: str, document: Document, cause: Cause = "outside", actor: str | None = None) -> bool:
        """Whether it is another than before. What is no text is left out."""
        key = (server_id, document.file)
        if document.data is None or self._latest.get(key) == document.sha256:
            return False
        try:
            text = document.data.decode()
        except UnicodeDecodeError:
            return False
        content = await asyncio.to_thread(self._sealer.text, text)
        version = VersionRecord(uuid7(), server_id, document.file, self._clock.now_ms(), actor, cause, document.sha256, content)
        is_new = await in_store(self._database, lambda store: store.add_version(version))
        self._latest[key] = document.sha256
        return is_new

    def forget(self, server_id: str) -> None:
        """The server is gone, and its versions with it."""
        for file in FILE_NAMES:
            self._latest.pop((server_id, file), None)

    async def page(
        self, server_id: str, file: ConfigFileName, *, limit: int, before: str | None
    ) -> tuple[list[VersionRecord], VersionRecord | None]:
        """Newest first, and the one after them, from which the last of them differs."""
        found = await in_store(self._database, lambda store: store.versions(server_id, file, limit=limit + 1, before=before))
        return found[:limit], found[limit] if len(found) > limit else None

    async def find(self, server_id: str, file: ConfigFileName, version_id: str) -> VersionRecord | None:
        return await in_store(self._database, lambda store: store.version(server_id, file, version_id))

    async def one_before(self, version: VersionRecord) -> VersionRecord | None:
        found = await in_store(
            self._database, lambda store: store.versions(version.server_id, version.file, limit=1, before=version.id)
        )
        return found[0] if found else None

    async def with_content(self, server_id: str, file: ConfigFileName, sha256: str) -> Document | None:
        found = await in_store(self._database, lambda store: store.with_content(server_id, file, sha256))
        return None if found is None else await asyncio.to_thread(document_of, found)

    async def comparable(self, document: Document) -> Document:
        """With the same marks as versions have."""
        return replace(document, values=await asyncio.to_thread(self._sealer.values, document.values))


def document_of(version: VersionRecord) -> Document:
    return as_document(version.file, version.content.encode(), version.at)


def shown_version(version: VersionRecord, before: VersionRecord | None, current_sha256: str) -> ConfigVersion:
    """Parses both contents, so it is not for the event loop."""
    changes = []
    if before is not None:
        changes = described(version.file, changes_between(document_of(before).values, document_of(version).values))
    return ConfigVersion(
        id=version.id,
        at=rfc3339(version.at) or "",
        actor=version.actor,
        cause=version.cause,
        is_current=version.sha256 == current_sha256,
        changes=changes[:_CHANGES_SHOWN],
        changes_total=len(changes),
    )
