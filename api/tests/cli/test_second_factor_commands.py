"""`vsmanager users reset-second-factor`, with the manager running, stopped, and elsewhere."""

from pathlib import Path

import httpx2
from pyotp import TOTP

from tests.cli.commands import Ended, idle_folder, vsmanager
from tests.cli.conftest import Run
from tests.managers import ManagerProcess, running_manager

PASSWORD = "a long password of Anna"


def on(folder: Path, *arguments: str) -> Ended:
    return vsmanager(*arguments, "--data-dir", str(folder))


def browser_on(manager: ManagerProcess) -> httpx2.Client:
    return httpx2.Client(base_url=f"{manager.url}/api/v1", headers={"Origin": manager.url}, timeout=60)


def sign_in(browser: httpx2.Client, name: str = "Anna") -> httpx2.Response:
    return browser.post("/session", json={"name": name, "password": PASSWORD})


def secured(browser: httpx2.Client, name: str = "Anna") -> str:
    """The secret of the second factor that the user sets up, who is signed in there."""
    assert sign_in(browser, name).status_code == 200
    secret: str = browser.post("/me/second-factor", json={"password": PASSWORD}).json()["secret"]
    # The next step counts as well, and this one may end before the manager looks.
    confirmed = browser.post("/me/second-factor/confirm", json={"code": TOTP(secret).now()})
    assert confirmed.status_code == 200, confirmed.text
    return secret


def test_who_lost_everything_gets_in_again_whether_the_manager_runs_or_not(tmp_path: Path) -> None:
    folder = idle_folder(tmp_path / "data")
    assert on(folder, "users", "reset-second-factor", "Anna").code != 0
    with running_manager(folder) as manager, browser_on(manager) as browser:
        manager.post("/users", {"name": "Anna", "role": "admin", "password": PASSWORD})
        secret = secured(browser)
        assert sign_in(browser).json()["code"] == "second_factor_needed"
        listed = on(folder, "users", "list")
        assert "SECOND FACTOR" in listed.out
        told = on(folder, "users", "reset-second-factor", " anNA ")
        assert (told.code, told.out) == (0, "'Anna' has no second factor any more, and signs in with the password alone.\n")
        assert secret not in told.out + told.err
        assert sign_in(browser).status_code == 200
        entry = manager.get("/audit?action=reset_second_factor")["items"][0]
        assert entry["who"]["kind"] == "command_line"
        assert "had no second factor" in on(folder, "users", "reset-second-factor", "Anna").out
        former, secret = secret, secured(browser)
        assert former not in (folder / "secrets.json").read_text(), "what belongs to nobody goes with the next change"
    answer = on(folder, "users", "reset-second-factor", "Anna", "--json").json
    assert (answer["name"], answer["has_second_factor"]) == ("Anna", False)
    with running_manager(folder) as manager, browser_on(manager) as browser:
        assert sign_in(browser).status_code == 200


def test_another_password_does_not_take_it_away_and_says_so(tmp_path: Path) -> None:
    folder = idle_folder(tmp_path / "data")
    with running_manager(folder) as manager, browser_on(manager) as browser:
        manager.post("/users", {"name": "Anna", "role": "admin", "password": PASSWORD})
        secured(browser)
    told = on(folder, "admin", "reset-password", "Anna", "--generate")
    assert "reset-second-factor" in told.err
    with running_manager(folder) as manager:
        answer = manager.request("POST", "/api/v1/session", {"name": "Anna", "password": told.out.strip()})
        assert (answer.status, answer.json["code"]) == (401, "second_factor_needed")


def test_a_manager_elsewhere_is_asked_with_a_token(run_here: Run, manager: ManagerProcess) -> None:
    env = {"VS_URL": manager.url, "VS_TOKEN": manager.token}
    manager.post("/users", {"name": "far away and secured", "role": "viewer", "password": PASSWORD})
    with browser_on(manager) as browser:
        secured(browser, "far away and secured")
        assert run_here("users", "reset-second-factor", "Far away and secured", **env).code == 0
        assert sign_in(browser, "far away and secured").status_code == 200
    assert run_here("users", "reset-second-factor", "nobody", **env).code == 5
