"""The real restic, where it is installed. The stand-in of the other tests stands for what it does here."""

import subprocess
from pathlib import Path

import pytest

from tests.backups.going_away import ONLY_THE_LAST, ask_restic, at_home, has_restic, in_repository, snapshots
from tests.servers.games import LONG


@pytest.mark.skipif(not has_restic(), reason="restic is not installed")
def test_the_real_restic_makes_keeps_gives_back_forgets_and_checks_copies(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    """One long way, because each step of restic takes a second."""
    with at_home(tmp_path_factory) as (house, mounts):
        away = in_repository(house, mounts / "real")
        server = away.server("Real", keep_local=False, retention=ONLY_THE_LAST)
        first = away.back_up(server)
        away.until_only_there(first)
        (snapshot,) = snapshots(away)
        found = house.app.get(f"/backups/{first}")
        assert {"vsmanager", f"backup:{first}", f"server:{server}"} <= set(snapshot["tags"])
        assert snapshot["time"][:19] == found["made_at"][:19]
        tar = tmp_path / "copied.tar"
        tar.write_bytes(ask_restic(away, "dump", snapshot["id"], snapshot["paths"][0]))
        listed = subprocess.run(["tar", "-tf", str(tar)], check=True, capture_output=True, text=True).stdout.splitlines()
        assert "Saves/default.vcdbs" in listed
        assert listed[-1] == "manifest.json"
        run = house.app.ended(house.app.ask("POST", f"/backups/{first}/verify").json()["id"], LONG)
        assert run["state"] == "succeeded", run
        second = away.back_up(server)
        away.copy(second, "copied")
        house.app.until(lambda: snapshots(away), lambda left: len(left) == 1, LONG)
        assert f"backup:{second}" in snapshots(away)[0]["tags"]
        place = {"kind": "restic", "repository": away.made["where"], "password": "another password"}
        house.app.refused("PATCH", f"/offsite-targets/{away.id}", 422, "offsite_place_refused", json={"place": place})
        away.check()
        assert away.view()["problem"] is None
        for path in Path(away.made["where"], "data").glob("*/*"):
            path.chmod(0o600)
            path.write_bytes(b"x" + path.read_bytes()[1:-1])
        assert "errors" in away.check(state="failed")["error"]["message"]
