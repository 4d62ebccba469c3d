"""What is new for the mods of all servers, asked of the sandbox's mod database in as few questions as can be."""

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.clocks import FixedClock
from tests.upstreams import answers, client_for, raw_server
from vintagestory_api.errors import Unavailable
from vintagestory_api.events import Event, EventBus, ModUpdateFound, ServerModsChanged
from vintagestory_api.mods.catalog import ModCatalog
from vintagestory_api.mods.catalog_store import prepare_catalog
from vintagestory_api.mods.moddb import ModDatabase
from vintagestory_api.server_mods.installed import Installed
from vintagestory_api.server_mods.lock_list import SetEntry
from vintagestory_api.server_mods.offers import CatalogIndex, ModNotAsked, ModOffers
from vintagestory_api.server_mods.outside import Known
from vintagestory_api.server_mods.plan import Retraction
from vintagestory_api.server_mods.service import ServerMods
from vintagestory_api.server_mods.set_states import ModsOutOfReach
from vintagestory_api.server_mods.update_check import ModUpdates, ServerSet, ServerSets
from vintagestory_api.server_mods.update_facts import UpdateFacts
from vintagestory_api.servers.registry import Servers
from vintagestory_sandbox.handmade import MODIDS
from vintagestory_sandbox.upstream import SandboxUpstream, start_upstream


def has(modid: str, version: str, **fields: Any) -> Installed:
    """One installed mod, as if it had come from the mod database."""
    entry = {
        "modid": modid, "version": version, "file_name": f"{modid}.zip", "kind": "zip", "sha256": "0" * 64, "size_bytes": 1,
        "side": "both", "source": "moddb", **fields,
    }  # fmt: skip
    return Installed(SetEntry.model_validate(entry))


@dataclass
class World:
    """A manager's part that asks about updates. `servers`: name → version of the game and mods."""

    folder: Path
    url: str
    servers: dict[str, tuple[str | None, list[Installed]]] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = FixedClock()
        self.upstream = client_for(self.url)
        self.moddb = ModDatabase(self.upstream, work_dir=self.folder)
        prepare_catalog(self.folder / "catalog.db")
        self.catalog = ModCatalog(self.folder / "catalog.db", self.moddb, self.clock)
        self.facts = UpdateFacts(self.folder / "mod-updates.json")
        self.offers = ModOffers(self.moddb, self.catalog, self.clock, self.facts.taken_back)
        bus = EventBus()
        bus.subscribe(self.events.append)
        self.updates = ModUpdates(self, self.facts, self.moddb, self.offers, self.catalog, clock=self.clock, bus=bus)

    async def sets(self) -> list[ServerSet]:
        return [ServerSet(name, version, mods) for name, (version, mods) in self.servers.items()]

    def restarted(self) -> "World":
        return World(self.folder, self.url, self.servers)

    def known(self, server: str = "a") -> dict[str, Known]:
        version, mods = self.servers[server]
        return dict(self.facts.known(mods, version))

    def found(self) -> list[tuple[str, str, str]]:
        return [(one.server_id, one.modid, one.version) for one in self.events if isinstance(one, ModUpdateFound)]

    def changed(self) -> list[str]:
        return [one.server_id for one in self.events if isinstance(one, ServerModsChanged)]

    async def close(self) -> None:
        await self.updates.close()
        await self.offers.close()
        await self.catalog.close()
        await self.upstream.aclose()


@pytest.fixture(scope="module")
def running_sandbox() -> Iterator[SandboxUpstream]:
    with start_upstream(mods=300) as upstream:
        yield upstream


@pytest.fixture
def sandbox(running_sandbox: SandboxUpstream) -> Iterator[SandboxUpstream]:
    running_sandbox.reset()
    yield running_sandbox
    running_sandbox.reset()


@pytest.fixture
async def world(sandbox: SandboxUpstream, tmp_path: Path) -> AsyncIterator[World]:
    found = World(tmp_path, sandbox.url)
    yield found
    await found.close()


@pytest.fixture
async def filled(world: World, sandbox: SandboxUpstream) -> World:
    """With a catalogue."""
    await world.catalog.refresh()
    sandbox.reset()
    return world


def paths(sandbox: SandboxUpstream) -> list[str]:
    return [request["path"] for request in sandbox.stats()["requests"]]


