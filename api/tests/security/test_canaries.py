"""Secrets that are planted turn up nowhere: not in the log, in no answer, no error, no trail, no export, no backup, no report."""

import os
import subprocess
from dataclasses import dataclass, field
from typing import Any

import pyotp
import pytest
import zstandard

from tests.access.test_real_manager import Browser
from tests.managers import MANAGER
from tests.security.furnished import SERVER, Furnished
from tests.security.walked import ask, filled, walk
from vintagestory_api.access.roles import Role

HERE = f"/servers/{SERVER}"
#: In everything that is planted, so that a part of it is found, too.
WORD = "canary"
STREAM = "/api/v1/events"


@dataclass
class Planted:
    house: Furnished
    secrets: dict[str, str] = field(default_factory=dict)
    tokens: dict[Role, str] = field(default_factory=dict)

    def found_in(self, content: bytes, *, but: tuple[str, ...] = ()) -> list[str]:
        """Which of the secrets are in there; never the secrets themselves."""
        return [name for name, secret in self.secrets.items() if name not in but and secret.encode() in content]


@pytest.fixture(scope="module")
def planted(house: Furnished) -> Planted:
    planted = Planted(house)
    secrets = planted.secrets
    secrets |= {name: f"{WORD}-{name}-9f3c1e77" for name in ("game-password", "webhook", "watchdog", "restic", "cloud-key")}
    secrets |= {"password": f"{WORD} is a long password", "wrong-password": f"{WORD} is a wrong password"}
    _give_secrets(house, secrets)
    for role in (Role.VIEWER, Role.OPERATOR, Role.ADMIN):
        made = house.does("POST", "/tokens", {"name": f"{WORD} {role.value}", "role": role.value})
        planted.tokens[role] = secrets[f"token-{role.value}"] = made["token"]
    _sign_in(house, secrets)
    _make_mistakes(house, secrets)
    house.does("POST", f"{HERE}/backups", {"note": "after the secrets"})
    return planted


def _give_secrets(house: Furnished, secrets: dict[str, str]) -> None:
    etag = house.manager.get(f"{HERE}/config/serverconfig")["etag"]
    change = {"path": ["Password"], "value": secrets["game-password"]}
    house.does("PATCH", f"{HERE}/config/serverconfig", {"etag": etag, "changes": [change], "overwrite": True})
    address = f"json://127.0.0.1:9/{secrets['webhook']}"
    target = house.does("POST", "/notification-targets", {"name": f"{WORD} hook", "address": address})
    house.does("POST", f"/notification-targets/{target['id']}/test")
    house.does("POST", "/notification-targets/test", {"name": f"{WORD} try", "address": address})
    house.does("PATCH", "/alert-settings", {"ping_url": f"http://127.0.0.1:9/{secrets['watchdog']}"})
    place: dict[str, Any] = {"kind": "restic", "repository": "s3:http://127.0.0.1:9/bucket", "password": secrets["restic"]}
    place |= {"environment": {"AWS_ACCESS_KEY_ID": "name", "AWS_SECRET_ACCESS_KEY": secrets["cloud-key"]}}
    house.manager.post("/offsite-targets", {"name": f"{WORD} cloud", "place": place})


def _sign_in(house: Furnished, secrets: dict[str, str]) -> None:
    house.does("POST", "/users", {"name": "Canaria", "role": "admin", "password": secrets["password"]})
    browser = Browser(house.manager.url)
    assert browser.sign_in("Canaria", secrets["password"]) == 200
    secrets["first-session"] = browser.cookie.partition("=")[2]
    status, begun = browser.ask("POST", "/me/second-factor", {"password": secrets["password"]})
    assert status == 200, begun
    secrets["factor"] = begun["secret"]
    status, confirmed = browser.ask("POST", "/me/second-factor/confirm", {"code": pyotp.TOTP(begun["secret"]).now()})
    assert status == 200, confirmed
    secrets |= {f"recovery-code-{number}": code for number, code in enumerate(confirmed["recovery_codes"])}
    used = {"name": "Canaria", "password": secrets["password"], "code": confirmed["recovery_codes"][0]}
    assert browser.ask("POST", "/session", used)[0] == 200
    secrets["session"] = browser.cookie.partition("=")[2]


