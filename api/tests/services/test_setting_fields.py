"""What a form for the settings is told has to be what the settings are."""

from typing import Any

import pytest

from tests.apps import App
from vintagestory_api.services.api_settings import ApiSettings, ApiSettingsStore, SettingsInvalid
from vintagestory_api.services.setting_fields import SettingField, describe_settings

FIELDS = describe_settings(ApiSettings())


def test_every_setting_is_described_in_the_models_order() -> None:
    assert [field.name for field in FIELDS] == list(ApiSettings.model_fields)
    assert {field.name: field.default for field in FIELDS} == ApiSettings().model_dump()
    assert all(field.title and field.group and field.description.endswith(".") for field in FIELDS)


def test_values_are_those_in_force() -> None:
    settings = ApiSettings(run_history_days=7, upstream_contact="ada@example.org")
    described = describe_settings(settings)
    assert {field.name: field.value for field in described} == settings.model_dump()
    assert {field.name: field.default for field in described} == ApiSettings().model_dump()


def edges(field: SettingField) -> list[tuple[Any, bool]]:
    """Values at the limits, and whether they are allowed."""
    if field.kind == "choice":
        return [*((choice.value, True) for choice in field.choices), ("", False), ("something else", False), (0, False)]
    assert field.maximum is not None
    if field.kind == "text":
        longest = ("https://" + "x" * field.maximum)[: field.maximum]
        return [(longest, True), (longest + "x", False), ("", True)]
    assert field.minimum is not None
    below = field.minimum - 1
    return [
        (field.minimum, True),
        (field.maximum, True),
        (field.maximum + 1, False),
        (below, below == 0 and field.zero_means is not None),
        (0, field.zero_means is not None),
    ]


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_the_limits_are_the_real_ones(field: SettingField, tmp_path: Any) -> None:
    store = ApiSettingsStore(tmp_path / "api-settings.json")
    for value, allowed in edges(field):
        if allowed:
            assert store.update({field.name: value}).model_dump()[field.name] == value
        else:
            with pytest.raises(SettingsInvalid):
                store.update({field.name: value})


def test_numbers_have_a_unit_and_what_zero_does_where_it_is_allowed() -> None:
    for field in FIELDS:
        assert (field.unit is None) == (field.kind in {"text", "choice"})
        assert bool(field.choices) == (field.kind == "choice")
        takes_zero = field.kind == "interval" or (field.kind == "number" and field.minimum == 0)
        assert (field.zero_means is not None) == takes_zero
        assert field.unit == "seconds" or field.kind != "interval"


def test_documents_tell_units_and_zero_in_one_sentence() -> None:
    described = ApiSettings.model_fields["mod_list_refresh_interval"].description or ""
    assert described.endswith("from the mod database. In seconds. 0: off.")


def test_the_form_is_told_through_http(app: App) -> None:
    assert app.ask("PATCH", "/settings", json={"run_history_days": 30}).status_code == 200
    answer = app.get("/settings/fields")
    assert set(answer) == {"items", "next_cursor", "problem"}
    assert answer["problem"] is None
    assert {item["name"]: item["value"] for item in answer["items"]} == app.get("/settings")
    (days,) = [item for item in answer["items"] if item["name"] == "run_history_days"]
    assert days == {
        "name": "run_history_days",
        "title": "Keep runs for",
        "group": "History",
        "description": "For how many days ended runs are kept.",
        "kind": "number",
        "unit": "days",
        "minimum": 0,
        "maximum": 36_500,
        "zero_means": "no limit",
        "choices": [],
        "default": 90,
        "value": 30,
    }


def test_the_form_is_told_what_is_wrong_with_the_file(app: App) -> None:
    app.manager.api_settings.path.write_text('{"run_history_days": "many"}', encoding="utf-8")
    answer = app.get("/settings/fields")
    assert "api-settings.json" in answer["problem"]
    assert "run_history_days" in answer["problem"]
    assert [item["value"] for item in answer["items"]] == [item["default"] for item in answer["items"]]