async def test_updates_for_this_version_of_the_game_are_told_from_those_for_others(world: World) -> None:
    mods = [
        has("alpha", "1.0.0"),
        has("betalib", "1.2.0"),
        has("CamelCase", "1.0.0"),
        has("nobodyknowsit", "1.0.0", source="hand"),
    ]
    world.servers = {"old": ("1.20.12", mods), "now": ("1.21.6", mods), "next": ("1.23.0", mods)}
    report = await world.updates.check()
    assert (report.servers, report.mods, report.problem) == (3, 4, None)
    versions = {
        server: {key: (about.update.version, about.update.fit) for key, about in world.known(server).items() if about.update}
        for server in world.servers
    }
    assert versions == {
        "old": {"alpha": ("1.9.9", "verified"), "camelcase": ("1.5.0", "not")},
        "now": {"alpha": ("1.10.0", "verified"), "camelcase": ("1.5.0", "verified")},
        "next": {"alpha": ("1.10.0", "not"), "camelcase": ("1.5.0", "not")},
    }
    told = await world.updates.report()
    assert [(one.server_id, one.updates, one.updates_for_other_versions) for one in told.items] == [
        ("old", 1, 1),
        ("now", 2, 0),
        ("next", 0, 2),
    ]
    assert told.checked_at == "2026-05-28T20:26:40.000Z"
    assert world.known("now")["betalib"].game_versions == ("1.21.6",), "so it is known that what is installed fits"
    assert world.known("old")["alpha"].game_versions == ("1.19.7", "1.19.8")


async def test_pre_releases_are_for_those_who_have_one(world: World) -> None:
    world.servers = {"a": ("1.21.6", [has("betalib", "1.2.0-rc.1")]), "b": ("1.21.7-rc.1", [has("alpha", "1.10.0")])}
    await world.updates.check()
    assert (update := world.known("a")["betalib"].update) is not None
    assert (update.version, update.is_prerelease) == ("1.2.0", False)
    assert world.known("b")["alpha"].update is None
    world.servers["b"] = ("1.21.7-rc.1", [has("alpha", "2.0.0-pre.1")])
    assert (update := world.known("b")["alpha"].update) is not None
    assert (update.version, update.is_prerelease, update.fit) == ("2.0.0-rc.1", True, "verified")


async def test_what_was_taken_back_or_is_gone_is_told(world: World) -> None:
    world.servers = {
        "a": (
            "1.21.6",
            [
                has("alpha", "1.10.1"),
                has("alldead", "1.1.0"),
                has("vanished", "1.0.0"),
                has("private", "1.0.0", source="hand"),
                has("alpha2", "vNext", source="hand"),
            ],
        )
    }
    report = await world.updates.check()
    known = world.known()
    assert known["alpha"].retraction == Retraction("Eats saved worlds")
    assert known["alldead"].retraction is not None
    assert (known["alldead"].retraction.by_moderator, known["alldead"].is_gone) == (True, False)
    assert {key for key, about in known.items() if about.is_gone} == {"vanished"}, "a private mod was never there"
    assert (report.retracted, report.gone) == (2, 1)
    (offer,) = await world.offers.offers(["alpha"], "1.21.6")
    (release,) = [release for release in offer.releases if release.version == "1.10.1"]
    assert (release.is_retracted, release.retraction_reason) == (True, "Eats saved worlds")
    (offer,) = await world.offers.offers(["alldead"], "1.21.6")
    assert [one.is_by_moderator for one in offer.releases] == [True]
    assert world.restarted().known() == known


async def test_what_was_taken_back_is_remembered_for_who_goes_back_to_it(world: World) -> None:
    world.servers = {"a": ("1.21.6", [has("alpha", "1.10.1"), has("alldead", "1.1.0")])}
    await world.updates.check()
    world.servers = {"a": ("1.21.6", [has("alpha", "1.10.0")])}
    report = await world.updates.check()
    assert (report.mods, report.retracted, report.gone) == (1, 0, 0)
    for facts in (world.facts, world.restarted().facts):
        assert facts.taken_back("alpha") == {"1.10.1": Retraction("Eats saved worlds")}
        assert facts.taken_back("alldead")["1.1.0"].by_moderator


