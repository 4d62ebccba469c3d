"""The settings file: read by people, written by the manager, and never lost by either."""

import json
import stat
import threading
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from vintagestory_api.services import api_settings
from vintagestory_api.services.api_settings import (
    ApiSettings,
    ApiSettingsStore,
    SettingsBroken,
    SettingsInvalid,
    SettingsNotSaved,
    get_api_settings,
    use_api_settings_store,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "api-settings.json"


@pytest.fixture
def store(path: Path) -> ApiSettingsStore:
    return ApiSettingsStore(path)


def content(path: Path) -> Any:
    return json.loads(path.read_bytes())


# Reading and changing


def test_without_a_file_the_defaults_apply_and_nothing_is_written(store: ApiSettingsStore, path: Path) -> None:
    assert store.read() == ApiSettings()
    assert (store.read().mod_list_refresh_interval, store.read().server_versions_refresh_interval) == (3600, 86_400)
    assert store.problem is None
    assert not path.exists()


def test_a_change_is_in_force_and_in_the_file(store: ApiSettingsStore, path: Path) -> None:
    changed = store.update({"mod_list_refresh_interval": 120})
    assert changed == store.read() == ApiSettingsStore(path).read() == ApiSettings(mod_list_refresh_interval=120)
    assert content(path)["mod_list_refresh_interval"] == 120
    assert path.read_text().count("\n") > 4, "people read it"


def test_settings_that_are_not_named_stay(store: ApiSettingsStore) -> None:
    store.update({"run_history_days": 7})
    store.update({"mod_list_refresh_interval": 0})
    assert store.read() == ApiSettings(run_history_days=7, mod_list_refresh_interval=0)


def test_changes_of_several_threads_lose_none(store: ApiSettingsStore) -> None:
    changes: list[dict[str, Any]] = [
        {"mod_list_refresh_interval": 61},
        {"server_versions_refresh_interval": 62},
        {"run_history_per_job": 63},
        {"run_history_days": 64},
        {"upstream_contact": "ada@example.org"},
    ]
    for _ in range(20):
        store.update(ApiSettings().model_dump())
        threads = [threading.Thread(target=store.update, args=[change]) for change in changes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert store.read() == ApiSettings.model_validate({key: value for change in changes for key, value in change.items()})


def test_an_edit_by_hand_is_seen(store: ApiSettingsStore, path: Path) -> None:
    store.update({"mod_list_refresh_interval": 120})
    path.write_text('{"mod_list_refresh_interval": 240}')
    assert store.read().mod_list_refresh_interval == 240
    path.unlink()
    assert store.read() == ApiSettings()


def test_keys_of_a_newer_version_have_no_effect_and_are_kept(store: ApiSettingsStore, path: Path) -> None:
    path.write_text('{"mod_list_refresh_interval": 240, "colour_of_the_ui": {"deep": [1, 2]}}')
    assert store.read() == ApiSettings(mod_list_refresh_interval=240)
    assert store.problem is None
    store.update({"run_history_days": 7})
    assert content(path)["colour_of_the_ui"] == {"deep": [1, 2]}
    assert content(path)["mod_list_refresh_interval"] == 240


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"mod_list_refresh_interval": -1}, ["mod_list_refresh_interval"]),
        ({"mod_list_refresh_interval": 59}, ["mod_list_refresh_interval"]),
        ({"mod_list_refresh_interval": 10**12}, ["mod_list_refresh_interval"]),
        ({"mod_list_refresh_interval": 10**40}, ["mod_list_refresh_interval"]),
        ({"mod_list_refresh_interval": "3600"}, ["mod_list_refresh_interval"]),
        ({"mod_list_refresh_interval": True}, ["mod_list_refresh_interval"]),
        ({"mod_list_refresh_interval": 60.0}, ["mod_list_refresh_interval"]),
        ({"mod_list_refresh_interval": None}, ["mod_list_refresh_interval"]),
        ({"server_versions_refresh_interval": float("nan")}, ["server_versions_refresh_interval"]),
        ({"run_history_days": -1, "run_history_per_job": 10**7}, ["run_history_days", "run_history_per_job"]),
        ({"upstream_contact": "line\nbreak"}, ["upstream_contact"]),
        ({"upstream_contact": "schön"}, ["upstream_contact"]),
        ({"upstream_contact": "x" * 201}, ["upstream_contact"]),
        ({"mod_list_refresh_intervall": 3600}, ["mod_list_refresh_intervall"]),
        ({"run_history_days": 7, "": 1}, [""]),
    ],
)
def test_a_wrong_setting_is_named_and_nothing_is_changed(
    store: ApiSettingsStore, path: Path, changes: dict[str, Any], fields: list[str]
) -> None:
    store.update({"run_history_days": 30})
    before = path.read_bytes()
    with pytest.raises(SettingsInvalid) as refused:
        store.update(changes)
    assert sorted(field.field for field in refused.value.fields) == sorted(fields)
    assert all(field.message for field in refused.value.fields)
    assert path.read_bytes() == before
    assert store.read() == ApiSettings(run_history_days=30)


