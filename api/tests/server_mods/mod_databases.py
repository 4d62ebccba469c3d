"""A mod database for tests: what it offers, the files, and when it stops to answer."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence

from tests.server_mods.zips import mod_zip
from vintagestory_api.errors import Unavailable
from vintagestory_api.server_mods.installed import Installed
from vintagestory_api.server_mods.modinfo import ModInfo, mod_key, read_modinfo
from vintagestory_api.server_mods.outside import Fetched, InCatalog, Known, Outside, Told
from vintagestory_api.server_mods.plan import Offer, Pick, Release, Retraction
from vintagestory_api.server_mods.store import ModStore


class ModDatabase:
    """`is_away_for`: nothing can be asked about these.

    `fails_at`: the number of the file, from 1, that can't be had any more. `is_stuck`: no file ever comes.

    `retractions`: key of the mod → version → what the last check for updates found."""

    checked_ms: int | None = None

    def __init__(self, store: ModStore) -> None:
        self.store = store
        self.forget()

    def forget(self) -> None:
        """Everything: for the next test."""
        self.asked: list[str] = []
        self.fetched: list[str] = []
        self.fails_at: int | None = None
        self.is_stuck = self.is_asked = False
        self.is_away_for: set[str] = set()
        self._offers: dict[str, Offer] = {}
        self._needs: dict[int, dict[str, str]] = {}
        self.retractions: dict[str, dict[str, Retraction]] = {}

    def add(
        self,
        modid: str,
        *versions: str,
        needs: dict[str, str] | None = None,
        needs_of: Mapping[str, dict[str, str]] | None = None,
    ) -> None:
        """`needs_of`: what single versions need."""
        first = 100 * (len(self._offers) + 1)
        releases = []
        for number, version in enumerate(versions, start=first):
            releases.append(Release(version, ("1.22.7",), release_id=number, file_id=number))
            self._needs[number] = (needs_of or {}).get(version, needs or {})
        self._offers[mod_key(modid)] = Offer(modid, modid.title(), "both", tuple(releases))

    @property
    def outside(self) -> Outside:
        return Outside(offers=self, files=self, updates=self, places=self)

    async def offers(self, modids: Sequence[str], game_version: str | None) -> list[Offer]:
        self.asked += modids
        if self.is_away_for & set(modids):
            raise Unavailable(f"What there is of {', '.join(modids)} is not known: it can't be asked.")
        return [self._offers.get(mod_key(modid), Offer(modid, is_known=False)) for modid in modids]

    async def retracted(self, modid: str, version: str) -> Release | None:
        return None

    async def fetch(self, picks: Sequence[Pick], told: Told) -> list[Fetched]:
        self.is_asked = True
        if self.is_stuck:
            await asyncio.Event().wait()
        return [self._fetch(pick) for pick in picks]

    def _fetch(self, pick: Pick) -> Fetched:
        version = pick.release.version
        if len(self.fetched) + 1 == self.fails_at:
            raise Unavailable(
                f"{pick.modid} {version} could not be downloaded: the mod database has trouble of its own (HTTP 500)."
            )
        self.fetched.append(pick.modid)
        data = mod_zip(pick.modid, version, dependencies=self._needs[pick.release.release_id or 0])
        with self.store.new_part() as part:
            part.write(data)
            stored = part.keep()
        info = read_modinfo_of(pick.modid, version, self._needs[pick.release.release_id or 0])
        return Fetched(stored.sha256, stored.size_bytes, f"{pick.modid}_{version}.zip", info)

    def known(self, installed: Iterable[Installed], game_version: str | None) -> Mapping[str, Known]:
        return {}

    def taken_back(self, key: str) -> Mapping[str, Retraction]:
        return self.retractions.get(key, {})

    async def places(self, modids: Iterable[str]) -> Mapping[str, InCatalog]:
        return {}


def read_modinfo_of(modid: str, version: str, needs: dict[str, str]) -> ModInfo:
    wanted = ", ".join(f'"{name}": "{least}"' for name, least in needs.items())
    info = read_modinfo(
        f'{{"type": "content", "modid": "{modid}", "name": "{modid.title()}", "version": "{version}", '
        f'"dependencies": {{{wanted}}}}}'.encode()
    )
    assert isinstance(info, ModInfo)
    return info