async def test_what_an_earlier_manager_wrote_of_retractions_is_read(world: World) -> None:
    mod: dict[str, Any] = {
        "newest": None,
        "releases": [],
        "retracted": {"1.0.0": "Eats worlds"},
        "is_there": True,
        "was_there": True,
    }
    written = {"form": 1, "checked_ms": 1, "mods": {"alpha": mod}, "told": {}}
    (world.folder / "mod-updates.json").write_text(json.dumps(written))
    assert world.facts.taken_back("alpha") == {"1.0.0": Retraction("Eats worlds")}


async def test_a_mod_that_was_there_once_is_gone_also_when_it_was_put_there_by_hand(
    filled: World, sandbox: SandboxUpstream
) -> None:
    (modid,) = sandbox.change_mods(add=[{"name": "Short-lived", "modidstrs": ["shortlived"]}])
    sandbox.change_mods(release=[{"modid": modid, "version": "1.0.0", "tags": ["1.21.6"]}])
    filled.servers = {"a": ("1.21.6", [has("shortlived", "1.0.0", source="hand")])}
    await filled.updates.check()
    assert not filled.known()["shortlived"].is_gone
    await filled.catalog.refresh()
    sandbox.change_mods(remove=[modid])
    report = await filled.updates.check()
    assert (report.gone, filled.known()["shortlived"].is_gone) == (1, True), "also while the catalogue still has it"
    await filled.catalog.refresh()
    await filled.updates.check()
    assert filled.known()["shortlived"].is_gone


async def test_each_update_is_told_once_for_each_server_also_after_a_restart(world: World, sandbox: SandboxUpstream) -> None:
    mods = [has("alpha", "1.0.0"), has("CamelCase", "1.0.0", is_held=True), has("serveronly", "1.0.0")]
    world.servers = {"a": ("1.21.6", mods), "b": ("1.21.6", mods[:1]), "c": ("1.23.0", mods)}
    report = await world.updates.check()
    assert world.found() == [("a", "alpha", "1.10.0"), ("b", "alpha", "1.10.0")], "what is held or does not fit is no news"
    assert report.new == 2
    assert world.changed() == ["a", "b", "c"]
    world.events.clear()
    await world.updates.check()
    restarted = world.restarted()
    assert restarted.known() == world.known()
    await restarted.updates.check()
    assert (world.events, restarted.events) == ([], [])
    number = MODIDS["serveronly"]
    sandbox.change_mods(release=[{"modid": number, "version": "1.0.1", "tags": ["1.21.6"]}])
    await restarted.updates.check()
    assert restarted.found() == [("a", "serveronly", "1.0.1")]
    assert restarted.changed() == ["a", "c"]
    sandbox.change_mods(retract=[{"modid": number, "version": "1.0.1"}])
    await restarted.close()


async def test_what_is_known_follows_the_mods_and_the_game_without_asking(world: World, sandbox: SandboxUpstream) -> None:
    world.servers = {"a": ("1.21.6", [has("alpha", "1.0.0")])}
    await world.updates.check()
    sandbox.reset()
    world.servers["a"] = ("1.21.6", [has("alpha", "1.10.0")])
    assert world.known()["alpha"].update is None
    assert world.known()["alpha"].game_versions == ("1.21.0", "1.21.1", "1.21.5", "1.21.6")
    world.servers["a"] = ("1.20.12", [has("alpha", "1.0.0")])
    assert (update := world.known()["alpha"].update) is not None
    assert update.version == "1.9.9"
    assert sandbox.stats()["total"] == 0


async def test_versions_and_ids_that_are_odd_hurt_nobody(world: World) -> None:
    odd = [
        has("alpha", "{version}"),
        has("CAMELCASE", "1.5.0"),
        has("bad@id,", "1.0.0"),
        has("ünï", "1.0.0"),
        has("777", "0.1.0"),
        has("nofile", "0.1.0"),
        has("draftmod", "0.1.0"),
        has("game", "1.21.6"),
        has("betalib", ""),
        has("sharedid", "1.0.0"),
    ]
    world.servers = {"a": ("1.21.6", odd)}
    await world.updates.check()
    updates = {key: about.update.version for key, about in world.known().items() if about.update}
    assert updates == {"alpha": "1.10.0", "777": "1.0.0", "draftmod": "1.0.0", "betalib": "1.2.0", "sharedid": "2.0.0"}


async def test_a_release_that_says_nothing_comparable_is_not_offered_again_once_it_is_installed(world: World) -> None:
    newest = 1_000_000_000
    world.servers = {"a": ("1.21.6", [has("CamelCase", "{version}", release_id=newest)])}
    await world.updates.check()
    assert world.known()["camelcase"].update is None