def test_the_message_about_an_interval_says_what_is_allowed(store: ApiSettingsStore) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        store.update({"mod_list_refresh_interval": 5})
    message = refused.value.fields[0].message
    assert "0 (off)" in message
    assert "60 (a minute)" in message
    assert "31536000 (a year)" in message


def test_the_message_about_an_unknown_setting_names_those_that_exist(store: ApiSettingsStore) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        store.update({"refresh": 5})
    assert "mod_list_refresh_interval" in refused.value.fields[0].message


# A file that can't be used

BROKEN: dict[str, bytes] = {
    "cut off": b'{"mod_list_refresh_interval": 36',
    "empty": b"",
    "a list": b"[1, 2]",
    "a number": b"17",
    "no UTF-8": b'{"upstream_contact": "\xff\xfe"}',
    "wrong type": b'{"mod_list_refresh_interval": "often"}',
    "wrong value": b'{"mod_list_refresh_interval": 5}',
    "one of two wrong": b'{"mod_list_refresh_interval": 120, "run_history_days": -3}',
    "nested too deep": b"[" * 100_000,
    "a huge number": b'{"run_history_days": ' + b"9" * 5_000 + b"}",
    "huge": b'{"x": "' + b"x" * 1_000_001 + b'"}',
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_file_is_kept_and_named_and_the_defaults_apply(store: ApiSettingsStore, path: Path, what: str) -> None:
    path.write_bytes(BROKEN[what])
    with capture_logs() as logs:
        assert store.read() == ApiSettings()
        store.read()
    assert store.problem is not None
    assert "api-settings.json" in store.problem
    assert str(path.parent) not in store.problem
    assert len(store.problem) < 1_000
    assert [(entry["event"], entry["log_level"]) for entry in logs] == [("api_settings_broken", "error")]
    with pytest.raises(SettingsBroken, match="Mend the file, or reset"):
        store.update({"run_history_days": 7})
    assert path.read_bytes() == BROKEN[what]


def test_a_wrong_value_in_the_file_is_named(store: ApiSettingsStore, path: Path) -> None:
    path.write_bytes(BROKEN["one of two wrong"])
    assert "run_history_days" in (store.problem or "")
    assert "mod_list_refresh_interval" not in (store.problem or "")


def test_a_mended_file_is_used_again(store: ApiSettingsStore, path: Path) -> None:
    path.write_bytes(BROKEN["cut off"])
    assert "can't be read" in str(store.problem)
    path.write_text('{"mod_list_refresh_interval": 360}')
    assert str(store.problem) == "None"
    assert store.update({"run_history_days": 7}).mod_list_refresh_interval == 360


def test_a_folder_or_a_dangling_link_in_its_place_is_a_broken_file(store: ApiSettingsStore, path: Path) -> None:
    path.mkdir()
    assert "directory" in (store.problem or "")
    path.rmdir()
    path.symlink_to(path.with_name("nowhere"))
    assert store.problem
    assert store.read() == ApiSettings()


def test_a_file_that_cannot_be_read_is_a_broken_file(
    store: ApiSettingsStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_text('{"run_history_days": 7}')

    def refuse(_self: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert store.read() == ApiSettings()
    assert store.problem == "The settings file api-settings.json can't be read (Permission denied)."


# Reset


@pytest.mark.parametrize("what", ["cut off", "wrong value"])
def test_reset_writes_the_defaults_and_keeps_what_was_there(store: ApiSettingsStore, path: Path, what: str) -> None:
    path.write_bytes(BROKEN[what])
    kept = store.reset()
    assert kept is not None
    assert kept.parent == path.parent
    assert kept.read_bytes() == BROKEN[what]
    assert store.problem is None
    assert content(path) == ApiSettings().model_dump()
    assert store.update({"run_history_days": 7}).run_history_days == 7


def test_every_reset_keeps_another_file(store: ApiSettingsStore, path: Path) -> None:
    kept = set()
    for number in range(3):
        path.write_text(f"broken {number}")
        kept.add(store.reset())
    assert {file.read_text() for file in kept if file} == {"broken 0", "broken 1", "broken 2"}


def test_reset_without_a_file_writes_the_defaults(store: ApiSettingsStore, path: Path) -> None:
    assert store.reset() is None
    assert content(path) == ApiSettings().model_dump()


# Disks


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_path: Path, _data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(api_settings, "write_atomically", fail)


def test_a_full_disk_changes_nothing(store: ApiSettingsStore, path: Path, request: pytest.FixtureRequest) -> None:
    store.update({"run_history_days": 7})
    before = path.read_bytes()
    request.getfixturevalue("full_disk")
    with pytest.raises(SettingsNotSaved, match="No space left on device"):
        store.update({"run_history_days": 8})
    assert path.read_bytes() == before
    assert store.read().run_history_days == 7


@pytest.mark.usefixtures("full_disk")
def test_a_reset_on_a_full_disk_leaves_the_file_where_it_was(store: ApiSettingsStore, path: Path) -> None:
    path.write_bytes(BROKEN["cut off"])
    with pytest.raises(SettingsNotSaved, match="nothing was changed"):
        store.reset()
    assert path.read_bytes() == BROKEN["cut off"]
    assert list(path.parent.iterdir()) == [path]
    assert store.problem


def test_a_write_that_dies_before_the_rename_leaves_the_old_file_whole(
    store: ApiSettingsStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.update({"run_history_days": 7})

    def die(_self: Path, _target: Path) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "replace", die)
    with pytest.raises(SettingsNotSaved):
        store.update({"run_history_days": 8})
    assert content(path)["run_history_days"] == 7
    assert list(path.parent.iterdir()) == [path], "nothing half-written stays"


def test_a_folder_that_is_gone_is_told_of(tmp_path: Path) -> None:
    store = ApiSettingsStore(tmp_path / "gone" / "api-settings.json")
    with pytest.raises(SettingsNotSaved, match="No such file"):
        store.update({"run_history_days": 8})


def test_only_the_owner_may_read_the_file(store: ApiSettingsStore, path: Path) -> None:
    store.update({"run_history_days": 8})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


# The accessor


def test_the_accessor_answers_from_the_store_of_the_application(store: ApiSettingsStore) -> None:
    store.update({"run_history_days": 8})
    use_api_settings_store(store)
    try:
        assert get_api_settings().run_history_days == 8
    finally:
        use_api_settings_store(None)


def test_without_an_application_the_accessor_reads_the_data_folder(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_text('{"mod_list_refresh_interval": 0}')
    monkeypatch.setenv("VS_DATA_DIR", str(path.parent))
    assert get_api_settings().mod_list_refresh_interval == 0


def test_the_environment_overrides_no_setting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VS_DATA_DIR", str(tmp_path))
    for name in ("MOD_LIST_REFRESH_INTERVAL", "VS_MOD_LIST_REFRESH_INTERVAL", "mod_list_refresh_interval"):
        monkeypatch.setenv(name, "120")
    assert get_api_settings() == ApiSettings()
