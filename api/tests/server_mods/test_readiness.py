import pytest

from vintagestory_api.server_mods.modinfo import Dependency
from vintagestory_api.server_mods.plan import Offer, Present, Release
from vintagestory_api.server_mods.readiness import readiness
from vintagestory_api.server_mods.schemas import Readiness

GAME = "1.23.0"


def release(version: str, *tags: str, lowest: str | None = None, retracted: bool = False) -> Release:
    dependencies = None if lowest is None else (Dependency("game", lowest),)
    return Release(version, tags, dependencies, release_id=sum(map(ord, version)), is_retracted=retracted)


def ready(mod: Present, *releases: Release) -> Readiness:
    (item,) = readiness([mod], [Offer(mod.modid, releases=releases)], GAME).items
    return item


@pytest.mark.parametrize(
    ("releases", "verdict", "version"),
    [
        ([release("1.0.0", "1.23.0")], "ready", "1.0.0"),
        ([release("1.0.0", "1.22.0"), release("1.1.0", "v1.23.0")], "update", "1.1.0"),
        ([release("1.0.0", "1.23.0-rc.1")], "likely", "1.0.0"),
        ([release("1.0.0", "1.23.0-rc.1"), release("1.1.0", "1.23.0")], "update", "1.1.0"),
        ([release("1.0.0", "1.22.0"), release("1.1.0", "1.23.0-rc.1")], "likely", "1.1.0"),
        ([release("1.0.0", "1.22.0"), release("1.1.0", "1.22.5")], "not_ready", None),
        ([release("1.0.0", "1.22.0"), release("1.1.0", "1.23.0", retracted=True)], "not_ready", None),
        ([release("1.0.0", "1.22.0"), release("1.1.0", "1.23.0", lowest="1.23.1")], "not_ready", None),
        ([release("1.0.0", "0.0.0")], "unknown", None),
        ([], "unknown", None),
    ],
)
def test_a_mod_is_ready_when_a_release_of_it_is(releases: list[Release], verdict: str, version: str | None) -> None:
    found = ready(Present("a", "1.0.0"), *releases)
    assert (found.verdict, found.version, found.installed) == (verdict, version, "1.0.0")
    assert found.message


def test_a_pre_release_is_only_mentioned() -> None:
    found = ready(Present("a", "1.0.0"), release("1.0.0", "1.22.0"), release("2.0.0-rc.1", "1.23.0"))
    assert found.verdict == "not_ready"
    assert "2.0.0-rc.1" in found.message


def test_who_has_a_pre_release_is_offered_the_next_one() -> None:
    found = ready(Present("a", "2.0.0-rc.1"), release("2.0.0-rc.1", "1.22.0"), release("2.0.0-rc.2", "1.23.0"))
    assert (found.verdict, found.version) == ("update", "2.0.0-rc.2")


def test_without_an_answer_of_the_mod_database_only_the_file_counts() -> None:
    mods = [
        Present("likely", "1.0.0", dependencies=(Dependency("game", "1.23.0-rc.2"),)),
        Present("later", "1.0.0", dependencies=(Dependency("game", "1.23.1"),)),
        Present("silent", "1.0.0"),
    ]
    report = readiness(mods, [], GAME)
    verdicts = {item.modid: item.verdict for item in report.items}
    assert verdicts == {"likely": "likely", "later": "unknown", "silent": "unknown"}, "there may be a release for it"
    assert report.not_ready == 0
    report = readiness(mods, [Offer(mod.modid, is_known=False) for mod in mods], GAME)
    verdicts = {item.modid: item.verdict for item in report.items}
    assert verdicts == {"likely": "likely", "later": "not_ready", "silent": "unknown"}


def test_old_knowledge_says_what_is_ready_but_not_that_nothing_is() -> None:
    older = (release("1.0.0", "1.22.0"),)
    for releases, verdict in ((older, "unknown"), ((*older, release("1.1.0", "1.23.0")), "update")):
        (item,) = readiness([Present("a", "1.0.0")], [Offer("a", releases=releases, is_stale=True)], GAME).items
        assert item.verdict == verdict


def test_pins_and_holds_are_remembered_in_the_message() -> None:
    releases = [release("1.0.0", "1.22.0"), release("1.1.0", "1.23.0")]
    assert "pinned" in ready(Present("a", "1.0.0", is_pinned=True), *releases).message
    assert "held" in ready(Present("a", "1.0.0", is_held=True), *releases).message


def test_the_release_that_is_installed_is_found_by_its_number_or_by_its_version() -> None:
    known = release("1.0.0", "1.23.0")
    assert ready(Present("a", "{version}", release_id=known.release_id), known).verdict == "ready"
    assert ready(Present("A", "v1.0"), known).verdict == "ready"
    assert ready(Present("a", "9.9", game_versions=("1.23.0",)), known).verdict == "ready"


def test_a_report_counts_and_is_in_the_order_of_the_ids() -> None:
    mods = [Present("c", "1.0.0"), Present("B", "1.0.0"), Present("a", "1.0.0")]
    offers = [
        Offer("a", releases=(release("1.0.0", "1.23.0"),)),
        Offer("b", releases=(release("1.0.0", "1.22.0"),)),
        Offer("c", is_known=False),
    ]
    report = readiness(mods, offers, GAME)
    assert [item.modid for item in report.items] == ["a", "B", "c"]
    assert (report.ready, report.not_ready, report.unknown, report.game_version) == (1, 1, 1, GAME)