async def test_two_versions_of_one_mod_on_two_servers_are_both_looked_at(world: World) -> None:
    world.servers = {"a": ("1.21.6", [has("alpha", "1.10.0")]), "b": ("1.21.6", [has("Alpha", "1.10.1")])}
    report = await world.updates.check()
    assert not world.known("a")["alpha"].is_retracted
    assert world.known("b")["alpha"].is_retracted
    assert report.retracted == 1


async def installed_of_the_catalogue(world: World, count: int) -> list[tuple[str, str]]:
    """Ids of mods with their newest versions for any version of the game."""
    updates = await world.moddb.updates((modid, "0.0.0") for modid in await ids_of_the_catalogue(world))
    return [(modid, info.release.version) for modid, info in updates.items()][:count]


async def ids_of_the_catalogue(world: World) -> Sequence[str]:
    with world.catalog._file.reading() as connection:
        return [text for (text,) in connection.execute("SELECT modidstr FROM mod_modids WHERE modid < 900000 ORDER BY modid")]


async def test_two_hundred_mods_take_few_questions(filled: World, sandbox: SandboxUpstream) -> None:
    newest = await installed_of_the_catalogue(filled, 200)
    assert len(newest) == 200
    mods = [has(modid, version) for modid, version in newest]
    filled.servers = {"a": ("1.21.6", mods), "b": ("1.22.0", mods[:100])}
    sandbox.reset()
    await filled.updates.check()
    assert len(paths(sandbox)) <= 8
    filled.servers["a"] = ("1.21.6", [has(modid, "0.0.0-dev.0") for modid, _version in newest[:10]] + mods[10:])
    sandbox.reset()
    report = await filled.updates.check()
    assert report.asked_singly == 10
    assert len(paths(sandbox)) <= 20
    assert sandbox.stats()["peak_by_upstream"]["mods"] <= 4
    sandbox.reset()
    report = await filled.updates.check()
    assert report.asked_singly == 0, "what is known of a release does not change"
    assert len(paths(sandbox)) <= 8


async def test_a_server_whose_mods_can_not_be_read_is_told_and_the_others_are_checked(world: World) -> None:
    class Server:
        record = SimpleNamespace(setup=None)
        version = "1.21.6"

        def __init__(self, name: str) -> None:
            self.id = self.name = name

    class SomeServers:
        def all(self) -> list[Server]:
            return [Server("broken"), Server("gone"), Server("fine")]

    class SomeMods:
        async def installed(self, server: Server) -> tuple[list[Installed], None]:
            if server.id == "broken":
                raise ValueError("odd")
            if server.id == "gone":
                raise ModsOutOfReach("Its folder is not there.")
            return [has("alpha", "1.10.1")], None

    sets = ServerSets(cast("Servers", SomeServers()), cast("ServerMods", SomeMods()))
    updates = ModUpdates(sets, world.facts, world.moddb, world.offers, world.catalog, clock=world.clock, bus=EventBus())
    report = await updates.check()
    assert (report.servers, report.mods, report.retracted) == (1, 1, 1)
    assert report.problem is not None
    assert "'broken' can't be read" in report.problem
    assert "'gone' can't be read, so they were left out. Its folder is not there." in report.problem
    assert [one.server_id for one in (await updates.report()).items] == ["fine"]
    await updates.close()


async def test_without_mods_nobody_is_asked(world: World, sandbox: SandboxUpstream) -> None:
    world.servers = {"a": ("1.21.6", [])}
    assert (await world.updates.check()).mods == 0
    assert sandbox.stats()["total"] == 0
    assert world.facts.checked_ms is not None


async def test_a_mod_database_that_is_away_leaves_what_was_known(world: World, sandbox: SandboxUpstream) -> None:
    world.servers = {"a": ("1.21.6", [has("alpha", "1.0.0")])}
    await world.updates.check()
    before = world.facts.now
    sandbox.fault("html500", "/api/updates")
    with pytest.raises(Unavailable, match="trouble of its own"):
        await world.updates.check()
    assert world.facts.now is before


