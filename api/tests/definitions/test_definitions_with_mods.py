"""Definitions with mods and versions, on the stand-in of the mod database, and on a game that runs."""

from collections.abc import Iterator

import pytest
import yaml

from tests.backups.worlds import make_world
from tests.definitions.defining import applied, exported, notes, part, planned, texts
from tests.server_mods.mods_of_servers import SANDBOX_GAME, Mods
from tests.servers.games import House, free_port, install_version, running_house
from vintagestory_sandbox.dotnet_root import make_dotnet_root
from vintagestory_sandbox.upstream import SandboxUpstream, start_upstream

NEWER = "1.22.7"


@pytest.fixture(scope="module")
def upstream() -> Iterator[SandboxUpstream]:
    with start_upstream(mods=50) as upstream:
        yield upstream


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, upstream: SandboxUpstream) -> Iterator[House]:
    """With the version that the mods of the sandbox are for, and a newer one."""
    data_dir = tmp_path_factory.mktemp("data")
    for version in (SANDBOX_GAME, NEWER):
        install_version(data_dir, version)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOTNET_ROOT", str(make_dotnet_root(tmp_path_factory.mktemp("dotnet"))))
        with running_house(data_dir, mod_db_url=upstream.url) as house:
            yield house


def test_a_server_is_made_with_the_very_mods_of_another(house: House) -> None:
    mods = Mods(house, version=SANDBOX_GAME)
    mods.change({"action": "install", "mod": "alpha"})
    mods.change({"action": "pin", "mod": "betalib"})
    text = exported(house, mods.id)
    assert text == exported(house, mods.id)
    assert not planned(house, text)["has_changes"]
    document = yaml.safe_load(text)
    assert [mod["modid"] for mod in document["mods"]] == ["alpha", "betalib"]
    document["server"] |= {"id": "second", "name": "Second", "port": free_port()}
    text = yaml.safe_dump(document)
    plan = planned(house, text)
    assert [step["action"] for step in part(plan, "mods")["steps"]] == ["create", "create", "change"]
    applied(house, text)
    theirs = house.app.get("/servers/second/mods")["items"]
    assert [(mod["modid"], mod["version"], mod["is_pinned"]) for mod in theirs] == [
        ("alpha", "1.10.0", False),
        ("betalib", "1.2.0", True),
    ]
    assert not planned(house, text)["has_changes"]


def test_mods_that_the_file_does_not_name_stay_unless_it_says_so(house: House) -> None:
    mods = Mods(house, version=SANDBOX_GAME)
    mods.change({"action": "install", "mod": "alpha"})
    text = exported(house, mods.id)
    mods.install("ownmod")
    assert not planned(house, text)["has_changes"]
    tidy = text.replace("remove_others: []", "remove_others: [mods]")
    plan = planned(house, tidy)
    assert [(step["action"], "ownmod" in step["text"].lower()) for step in part(plan, "mods")["steps"]] == [("remove", True)]
    applied(house, tidy)
    assert {mod["modid"] for mod in house.app.get(f"/servers/{mods.id}/mods")["items"]} == {"alpha", "betalib"}


def test_a_mod_that_nobody_has_keeps_the_file_from_being_applied(house: House) -> None:
    mods = Mods(house, version=SANDBOX_GAME)
    mods.change({"action": "install", "mod": "betalib"})
    document = yaml.safe_load(exported(house, mods.id))
    document["mods"][0] |= {"version": "77.7.7", "sha256": "0" * 64, "release_id": 1, "file_id": 1}
    plan = planned(house, yaml.safe_dump(document))
    assert not plan["can_be_applied"]
    assert "does not have" in notes(plan, "mods")


def test_the_version_is_changed_after_a_backup(house: House) -> None:
    server_id = house.create("Old", version=SANDBOX_GAME, port=free_port())["id"]
    make_world(house.data_path(server_id) / "Saves" / "default.vcdbs", chunks=20)
    text = f"format: vsmanager.server/1\nserver: {{id: {server_id}, version: {NEWER}}}\nworld: {{world_name: Another}}\n"
    plan = planned(house, text)
    assert texts(plan, "version") == [f"version: {SANDBOX_GAME} → {NEWER}"]
    assert (part(plan, "world")["state"], plan["restarts"]) == ("left_alone", False)
    assert "stays what it was made as" in notes(plan, "world")
    applied(house, text)
    assert house.get(server_id)["version"] == NEWER
    (backup,) = house.app.get(f"/servers/{server_id}/backups")["items"]
    assert (backup["kind"], backup["world"]) == ("before_update", "verified")
    back = planned(house, text.replace(NEWER, SANDBOX_GAME))
    assert "older than" in notes(back, "version")


def test_a_game_that_runs_takes_everything_along_with_the_restart_of_its_version(house: House) -> None:
    mods = Mods(house, version=SANDBOX_GAME)
    source = Mods(house, version=SANDBOX_GAME)
    source.change({"action": "install", "mod": "betalib"})
    document = yaml.safe_load(exported(house, source.id))
    house.does(mods.id, "start")
    text = yaml.safe_dump(
        {
            "format": document["format"],
            "server": {"id": mods.id, "version": NEWER},
            "configuration": {
                "serverconfig": {"MaxClients": 5, "ClientConnectionTimeout": 99},
                "servermagicnumbers": {"ServerAutoSave": 600},
            },
            "mods": document["mods"],
        }
    )
    plan = planned(house, text)
    assert (plan["restarts"], plan["can_be_applied"]) == (True, True)
    run = applied(house, text)
    assert {one["part"]: one["outcome"] for one in run["report"]["parts"]}["configuration"] == "done"
    server = house.until(mods.id, state="running", operation=None)
    assert server["version"] == NEWER
    *_, line = [line for line in house.console(mods.id) if line.startswith("Mods, sorted by dependency")]
    assert "betalib" in line
    magic = yaml.safe_load((house.data_path(mods.id) / "servermagicnumbers.json").read_text())
    assert magic["ServerAutoSave"] == 600
    assert not planned(house, text)["has_changes"]
    mods.change({"action": "remove", "mod": "betalib"})
    assert mods.pending() is not None
    waiting = exported(house, mods.id)
    assert not yaml.safe_load(waiting)["mods"], "what waits for the next start counts"
    assert not planned(house, waiting)["has_changes"]
    (pending_port,) = [one for one in planned(house, _with_port(text))["parts"] if one["part"] == "server"]
    assert pending_port["state"] == "blocked"
    house.does(mods.id, "stop")


def _with_port(text: str) -> str:
    document = yaml.safe_load(text)
    document["server"]["port"] = free_port()
    return yaml.safe_dump(document)