def _make_mistakes(house: Furnished, secrets: dict[str, str]) -> None:
    """With secrets in the wrong place, of the wrong kind, or for nothing."""
    browser = Browser(house.manager.url)
    browser.sign_in("Canaria", secrets["wrong-password"])
    browser.ask("GET", f"/tokens?token={secrets['token-admin']}")
    wrong = {"path": ["Password"], "value": [secrets["game-password"]]}
    mistakes: list[tuple[str, str, Any]] = [
        ("POST", "/users", {"name": "", "role": "none", "password": secrets["password"]}),
        ("POST", "/users", {"name": "x", "role": "viewer", "password": [secrets["password"]]}),
        ("POST", "/notification-targets", {"name": 5, "address": f"json://127.0.0.1:9/{secrets['webhook']}"}),
        ("POST", "/notification-targets", {"name": "x", "address": f"nonsense://{secrets['webhook']}"}),
        ("POST", "/notification-targets", {"name": "x", "address": {"a": secrets["webhook"]}}),
        ("POST", "/offsite-targets", {"name": "x", "place": {"kind": "restic", "repository": "", "password": secrets["restic"]}}),
        ("POST", "/offsite-targets", {"name": "x", "place": {"kind": "restic", "password": {"a": secrets["restic"]}}}),
        ("PATCH", "/alert-settings", {"ping_url": f"ftp://{secrets['watchdog']}"}),
        ("PATCH", f"{HERE}/config/serverconfig", {"etag": "x", "changes": [wrong]}),
        ("PATCH", f"{HERE}", {"password": [secrets["game-password"]]}),
        ("POST", "/servers", {"name": "x", "version": "1.22.7", "password": secrets["game-password"], "port": "x"}),
        ("POST", "/setup", {"token": secrets["token-admin"], "name": "x", "password": secrets["password"]}),
        ("POST", "/me/password", {"current": secrets["password"], "new": secrets["wrong-password"]}),
    ]
    for method, path, body in mistakes:
        status, answer = ask(house, method, f"/api/v1{path}", body)
        assert 400 <= status < 500, (method, path)
        assert not any(secret.encode() in answer for secret in secrets.values()), (method, path)
    for header in (
        {"X-API-Key": secrets["factor"]},
        {"Authorization": f"Basic {secrets['password']}"},
        {"Cookie": secrets["session"]},
    ):
        ask(house, "GET", "/api/v1/tokens", token="", **header)


def test_no_answer_to_anybody_holds_a_secret(planted: Planted) -> None:
    told = 0
    for operation in walk():
        if operation.method != "GET" or operation.path == STREAM:
            continue
        for role, token in planted.tokens.items():
            target = filled(planted.house, operation.path)
            status, answer = ask(planted.house, "GET", target, token=token)
            assert status < 500 or status == 503, (target, answer)
            if operation.path.endswith("/backups/{backup_id}/download"):
                answer = b""  # looked into below
            assert planted.found_in(answer) == [], (role, target)
            told += status == 200
    assert told > 200


def test_no_secret_is_in_the_log(planted: Planted) -> None:
    log = planted.house.log().encode()
    assert b"request_answered" in log, "it tells every request"
    assert planted.found_in(log) == []


def test_no_secret_is_in_the_database(planted: Planted) -> None:
    files = list(planted.house.manager.data_dir.glob("vsmanager.db*"))
    assert files
    for file in files:
        assert planted.found_in(file.read_bytes()) == [], file.name


def test_secrets_that_have_to_be_kept_are_in_one_file_of_its_owner(planted: Planted) -> None:
    """Besides the configuration of the game, which is the game's."""
    data_dir = planted.house.manager.data_dir
    for file in data_dir.rglob("*"):
        if (
            file.is_symlink()
            or not file.is_file()
            or data_dir / "servers" in file.parents
            or data_dir / "backups" in file.parents
        ):
            continue
        if found := planted.found_in(file.read_bytes()):
            assert file.name == "secrets.json", (file, found)
            assert file.stat().st_mode & 0o077 == 0
            assert {"webhook", "watchdog", "factor"} <= set(found)


def test_no_secret_of_ours_is_in_a_backup_and_none_at_all_in_its_list(planted: Planted) -> None:
    """The password of the game is in the game's own file, which a backup is for."""
    archives = list((planted.house.manager.data_dir / "backups").rglob("*.tar.zst"))
    assert archives
    for archive in archives:
        with archive.open("rb") as packed:
            content = zstandard.ZstdDecompressor().stream_reader(packed).read()
        assert planted.found_in(content, but=("game-password",)) == []
    for beside in (planted.house.manager.data_dir / "backups").rglob("*.json"):
        assert planted.found_in(beside.read_bytes()) == []


@pytest.mark.parametrize(
    "arguments", [["doctor"], ["doctor", "--json"], ["audit", "list", "--json"], ["notify", "deliveries", "--json"]]
)
def test_no_secret_is_in_what_the_command_line_says(planted: Planted, arguments: list[str]) -> None:
    environment = {**os.environ, "VS_DATA_DIR": str(planted.house.manager.data_dir)}
    ended = subprocess.run([MANAGER[0], *arguments], env=environment, capture_output=True, timeout=100, check=False)
    assert ended.stdout
    assert planted.found_in(ended.stdout + ended.stderr) == []