async def test_without_word_of_retractions_they_are_noticed_by_absence(world: World, sandbox: SandboxUpstream) -> None:
    world.servers = {"a": ("1.21.6", [has("alpha", "1.10.1"), has("CamelCase", "1.2.3", source="hand")])}
    sandbox.fault("status", "/api/v2/", status=404)
    report = await world.updates.check()
    assert report.problem is not None
    assert "retracted" in report.problem
    assert world.known()["alpha"].is_retracted is True
    assert not world.known()["camelcase"].is_retracted, "nobody gave it out"


async def test_details_that_can_not_be_had_leave_the_newest_release(world: World, sandbox: SandboxUpstream) -> None:
    world.servers = {"a": ("1.21.6", [has("CamelCase", "1.0.0")])}
    sandbox.fault("html500", "/api/mod/")
    report = await world.updates.check()
    assert report.problem is not None
    assert "1 mods" in report.problem
    assert (update := world.known()["camelcase"].update) is not None
    assert (update.version, update.fit) == ("1.5.0", "verified")
    sandbox.reset()
    assert (await world.updates.check()).asked_singly == 1


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"form":1}', b'{"form":99,"mods":{}}', b'{"form":1,"mods":{"a":3},"told":{}}']
)
async def test_a_broken_file_of_facts_means_that_nothing_is_known(world: World, content: bytes) -> None:
    (world.folder / "mod-updates.json").write_bytes(content)
    world.servers = {"a": ("1.21.6", [has("alpha", "1.0.0")])}
    assert world.known() == {}
    assert world.facts.checked_ms is None
    await world.updates.check()
    assert world.known()["alpha"].update is not None


# Offers


async def test_offers_are_asked_for_once_in_a_while(world: World, sandbox: SandboxUpstream) -> None:
    offers = await world.offers.offers(["alpha", "Nobodyknowsit", "multitwo"], "1.21.6")
    assert [(offer.modid, offer.is_known, offer.is_stale) for offer in offers] == [
        ("alpha", True, False),
        ("Nobodyknowsit", False, False),
        ("multitwo", True, False),
    ]
    assert [release.version for release in offers[2].releases] == ["3.0.0"], "the other id of the same mod is another one"
    assert offers[0].releases[0].file_id is not None
    await world.offers.offers(["ALPHA"], "1.21.6")
    assert len(paths(sandbox)) == 3
    world.clock.now += 3_600_000
    await world.offers.offers(["alpha"], "1.21.6")
    assert len(paths(sandbox)) == 4


async def test_an_id_that_looks_like_a_number_is_found_through_the_catalogue(filled: World) -> None:
    (offer,) = await filled.offers.offers(["777"], None)
    assert (offer.is_known, offer.name) == (True, "identifier like a number")


async def test_of_many_mods_four_are_asked_about_at_once(filled: World, sandbox: SandboxUpstream) -> None:
    modids = (await ids_of_the_catalogue(filled))[:30]
    sandbox.reset()
    offers = await filled.offers.offers(modids, None)
    assert all(offer.is_known for offer in offers)
    assert sandbox.stats()["peak"] <= 4


async def test_while_nobody_answers_the_pages_that_were_looked_at_are_offered_as_old(
    filled: World, sandbox: SandboxUpstream
) -> None:
    await filled.catalog.details("alpha")
    sandbox.fault("status", "/api/mod/", status=503)
    (offer,) = await filled.offers.offers(["alpha"], "1.21.6")
    assert offer.is_stale
    assert "1.10.0" in [release.version for release in offer.releases]
    with pytest.raises(ModNotAsked, match="betalib"):
        await filled.offers.offers(["alpha", "betalib"], "1.21.6")


async def test_places_in_the_catalogue_are_found_in_any_letter_case(filled: World) -> None:
    places = await CatalogIndex(filled.catalog).places(["ALPHA", "camelcase", "nobodyknowsit"])
    assert {key: place.catalog_id for key, place in places.items()} == {
        "alpha": MODIDS["alpha"],
        "camelcase": MODIDS["CamelCase"],
    }
    assert places["alpha"].logo_url == f"/api/v1/catalog/mods/{MODIDS['alpha']}/logo"


async def test_a_mod_database_that_answers_nonsense_raises_what_it_should(tmp_path: Path) -> None:
    async with raw_server(answers('{"statuscode":"200","updates":7}')) as server:
        world = World(tmp_path, server.url, {"a": ("1.21.6", [has("alpha", "1.0.0")])})
        with pytest.raises(Unavailable, match="makes no sense"):
            await world.updates.check()
        await world.close()
